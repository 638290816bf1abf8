#include "collector/engine/artifact_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "collector/engine/artifact_store_impl.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/entry_name.h"
#include "collector/formats/reparse_point.h"

namespace hozen {
namespace {

/// Files that wait are bounded: past this many the most valuable are collected first.
constexpr std::size_t kMaxQueued = 8192;
constexpr std::size_t kMaxFailures = 100;
/// Files whose rows wait for their digests while the next ones are read.
constexpr std::size_t kMaxUnwritten = 32;

constexpr std::string_view kImageKind = "image";  ///< EvidenceSource::kind()

bool same_content(const FileInfo& before, const FileInfo& after) {
  return before.size == after.size && before.si.modified == after.si.modified;
}

/// For whoever wants to read a file that was left out.
Error why_not_stored(const ArtifactRow& row) {
  const SkipReason reason = row.skipped.value_or(SkipReason::policy);
  const Errc code = reason == SkipReason::limit ? Errc::limit : Errc::unsupported;
  return Error{code, row.path.text(), {}, "left out: " + std::string{to_text(reason)}};
}

bool is_stored(const ArtifactRow& row) {
  switch (row.stored.outcome) {
    case FileOutcome::complete:
    case FileOutcome::truncated:
    case FileOutcome::incomplete:
    case FileOutcome::changed_while_reading:
      return true;
    case FileOutcome::missing:
    case FileOutcome::failed:
    case FileOutcome::skipped:
      return false;
  }
  return false;
}

}  // namespace

ArtifactStore::ArtifactStore(EvidenceSource& source, const Limits& limits, const RunStop& stop,
                             ProgressState& progress, ProgressListener& listener)
    : source_{source}, limits_{limits}, stop_{stop}, progress_{progress}, listener_{listener} {}

void ArtifactStore::open(BundleFeed& feed) {
  feed_ = &feed;
  drain(Priority::bulk);
}

ArtifactId ArtifactStore::request(FileRequest request) {
  const std::string key = key_of(request);
  std::uint32_t id = index_.find(key);
  const bool is_new = id == 0;
  if (is_new) {
    id = ++last_id_;
    index_.insert(key, id);
  }
  if (!request.module.empty() && !named_.contains(id))
    named_.emplace(id, Named{request.path, request.deleted});
  if (!is_new) join(id, request);
  if (is_new) {
    queue_.push_back({id, std::move(request)});
    if (feed_ != nullptr && queue_.size() >= kMaxQueued) drain(middle_priority());
  }
  return {id};
}

/// Several deleted files may have had one path; streams of one may differ in case only.
std::string ArtifactStore::key_of(const FileRequest& request) {
  if (!request.deleted) return source_.key(request.path);
  return "deleted " + std::to_string(request.deleted->file_reference) + ' ' +
         request.path.with_stream("").folded() + '\0' + request.path.stream();
}

/// A file that waits is collected as the most demanding of those who ask for it wants it.
void ArtifactStore::join(std::uint32_t id, const FileRequest& request) {
  const auto queued = std::find_if(queue_.rbegin(), queue_.rend(),
                                   [&](const Queued& other) { return other.id == id; });
  if (queued == queue_.rend()) return;
  FileRequest& first = queued->request;
  if (cap_for(request) > cap_for(first)) first.max_bytes = request.max_bytes;
  first.expected = first.expected || request.expected;
  first.beyond_total = first.beyond_total || request.beyond_total;
  first.priority = std::min(first.priority, request.priority);
}

void ArtifactStore::drain(Priority last) {
  const auto rest = std::partition(queue_.begin(), queue_.end(), [&](const Queued& queued) {
    return queued.request.priority <= last;
  });
  std::vector<Queued> batch{std::make_move_iterator(queue_.begin()), std::make_move_iterator(rest)};
  queue_.erase(queue_.begin(), rest);
  const auto order = [](const Queued& queued) {
    return std::tuple{queued.request.priority, queued.request.disk_offset.value_or(~0ull),
                      queued.id};
  };
  std::sort(batch.begin(), batch.end(),
            [&](const Queued& a, const Queued& b) { return order(a) < order(b); });
  for (Queued& queued : batch) collect(std::move(queued));
  write_all();
}

void ArtifactStore::collect(Queued queued) {
  Unwritten file{std::move(queued), {}};
  const FileRequest& request = file.queued.request;
  ArtifactRow& row = file.row;
  row = row_for(file.queued);
  row.info = examine(file.queued, row);
  if (row.info) {
    auto content = open_content(request.path, request.deleted);
    if (content) {
      TailSource tail{**content, row.info->sparse_head_bytes};
      WatchedSource watched{tail, request.path, *this, was_read(file.queued.id)};
      GapSource bridged{watched, [&] { return watched.stops(); }};
      store(file, bridged, bridged);
    } else {
      row.stored.outcome =
          content.error().code == Errc::not_found ? FileOutcome::missing : FileOutcome::failed;
      row.stored.error = std::move(content).error();
      const bool is_elsewhere = row.stored.error->code == Errc::unsupported;
      const bool is_cloud_file = is_cloud_tag(row.info->reparse_tag.value_or(0));
      if (is_elsewhere && (is_cloud_file || is_placeholder(row.info->attributes.value_or(0)))) {
        row.stored.outcome = FileOutcome::skipped;
        row.skipped = SkipReason::placeholder;
      }
    }
  }
  write_later(std::move(file));
}

/// At least half of the queue is of this priority or a better one.
Priority ArtifactStore::middle_priority() {
  const auto middle = queue_.begin() + static_cast<std::ptrdiff_t>((queue_.size() - 1) / 2);
  std::nth_element(queue_.begin(), middle, queue_.end(), [](const Queued& a, const Queued& b) {
    return a.request.priority < b.request.priority;
  });
  return middle->request.priority;
}

ArtifactRow ArtifactStore::row_for(const Queued& queued) const {
  ArtifactRow row;
  row.id = queued.id;
  row.path = queued.request.path;
  row.method = source_.method();
  row.module = queued.request.module;
  row.category = queued.request.category;
  row.deleted = queued.request.deleted;
  return row;
}

std::optional<FileInfo> ArtifactStore::examine(const Queued& queued, ArtifactRow& row) {
  const auto skip = [&](SkipReason reason) {
    row.stored.outcome = FileOutcome::skipped;
    row.skipped = reason;
    return std::nullopt;
  };
  const auto reach = [&](Error limit) {
    row.stored.error = std::move(limit);
    return skip(SkipReason::limit);
  };
  // What was read before the bundle was open is kept, however the run ends.
  const bool known = was_read(queued.id);
  if (stop_.interrupted() && !known) return skip(SkipReason::interrupted);
  if (stop_.out_of_time() && !known) return reach(stop_.error());
  auto info = facts_of(queued.request);
  if (!info) {
    const bool absent = info.error().code == Errc::not_found;
    // The source may have listed the folder before the output was made in it.
    if (absent && !own_name_.empty() && queued.request.path.name() == own_name_)
      return skip(SkipReason::own_output);
    row.stored.outcome = absent ? FileOutcome::missing : FileOutcome::failed;
    row.stored.error = std::move(info).error();
    return std::nullopt;
  }
  row.path = info->path;
  row.info = *info;
  if (info->is_link) row.stored.error = Error{Errc::unsupported, "a link, not followed"};
  if (info->is_directory || info->is_link) return skip(SkipReason::policy);
  if (!own_name_.empty() && info->path.name() == own_name_ && info->si.modified >= own_since_)
    return skip(SkipReason::own_output);
  // To read an image fetches nothing, and programs can say so of files that are there.
  if (is_placeholder(info->attributes.value_or(0)) && source_.kind() != kImageKind)
    return skip(SkipReason::placeholder);
  if (queued.request.beyond_total) return *std::move(info);
  const std::uint64_t expected =
      std::min(info->size - info->sparse_head_bytes, cap_for(queued.request));
  const std::uint64_t stored = counts_.stored() + unwritten_files_;
  const std::uint64_t bytes_read = counts_.bytes_read + unwritten_bytes_;
  if (stored >= limits_.max_files)
    return reach({Errc::limit, "the limit of " + std::to_string(limits_.max_files) + " files"});
  if (bytes_read >= limits_.max_total_bytes || expected > limits_.max_total_bytes - bytes_read)
    return reach(
        {Errc::limit, "the limit of " + byte_size_text(limits_.max_total_bytes) + " altogether"});
  return *std::move(info);
}

void ArtifactStore::store(Unwritten& file, ByteSource& content, const GapSource& file_bytes) {
  ArtifactRow& row = file.row;
  const FileRequest& request = file.queued.request;
  const EntryPath place = request.deleted ? entry_path_of(*request.deleted) : EntryPath{row.path};
  auto started = feed_->file(place, content, row.info->si.modified, cap_for(request));
  if (!started) {
    row.stored.outcome = FileOutcome::failed;
    row.stored.error = feed_->failure();
    return;
  }
  row.stored = std::move(started->file);
  file.digests = std::move(started->pending);
  if (!file_bytes.method().empty()) row.method = file_bytes.method();
  if (row.stored.outcome == FileOutcome::complete) detect_change(file.queued, row);
  for (const FileGap& gap : file_bytes.gaps())
    if (gap.offset < row.stored.size) row.unreadable.push_back(gap);
  if (row.unreadable.empty()) return;
  row.why_unreadable = file_bytes.first_error();
  if (row.stored.outcome == FileOutcome::complete) row.stored.outcome = FileOutcome::incomplete;
}

/// A file that is written to while it is read yields a mixture: what shows it is its size, its
/// time, or (compare_with_read) a difference to what was read of it before.
void ArtifactStore::detect_change(const Queued& queued, ArtifactRow& row) {
  const std::uint64_t expected = row.info->size - row.info->sparse_head_bytes;
  const FileRequest& request = queued.request;
  if (row.stored.size == expected && !request.deleted && source_.is_untouched(request.path)) return;
  const auto after = facts_of(request);
  if (row.stored.size != expected || !after || !same_content(*row.info, *after))
    row.stored.outcome = FileOutcome::changed_while_reading;
}

void ArtifactStore::compare_with_read(const Queued& queued, ArtifactRow& row) {
  if (row.stored.outcome != FileOutcome::complete || !row.stored.digests) return;
  const auto named = named_.find(queued.id);
  if (named != named_.end() && named->second.sha256 &&
      *named->second.sha256 != row.stored.digests->sha256)
    row.stored.outcome = FileOutcome::changed_while_reading;
}

/// Rows keep the order of their files: this one waits behind those whose digests are missing.
void ArtifactStore::write_later(Unwritten file) {
  unwritten_files_ += is_stored(file.row) ? 1u : 0u;
  unwritten_bytes_ += file.row.stored.size;
  unwritten_.push_back(std::move(file));
  while (!unwritten_.empty() && (unwritten_.size() > kMaxUnwritten || !unwritten_.front().digests ||
                                 unwritten_.front().digests->is_set()))
    write_first();
}

void ArtifactStore::write_all() {
  while (!unwritten_.empty()) write_first();
}

/// Waits for its digests.
void ArtifactStore::write_first() {
  Unwritten file = std::move(unwritten_.front());
  unwritten_.pop_front();
  unwritten_files_ -= is_stored(file.row) ? 1u : 0u;
  unwritten_bytes_ -= file.row.stored.size;
  if (file.digests) file.row.stored.digests = file.digests->get();
  compare_with_read(file.queued, file.row);
  if (is_sample(file)) compare_ways(file);
  write(file.queued, file.row);
}

void ArtifactStore::write(const Queued& queued, ArtifactRow& row) {
  if (const auto named = named_.find(queued.id); named != named_.end()) {
    Named& known = named->second;
    known.collected = true;
    if (row.stored.outcome == FileOutcome::truncated) known.kept = row.stored.size;
    known.error = row.stored.error;
    if (row.stored.digests) {
      known.sha256 = row.stored.digests->sha256;
    } else if (!known.error) {
      known.error = why_not_stored(row);
    }
  }
  count(queued, row);
  if (row.stored.outcome == FileOutcome::missing && !queued.request.expected) return;
  row.reason = queued.request.reason;  // a view: only now is the request where it stays
  json_.clear();
  append_artifact_row(json_, row);
  feed_->line("artifacts", json_);
  // A kill must not cost the path of a file whose entry does not tell it.
  if (const std::string& entry = row.stored.entry;
      !entry.empty() && !path_of_entry_name(entry, content_root_of(entry)))
    feed_->close("artifacts");
}

void ArtifactStore::count(const Queued& queued, const ArtifactRow& row) {
  counts_.bytes_read += row.stored.size;
  bool left_out = true;
  switch (row.stored.outcome) {
    case FileOutcome::complete:
      ++counts_.complete;
      left_out = false;
      break;
    case FileOutcome::truncated:
      ++counts_.truncated;
      break;
    case FileOutcome::incomplete:
      ++counts_.incomplete;
      break;
    case FileOutcome::changed_while_reading:
      ++counts_.changed;
      break;
    case FileOutcome::missing:
      counts_.missing += queued.request.expected ? 1 : 0;
      left_out = false;
      break;
    case FileOutcome::failed:
      ++counts_.failed;
      break;
    case FileOutcome::skipped:
      ++counts_.skipped;
      // A folder of that name is no loss; a link is one.
      left_out = row.skipped != SkipReason::own_output &&
                 (row.skipped != SkipReason::policy || row.stored.error.has_value());
      break;
  }
  progress_.files = counts_.stored();
  listener_.update(progress_);
  if (!left_out) return;
  ++counts_.left_out;
  if (failures_.size() >= kMaxFailures) return;
  FileFailure failure{row.path.text(), std::string{to_text(row.stored.outcome)}, {}};
  if (row.skipped) failure.reason = to_text(*row.skipped);
  if (row.stored.outcome == FileOutcome::truncated)
    failure.reason = "the first " + byte_size_text(row.stored.size) + " are kept";
  if (row.stored.error) failure.reason = row.stored.error->text();
  if (row.stored.outcome == FileOutcome::incomplete && row.why_unreadable)
    failure.reason = unreadable_text(row) + ": " + row.why_unreadable->text();
  failures_.push_back(std::move(failure));
}

bool ArtifactStore::was_read(std::uint32_t id) const {
  const auto named = named_.find(id);
  return named != named_.end() && named->second.sha256.has_value();
}

std::uint64_t ArtifactStore::cap_for(const FileRequest& request) const {
  return request.max_bytes == 0 ? limits_.max_file_bytes : request.max_bytes;
}

}  // namespace hozen
