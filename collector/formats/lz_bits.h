// The bit stream of XPRESS with Huffman codes and of LZX: little-endian 16-bit units, their highest
// bit first, with whole bytes between the units.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "collector/base/bytes.h"

namespace hozen::lz {

/// Reads ahead as far as it can. Behind the end of the data come zeros: has_overrun() tells whether
/// they were used, so that nothing need be checked for each symbol.
class BitReader {
 public:
  static constexpr unsigned kRefilled = 49;  ///< bits there are at least after refill()

  BitReader(Bytes data, std::size_t position) : data_{data}, position_{position} {}

  void refill() {
    if (valid_ >= kRefilled) return;
    std::uint64_t next = 0;
    if (data_.contains(position_, sizeof next)) [[likely]]
      std::memcpy(&next, data_.span().data() + position_, sizeof next);
    else
      next = last_units(data_, position_);
    buffer_ |= first_unit_highest(next) >> valid_;
    const unsigned units = (kBits - valid_) / kUnit;
    position_ += std::size_t{2} * units;
    valid_ += kUnit * units;
  }

  /// The next `count` bits, 1 to 32, of those that refill() brought.
  std::uint32_t peek(unsigned count) const {
    return static_cast<std::uint32_t>(buffer_ >> (kBits - count));
  }
  void skip(unsigned count) {
    buffer_ <<= count;
    valid_ -= count;
  }
  /// The next `count` bits, 0 to 32, of those that refill() brought.
  std::uint32_t read(unsigned count) {
    const auto value = static_cast<std::uint32_t>(buffer_ >> 1 >> (kBits - 1 - count));
    skip(count);
    return value;
  }

  /// Moves back before the units that were read ahead, but for those that hold the next `keep`
  /// bits; that many must be there. What take() reads and position() tells comes behind them.
  void give_back(unsigned keep) {
    const unsigned units = (valid_ - keep) / kUnit;
    position_ -= std::size_t{2} * units;
    valid_ -= kUnit * units;
    buffer_ = valid_ == 0 ? 0 : buffer_ & ~std::uint64_t{0} << (kBits - valid_);
  }
  unsigned valid_bits() const { return valid_; }
  std::size_t position() const { return position_; }
  void seek(std::size_t position) {
    position_ = position;
    buffer_ = 0;
    valid_ = 0;
  }

  /// A whole little-endian integer between the units; 0 behind the end.
  template <class T>
  T take() {
    const auto value = data_.get<T>(position_);
    position_ += sizeof(T);
    lacks_byte_ |= !value;
    return value.value_or(T{0});
  }

  bool has_overrun() const {
    const std::size_t whole_units = data_.size() - ((data_.size() - position_) & 1);
    return lacks_byte_ || position_ * 8 - valid_ > whole_units * 8;
  }
  /// For errors: where the bits are that come next.
  std::uint64_t file_offset() const {
    return data_.base() + std::min(position_ - valid_ / 8, data_.size());
  }
  Error error(const char* what) const {
    return {has_overrun() ? Errc::truncated : Errc::malformed, what, file_offset()};
  }

 private:
  static constexpr unsigned kBits = 64;
  static constexpr unsigned kUnit = 16;

  static std::uint64_t first_unit_highest(std::uint64_t units) {
    constexpr std::uint64_t kEven = 0x0000FFFF'0000FFFF;
    units = std::rotl(units, 32);
    return (units & kEven) << kUnit | (units >> kUnit & kEven);
  }
  /// Apart from the reader, whose state can then stay in registers.
  [[gnu::noinline]] static std::uint64_t last_units(Bytes data, std::size_t position) {
    std::uint64_t units = 0;
    for (unsigned i = 0; i < sizeof units; ++i)
      units |= std::uint64_t{data.get<std::uint8_t>(position + i).value_or(0)} << (8 * i);
    return units;
  }

  Bytes data_;
  std::size_t position_;      ///< of the first byte that is not in buffer_
  std::uint64_t buffer_ = 0;  ///< the next bits, from the highest on
  unsigned valid_ = 0;        ///< bits of buffer_ that count
  bool lacks_byte_ = false;   ///< take() found the end
};

}  // namespace hozen::lz
