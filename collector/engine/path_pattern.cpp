#include "collector/engine/path_pattern.h"

#include <array>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kAnyFolders = "**";
/// Longest pattern and most components: far above any path of Windows (32,767 characters in theory,
/// 260 in practice).
constexpr std::size_t kMaxPatternBytes = 4096;
constexpr std::size_t kMaxComponents = 64;

struct Variable {
  std::string_view name;
  PatternRoot root;
};
constexpr std::array<Variable, 9> kVariables{{
    {"SystemRoot", PatternRoot::system_root},
    {"SystemDrive", PatternRoot::system_drive},
    {"ProgramData", PatternRoot::program_data},
    {"ProgramFiles", PatternRoot::program_files},
    {"ProgramFiles(x86)", PatternRoot::program_files_x86},
    {"UserProfile", PatternRoot::user_profile},
    {"AppData", PatternRoot::app_data},
    {"LocalAppData", PatternRoot::local_app_data},
    {"EveryVolume", PatternRoot::every_volume},
}};

Error bad(std::string what) { return Error{Errc::malformed, std::move(what)}; }

bool is_wildcard(std::string_view component) {
  return component.find_first_of("*?") != std::string_view::npos;
}

bool is_drive(std::string_view text) {
  if (text.size() != 2 || text[1] != ':') return false;
  return (text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z');
}

Result<std::string_view> parse_root(std::string_view text, PathPattern& pattern) {
  const std::size_t end = text.find('\\');
  const std::string_view first = text.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);
  if (is_drive(first)) {
    pattern.volume = first;
    return rest;
  }
  if (first.size() < 3 || first.front() != '%' || first.back() != '%')
    return bad(
        "the path must begin with a variable such as %SystemRoot%\\ or with a drive such as C:\\");
  const std::string_view name = first.substr(1, first.size() - 2);
  for (const auto& variable : kVariables) {
    if (!equals_fold(variable.name, name)) continue;
    pattern.root = variable.root;
    return rest;
  }
  return Error{Errc::not_found, "unknown variable " + std::string{first}, {}, std::string{name}};
}

Result<void> check_component(std::string_view component) {
  if (component.empty()) return bad("the path has an empty component (\\\\, or \\ at its end)");
  if (component == "." || component == "..") return bad("the path may not contain . or ..");
  if (component.find(kAnyFolders) != std::string_view::npos && component != kAnyFolders)
    return bad("** must stand alone between two \\ (\"" + std::string{component} + "\")");
  for (const char c : component) {
    if (static_cast<unsigned char>(c) < 0x20 ||
        std::string_view{"<>\"|/:"}.find(c) != std::string_view::npos)
      return bad("the path has a character that no Windows name can have (\"" +
                 std::string{component} + "\")");
  }
  return {};
}

Result<void> parse_components(std::string_view rest, PathPattern& pattern) {
  if (rest.empty()) return bad("the path names no file below its root");
  for (;;) {
    const std::size_t end = rest.find('\\');
    std::string_view component = rest.substr(0, end);
    if (end == std::string_view::npos) {
      if (const std::size_t colon = component.find(':'); colon != std::string_view::npos) {
        pattern.stream = component.substr(colon + 1);
        component = component.substr(0, colon);
        if (pattern.stream.empty()) return bad("the name of the stream behind : is missing");
        HOZEN_CHECK(check_component(pattern.stream));
      }
    }
    HOZEN_CHECK(check_component(component));
    if (pattern.components.size() == kMaxComponents) return bad("the path has too many components");
    // Two in a row mean the same as one.
    if (component != kAnyFolders || pattern.components.empty() ||
        pattern.components.back() != kAnyFolders)
      pattern.components.emplace_back(component);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (pattern.components.back() == kAnyFolders) pattern.components.emplace_back("*");
  return {};
}

/// Which positions of the pattern can be reached after consuming `names`: bit i is set when
/// components [0, i) may stand for them.
struct Reached {
  std::vector<bool> at;
  explicit Reached(std::size_t size) : at(size + 1, false) {}
};

/// "**" may stand for nothing: what is reached before it is reached behind it.
void pass_any_folders(const PathPattern& pattern, Reached& reached) {
  for (std::size_t i = 0; i < pattern.components.size(); ++i)
    if (reached.at[i] && pattern.components[i] == kAnyFolders) reached.at[i + 1] = true;
}

Reached reach(const PathPattern& pattern, const std::vector<std::string>& names) {
  Reached reached{pattern.components.size()};
  reached.at[0] = true;
  pass_any_folders(pattern, reached);
  for (const auto& name : names) {
    Reached next{pattern.components.size()};
    for (std::size_t i = 0; i < pattern.components.size(); ++i) {
      if (!reached.at[i]) continue;
      if (pattern.components[i] == kAnyFolders) {
        next.at[i] = true;
      } else if (glob_match_fold(pattern.components[i], name)) {
        next.at[i + 1] = true;
      }
    }
    pass_any_folders(pattern, next);
    reached = std::move(next);
  }
  return reached;
}

}  // namespace

std::vector<std::string> pattern_variables() {
  std::vector<std::string> names;
  for (const auto& variable : kVariables) names.emplace_back(variable.name);
  return names;
}

std::size_t PathPattern::literal_prefix() const {
  std::size_t count = 0;
  while (count < components.size() && !is_wildcard(components[count])) ++count;
  return count;
}

Result<PathPattern> parse_path_pattern(std::string_view text) {
  if (text.size() > kMaxPatternBytes) return bad("the path is too long");
  PathPattern pattern;
  pattern.text = text;
  HOZEN_TRY(const std::string_view rest, parse_root(text, pattern));
  HOZEN_CHECK(parse_components(rest, pattern));
  return pattern;
}

bool pattern_matches(const PathPattern& pattern, const std::vector<std::string>& names) {
  return reach(pattern, names).at.back();
}

bool pattern_may_match_below(const PathPattern& pattern, const std::vector<std::string>& names) {
  const Reached reached = reach(pattern, names);
  for (std::size_t i = 0; i < pattern.components.size(); ++i)
    if (reached.at[i]) return true;
  return false;
}

}  // namespace hozen
