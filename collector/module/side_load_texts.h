// The words of a program that may be names of libraries which it loads by a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen::side_load {

/// Words of one file, of one byte and of two in a letter: what letters, digits and `_-.+` make
/// between other characters, with `.dll` at the end, or before the end of a text or of a folder's
/// name. Kept as sums, so that a whole program costs two megabytes at most.
class FileWords {
 public:
  FileWords() = default;
  /// Reads the file once; what lies beyond `cap_bytes` is not looked at.
  FileWords(ByteSource& file, std::uint64_t cap_bytes);

  /// Whether the word stands there, `.dll` behind it or not; ASCII letters in lower case.
  bool has(std::string_view lower_word) const;
  std::size_t size() const { return sums_.size(); }

 private:
  struct Run {
    std::string text{};
    bool is_long = false;
  };
  void take(Run& run, std::byte byte);
  void end(Run& run, bool is_whole);
  void add(std::string_view word);
  void settle();

  std::vector<std::uint64_t> sums_;
  bool is_full_ = false;
};

}  // namespace hozen::side_load
