#include "collector/module/secret_text.h"

#include <algorithm>

#include "collector/module/command_line_words.h"
#include "collector/module/passwords.h"

namespace hozen {

SecretText::SecretText(std::string_view text) : text_{text} {
  const auto divides = [](char c) { return command_line::is_space(c) || is_quote(c); };
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t begin = i;
    while (i < text_.size() && !divides(text_[i])) ++i;
    if (i > begin) words_.push_back({begin, i});
    if (i < text_.size()) ++i;
  }
}

std::string SecretText::put_together() {
  std::sort(out_.begin(), out_.end(),
            [](Span a, Span b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
  std::string result;
  std::size_t done = 0;
  for (const Span span : out_) {
    if (span.begin < done) continue;
    result += text_.substr(done, span.begin - done);
    result += kPasswordLeftOut;
    done = span.end;
  }
  result += text_.substr(done);
  return result;
}

}  // namespace hozen
