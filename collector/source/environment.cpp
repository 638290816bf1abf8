#include "collector/source/environment.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Values inside values: deeper ones stay literal. Windows itself expands a value once, when the
/// session begins, so a real chain is two or three long.
constexpr int kMaxDepth = 8;
/// Bytes; twice the longest environment block (32,767 UTF-16 units as up to three bytes each), so
/// that variables which double each other end.
constexpr std::size_t kMaxExpanded = 200'000;
/// Replacements in one text, so that variables which multiply each other into nothing end too.
constexpr int kMaxReplacements = 10'000;

/// True when what stands between two `%` may be a variable's name at all; "50% of 100%" is not one.
bool may_be_name(std::string_view name) {
  return !name.empty() && name.find_first_of(" \"\\/:,;<>|") == std::string_view::npos;
}

class Expansion {
 public:
  Expansion(const Environment& environment, std::vector<std::string>* unknown)
      : environment_{environment}, unknown_{unknown} {}

  std::string expand(std::string_view text) {
    append(text, 0);
    return std::move(out_);
  }

 private:
  void append(std::string_view text, int depth) {
    while (!text.empty()) {
      if (depth > 0 && out_.size() >= kMaxExpanded) return;
      const std::size_t percent = text.find('%');
      out_ += text.substr(0, percent);
      if (percent == std::string_view::npos) return;
      text.remove_prefix(percent);
      const std::size_t end = text.find('%', 1);
      const std::string_view name =
          end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
      if (append_value(name, depth)) {
        text.remove_prefix(end + 1);
        continue;
      }
      // Literal up to the next `%`, which may begin a variable itself.
      out_ += text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    }
  }

  bool append_value(std::string_view name, int depth) {
    if (name.empty()) return false;
    const auto value = environment_.get(name);
    if (!value) {
      note_unknown(name);
      return false;
    }
    if (depth >= kMaxDepth || replacements_ >= kMaxReplacements ||
        out_.size() + value->size() > kMaxExpanded)
      return false;
    ++replacements_;
    append(*value, depth + 1);
    return true;
  }

  void note_unknown(std::string_view name) {
    if (unknown_ == nullptr || !may_be_name(name)) return;
    const auto same = [&](const std::string& known) { return equals_fold(known, name); };
    if (std::none_of(unknown_->begin(), unknown_->end(), same)) unknown_->emplace_back(name);
  }

  const Environment& environment_;
  std::vector<std::string>* unknown_;
  std::string out_;
  int replacements_ = 0;
};

}  // namespace

void Environment::set(std::string_view name, std::string_view value) {
  values_[fold_case(name)] = value;
}

std::optional<std::string> Environment::get(std::string_view name) const {
  const auto found = values_.find(fold_case(name));
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string Environment::expand(std::string_view text, std::vector<std::string>* unknown) const {
  return Expansion{*this, unknown}.expand(text);
}

}  // namespace hozen
