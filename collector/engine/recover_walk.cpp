#include "collector/engine/recover_walk.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/engine/artifact_check.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/hash_table.h"
#include "collector/engine/profile.h"
#include "collector/engine/recover_cut.h"
#include "collector/engine/run_steps.h"
#include "collector/formats/deflate_cut.h"

namespace hozen {
namespace {

constexpr std::string_view kStartName = "start.json";
constexpr std::string_view kVolumeCopyModule = "volume_copy";
constexpr std::string_view kTicketName = "ticket.md", kArtifactsStream = "artifacts";
/// Streams of every run, whatever its modules.
constexpr std::array kStreams{kArtifactsStream,
                              std::string_view{"findings"},
                              std::string_view{"timeline"},
                              std::string_view{"log"},
                              std::string_view{"records/registry_hives"},
                              std::string_view{"records/problems"},
                              kStepsStream};
constexpr std::uint64_t kStartCapBytes = 64 << 20;

Error malformed(std::string what, std::uint64_t offset, std::string detail = {}) {
  return Error{Errc::malformed, std::move(what), offset, std::move(detail)};
}

/// `found` has its time from a header only.
bool are_same(const BundleEntry& listed, const BundleEntry& found) {
  const DosTime listed_time = to_dos_time(listed.modified),
                found_time = to_dos_time(found.modified);
  return listed.name == found.name && listed.method == found.method && listed.size == found.size &&
         listed.sha256 == found.sha256 && listed.stored_sha256 == found.stored_sha256 &&
         listed_time.date == found_time.date && listed_time.time == found_time.time;
}

/// Walks entry by entry. Of each it computes what the manifest will say.
class Walk {
 public:
  /// Up to `limit`, where what lies there is not to be trusted.
  Walk(ByteSource& partial, std::uint64_t limit) : partial_{partial}, limit_{limit} {
    found_.size = partial.size();
  }

  Result<Remainder> run();
  /// After run(): a row contradicts the entries before it. At its offset lies what is damaged; what
  /// run() found from there on is not to be used.
  const std::optional<Error>& contradiction() const { return contradiction_; }

 private:
  Result<void> take_entry();
  void keep_whole_blocks();
  Result<void> read_data(ByteSource& source, Remainder::Entry& entry, const ZipLocal& local);
  Result<void> compare(std::uint64_t offset, std::string_view expected, const std::string& what);
  Result<void> look_at(const std::string& name, std::span<const std::byte> bytes);
  Result<void> keep(Remainder::Entry entry);
  Result<void> take_start();
  Result<void> take_row(std::string_view line);
  Result<void> check_name(const std::string& name);
  void look_for_damage(std::uint64_t segment);
  void tell_what_is_missing();

  ByteSource& partial_;
  const std::uint64_t limit_;
  Remainder found_;
  EntryNames names_;
  std::string text_;                    // of start.json or manifest.json while it is read
  std::vector<std::uint64_t> offsets_;  // of the entries
  std::unordered_map<std::uint64_t, std::size_t> by_name_;  // hash of the name: entry
  HashSet named_by_rows_;
  std::vector<ArtifactFacts> wrong_rows_;  // of the segment at hand: they fit no entry
  std::optional<Error> contradiction_;
  std::map<std::string, unsigned, std::less<>> segments_;  // stream: how many were taken
  std::vector<RunStep> steps_;
  std::optional<LineSplitter> lines_;
  bool data_is_there_ = false;  // of the entry at hand, as long as its header says
};

/// The only form in which a bundle's structures are written is the one that is accepted.
Result<void> Walk::compare(std::uint64_t offset, std::string_view expected,
                           const std::string& what) {
  std::vector<std::byte> bytes(expected.size());
  HOZEN_CHECK(partial_.read(offset, bytes));
  if (Bytes{bytes}.chars() != expected) return malformed(what, offset, "not as it is written");
  return {};
}

/// Bytes of an entry whose content matters here.
Result<void> Walk::look_at(const std::string& name, std::span<const std::byte> bytes) {
  if (name == kStartName || name == kManifestName) {
    text_ += Bytes{bytes}.chars();
    return {};
  }
  return lines_ ? lines_->feed(bytes) : Result<void>{};
}

Result<void> Walk::read_data(ByteSource& source, Remainder::Entry& entry, const ZipLocal& local) {
  Sha256 stored_hash, hash;
  text_.clear();
  lines_.reset();
  if (const auto segment = parse_segment_name(local.name)) {
    wrong_rows_.clear();
    if (segment->stream == kArtifactsStream)
      lines_.emplace([this](std::string_view line) { return take_row(line); });
    if (segment->stream == kStepsStream)
      lines_.emplace([this](std::string_view line) -> Result<void> {
        if (auto step = parse_run_step(line)) steps_.push_back(*std::move(step));
        return {};
      });
  }
  const bool is_kept = local.name == kStartName || local.name == kManifestName;
  const std::uint64_t kept_cap = local.name == kStartName ? kStartCapBytes : kManifestCapBytes;
  const auto stored_size =
      local.streamed() ? std::nullopt : std::optional<std::uint64_t>{local.stored_size};
  HOZEN_TRY(const ZipData data, read_zip_data(
                                    source, local.data_offset, local.method, stored_size,
                                    is_kept ? kept_cap : ~std::uint64_t{0},
                                    [&](std::span<const std::byte> bytes) -> Result<void> {
                                      stored_hash.update(bytes);
                                      return {};
                                    },
                                    [&](std::span<const std::byte> bytes) -> Result<void> {
                                      hash.update(bytes);
                                      return look_at(local.name, bytes);
                                    }));
  if (lines_) HOZEN_CHECK(lines_->end());
  if (!wrong_rows_.empty()) look_for_damage(found_.used);
  entry.facts.size = data.size;
  entry.facts.stored_size = data.stored_size;
  entry.facts.sha256 = hash.finish();
  entry.facts.stored_sha256 = stored_hash.finish();
  entry.crc = data.crc;
  return {};
}

/// A row that cannot be read names nothing; the segment itself is kept as it is.
Result<void> Walk::take_row(std::string_view line) {
  constexpr std::size_t kMostWrongRows = 1000;
  auto row = parse_artifact_row(line);
  if (!row || row->entry.empty()) return {};
  const std::uint64_t name = hash_text(row->entry);
  const auto entry = by_name_.find(name);
  const bool fits = entry != by_name_.end() && row->sha256 &&
                    *row->sha256 == found_.entries[entry->second].facts.sha256 &&
                    row->stored == found_.entries[entry->second].facts.size;
  if (fits) named_by_rows_.insert(name);
  if (!fits && wrong_rows_.size() < kMostWrongRows) wrong_rows_.push_back(*std::move(row));
  return {};
}

/// A row is written after its entry: where it fits none, the entry's name was damaged, which
/// nothing else shows. The content tells which one it is; else the row itself is not to be trusted.
void Walk::look_for_damage(std::uint64_t segment) {
  contradiction_ = malformed("row of artifacts.jsonl", segment,
                             "it names " + wrong_rows_.front().entry + ", which is not there");
  for (const ArtifactFacts& row : wrong_rows_)
    for (std::size_t i = 0; i < found_.entries.size(); ++i) {
      const BundleEntry& entry = found_.entries[i].facts;
      if (offsets_[i] >= contradiction_->offset || !is_content(entry.name) || !row.sha256 ||
          entry.sha256 != *row.sha256 || named_by_rows_.contains(hash_text(entry.name)))
        continue;
      contradiction_ = malformed("local header of " + entry.name, offsets_[i],
                                 "its name is damaged: a row calls it " + row.entry);
    }
}

/// Names that a run writes, but for evidence.
Result<void> Walk::check_name(const std::string& name) {
  if (is_content(name) || name == kStartName || name == kTicketName) return {};
  const auto wrong = [&] {
    return malformed("local header of " + name, found_.used, "no run writes such an entry");
  };
  const auto& modules = found_.start.plan.modules;
  const auto is_planned = [&](std::string_view module) {
    return std::find(modules.begin(), modules.end(), module) != modules.end();
  };
  if (parse_volume_part_name(name) && is_planned(kVolumeCopyModule)) return {};
  const auto segment = parse_segment_name(name);
  if (!segment) return wrong();
  const std::string_view stream = segment->stream;
  constexpr std::string_view kRecords = "records/";
  const bool is_known =
      std::find(kStreams.begin(), kStreams.end(), stream) != kStreams.end() ||
      (stream.starts_with(kRecords) && is_planned(stream.substr(kRecords.size())));
  if (!is_known) return wrong();
  auto at = segments_.find(stream);
  if (at == segments_.end()) at = segments_.emplace(std::string{stream}, 0u).first;
  return segment->number == ++at->second ? Result<void>{} : wrong();
}

Result<void> Walk::take_entry() {
  data_is_there_ = false;
  HOZEN_TRY(const ZipLocal local, read_zip_local(partial_, found_.used));
  data_is_there_ = !local.streamed() && local.stored_size <= found_.size - local.data_offset;
  Remainder::Entry entry;
  entry.facts.name = local.name;
  entry.facts.method = local.method;
  entry.facts.modified = from_dos_time(local.modified);
  HOZEN_CHECK(read_data(partial_, entry, local));
  const ZipItem item = item_of(entry);
  std::string header, descriptor;
  append_zip_local_header(header, item);
  HOZEN_CHECK(compare(found_.used, header, "local header of " + local.name));
  const std::uint64_t behind = local.data_offset + entry.facts.stored_size;
  if (local.streamed()) {
    append_zip_descriptor(descriptor, item);
    HOZEN_CHECK(compare(behind, descriptor, "data descriptor of " + local.name));
  }
  HOZEN_CHECK(keep(std::move(entry)));
  found_.used = behind + descriptor.size();
  return {};
}

/// Of a part of a volume that is not whole, be it cut or damaged: where its bytes belong, its name
/// tells. Where nothing can be kept of it, the walk ends before it.
void Walk::keep_whole_blocks() {
  const auto local = read_zip_local(partial_, found_.used);
  if (!local || !local->streamed() || local->method != kZipDeflated ||
      !parse_volume_part_name(local->name))
    return;
  const auto cut = find_whole_blocks(partial_, local->data_offset, found_.is_cut);
  if (!cut) return;
  EndedDeflate source{partial_, local->data_offset + cut->stored_size};
  Remainder::Entry entry;
  entry.facts.name = local->name;
  entry.facts.method = local->method;
  entry.facts.modified = from_dos_time(local->modified);
  if (!read_data(source, entry, *local)) return;
  const ZipItem item = item_of(entry);
  std::string header, ending{kDeflateEnd};
  append_zip_local_header(header, item);
  append_zip_descriptor(ending, item);
  if (!compare(found_.used, header, "local header of " + local->name)) return;
  if (!keep(std::move(entry))) return;
  found_.used = local->data_offset + cut->stored_size;
  found_.ending = std::move(ending);
}

Result<void> Walk::keep(Remainder::Entry entry) {
  const std::string name = entry.facts.name;
  if (name == kManifestName) {
    // Of another run's, or of one that was changed, nothing is taken over.
    std::size_t at = 0;
    bool same = true;
    HOZEN_TRY([[maybe_unused]] const Manifest manifest,
              read_manifest(text_, [&](const BundleEntry& listed) {
                same = same && at < found_.entries.size() &&
                       are_same(listed, found_.entries[at].facts);
                ++at;
              }));
    if (!same || at != found_.entries.size())
      return malformed("manifest.json", found_.used, "it does not list the entries before it");
    found_.manifest_json = std::move(text_);
    found_.manifest_entry = std::move(entry);
    return {};
  }
  if (!is_portable_entry_name(name) || !names_.claim_exact(name))
    return malformed("local header of " + name, found_.used, "the name is taken or not allowed");
  if (found_.entries.empty()) HOZEN_CHECK(take_start());
  HOZEN_CHECK(check_name(name));
  by_name_.emplace(hash_text(name), found_.entries.size());
  offsets_.push_back(found_.used);
  found_.entries.push_back(std::move(entry));
  return {};
}

Result<void> Walk::take_start() {
  if (text_.empty()) return malformed("start.json", 0, "another entry stands first");
  HOZEN_TRY(found_.start, read_start(text_));
  return {};
}

void Walk::tell_what_is_missing() {
  const auto is_finished = [this](std::string_view kind, std::string_view name) {
    return std::any_of(steps_.begin(), steps_.end(), [&](const RunStep& step) {
      return step.kind == kind && step.name == name && step.outcome != kStepInterrupted;
    });
  };
  for (const std::string& module : found_.start.plan.modules)
    if (!is_finished(kModuleStep, module)) found_.missing.push_back("module " + module);
  if (!is_finished(kFindingsStep, kAllFindings)) found_.missing.emplace_back("findings");
  if (!found_.start.plan.targets.empty())
    for (const Priority priority : kPriorities)
      if (!is_finished(kFilesStep, to_text(priority)))
        found_.missing.push_back("files of priority " + std::string{to_text(priority)});
  for (const Remainder::Entry& entry : found_.entries)
    if (is_content(entry.facts.name) && !named_by_rows_.contains(hash_text(entry.facts.name)))
      ++found_.entries_without_row;
}

Result<Remainder> Walk::run() {
  while (found_.used < std::min(found_.size, limit_) && !found_.manifest_json && !contradiction_) {
    auto taken = take_entry();
    if (taken) continue;
    if (found_.entries.empty()) return std::move(taken).error();
    // A changed length makes whole entries look like one that was being written.
    found_.is_cut = taken.error().code == Errc::truncated && !data_is_there_ &&
                    !has_entry_behind(partial_, found_.used + 1);
    found_.fault = std::move(taken).error();
    keep_whole_blocks();
    break;
  }
  if (found_.entries.empty()) return malformed("start.json", 0, "the file is empty");
  if (!found_.manifest_json) tell_what_is_missing();
  return std::move(found_);
}

}  // namespace

ZipItem item_of(const Remainder::Entry& entry) {
  ZipItem item;
  item.name = entry.facts.name;
  item.method = entry.facts.method;
  item.modified = entry.facts.modified;
  item.crc = entry.crc;
  item.size = entry.facts.size;
  item.stored_size = entry.facts.stored_size;
  return item;
}

Result<Remainder> walk_remainder(ByteSource& partial) {
  constexpr int kMostRounds = 32;
  std::optional<Error> fault;
  for (int round = 0; round < kMostRounds; ++round) {
    Walk walk{partial, fault ? *fault->offset : ~std::uint64_t{0}};
    HOZEN_TRY(Remainder found, walk.run());
    if (walk.contradiction()) {
      fault = walk.contradiction();
      continue;
    }
    // An earlier one may have come up once the rest was left out.
    if (fault && !found.fault) found.fault = std::move(fault);
    return found;
  }
  return malformed("rows of artifacts.jsonl", fault->offset.value_or(0),
                   "they contradict the entries again and again");
}

}  // namespace hozen
