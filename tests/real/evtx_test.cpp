// Event logs of real Windows systems: the records of a raw walk, the ids and times that libevtx
// found, and what the important records say (facts/evtx*.tsv).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "collector/formats/evtx.h"
#include "tests/builders/temp_folder.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

struct Found {
  std::uint64_t live = 0, recovered = 0, faults = 0;
  std::map<std::string, std::uint64_t> ids;
  FileTime first{}, last{};
  std::size_t problems = 0;
  evtx::Counts counts;
};

template <class Visit>
Found read(const std::vector<std::byte>& bytes, Visit visit) {
  Found found;
  MemorySource source{bytes};
  auto log = evtx::EventLog::open(source);
  if (!log) {
    ADD_FAILURE() << log.error().text();
    return found;
  }
  const auto event = [&](evtx::Event& one) {
    if (one.is_recovered()) {
      ++found.recovered;
      return true;
    }
    ++found.live;
    const FileTime written = one.head().written;
    if (written.is_set()) {
      found.first = found.first.is_set() ? std::min(found.first, written) : written;
      found.last = std::max(found.last, written);
    }
    if (const auto id = one.event_id()) ++found.ids[std::to_string(*id)];
    visit(one);
    found.faults += one.fault() ? 1u : 0u;
    return true;
  };
  const auto chunk = [](const evtx::ChunkInfo&) {};
  const auto problem = [&](const Error&) { ++found.problems; };
  found.counts = log->for_each_record({event, chunk, problem});
  return found;
}

std::map<std::string, std::uint64_t> id_counts(const std::string& text) {
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t colon = word.find(':');
    if (colon != word.npos) counts[word.substr(0, colon)] = std::stoull(word.substr(colon + 1));
    at = end + 1;
  }
  return counts;
}

std::string text_of(FileTime time) { return time.is_set() ? time.iso8601() : ""; }

const auto kNothing = [](evtx::Event&) {};

/// What libevtx does not read, and we do: each stands in EXPECTATIONS.md as such.
const std::set<std::string_view> kOurs{
    "evtx/plaso/System2.evtx",                              // chunks that the header does not count
    "evtx/omerbenamram/sample_with_a_bad_chunk_magic.evtx"  // records behind a bad chunk
};

TEST_F(RealEvidence, EventLogsHaveTheRecordsOfTheRawWalk) {
  const auto rows = facts("evtx.tsv");
  ASSERT_EQ(rows.size(), 179u);
  for (const Row& row : rows) {
    const Found found = read(evidence(row[0]), kNothing);
    EXPECT_EQ(std::to_string(found.live), row[1]) << row[0];
    EXPECT_EQ(std::to_string(found.counts.chunks), row[2]) << row[0];
    if (row.size() < 14) continue;
    EXPECT_EQ(text_of(found.last), row[12]) << row[0];
    EXPECT_EQ(text_of(found.first), row[11]) << row[0];
    for (const auto& [id, count] : id_counts(row[13])) {
      const auto ours = found.ids.contains(id) ? found.ids.at(id) : 0;
      const bool more = kOurs.contains(row[0]) && ours > count;
      EXPECT_TRUE(ours == count || more) << row[0] << " " << id;
    }
  }
}

TEST_F(RealEvidence, RecoveredRecordsAreThoseOfLibevtx) {
  // One of those that it tells of lies across a live one; two logs have more, each with the size
  // before and behind it.
  const std::map<std::string_view, std::uint64_t> others{
      {"evtx/omerbenamram/"
       "2-vss_0-Microsoft-Windows-RemoteDesktopServices-RdpCoreTS%4Operational.evtx",
       154},
      {"evtx/hayabusa/DeepBlueCLI/new-user-security.evtx", 6}};
  for (const Row& row : facts("evtx.tsv")) {
    const Found found = read(evidence(row[0]), kNothing);
    const auto other = others.find(row[0]);
    if (other != others.end())
      EXPECT_EQ(found.recovered, other->second) << row[0];
    else
      EXPECT_EQ(std::to_string(found.recovered), row[8]) << row[0];
  }
}

TEST_F(RealEvidence, LogsThatLibevtxGivesUpOnAreRead) {
  for (const std::string_view name :
       {"evtx/omerbenamram/issue_201.evtx",
        "evtx/hayabusa/EVTX-to-MITRE-Attack/Antivirus/ID1116-1117-Defender threat detected.evtx"}) {
    const Found found = read(evidence(name), [&](evtx::Event& event) {
      EXPECT_TRUE(event.has_content()) << name;
      EXPECT_TRUE(event.event_id()) << name;
    });
    EXPECT_EQ(found.faults, 0u) << name;
    EXPECT_EQ(found.problems, 0u) << name;
  }
}

/// The text with each run of white space as one blank, as the facts have it.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  return out;
}

/// Whether a row of facts ("a=1; b=2; ...", cut at some length) says the same of this value.
/// Nothing when it does not tell of it.
std::optional<bool> says(const std::string& data, std::string_view name, const std::string& value) {
  const std::string key = std::string{name} + "=";
  std::size_t at = data.starts_with(key) ? 0 : data.find("; " + key);
  if (at == data.npos) return std::nullopt;
  at += (at == 0 && data.starts_with(key) ? 0 : 2) + key.size();
  at = std::min(data.find_first_not_of(' ', at), data.size());
  const std::string rest = data.substr(at);
  const std::string wanted = plain(value);
  return rest.starts_with(wanted) || wanted.starts_with(rest);
}

std::uint64_t check_key_event(const Row& row, evtx::Event& event) {
  EXPECT_EQ(event.provider(), row[3]) << row[0] << " " << row[1];
  std::uint64_t told = 0;
  const std::string data = plain(row[5]);
  event.each_data([&](std::string_view name, const evtx::Value& value) {
    // Hex numbers are padded with zeros there, and names repeat in some.
    if (value.type == evtx::value_type::kHex64 || value.type == evtx::value_type::kHex32)
      return true;
    const auto same = says(data, name, value.text());
    told += same ? 1u : 0u;
    EXPECT_TRUE(same.value_or(true))
        << row[0] << " record " << row[1] << " " << name << "=" << value.text() << "\n"
        << data;
    return true;
  });
  return told;
}

TEST_F(RealEvidence, KeyEventsSayWhatTheFactsSay) {
  std::map<std::string, std::vector<Row>> by_path;
  for (const Row& row : facts("evtx_key_events.tsv")) by_path[row[0]].push_back(row);
  std::uint64_t found = 0, told = 0, wanted = 0;
  for (const auto& entry : by_path) {
    const auto& path = entry.first;
    const auto& rows = entry.second;
    wanted += rows.size();
    read(evidence(path), [&](evtx::Event& event) {
      for (const Row& row : rows) {
        const bool is_it = std::to_string(event.head().record_id) == row[1] &&
                           text_of(event.head().written) == row[4];
        if (!is_it) continue;
        EXPECT_EQ(std::to_string(event.event_id().value_or(0)), row[2]) << path;
        ++found;
        told += check_key_event(row, event);
      }
    });
  }
  EXPECT_EQ(found, wanted);
  EXPECT_GT(told, 3 * wanted);
}

TEST_F(RealEvidence, LogsOfWholeHostsHaveTheRecordsThatLibevtxFinds) {
  if (std::system("command -v 7z >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "the program 7z is not installed";
  std::map<std::string, std::vector<Row>> by_archive;
  for (const Row& row : facts("evtx_sets.tsv"))
    by_archive[row[0].substr(0, row[0].find("::"))].push_back(row);
  for (const auto& [archive, rows] : by_archive) {
    TempFolder folder;
    const std::string command =
        "7z x -y -o'" + folder.text() + "' '" + testdata_path(archive) + "' >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    for (const Row& row : rows) {
      const auto path = folder.path() / row[0].substr(row[0].find("::") + 2);
      std::ifstream file{path, std::ios::binary};
      const std::string text{std::istreambuf_iterator<char>{file}, {}};
      const auto bytes = bytes_of(text).span();
      const Found found = read({bytes.begin(), bytes.end()}, kNothing);
      EXPECT_EQ(std::to_string(found.live), row[1]) << row[0];
      EXPECT_EQ(found.problems + found.faults, 0u) << row[0];
      if (found.live == 0) continue;
      EXPECT_EQ(found.first.iso8601(), row[5]) << row[0];
      EXPECT_EQ(found.last.iso8601(), row[6]) << row[0];
      // libevtx could not read some of its records.
      for (const auto& [id, count] : id_counts(row[7])) {
        const auto ours = found.ids.contains(id) ? found.ids.at(id) : 0;
        EXPECT_TRUE(ours == count || (row[3] != "0" && ours > count)) << row[0] << " " << id;
      }
    }
  }
}

}  // namespace
}  // namespace hozen::real
