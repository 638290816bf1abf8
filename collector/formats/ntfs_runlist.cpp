#include "collector/formats/ntfs_runlist.h"

namespace hozen::ntfs {
namespace {

/// `count` little-endian bytes at `offset`, up to eight.
std::uint64_t load(Bytes bytes, std::size_t offset, unsigned count) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i)
    value |= std::to_integer<std::uint64_t>(bytes.span()[offset + i]) << (8 * i);
  return value;
}

std::uint64_t sign_extend(std::uint64_t value, unsigned count) {
  const unsigned bits = 8 * count;
  if (bits < 64 && (value >> (bits - 1) & 1) != 0) value |= ~std::uint64_t{0} << bits;
  return value;
}

}  // namespace

std::optional<Run> RunReader::fail(Errc code, const char* what) {
  error_ = Error{code, what, encoded_.base() + at_};
  return std::nullopt;
}

std::optional<Run> RunReader::next() {
  if (error_) return std::nullopt;
  // Windows leaves the end mark out where the list fills the attribute.
  if (at_ >= encoded_.size()) return std::nullopt;
  const auto head = std::to_integer<unsigned>(encoded_.span()[at_]);
  if (head == 0) return std::nullopt;
  const unsigned length_bytes = head & 15, offset_bytes = head >> 4;
  if (length_bytes == 0 || length_bytes > 8 || offset_bytes > 8)
    return fail(Errc::malformed, "ntfs runlist header");
  if (!encoded_.contains(at_ + 1, length_bytes + offset_bytes))
    return fail(Errc::truncated, "ntfs runlist");
  const std::uint64_t clusters = load(encoded_, at_ + 1, length_bytes);
  constexpr std::uint64_t kMaxVcn = std::uint64_t{1} << 62;
  if (clusters == 0 || clusters > kMaxVcn || vcn_ > kMaxVcn - clusters)
    return fail(Errc::malformed, "ntfs run length");
  Run run{vcn_, kSparseLcn, clusters};
  if (offset_bytes != 0) {
    lcn_ += sign_extend(load(encoded_, at_ + 1 + length_bytes, offset_bytes), offset_bytes);
    if (lcn_ >= volume_clusters_ || clusters > volume_clusters_ - lcn_)
      return fail(Errc::malformed, "ntfs run outside the volume");
    run.lcn = lcn_;
  }
  vcn_ += clusters;
  at_ += 1 + length_bytes + offset_bytes;
  return run;
}

}  // namespace hozen::ntfs
