#include "collector/source/image_file.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <utility>

#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/formats/volume_kind.h"
#include "collector/source/block_device.h"
#include "collector/source/image_parts.h"

namespace hozen {
namespace {

using Parts = std::vector<ImagePart>;

Error part_error(Errc code, const std::string& path, std::string detail) {
  return Error{code, "image " + path, std::nullopt, std::move(detail)};
}

Result<std::unique_ptr<ByteSource>> open_part(const std::string& path) {
  return is_block_device(path) ? open_block_device(path) : open_native_file(path);
}

bool exists(const std::string& path) {
  boost::system::error_code error;
  return boost::filesystem::exists(native_path(path), error);
}
bool exists(const std::optional<std::string>& path) { return path && exists(*path); }

/// False for a name that only looks like a part: disk.2024 beside disk.001, whose own kind (four
/// digits) does not begin; disk.gz beside disk.aa, far behind the parts up to `known` and alone.
bool counts_on(const PartName& first, const PartName& part, std::uint64_t known) {
  constexpr std::uint64_t kFar = 26;
  if (part.letters && part.width == first.width && part.number > known + kFar)
    return exists(first.at(part.number - 1)) || exists(first.at(part.number + 1));
  if (part.width <= first.width) return part.width == first.width;
  std::uint64_t least = 1;
  for (std::size_t digit = 1; digit < part.width; ++digit) least *= 10;
  return part.number >= least && (exists(first.at(least - 1)) || exists(first.at(least)));
}

/// The highest number among the names in the folder of `first` that count like it: a part behind a
/// gap shows that one is missing.
std::uint64_t highest_number(const PartName& first) {
  std::uint64_t highest = first.number;
  while (highest - first.number < kMaxImageParts && exists(first.at(highest + 1))) ++highest;
  const std::uint64_t known = highest;
  const NativePath sample = native_path(first.at(first.number).value_or(""));
  const auto own = parse_part_name(native_text(sample.filename()));
  const NativePath folder = sample.parent_path();
  boost::system::error_code error;
  boost::filesystem::directory_iterator entry{folder.empty() ? NativePath{"."} : folder, error};
  for (; own && !error && entry != boost::filesystem::directory_iterator{};
       entry.increment(error)) {
    const auto part = parse_part_name(native_text(entry->path().filename()));
    if (part && part->letters == own->letters && part->stem == own->stem &&
        counts_on(first, *part, known))
      highest = std::max(highest, part->number);
  }
  return highest;
}

/// The first part of the image that `given` belongs to: nothing for a single file.
Result<std::optional<PartName>> find_first(const std::string& path) {
  auto given = parse_part_name(path);
  if (!given) return std::optional<PartName>{};
  const bool before = given->number != 0 && exists(given->at(given->number - 1));
  if (given->number == 1 && !given->letters) {
    if (before) given->number = 0;
    return given;
  }
  if (given->number == 0) return given;
  const std::string first = given->at(given->letters ? 0 : 1).value_or("");
  if (before)
    return part_error(Errc::malformed, path,
                      "not the first part of a split image: give the first one, " + first);
  // Without the part before it: a name like disk.dd or disk.2024, or the rest of a split image.
  const bool padded = !given->letters && path[given->stem.size()] == '0';
  if (padded || exists(given->at(given->number + 1)))
    return part_error(Errc::not_found, given->at(given->number - 1).value_or(""),
                      "this part is missing");
  return std::optional<PartName>{};
}

Result<Parts> list_parts(const PartName& first) {
  const std::uint64_t last = highest_number(first);
  if (last - first.number >= kMaxImageParts)
    return part_error(Errc::limit, first.at(last).value_or(""), "more parts than are read");
  Parts parts;
  for (std::uint64_t number = first.number; number <= last; ++number) {
    const std::string path = first.at(number).value_or("");
    auto file = open_native_file(path);
    if (!file && file.error().code == Errc::not_found)
      return part_error(Errc::not_found, path,
                        "this part is missing, although there is " + first.at(last).value_or(""));
    if (!file) return std::move(file).error();
    parts.push_back({path, (*file)->size()});
  }
  // What split(1) makes when two letters do not suffice.
  if (first.letters && exists(first.stem + "z" + std::string(first.width + 1, 'a')))
    return part_error(Errc::unsupported, first.stem + "z" + std::string(first.width + 1, 'a'),
                      "parts with longer endings: join them with cat first");
  return parts;
}

Result<void> check_sizes(const Parts& parts) {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    const std::uint64_t usual = parts.front().size_bytes, size = parts[i].size_bytes;
    if (size == usual || (is_last && size < usual)) continue;
    return part_error(Errc::malformed, parts[i].path,
                      "this part has " + std::to_string(size) + " bytes, the first one " +
                          std::to_string(usual) + ": it is cut or of another image");
  }
  return {};
}

/// Bytes at the end that are not the disk's; Errc::unsupported for what is no raw image.
Result<std::uint64_t> check_raw(ByteSource& image, const std::string& path) {
  HOZEN_TRY(const auto container, read_image_container(image));
  if (!container) return std::uint64_t{0};
  if (*container == ImageContainer::vhd_fixed) return kVhdFooterBytes;
  return part_error(Errc::unsupported, path, std::string{describe(*container)});
}

}  // namespace

ImageFile::ImageFile(std::vector<ImagePart> parts, std::unique_ptr<ByteSource> first,
                     std::uint64_t hidden_bytes)
    : parts_{std::move(parts)} {
  for (const ImagePart& part : parts_) {
    size_ += part.size_bytes;
    ends_.push_back(size_);
  }
  size_ -= std::min(size_, hidden_bytes);
  opened_.reserve(kMaxOpenParts);
  if (first) opened_.push_back({0, std::move(first)});
}

Result<ByteSource*> ImageFile::open(std::size_t part) {
  auto found = std::find_if(opened_.begin(), opened_.end(),
                            [&](const Opened& opened) { return opened.part == part; });
  if (found == opened_.end()) {
    HOZEN_TRY(auto file, open_part(parts_[part].path));
    if (opened_.size() == kMaxOpenParts) opened_.pop_back();
    opened_.push_back({part, std::move(file)});
    found = opened_.end() - 1;
  }
  std::rotate(opened_.begin(), found, found + 1);
  return opened_.front().file.get();
}

Result<std::size_t> ImageFile::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= size_) return std::size_t{0};
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset)));
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t at = offset + done;
    const auto part =
        static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin());
    // What could be read before a bad place is given: who asks again from there is told.
    auto file = open(part);
    if (!file && done != 0) return done;
    if (!file) return std::move(file).error();
    const std::uint64_t inside = at - (ends_[part] - parts_[part].size_bytes);
    const auto want = static_cast<std::size_t>(
        std::min<std::uint64_t>(out.size() - done, parts_[part].size_bytes - inside));
    auto count = (*file)->read_some(inside, out.subspan(done, want));
    const bool is_over = !count || *count == 0;
    if (is_over && done != 0) return done;
    if (!count) {
      Error error = std::move(count).error();
      error.offset = at;
      return error;
    }
    if (*count == 0)
      return Error{Errc::truncated, "image " + parts_[part].path, at, "shorter than when opened"};
    done += *count;
  }
  return done;
}

Result<std::unique_ptr<ImageFile>> open_image_file(std::string_view path) {
  const std::string given{path};
  HOZEN_TRY(const auto first, find_first(given));
  Parts parts;
  if (first && !is_block_device(given)) {
    HOZEN_TRY(parts, list_parts(*first));
    HOZEN_CHECK(check_sizes(parts));
  }
  HOZEN_TRY(auto file, open_part(parts.empty() ? given : parts.front().path));
  if (parts.empty()) parts.push_back({given, file->size()});
  auto image = std::make_unique<ImageFile>(parts, std::move(file), 0);
  HOZEN_TRY(const std::uint64_t hidden, check_raw(*image, given));
  if (hidden != 0) image = std::make_unique<ImageFile>(std::move(parts), nullptr, hidden);
  return image;
}

}  // namespace hozen
