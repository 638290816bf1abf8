#include "collector/source/ntfs_content.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/reparse_point.h"
#include "collector/formats/wof.h"

namespace hozen {
namespace {

using ntfs::File;
using ntfs::FileStream;
namespace type = ntfs::attribute_type;

constexpr std::uint32_t kReparseTagDeduplicated = 0x80000013;
constexpr std::size_t kReparseHeaderBytes = 8;
constexpr std::uint64_t kMaxReparseBytes = 16u << 10;  ///< MAXIMUM_REPARSE_DATA_BUFFER_SIZE
constexpr const char* kInCloud = "a placeholder: its content lies in a cloud, not on the volume";

Error unsupported(const EvidencePath& path, std::string why) {
  return {Errc::unsupported, path.text(), std::nullopt, std::move(why)};
}

/// Why the content of a file with this reparse point lies elsewhere; nullptr where it does not.
const char* why_elsewhere(std::uint32_t tag, std::uint32_t attributes) {
  if (is_name_surrogate(tag)) return "a link, not followed";
  if (tag == kReparseTagDeduplicated)
    return "deduplicated: its content lies in the chunk store of the volume";
  return is_placeholder(attributes)
             ? "a placeholder: its content lies in another place, not on the volume"
             : nullptr;
}

struct ByteRange {
  std::uint64_t begin = 0, end = 0;
};

/// Parts of the stream that have no clusters. Of a compressed one those units that have none: in
/// others the end is missing because they are packed.
std::vector<ByteRange> list_holes(const ntfs::StreamLayout& layout, std::uint64_t cluster_bytes) {
  std::vector<ByteRange> holes;
  const std::uint64_t unit = std::max(layout.unit_clusters, 1u);
  const std::uint64_t size = layout.size_bytes;
  const std::uint64_t all = size / cluster_bytes + (size % cluster_bytes != 0 ? 1 : 0);
  const auto add = [&](std::uint64_t begin, std::uint64_t end) {
    begin = (begin + unit - 1) / unit * unit;
    if (end < all) end -= end % unit;
    if (begin < std::min(end, all))
      holes.push_back({begin * cluster_bytes, std::min(std::min(end, all) * cluster_bytes, size)});
  };
  std::uint64_t begin = 0, end = 0;
  for (const ntfs::Run& run : layout.runs) {
    if (!run.is_sparse()) continue;
    if (run.vcn != end) {
      add(begin, end);
      begin = run.vcn;
    }
    end = run.end_vcn();
    if (end >= all) break;
  }
  add(begin, end);
  return holes;
}

/// A file whose holes are not zeros but content that is not here.
class PartlyElsewhere final : public ByteSource {
 public:
  PartlyElsewhere(std::unique_ptr<ByteSource> content, std::vector<ByteRange> holes)
      : content_{std::move(content)}, holes_{std::move(holes)} {}

  std::uint64_t size() const override { return content_->size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const auto hole = std::partition_point(
        holes_.begin(), holes_.end(), [&](const ByteRange& range) { return range.end <= offset; });
    if (hole == holes_.end() || out.empty()) return content_->read_some(offset, out);
    if (hole->begin <= offset)
      return Error{Errc::unsupported, "its content lies in a cloud from here on", offset};
    const auto here = std::min<std::uint64_t>(out.size(), hole->begin - offset);
    return content_->read_some(offset, out.first(static_cast<std::size_t>(here)));
  }
  std::uint64_t resumes_at(std::uint64_t offset) override {
    for (const ByteRange& hole : holes_)
      if (hole.begin <= offset && offset < hole.end) return std::min(hole.end, size());
    return content_->resumes_at(offset);
  }

 private:
  std::unique_ptr<ByteSource> content_;
  std::vector<ByteRange> holes_;
};

}  // namespace

bool holds_content(const File& file) {
  const FileStream* const data = file.data();
  if (data == nullptr || data->size_bytes == 0) return false;
  return data->resident || data->first_lcn.has_value();
}

const FileStream* find_data_stream(const File& file, std::string_view name) {
  if (const FileStream* const exact = file.find_stream(type::kData, name)) return exact;
  const auto found =
      std::find_if(file.streams.begin(), file.streams.end(), [&](const FileStream& stream) {
        return stream.type == type::kData && equals_fold(stream.name, name);
      });
  return found == file.streams.end() ? nullptr : &*found;
}

std::optional<AttributePart> attribute_part(std::string_view stream) {
  constexpr std::array kTypes{
      std::pair<std::string_view, std::uint32_t>{":$INDEX_ROOT", type::kIndexRoot},
      std::pair<std::string_view, std::uint32_t>{":$INDEX_ALLOCATION", type::kIndexAllocation},
      std::pair<std::string_view, std::uint32_t>{":$BITMAP", type::kBitmap},
      std::pair<std::string_view, std::uint32_t>{":$REPARSE_POINT", type::kReparsePoint},
      std::pair<std::string_view, std::uint32_t>{":$EA", type::kEa}};
  for (const auto& [suffix, type] : kTypes)
    if (stream.ends_with(suffix))
      return AttributePart{stream.substr(0, stream.size() - suffix.size()), type};
  return std::nullopt;
}

Result<std::vector<std::byte>> read_reparse_point(ntfs::Volume& volume, const File& file) {
  if (!file.reparse_data.empty()) return file.reparse_data;
  HOZEN_TRY(const auto content, volume.open_attribute(file.number, type::kReparsePoint, ""));
  return read_all(*content, kMaxReparseBytes);
}

Result<std::unique_ptr<ByteSource>> NtfsContent::open_data(std::uint64_t number,
                                                           std::string_view stream) {
  return volume_.open_attribute(number, type::kData, stream, &problems_);
}

Result<std::unique_ptr<ByteSource>> NtfsContent::open_unnamed(const File& file,
                                                              const EvidencePath& path) {
  const bool has_point = file.standard && (file.standard->attributes & kAttributeReparsePoint) != 0;
  if (!has_point) return open_data(file.number, "");
  const auto point = read_reparse_point(volume_, file);
  if (point) return open_behind(Bytes{*point}, file, path);
  // The attribute says so and there is none: a flag that anybody can set hides nothing.
  if (point.error().code == Errc::not_found) return open_data(file.number, "");
  if (!holds_content(file)) return point.error();
  problems_.push_back(point.error());
  return open_data(file.number, "");
}

Result<std::unique_ptr<ByteSource>> NtfsContent::open_behind(Bytes point, const File& file,
                                                             const EvidencePath& path) {
  const std::uint32_t tag = point.get<std::uint32_t>(0).value_or(0);
  if (is_cloud_tag(tag)) return open_cloud_file(file, path);
  const char* const elsewhere = why_elsewhere(tag, file.standard->attributes);
  if (elsewhere == nullptr && tag != kReparseTagWof) return open_data(file.number, "");
  auto content = elsewhere != nullptr
                     ? Result<std::unique_ptr<ByteSource>>{unsupported(path, elsewhere)}
                     : open_wof(point.tail(kReparseHeaderBytes), file);
  if (content || !holds_content(file)) return content;
  tell_taken(content.error().code);
  return open_data(file.number, "");
}

/// Programs can say so of any file; nothing is fetched by reading what lies here.
void NtfsContent::tell_taken(Errc code) {
  problems_.push_back({code,
                       "its reparse point says that the content lies elsewhere, yet some lies in "
                       "its own clusters: that was taken"});
}

/// Providers fetch a file in parts: what has no clusters is not zeros, it is not here. Whether the
/// file is a placeholder its clusters tell; the attributes that say so can be taken off.
Result<std::unique_ptr<ByteSource>> NtfsContent::open_cloud_file(const File& file,
                                                                 const EvidencePath& path) {
  const bool is_called_placeholder = is_placeholder(file.standard->attributes);
  const FileStream* const data = file.data();
  if (data == nullptr || data->size_bytes == 0)
    return is_called_placeholder ? unsupported(path, kInCloud) : open_data(file.number, "");
  HOZEN_TRY(auto content, open_data(file.number, ""));
  std::vector<ByteRange> holes;
  if (const auto* const runs = dynamic_cast<const ntfs::RunSource*>(content.get())) {
    const ntfs::StreamLayout& layout = runs->layout();
    const bool has_clusters = std::any_of(layout.runs.begin(), layout.runs.end(),
                                          [](const ntfs::Run& run) { return !run.is_sparse(); });
    if (!has_clusters) return unsupported(path, kInCloud);
    holes = list_holes(layout, volume_.boot().cluster_bytes);
  }
  if (is_called_placeholder) tell_taken(Errc::unsupported);
  if (holes.empty()) return content;
  return std::unique_ptr<ByteSource>{
      std::make_unique<PartlyElsewhere>(std::move(content), std::move(holes))};
}

Result<std::unique_ptr<ByteSource>> NtfsContent::open_wof(Bytes data, const File& file) {
  HOZEN_TRY(const WofAlgorithm algorithm, parse_wof_data(data));
  HOZEN_TRY(auto stream, open_data(file.number, kWofStream));
  const FileStream* const unnamed = file.data();
  HOZEN_TRY(auto content, WofSource::open(std::move(stream),
                                          unnamed != nullptr ? unnamed->size_bytes : 0, algorithm));
  return std::unique_ptr<ByteSource>{std::move(content)};
}

}  // namespace hozen
