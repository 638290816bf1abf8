#include "collector/engine/report/read_bundle.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/json_read.h"
#include "collector/formats/zip.h"

namespace hozen {
namespace {

constexpr std::string_view kManifestName = "manifest.json";
/// 70,000 entries make 25 MB; a bundle of some millions of files still fits.
constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
/// Of one segment; they are cut at about 4 MiB.
constexpr std::uint64_t kMaxSegmentBytes = 1ull << 30;
constexpr std::size_t kMaxListed = 100;

int number_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

Severity severity_named(std::string_view name) {
  for (const Severity severity :
       {Severity::low, Severity::medium, Severity::high, Severity::critical})
    if (to_text(severity) == name) return severity;
  return Severity::info;
}

Family family_named(std::string_view name) {
  for (const Family family :
       {Family::name, Family::command_line, Family::path, Family::time, Family::content,
        Family::signature, Family::indicator, Family::registry_state})
    if (to_text(family) == name) return family;
  return Family::location;
}

RankedFinding finding_of(const Json& object) {
  RankedFinding ranked;
  ranked.id = json_text(object, "id");
  ranked.severity = severity_named(json_text(object, "severity"));
  ranked.score = number_of(object, "score");
  Finding& finding = ranked.finding;
  finding.rule = json_text(object, "rule");
  finding.title = json_text(object, "title");
  finding.subject = json_text(object, "subject");
  finding.attack = json_texts(object, "attack");
  finding.not_checked = json_texts(object, "not_checked");
  finding.benign = json_texts(object, "benign");
  finding.next = json_texts(object, "next");
  const auto why = object.find("why");
  if (why == object.end() || !why->is_array()) return ranked;
  for (const auto& part : *why)
    if (part.is_object())
      finding.why.push_back({json_text(part, "fact"), number_of(part, "weight"),
                             family_named(json_text(part, "family")), json_texts(part, "records")});
  return ranked;
}

/// As Error::text() puts it.
std::string error_text(const Json& object) {
  const auto found = object.find("error");
  if (found == object.end() || !found->is_object()) return {};
  std::string text = json_text(*found, "what");
  for (const char* name : {"kind", "call", "code", "detail"}) {
    const std::string part = json_text(*found, name);
    if (!part.empty()) text += (text.empty() ? "" : ": ") + part;
  }
  return text;
}

class SummaryReader {
 public:
  explicit SummaryReader(ByteSource& bundle) : bundle_{bundle} {}
  Result<BundleSummary> read();

 private:
  Result<void> read_manifest_entry(const ZipCentral& entry);
  Result<void> read_stream(const ZipCentral& entry, const std::function<void(const Json&)>& row);
  void take_artifact(const Json& row);
  void take_finding(const Json& row);
  void take_problem(const Json& row);
  Result<void> read_content(const ZipCentral& entry, std::uint64_t cap, const ZipOutput& content);

  ByteSource& bundle_;
  BundleSummary summary_;
};

Result<void> SummaryReader::read_content(const ZipCentral& entry, std::uint64_t cap,
                                         const ZipOutput& content) {
  HOZEN_TRY(const ZipLocal local, read_zip_local(bundle_, entry.header_offset));
  HOZEN_TRY(const ZipData data, read_zip_data(bundle_, local.data_offset, entry.method,
                                              entry.stored_size, cap, {}, content));
  if (data.crc != entry.crc)
    return Error{Errc::malformed, "checksum of " + entry.name, entry.header_offset};
  return {};
}

Result<void> SummaryReader::read_manifest_entry(const ZipCentral& entry) {
  std::string text;
  Sha256 hash;
  HOZEN_CHECK(read_content(entry, kMaxManifestBytes, [&](std::span<const std::byte> piece) {
    hash.update(piece);
    text += Bytes{piece}.chars();
    return Result<void>{};
  }));
  summary_.seal = hash.finish();
  HOZEN_TRY(summary_.manifest, read_manifest(text, [&](const BundleEntry& listed) {
              ++summary_.entries;
              summary_.entry_bytes += listed.size;
              if (!parse_volume_part_name(listed.name)) return;
              ++summary_.volume_parts;
              summary_.volume_bytes += listed.size;
            }));
  // The writer counts these two itself.
  std::erase_if(summary_.manifest.counts, [](const auto& count) {
    return count.first == "entries" || count.first == "bytes";
  });
  return {};
}

Result<void> SummaryReader::read_stream(const ZipCentral& entry,
                                        const std::function<void(const Json&)>& row) {
  std::uint64_t unreadable = 0;
  LineSplitter lines{[&](std::string_view line) -> Result<void> {
    const Json object = parse_json(line);
    if (object.is_object()) {
      row(object);
    } else {
      ++unreadable;
    }
    return {};
  }};
  HOZEN_CHECK(read_content(entry, kMaxSegmentBytes,
                           [&](std::span<const std::byte> piece) { return lines.feed(piece); }));
  HOZEN_CHECK(lines.end());
  if (unreadable == 0) return {};
  ++summary_.problem_count;
  if (summary_.problems.size() < kMaxListed)
    summary_.problems.push_back({entry.name, std::to_string(unreadable) +
                                                 " of its lines could not be read: hozen verify "
                                                 "tells whether it was changed"});
  return {};
}

void SummaryReader::take_artifact(const Json& row) {
  const std::string outcome = json_text(row, "outcome");
  const std::string skipped = json_text(row, "skipped");
  if (row.contains("sha256")) ++summary_.stored_files;
  const bool whole = outcome == "complete" || outcome == "missing" || skipped == "own_output" ||
                     (outcome == "skipped" && skipped == "policy" && !row.contains("error"));
  if (whole) return;
  ++summary_.left_out;
  if (summary_.failures.size() >= kMaxListed) return;
  std::string reason = row.contains("error") ? error_text(row) : skipped;
  if (const auto stored = row.find("stored");
      outcome == "truncated" && stored != row.end() && stored->is_number_unsigned())
    reason = "the first " + byte_size_text(stored->get<std::uint64_t>()) + " are kept";
  if (outcome == "incomplete") reason = "zeros stand for what could not be read: " + reason;
  summary_.failures.push_back({json_text(row, "path"), outcome, std::move(reason)});
}

void SummaryReader::take_finding(const Json& row) {
  RankedFinding ranked = finding_of(row);
  ++summary_.by_severity[static_cast<std::size_t>(ranked.severity)];
  if (summary_.findings.size() < kSummaryFindings) summary_.findings.push_back(std::move(ranked));
}

void SummaryReader::take_problem(const Json& row) {
  ++summary_.problem_count;
  if (summary_.problems.size() < kMaxListed)
    summary_.problems.push_back({json_text(row, "from"), error_text(row)});
}

Result<BundleSummary> SummaryReader::read() {
  HOZEN_TRY(const ZipEnd end, find_zip_end(bundle_));
  bool has_manifest = false;
  Result<void> outcome;
  const auto visit = [&](const ZipCentral& entry) {
    const auto segment = parse_segment_name(entry.name);
    const std::string_view stream = segment ? segment->stream : std::string_view{};
    if (entry.name == kManifestName) {
      has_manifest = true;
      outcome = read_manifest_entry(entry);
    } else if (stream == "findings") {
      outcome = read_stream(entry, [&](const Json& row) { take_finding(row); });
    } else if (stream == "artifacts") {
      outcome = read_stream(entry, [&](const Json& row) { take_artifact(row); });
    } else if (stream == "records/problems") {
      outcome = read_stream(entry, [&](const Json& row) { take_problem(row); });
    }
    return outcome.has_value();
  };
  HOZEN_CHECK(each_zip_central(bundle_, end, visit));
  HOZEN_CHECK(std::move(outcome));
  if (!has_manifest) return Error{Errc::not_found, "manifest.json"};
  // Problems past the cap of their list are only counted.
  for (const auto& [name, count] : summary_.manifest.counts)
    if (name == "problems") summary_.problem_count = std::max(summary_.problem_count, count);
  summary_.bundle_bytes = bundle_.size();
  return std::move(summary_);
}

}  // namespace

Result<BundleSummary> read_bundle_summary(ByteSource& bundle) {
  return SummaryReader{bundle}.read();
}

}  // namespace hozen
