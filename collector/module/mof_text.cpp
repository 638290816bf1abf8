#include "collector/module/mof_text.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

bool is_name_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  std::vector<MofInstance> parse() {
    while (at_ < text_.size() && found_.size() <= kMaxMofInstances) {
      if (text_[at_] == '"')
        string();
      else if (is_name_char(text_[at_]))
        word(name());
      else
        ++at_;
    }
    if (found_.size() > kMaxMofInstances) found_.pop_back();
    return std::move(found_);
  }

 private:
  void space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  std::string_view name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// From its opening quote to behind the closing one.
  std::string string() {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      }
      value += c;
    }
    ++at_;
    return value;
  }

  void word(std::string_view word) {
    space();
    if (equals_fold(word, "instance")) {
      const std::size_t back = at_;
      if (equals_fold(name(), "of")) {
        space();
        found_.push_back({std::string{name()}, {}});
      } else {
        at_ = back;
      }
      return;
    }
    if (at_ >= text_.size() || text_[at_] != '=' || found_.empty()) return;
    ++at_;
    space();
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') {
      value = string();
    } else {
      const std::size_t end = std::min(text_.find(';', at_), text_.size());
      value = std::string{trim(text_.substr(at_, end - at_))};
      at_ = end;
    }
    found_.back().values.emplace_back(word, std::move(value));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<MofInstance> found_;
};

}  // namespace

std::string_view MofInstance::operator[](std::string_view name) const {
  for (const auto& [known, value] : values)
    if (equals_fold(known, name)) return value;
  return {};
}

std::vector<MofInstance> parse_mof_instances(std::string_view text) { return Parser{text}.parse(); }

}  // namespace hozen
