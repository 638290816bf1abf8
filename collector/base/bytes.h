// Bounds-checked views of evidence bytes: Bytes (any view), Fixed (a structure checked once),
// Cursor (sequential).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/result.h"

namespace hozen {

static_assert(std::endian::native == std::endian::little, "reads are plain copies");

/// A structure of exactly N bytes that has already been bounds-checked once.
/// Field offsets are template arguments, so an offset past N does not compile.
/// All integers are little-endian, as in every Windows format we read.
template <std::size_t N>
class Fixed {
 public:
  explicit Fixed(std::span<const std::byte, N> bytes) : bytes_{bytes} {}

  template <std::size_t Offset>
  std::uint8_t u8() const {
    return load<Offset, std::uint8_t>();
  }
  template <std::size_t Offset>
  std::uint16_t u16() const {
    return load<Offset, std::uint16_t>();
  }
  template <std::size_t Offset>
  std::uint32_t u32() const {
    return load<Offset, std::uint32_t>();
  }
  template <std::size_t Offset>
  std::uint64_t u64() const {
    return load<Offset, std::uint64_t>();
  }
  template <std::size_t Offset>
  std::int32_t i32() const {
    return static_cast<std::int32_t>(u32<Offset>());
  }
  template <std::size_t Offset, std::size_t Length>
  std::span<const std::byte, Length> raw() const {
    static_assert(Offset + Length <= N, "field lies outside the structure");
    return bytes_.template subspan<Offset, Length>();
  }

 private:
  template <std::size_t Offset, class T>
  T load() const {
    static_assert(Offset + sizeof(T) <= N, "field lies outside the structure");
    T value;
    std::memcpy(&value, bytes_.data() + Offset, sizeof value);
    return value;
  }
  std::span<const std::byte, N> bytes_;
};

/// A read-only view of evidence bytes. No read leaves the view; arithmetic cannot wrap.
/// It does not own: the buffer must outlive it.
class Bytes {
 public:
  Bytes() = default;
  /// base: offset of data[0] in the named source, so that errors carry file offsets.
  explicit Bytes(std::span<const std::byte> data, std::uint64_t base = 0)
      : data_{data}, base_{base} {}

  std::size_t size() const noexcept { return data_.size(); }
  bool empty() const noexcept { return data_.empty(); }
  std::uint64_t base() const noexcept { return base_; }
  std::span<const std::byte> span() const noexcept { return data_; }
  /// The bytes as characters, for searching and for Latin-1 or UTF-8 text; no copy.
  std::string_view chars() const noexcept {
    return {static_cast<const char*>(static_cast<const void*>(data_.data())), data_.size()};
  }

  /// True when `length` bytes at `offset` lie inside the view.
  bool contains(std::uint64_t offset, std::uint64_t length) const noexcept {
    return offset <= data_.size() && length <= data_.size() - offset;
  }

  /// The `length` bytes at `offset`; Errc::truncated when they are not all there.
  Result<Bytes> slice(std::uint64_t offset, std::uint64_t length, std::string_view what) const {
    if (!contains(offset, length)) return Error{Errc::truncated, std::string{what}, base_ + offset};
    return Bytes{data_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)),
                 base_ + offset};
  }

  /// What is left of the view from `offset` on: empty past the end.
  Bytes tail(std::uint64_t offset) const noexcept {
    if (offset >= data_.size()) return Bytes{{}, base_ + data_.size()};
    return Bytes{data_.subspan(static_cast<std::size_t>(offset)), base_ + offset};
  }

  /// The first `length` bytes, or all there are.
  Bytes head(std::uint64_t length) const noexcept {
    return length >= data_.size() ? *this
                                  : Bytes{data_.first(static_cast<std::size_t>(length)), base_};
  }

  /// The N-byte structure at `offset`; Errc::truncated when it is not all there.
  template <std::size_t N>
  Result<Fixed<N>> fixed(std::uint64_t offset, std::string_view what) const {
    if (!contains(offset, N)) return Error{Errc::truncated, std::string{what}, base_ + offset};
    return Fixed<N>{std::span<const std::byte, N>{data_.data() + offset, N}};
  }

  /// Asks the processor to load what lies at `offset`: a hint, nothing past the end.
  void prefetch(std::uint64_t offset) const noexcept {
    if (offset < data_.size()) __builtin_prefetch(data_.data() + offset);
  }

  /// One little-endian integer at `offset`, nothing when it is not all there.
  template <class T>
  std::optional<T> get(std::uint64_t offset) const noexcept {
    if (!contains(offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return value;
  }

 private:
  std::span<const std::byte> data_;
  std::uint64_t base_ = 0;
};

/// A Bytes view of a contiguous container of char or byte; the container must outlive it.
inline Bytes bytes_of(std::string_view text, std::uint64_t base = 0) {
  return Bytes{std::as_bytes(std::span{text.data(), text.size()}), base};
}

/// Reads a sequential format front to back. A read that would pass the end fails and moves nothing.
class Cursor {
 public:
  explicit Cursor(Bytes data) : data_{data} {}

  std::uint64_t position() const noexcept { return position_; }  ///< bytes from the view's start
  std::uint64_t remaining() const noexcept { return data_.size() - position_; }

  template <class T>
  Result<T> read(std::string_view what) {
    const auto value = data_.get<T>(position_);
    if (!value) return Error{Errc::truncated, std::string{what}, data_.base() + position_};
    position_ += sizeof(T);
    return *value;
  }
  Result<std::uint8_t> u8(std::string_view what) { return read<std::uint8_t>(what); }
  Result<std::uint16_t> u16(std::string_view what) { return read<std::uint16_t>(what); }
  Result<std::uint32_t> u32(std::string_view what) { return read<std::uint32_t>(what); }
  Result<std::uint64_t> u64(std::string_view what) { return read<std::uint64_t>(what); }

  Result<Bytes> take(std::uint64_t length, std::string_view what) {
    auto part = data_.slice(position_, length, what);
    if (part) position_ += length;
    return part;
  }
  /// Moves to `position` bytes from the view's start; Errc::truncated past the end.
  Result<void> seek(std::uint64_t position, std::string_view what) {
    if (position > data_.size())
      return Error{Errc::truncated, std::string{what}, data_.base() + position};
    position_ = position;
    return {};
  }

 private:
  Bytes data_;
  std::uint64_t position_ = 0;
};

}  // namespace hozen
