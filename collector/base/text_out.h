// A growing buffer of characters that is written at its end without a check per character.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace hozen {

/// Ask for room(), write there, and commit() what was written. The room is not set to anything.
class TextOut {
 public:
  explicit TextOut(std::size_t capacity = 64) { grow(capacity); }

  /// A place for `bytes` more characters, valid until the next call that is not commit().
  char* room(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(end_ - at_)) grow(bytes);
    return at_;
  }
  /// `end` is behind the last character written to what room() returned.
  void commit(char* end) { at_ = end; }

  void put(char c) {
    char* const at = room(1);
    *at = c;
    at_ = at + 1;
  }
  void append(std::string_view text) {
    char* const at = room(text.size());
    std::memcpy(at, text.data(), text.size());
    at_ = at + text.size();
  }
  /// A copy of what stands at `offset`.
  void append_again(std::size_t offset, std::size_t bytes) {
    room(bytes);
    append({data_.get() + offset, bytes});
  }

  std::size_t size() const { return static_cast<std::size_t>(at_ - data_.get()); }
  std::string_view text() const { return {data_.get(), size()}; }
  std::string_view text_from(std::size_t offset) const { return text().substr(offset); }
  /// Takes back what was written behind `size`.
  void rewind(std::size_t size) { at_ = data_.get() + size; }
  void clear() { rewind(0); }

 private:
  [[gnu::noinline]] void grow(std::size_t bytes) {
    const std::size_t used = at_ == nullptr ? 0 : size();
    const std::size_t capacity = 2 * used + bytes;
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (used != 0) std::memcpy(data.get(), data_.get(), used);
    data_ = std::move(data);
    at_ = data_.get() + used;
    end_ = data_.get() + capacity;
  }

  std::unique_ptr<char[]> data_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace hozen
