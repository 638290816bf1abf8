// Environment variables of the evidence (never of the machine that runs us).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// Case-insensitive names. Values may refer to other variables; expand() resolves them with a depth
/// cap.
class Environment {
 public:
  void set(std::string_view name, std::string_view value);
  std::optional<std::string> get(std::string_view name) const;
  /// Replaces %NAME% as ExpandEnvironmentStrings does: an unknown one stays literal and its name is
  /// appended to `unknown`.
  std::string expand(std::string_view text, std::vector<std::string>* unknown = nullptr) const;
  const std::map<std::string, std::string>& folded_values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;  // by fold_case(name)
};

}  // namespace hozen
