// A sample of the files is read both ways: what the file system shows against what lies on the
// volume. Whoever hides content from programs shows here.
#include <utility>

#include "collector/base/filetime.h"
#include "collector/engine/artifact_store.h"
#include "collector/engine/artifact_store_impl.h"
#include "collector/engine/host.h"

namespace hozen {
namespace {

// The first files, which are the most valuable, and then some of many.
constexpr std::uint64_t kAllOfFirst = 64, kOneOf = 32;
constexpr std::uint64_t kMaxFileBytes = 64u << 20, kMaxBytes = 1u << 30;
constexpr std::size_t kMaxDifferences = 100;
constexpr std::size_t kStepBytes = 256 << 10;
/// What was written shortly before may not be on the disk yet.
constexpr std::uint64_t kSettleTicks = 600 * kTicksPerSecond;

/// A time in the future was set by somebody, or by another clock.
bool is_recent(FileTime time) {
  const std::uint64_t now = utc_now().ticks;
  return time.ticks <= now ? now - time.ticks < kSettleTicks : time.ticks - now < kSettleTicks;
}

}  // namespace

bool ArtifactStore::is_sample(const Unwritten& file) {
  const ArtifactRow& row = file.row;
  if (row.stored.outcome != FileOutcome::complete || !row.stored.digests || !row.info ||
      row.info->sparse_head_bytes != 0 || row.stored.size > kMaxFileBytes ||
      compared_bytes_ + row.stored.size > kMaxBytes || stop_.stop_requested())
    return false;
  // The volume holds what EFS made of it, programs see what it was.
  if ((row.info->attributes.value_or(0) & kAttributeEncrypted) != 0) return false;
  const Times& times = row.info->si;
  if (is_recent(times.modified) || is_recent(times.changed) || is_recent(times.created))
    return false;
  const std::uint64_t number = candidates_++;
  return number < kAllOfFirst || number % kOneOf == 0;
}

Result<Sha256Digest> ArtifactStore::hash_of(ByteSource& content, const EvidencePath& path) {
  WatchedSource watched{content, path, *this};
  Sha256 hash;
  std::vector<std::byte> step(kStepBytes);
  for (std::uint64_t at = 0;;) {
    HOZEN_TRY(const std::size_t count, watched.read_some(at, step));
    if (count == 0) return hash.finish();
    hash.update(std::span{step}.first(count));
    at += count;
  }
}

/// A difference counts when the file is as it was, read the first way once more.
void ArtifactStore::compare_ways(Unwritten& file) {
  ArtifactRow& row = file.row;
  const EvidencePath& path = file.queued.request.path;
  const auto other = source_.open_other_way(path);
  if (!other) return tell_uncompared(row, other.error());
  const std::string_view method =
      (*other)->method().empty() ? source_.method() : (*other)->method();
  if (method == row.method) return;
  const auto digest = hash_of(**other, path);
  if (!digest) return tell_uncompared(row, digest.error());
  compared_bytes_ += row.stored.size;
  const bool same = *digest == row.stored.digests->sha256;
  if (!same) {
    const auto again = source_.open(path);
    const auto before = again ? hash_of(**again, path) : Result<Sha256Digest>{again.error()};
    const auto after = source_.stat(path);
    if (!before || *before != row.stored.digests->sha256 || !after ||
        after->si.modified != row.info->si.modified)
      return;
  }
  ++counts_.compared;
  row.other_way = OtherWay{std::string{method}, *digest, same};
  if (same) return;
  ++counts_.differing;
  tell_difference(row, "its content is another when it is read as " + std::string{method});
}

void ArtifactStore::tell_difference(const ArtifactRow& row, std::string what) {
  if (differences_.size() < kMaxDifferences)
    differences_.push_back({Errc::malformed, row.path.text(), {}, std::move(what)});
}

/// A file that the file system shows and the volume does not have is a difference too. That another
/// program holds it, which only the file system says, is none.
void ArtifactStore::tell_uncompared(const ArtifactRow& row, const Error& why) {
  const bool is_one_way = why.code == Errc::unsupported || why.code == Errc::not_found;
  if (is_one_way || row.method != source_.method() || stop_.stop_requested()) return;
  tell_difference(
      row, "the file system shows it, but it could not be read from the volume: " + why.text());
}

}  // namespace hozen
