#include "collector/source/second_way.h"

namespace hozen {

Result<std::size_t> SecondWay::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (second_) return second_->read_some(offset, out);
  auto read = first_->read_some(offset, out);
  if (read) has_first_given_ = has_first_given_ || *read != 0;
  if (read || read.error().code != Errc::io) return read;
  if (!why_no_second_) {
    auto opened = open_second_();
    if (opened) {
      second_ = *std::move(opened);
      return second_->read_some(offset, out);
    }
    why_no_second_ = std::move(opened).error();
  }
  Error error = std::move(read).error();
  error.detail += "; from the volume: " + why_no_second_->text();
  return error;
}

std::uint64_t SecondWay::resumes_at(std::uint64_t offset) {
  return second_ ? second_->resumes_at(offset) : first_->resumes_at(offset);
}

std::string_view SecondWay::method() const {
  if (!second_) return first_->method();
  return has_first_given_ ? "mixed" : second_->method();
}

}  // namespace hozen
