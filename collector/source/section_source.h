// A part of a byte source as a source of its own: a volume of a disk.
#pragma once

#include <memory>

#include "collector/base/byte_source.h"

namespace hozen {

/// The bytes [offset, offset + size) of `whole`, which lives as long as the section: several
/// volumes share one disk. What lies behind the end of `whole` does not exist: size() is what is
/// there. Errors carry offsets of `whole`, where another tool finds the same bytes. As safe for
/// two threads as `whole` is.
class SectionSource final : public ByteSource {
 public:
  SectionSource(std::shared_ptr<ByteSource> whole, std::uint64_t offset, std::uint64_t size);

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  std::uint64_t offset() const { return offset_; }  ///< bytes from the start of `whole`

 private:
  std::shared_ptr<ByteSource> whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

}  // namespace hozen
