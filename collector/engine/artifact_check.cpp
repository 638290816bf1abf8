#include "collector/engine/artifact_check.h"

#include <utility>

#include "collector/base/text.h"
#include "collector/engine/entry_path.h"
#include "collector/engine/json_read.h"

namespace hozen {
namespace {

constexpr std::size_t kMostFaults = 100;

/// The exact text of a member: `<name>_utf16`, where there is one, tells what JSON cannot.
std::string exact_text(const Json& row, const char* name) {
  const auto units = json_bytes(row, (std::string{name} + "_utf16").c_str());
  return units ? wtf8_from_utf16le(Bytes{*units}) : json_text(row, name);
}

/// What is wrong with a row, "" when nothing is.
std::string fault_of(std::string_view line, const ArtifactCheck::Find& find) {
  const auto facts = parse_artifact_row(line);
  if (!facts) return facts.error().text();
  if (facts->entry.empty()) return "";
  const BundleEntry* entry = find(facts->entry);
  if (entry == nullptr) return "names " + facts->entry + ", which is not in the bundle";
  if (!facts->sha256 || *facts->sha256 != entry->sha256)
    return "has another SHA-256 than its entry " + facts->entry;
  if (facts->stored != entry->size) return "has another size than its entry " + facts->entry;
  return "";
}

}  // namespace

Result<ArtifactFacts> parse_artifact_row(std::string_view line) {
  const Json row = parse_json(line);
  if (!row.is_object()) return Error{Errc::malformed, "row of artifacts.jsonl"};
  ArtifactFacts facts;
  facts.path = exact_text(row, "path");
  if (facts.path.empty()) return Error{Errc::malformed, "row of artifacts.jsonl without a path"};
  facts.entry = json_text(row, "entry");
  facts.stored = json_number(row, "stored").value_or(0);
  facts.sha256 = json_sha256(row, "sha256");
  if (const Json* si = json_member(row, "si")) {
    facts.created = json_time(*si, "created");
    facts.modified = json_time(*si, "modified");
    facts.accessed = json_time(*si, "accessed");
  }
  if (const Json* deleted = json_member(row, "deleted");
      deleted != nullptr && deleted->is_boolean() && deleted->get<bool>())
    facts.deleted_folder = deleted_folder_name(json_number(row, "mft_record").value_or(0),
                                               json_number(row, "mft_sequence").value_or(0));
  return facts;
}

ArtifactCheck::ArtifactCheck(Find find)
    : find_{std::move(find)}, splitter_{[this](std::string_view line) -> Result<void> {
        check(line);
        return {};
      }} {}

void ArtifactCheck::check(std::string_view line) {
  ++rows_;
  std::string fault = fault_of(line, find_);
  if (!fault.empty() && faults_.size() < kMostFaults)
    faults_.push_back("row " + std::to_string(rows_) + " " + fault);
}

void ArtifactCheck::feed(std::span<const std::byte> bytes) {
  if (too_long_ || splitter_.feed(bytes)) return;
  too_long_ = true;
  faults_.push_back("row " + std::to_string(rows_ + 1) + " is too long to be read");
}

const std::vector<std::string>& ArtifactCheck::faults() {
  // Its error could only be one of check(), which has none.
  if (!too_long_) static_cast<void>(splitter_.end());
  return faults_;
}

}  // namespace hozen
