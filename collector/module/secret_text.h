// A text of which secrets are left out: its words, and what was found to be one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

inline bool is_quote(char c) { return c == '"' || c == '\''; }

class SecretText {
 protected:
  struct Span {
    std::size_t begin = 0, end = 0;
  };

  explicit SecretText(std::string_view text);
  std::string_view of(std::size_t i) const {
    return text_.substr(words_[i].begin, words_[i].end - words_[i].begin);
  }
  /// The text with kPasswordLeftOut for each span of `out_`; of those that overlap the first
  /// counts.
  std::string put_together();

  std::string_view text_;
  std::vector<Span> words_;  ///< quotes divide them too: a command may stand in them
  std::vector<Span> out_;
};

}  // namespace hozen
