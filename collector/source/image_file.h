// A raw image of a disk or a volume on the operator's machine: one file, the parts of a split one,
// or a block device.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen {

struct ImagePart {
  std::string path;  ///< as it is opened
  std::uint64_t size_bytes = 0;
};

/// The parts of a raw image, end to end. A part is opened when it is read; the last few stay open.
/// A read goes into `out` directly, in one call for each part that it touches. Not safe for use by
/// two threads at once.
class ImageFile final : public ByteSource {
 public:
  /// `hidden_bytes`: at the end of the last part, no part of the disk (the footer of a VHD).
  /// `first`: the first part, open.
  ImageFile(std::vector<ImagePart> parts, std::unique_ptr<ByteSource> first,
            std::uint64_t hidden_bytes);

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  const std::vector<ImagePart>& parts() const { return parts_; }

 private:
  struct Opened {
    std::size_t part = 0;
    std::unique_ptr<ByteSource> file{};
  };
  Result<ByteSource*> open(std::size_t part);

  std::vector<ImagePart> parts_;
  std::vector<std::uint64_t> ends_;  ///< of each part, bytes from the start of the image
  std::vector<Opened> opened_;       ///< kMaxOpenParts at the most, the last used one in front
  std::uint64_t size_ = 0;
};

/// More would be terabytes in pieces that fit on a CD.
constexpr std::size_t kMaxImageParts = 10'000;
/// A system gives a process some thousand open files at the most, often 1024.
constexpr std::size_t kMaxOpenParts = 16;

/// Opens the image `path` names, as the operator wrote it:
///  - a name that ends in `.000`, `.001` (two digits or more) or `.aa`, `.aaa`: the first part of
///    a split image, all parts of which must lie beside it, in order, and but for the last have one
///    size. Of `.001` with a `.000` beside it, that one is the first.
///  - any other: a file, or (Linux) a block device.
/// Errc::not_found with the name of the missing part or file; Errc::malformed for parts of
/// different size or a later part given as the first; Errc::unsupported with what to do for a file
/// that is not a raw image (volume_kind.h), but a VHD of fixed size is read as the disk before its
/// footer; Errc::limit for more than kMaxImageParts.
Result<std::unique_ptr<ImageFile>> open_image_file(std::string_view path);

}  // namespace hozen
