#include "collector/engine/file_reader.h"

#include <algorithm>
#include <utility>

namespace hozen {

void FileReader::fill(Block& block) {
  while (!ended_ && block.size < block.buffer.size()) {
    if (offset_ == max_bytes_) {
      at_limit_ = ended_ = true;
      return;
    }
    const std::uint64_t wanted =
        std::min<std::uint64_t>(block.buffer.size() - block.size, max_bytes_ - offset_);
    auto count = content_.read_some(
        offset_, std::span{block.buffer}.subspan(block.size, static_cast<std::size_t>(wanted)));
    if (!count) {
      error_ = std::move(count).error();
      ended_ = true;
      return;
    }
    ended_ = *count == 0;
    offset_ += *count;
    block.size += *count;
  }
}

FileOutcome FileReader::outcome() {
  if (error_) return offset_ == 0 ? FileOutcome::failed : FileOutcome::truncated;
  if (at_limit_) {
    std::byte probe{};
    const auto more = content_.read_some(offset_, {&probe, 1});
    if (more && *more != 0) return FileOutcome::truncated;
  }
  return offset_ == content_.size() ? FileOutcome::complete : FileOutcome::changed_while_reading;
}

}  // namespace hozen
