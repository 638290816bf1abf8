#include "collector/source/section_source.h"

#include <algorithm>
#include <utility>

namespace hozen {

SectionSource::SectionSource(std::shared_ptr<ByteSource> whole, std::uint64_t offset,
                             std::uint64_t size)
    : whole_{std::move(whole)},
      offset_{std::min(offset, whole_->size())},
      size_{std::min(size, whole_->size() - offset_)} {}

Result<std::size_t> SectionSource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= size_) return std::size_t{0};
  const auto there = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
  return whole_->read_some(offset_ + offset, out.first(there));
}

}  // namespace hozen
