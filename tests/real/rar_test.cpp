// Real RAR archives against 7-Zip (facts/rar.tsv) and rarfile's expected dumps (*.exp).
#include "collector/formats/rar.h"

#include <algorithm>
#include <array>
#include <map>

#include "collector/base/text.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

struct Listing {
  rar::Archive archive;
  std::vector<rar::Entry> entries;
};

Result<Listing> list(std::vector<std::byte> bytes) {
  MemorySource file{std::move(bytes)};
  Listing out;
  HOZEN_TRY(out.archive, rar::read(file, [&](const rar::Entry& entry) {
              out.entries.push_back(entry);
              return true;
            }));
  return out;
}

std::vector<std::string> split(std::string_view text, std::string_view by) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; !text.empty() && at != text.npos;) {
    const std::size_t end = text.find(by, at);
    parts.emplace_back(text.substr(at, end == text.npos ? end : end - at));
    at = end == text.npos ? end : end + by.size();
  }
  return parts;
}

std::string flags_of(const rar::Archive& archive) {
  std::string flags;
  const auto add = [&](bool is, std::string_view name) {
    if (is) flags += (flags.empty() ? "" : " ") + std::string{name};
  };
  add(archive.headers_encrypted, "header-encrypted");
  add(archive.is_volume, "volume");
  add(archive.version == rar::Version::rar4 && archive.has_comment && archive.comment.empty() &&
          !archive.has_end,
      "comment");  // a block in the main header, of RAR 1.5 and 2
  add(archive.is_solid, "solid");
  add(archive.version == rar::Version::rar4 && archive.is_volume && archive.is_first_volume,
      "new-numbering");
  add(archive.version == rar::Version::rar4 && archive.is_first_volume.value_or(false),
      "first-volume");
  add(archive.version == rar::Version::rar5 && archive.has_recovery, "recovery");
  return flags;
}

TEST_F(RealEvidence, RarArchivesHaveTheEntriesThatSevenZipLists) {
  int archives = 0;
  for (const Row& row : facts("rar.tsv")) {
    SCOPED_TRACE(row[0]);
    auto listing = list(evidence(row[0]));
    ASSERT_TRUE(listing) << listing.error().text();
    const rar::Archive& archive = listing->archive;
    for (const Error& problem : archive.problems) ADD_FAILURE() << problem.text();
    EXPECT_EQ(archive.version == rar::Version::rar5 ? "RAR5" : "RAR1.5-4", row[2]);
    EXPECT_EQ(flags_of(archive), row[3]);
    EXPECT_EQ(archive.offset == 0 ? "" : "SFX@" + std::to_string(archive.offset), row[4]);
    ++archives;
    if (archive.headers_encrypted) {
      EXPECT_EQ(listing->entries.size(), 0u);
      continue;
    }
    std::vector<std::string> names;
    for (const rar::Entry& entry : listing->entries)
      names.push_back(entry.name +
                      (entry.file_version ? ";" + std::to_string(*entry.file_version) : "") + " (" +
                      std::to_string(entry.size.value_or(0)) + ")");
    // The table is cut off where there are many names, and 7-Zip lists all volumes that lie beside
    // the one it is given.
    auto expected = split(row[8], " | ");
    if (row[0] == "rar/museum/w10_1809_prefetch.rar") {
      expected.pop_back();
      EXPECT_EQ(std::to_string(names.size()), row[6]);
      names.resize(expected.size());
    }
    if (archive.is_volume) {
      EXPECT_NE(std::search(expected.begin(), expected.end(), names.begin(), names.end()),
                expected.end())
          << testing::PrintToString(names);
    } else {
      EXPECT_EQ(names, expected);
    }
    EXPECT_EQ(std::to_string(std::ranges::count_if(
                  listing->entries, [](const rar::Entry& entry) { return entry.is_encrypted; })),
              row[7]);
  }
  EXPECT_GT(archives, 50);
}

/// A dump of rarfile: what stands of each file, by `name=value`.
using Fields = std::map<std::string, std::string, std::less<>>;

std::vector<Fields> dump(std::string_view text) {
  std::vector<Fields> files;
  for (const std::string& line : split(text, "\n")) {
    if (line.starts_with("FILE:") || line.starts_with("R5_FILE:")) files.emplace_back();
    if (files.empty()) continue;
    const std::string_view trimmed = trim(line);
    // A name or a time is the whole line; otherwise there are several fields in it.
    if (const std::size_t sign = trimmed.find('=');
        sign != trimmed.npos && (trimmed.starts_with("name=") || trimmed.starts_with("mtime=") ||
                                 trimmed.starts_with("ctime=") || trimmed.starts_with("atime="))) {
      files.back().try_emplace(std::string{trimmed.substr(0, sign)}, trimmed.substr(sign + 1));
      continue;
    }
    for (const std::string& field : split(trimmed, " "))
      if (const std::size_t sign = field.find('='); sign != field.npos)
        files.back().try_emplace(field.substr(0, sign), field.substr(sign + 1));
  }
  return files;
}

/// A time as rarfile prints it: without trailing zeros, with nine decimals, the zone behind it.
std::string time_of(std::string text) {
  if (text.empty()) return text;
  if (const std::size_t zone = text.find('+'); zone != text.npos) text.resize(zone);
  std::string decimals;
  if (const std::size_t dot = text.find('.'); dot != text.npos) {
    decimals = text.substr(dot + 1, 7);
    text.resize(dot);
  }
  decimals.resize(7, '0');
  return text + '.' + decimals + 'Z';
}

std::string crc_text(std::uint32_t crc) {
  std::array<std::byte, sizeof crc> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(crc >> (24 - 8 * i) & 0xFF);
  return "0x" + to_hex(bytes);
}

void expect_same(const rar::Entry& entry, const Fields& expected) {
  const auto field = [&](std::string_view name) {
    const auto found = expected.find(name);
    return found == expected.end() ? std::string{} : found->second;
  };
  std::string name = field("name");
  if (entry.is_directory && entry.link == rar::LinkKind::none) {
    EXPECT_TRUE(name.ends_with('/'));
    name.pop_back();
  }
  EXPECT_EQ(entry.name, name);
  EXPECT_EQ(std::to_string(entry.size.value_or(0)), field("dec"));
  EXPECT_EQ(std::to_string(entry.packed_size), field("cmp"));
  EXPECT_EQ(crc_text(entry.crc.value_or(0)), field("crc"));
  EXPECT_EQ(std::to_string(entry.method), field("meth") + field("cmp_meth"));
  const auto time = [](FileTime value) { return value.is_set() ? value.iso8601() : ""; };
  if (const std::string stated = field("mtime"); !stated.empty()) {
    EXPECT_EQ(time(entry.modified), time_of(stated));
  }
  EXPECT_EQ(time(entry.created), time_of(field("ctime")));
  EXPECT_EQ(time(entry.accessed), time_of(field("atime")));
  EXPECT_EQ(entry.link_target, field("destination"));
}

TEST_F(RealEvidence, RarEntriesHaveTheFieldsThatRarfileReads) {
  int files = 0;
  for (const Row& row : facts("rar.tsv")) {
    if (!row[0].starts_with("rar/rarfile/") || row[0].find("-vols.") != std::string::npos) continue;
    SCOPED_TRACE(row[0]);
    const auto listing = list(evidence(row[0]));
    ASSERT_TRUE(listing);
    if (listing->archive.headers_encrypted) continue;
    const auto text = evidence(row[0] + ".exp");
    auto expected = dump(Bytes{text}.chars());
    auto entries = listing->entries;
    // rarfile leaves out older versions of a file.
    std::erase_if(entries, [](const rar::Entry& entry) { return entry.file_version.has_value(); });
    ASSERT_EQ(entries.size(), expected.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      SCOPED_TRACE(entries[i].name);
      expect_same(entries[i], expected[i]);
      ++files;
    }
  }
  EXPECT_GT(files, 30);
}

}  // namespace
}  // namespace hozen::real
