#include "collector/engine/recover_cut.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/formats/zip.h"
#include "collector/formats/zip_form.h"

namespace hozen {
namespace {

constexpr std::size_t kScanBytes = 1u << 20;
constexpr std::uint64_t kMostCutBytes = 1ull << 40;  ///< no part of a volume is so large
constexpr std::string_view kArtifactsStream = "artifacts";

/// Where the zeros at the end of the file begin: NTFS leaves some behind what was written when the
/// power fails. At least `from`.
std::uint64_t find_zeros_at_the_end(ByteSource& partial, std::uint64_t from) {
  std::vector<std::byte> piece(kScanBytes);
  for (std::uint64_t end = partial.size(); end > from;) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - from));
    const auto bytes = std::span{piece}.first(length);
    if (!partial.read(end - length, bytes)) return end;
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(),
                                   [](std::byte byte) { return byte != std::byte{0}; });
    end -= static_cast<std::uint64_t>(last - bytes.rbegin());
    if (last != bytes.rend()) return end;
  }
  return from;
}

}  // namespace

bool is_content(std::string_view name) { return !content_root_of(name).empty(); }

bool has_entry_behind(ByteSource& partial, std::uint64_t offset) {
  constexpr std::string_view kMark = "PK\x03\x04";
  std::vector<std::byte> piece(kScanBytes);
  while (offset + kMark.size() <= partial.size()) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), partial.size() - offset));
    if (!partial.read(offset, std::span{piece}.first(length))) return false;
    const std::string_view text = Bytes{std::span{piece}.first(length)}.chars();
    for (std::size_t at = text.find(kMark); at != std::string_view::npos;
         at = text.find(kMark, at + 1)) {
      const auto local = read_zip_local(partial, offset + at);
      if (!local || !is_portable_entry_name(local->name)) continue;
      const auto segment = parse_segment_name(local->name);
      if (is_content(local->name) || local->name == kManifestName ||
          parse_volume_part_name(local->name) ||
          (segment &&
           (segment->stream == kArtifactsStream || segment->stream.starts_with("records/"))))
        return true;
    }
    if (length < piece.size()) return false;
    offset += length - (kMark.size() - 1);
  }
  return false;
}

std::optional<DeflateCut> find_whole_blocks(ByteSource& partial, std::uint64_t offset,
                                            bool is_cut) {
  const auto cut = find_deflate_cut(
      partial, offset, {kMostCutBytes, find_zeros_at_the_end(partial, offset), kZipBufferedBytes});
  if (!cut || cut->size <= kZipBufferedBytes) return std::nullopt;  // it has another form
  constexpr std::string_view kDescriptorMark = "PK\x07\x08";
  std::array<std::byte, kDescriptorMark.size()> behind{};
  if (!is_cut && cut->ended != 0 && partial.read(offset + cut->ended, behind) &&
      Bytes{behind}.chars() == kDescriptorMark)
    return std::nullopt;
  return *cut;
}

}  // namespace hozen
