#include "collector/engine/recover.h"

#include <algorithm>
#include <span>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/page_buffer.h"
#include "collector/engine/artifact_check.h"
#include "collector/engine/bundle.h"
#include "collector/engine/bundle_end.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/hash_table.h"
#include "collector/engine/profile.h"
#include "collector/engine/run_steps.h"
#include "collector/formats/zip.h"

namespace hozen {
namespace {

constexpr std::size_t kScanBytes = 1u << 20;
constexpr std::string_view kStartName = "start.json";
constexpr std::string_view kEvidencePrefix = "evidence/";
constexpr std::uint64_t kStartCapBytes = 64 << 20;
constexpr std::size_t kCopyBytes = 1 << 20;

Error malformed(std::string what, std::uint64_t offset, std::string detail = {}) {
  return Error{Errc::malformed, std::move(what), offset, std::move(detail)};
}

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

Result<Sha256Digest> sha256_of(ByteSource& source) {
  PageBuffer block(kCopyBytes);
  Sha256 hash;
  for (std::uint64_t offset = 0;;) {
    HOZEN_TRY(const std::size_t count, source.read_some(offset, block));
    if (count == 0) return hash.finish();
    hash.update(std::span{block}.first(count));
    offset += count;
  }
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
  explicit Walk(ByteSource& partial) : partial_{partial} { found_.size = partial.size(); }

  Result<Remainder> run();

 private:
  Result<void> take_entry();
  Result<void> read_data(Remainder::Entry& entry, const ZipLocal& local);
  Result<void> compare(std::uint64_t offset, std::string_view expected, const std::string& what);
  Result<void> look_at(const std::string& name, std::span<const std::byte> bytes);
  Result<void> keep(Remainder::Entry entry);
  Result<void> take_start();
  void tell_what_is_missing();
  bool has_entry_behind(std::uint64_t offset);

  ByteSource& partial_;
  Remainder found_;
  EntryNames names_;
  std::string text_;  // of start.json or manifest.json while it is read
  HashSet named_by_rows_;
  std::vector<RunStep> steps_;
  std::optional<LineSplitter> lines_;
  bool data_is_there_ = false;  // of the entry at hand, as long as its header says
};

/// Whether a header of an entry of ours begins at `offset` or later: then nothing ends there.
bool Walk::has_entry_behind(std::uint64_t offset) {
  constexpr std::string_view kMark = "PK\x03\x04";
  std::vector<std::byte> piece(kScanBytes);
  while (offset + kMark.size() <= found_.size) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), found_.size - offset));
    if (!partial_.read(offset, std::span{piece}.first(length))) return false;
    const std::string_view text = Bytes{std::span{piece}.first(length)}.chars();
    for (std::size_t at = text.find(kMark); at != std::string_view::npos;
         at = text.find(kMark, at + 1)) {
      const auto local = read_zip_local(partial_, offset + at);
      if (!local || !is_portable_entry_name(local->name)) continue;
      const auto segment = parse_segment_name(local->name);
      if (local->name.starts_with(kEvidencePrefix) || local->name == kManifestName ||
          (segment && (segment->stream == "artifacts" || segment->stream.starts_with("records/"))))
        return true;
    }
    if (length < piece.size()) return false;
    offset += length - (kMark.size() - 1);
  }
  return false;
}

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

Result<void> Walk::read_data(Remainder::Entry& entry, const ZipLocal& local) {
  Sha256 stored_hash, hash;
  text_.clear();
  lines_.reset();
  if (const auto segment = parse_segment_name(local.name)) {
    // A row that cannot be read names nothing; the segment itself is kept as it is.
    if (segment->stream == "artifacts")
      lines_.emplace([this](std::string_view line) -> Result<void> {
        if (const auto row = parse_artifact_row(line)) named_by_rows_.insert(hash_text(row->entry));
        return {};
      });
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
                                    partial_, local.data_offset, local.method, stored_size,
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
  entry.facts.size = data.size;
  entry.facts.stored_size = data.stored_size;
  entry.facts.sha256 = hash.finish();
  entry.facts.stored_sha256 = stored_hash.finish();
  entry.crc = data.crc;
  return {};
}

Result<void> Walk::take_entry() {
  data_is_there_ = false;
  HOZEN_TRY(const ZipLocal local, read_zip_local(partial_, found_.used));
  data_is_there_ = !local.streamed() && local.stored_size <= found_.size - local.data_offset;
  Remainder::Entry entry;
  entry.facts.name = local.name;
  entry.facts.method = local.method;
  entry.facts.modified = from_dos_time(local.modified);
  HOZEN_CHECK(read_data(entry, local));
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
    if (entry.facts.name.starts_with(kEvidencePrefix) &&
        !named_by_rows_.contains(hash_text(entry.facts.name)))
      ++found_.entries_without_row;
}

Result<Remainder> Walk::run() {
  while (found_.used < found_.size && !found_.manifest_json) {
    auto taken = take_entry();
    if (taken) continue;
    if (found_.entries.empty()) return std::move(taken).error();
    // A changed length makes whole entries look like one that was being written.
    found_.is_cut = taken.error().code == Errc::truncated && !data_is_there_ &&
                    !has_entry_behind(found_.used + 1);
    found_.fault = std::move(taken).error();
    break;
  }
  if (found_.entries.empty()) return malformed("start.json", 0, "the file is empty");
  if (!found_.manifest_json) tell_what_is_missing();
  HOZEN_TRY(found_.sha256, sha256_of(partial_));
  return std::move(found_);
}

/// Hands the entries of the remainder to whoever writes the end.
class RecoveredBody final : public BundleBody {
 public:
  RecoveredBody(const Remainder& remainder, ByteSink& sink) : remainder_{remainder}, sink_{sink} {}
  std::size_t count() const override { return remainder_.entries.size(); }
  BundleEntry entry(std::size_t index) const override { return remainder_.entries[index].facts; }
  ZipItem item(std::size_t index) const override { return item_of(remainder_.entries[index]); }
  Result<void> write(std::string_view bytes) override {
    return sink_.write(bytes_of(bytes).span());
  }

 private:
  const Remainder& remainder_;
  ByteSink& sink_;
};

/// Follows what is written in a file that may hold it already.
class Follower final : public ByteSink {
 public:
  Follower(ByteSource& file, std::uint64_t offset) : file_{file}, offset_{offset} {}
  Result<void> write(std::span<const std::byte> bytes) override {
    if (differs_) return {};
    std::vector<std::byte> there(
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), file_.size() - offset_)));
    HOZEN_CHECK(file_.read(offset_, there));
    const auto end = std::mismatch(there.begin(), there.end(), bytes.begin()).first;
    differs_ = end != there.end();
    offset_ += static_cast<std::uint64_t>(end - there.begin());
    return {};
  }
  Result<void> flush() override { return {}; }
  /// Up to there the file holds what was written.
  std::uint64_t offset() const { return offset_; }

 private:
  ByteSource& file_;
  std::uint64_t offset_;
  bool differs_ = false;
};

}  // namespace

Result<Remainder> examine_remainder(ByteSource& partial) {
  HOZEN_TRY(Remainder found, Walk{partial}.run());
  if (found.manifest_json && found.used < found.size) {
    Follower follower{partial, found.used};
    RecoveredBody body{found, follower};
    HOZEN_CHECK(write_bundle_directory(item_of(found.manifest_entry), body));
    found.behind = found.size - follower.offset();
  }
  return found;
}

Manifest recovered_manifest(const Remainder& remainder, ManifestRecovery recovery) {
  Manifest manifest = remainder.start.manifest;
  manifest.collection.outcome = RunOutcome::interrupted;
  recovery.size = remainder.size;
  recovery.sha256 = remainder.sha256;
  recovery.used = remainder.used;
  if (remainder.fault) {
    recovery.end = remainder.fault->text();
  } else if (remainder.used < remainder.size) {
    recovery.end = "directory";
  }
  recovery.missing = remainder.missing;
  recovery.entries_without_row = remainder.entries_without_row;
  manifest.recovery = std::move(recovery);
  return manifest;
}

Result<Sha256Digest> write_recovered(ByteSource& partial, const Remainder& remainder,
                                     const Manifest& manifest, ByteSink& sink) {
  PageBuffer block(kCopyBytes);
  for (std::uint64_t offset = 0; offset < remainder.used;) {
    const auto part = std::span{block}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), remainder.used - offset)));
    HOZEN_CHECK(partial.read(offset, part));
    HOZEN_CHECK(sink.write(part));
    offset += part.size();
  }
  RecoveredBody body{remainder, sink};
  Sha256Digest seal{};
  if (remainder.manifest_json) {
    seal = sha256(bytes_of(*remainder.manifest_json).span());
    HOZEN_CHECK(write_bundle_directory(item_of(remainder.manifest_entry), body));
  } else {
    HOZEN_TRY(seal, write_bundle_end(manifest, body));
  }
  HOZEN_CHECK(sink.flush());
  return seal;
}

}  // namespace hozen
