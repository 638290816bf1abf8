// Puts the text of one record together. Records come by the million and are made of many short
// pieces: these are gathered where there is room for sure, and reach the line as one.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "collector/base/filetime.h"
#include "collector/base/json_text.h"

namespace hozen {

/// A text that is written very often: short ones are copied with room to spare, whatever their
/// size.
class FixedText {
 public:
  FixedText() = default;
  explicit FixedText(std::string_view text) : size_{text.size()}, text_{text} {
    if (text_.size() < kCopied) text_.resize(kCopied, ' ');
  }
  std::string_view view() const { return std::string_view{text_}.substr(0, size_); }

 private:
  friend class RowText;
  static constexpr std::size_t kCopied = 64;
  std::size_t size_ = 0;
  std::string text_ = std::string(kCopied, ' ');
};

/// What is put reaches the line with flush(), or by itself when it became much; without flush() it
/// is lost.
class RowText {
 public:
  /// `line` must outlive this.
  explicit RowText(std::string& line) : line_{line} {}
  RowText(const RowText&) = delete;
  RowText& operator=(const RowText&) = delete;

  void put(const FixedText& text) {
    if (room() < FixedText::kCopied || text.size_ > FixedText::kCopied) return put(text.view());
    std::memcpy(end_, text.text_.data(), FixedText::kCopied);
    end_ += text.size_;
  }
  void put(std::string_view text) {
    if (room() < text.size()) return put_slowly(text);
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void put(char c) { put(std::string_view{&c, 1}); }
  void put_number(std::uint64_t value) { put_integer(value); }
  void put_number(std::int64_t value) { put_integer(value); }
  /// As append_json_time().
  void put_time(FileTime value) {
    if (!value.is_set()) return put("null");
    std::array<char, 2 + FileTime::kIsoBytes> text;
    text[0] = '"';
    char* const end = value.write_iso8601(text.data() + 1);
    *end = '"';
    put({text.data(), static_cast<std::size_t>(end + 1 - text.data())});
  }
  /// As append_json_string().
  bool put_string(std::string_view wtf8) {
    if (room() >= json_short_bytes(kJsonShortBytes)) {
      if (char* const end = write_json_short(end_, wtf8); end != nullptr) {
        end_ = end;
        return true;
      }
    }
    flush();
    return append_json_string(line_, wtf8);
  }

  /// The line with all that was put, to which the caller appends. What is put afterwards stands
  /// behind that, until gather(): both ways may be mixed.
  std::string& line() {
    flush();
    limit_ = end_;
    return line_;
  }
  /// The caller of line() is done.
  void gather() { limit_ = text_.data() + text_.size(); }
  void flush() {
    line_.append(text_.data(), static_cast<std::size_t>(end_ - text_.data()));
    end_ = text_.data();
  }

 private:
  std::size_t room() const { return static_cast<std::size_t>(limit_ - end_); }
  void put_slowly(std::string_view text);
  template <class T>
  void put_integer(T value) {
    constexpr std::size_t kMostDigits = 24;
    if (room() >= kMostDigits) {
      end_ = std::to_chars(end_, end_ + kMostDigits, value).ptr;
    } else {
      flush();
      append_json_number(line_, value);
    }
  }

  static constexpr std::size_t kGathered = 2048;
  std::string& line_;
  std::array<char, kGathered> text_;  // not set: it is filled as far as it is used
  char* end_ = text_.data();
  char* limit_ = text_.data() + text_.size();
};

}  // namespace hozen
