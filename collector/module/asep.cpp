#include "collector/module/asep.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kLiteralStar = "[*]";
/// Whole patterns that one pattern may multiply out to: more is a mistake in the table.
constexpr std::size_t kMaxPatterns = 64;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t depth = 0, begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && depth > 0) --depth;
    if (text[i] != separator || depth > 0) continue;
    parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// A GUID in braces is a name, not a list of alternatives.
bool is_group(std::string_view braces) { return braces.find(',') != std::string_view::npos; }

/// Multiplies out the first group of alternatives for which `wanted` holds; false when there is
/// none.
template <class Wanted>
bool expand_one(const std::string& pattern, std::vector<std::string>& out, Wanted wanted) {
  for (std::size_t open = pattern.find('{'); open != std::string::npos;
       open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string::npos) return false;
    const std::string_view inside = std::string_view{pattern}.substr(open + 1, close - open - 1);
    if (!is_group(inside) || !wanted(inside)) continue;
    for (const auto& alternative : split(inside, ','))
      out.push_back(pattern.substr(0, open) + std::string{alternative} + pattern.substr(close + 1));
    return true;
  }
  return false;
}

template <class Wanted>
std::vector<std::string> expand_groups(std::string_view pattern, Wanted wanted) {
  std::vector<std::string> open{std::string{pattern}}, done;
  while (!open.empty() && open.size() + done.size() < kMaxPatterns) {
    const std::string next = open.back();
    open.pop_back();
    if (!expand_one(next, open, wanted)) done.push_back(next);
  }
  return done;
}

bool is_literal(std::string_view component) {
  return component == kLiteralStar || component.find_first_of("*?") == std::string_view::npos;
}

std::string_view literal_name(std::string_view component) {
  return component == kLiteralStar ? std::string_view{"*"} : component;
}

/// A component without alternatives.
bool matches_one(std::string_view component, std::string_view name) {
  return is_literal(component) ? equals_fold(literal_name(component), name)
                               : glob_match_fold(component, name);
}

bool takes_key_itself(std::string_view values) {
  const auto patterns = split(values, ';');
  return std::find(patterns.begin(), patterns.end(), "#") != patterns.end();
}

/// The state of one walk; a class so that the recursion carries one pointer.
class Walk {
 public:
  Walk(const AsepLocation& location, RegistryHive& hive,
       const std::function<bool(const AsepHit&)>& visit, const std::function<void(Error)>& problem)
      : location_{location}, hive_{hive}, visit_{visit}, problem_{problem} {}

  void run() {
    for (const auto& root : roots_in(location_, hive_)) {
      root_ = &root;
      components_ = split(root.key, '\\');
      if (!descend(*hive_.root, 0)) return;
    }
  }

 private:
  // All return false when the walk is over.
  bool descend(RegistryKey& key, std::size_t depth) {
    if (depth == components_.size()) return visit_key(key);
    for (const auto& alternative : expand_groups(components_[depth], [](auto) { return true; }))
      if (!(is_literal(alternative) ? open_one(key, literal_name(alternative), depth)
                                    : list(key, alternative, depth)))
        return false;
    return true;
  }

  bool open_one(RegistryKey& key, std::string_view name, std::size_t depth) {
    auto child = key.open(name);
    if (!child) {
      if (child.error().code != Errc::not_found) report(key, std::move(child).error());
      return true;
    }
    return enter(**child, depth);
  }

  bool list(RegistryKey& key, const std::string& pattern, std::size_t depth) {
    bool more = true;
    const auto listed = key.each_subkey([&](RegistryKey& child) {
      if (glob_match_fold(pattern, child.name())) more = enter(child, depth);
      return more;
    });
    if (!listed) report(key, listed.error());
    return more;
  }

  bool enter(RegistryKey& child, std::size_t depth) {
    if (!child.is_symbolic_link()) return descend(child, depth + 1);
    // Below WOW6432Node and in front of per-user classes Windows itself links; elsewhere the link
    // is the entry.
    if (root_->wow64 || depth + 1 < components_.size()) return true;
    const auto target = child.value("SymbolicLinkValue");
    return hit(child, target ? &*target : nullptr, true);
  }

  bool visit_key(RegistryKey& key) {
    const bool key_itself = takes_key_itself(location_.values);
    if (key_itself) {
      const auto value = key.value("");
      if (!hit(key, value ? &*value : nullptr, false)) return false;
      if (location_.values == "#") return true;
    }
    bool more = true;
    const auto listed = key.each_value([&](const RegistryValue& value) {
      if (value.name.empty() && key_itself) return true;
      if (matches_value(location_.values, value.name)) more = hit(key, &value, false);
      return more;
    });
    if (!listed) report(key, listed.error());
    return more;
  }

  bool hit(RegistryKey& key, const RegistryValue* value, bool is_link) {
    if (++entries_ > kMaxEntriesPerLocation) {
      problem_(Error{
          Errc::limit,
          "autostart location " + std::string{location_.id},
          {},
          "more than " + std::to_string(kMaxEntriesPerLocation) + " entries in " + hive_.mount});
      return false;
    }
    return visit_({&location_, &hive_, &key, value, root_->wow64, root_->control_set, is_link});
  }

  void report(RegistryKey& key, Error error) {
    error.detail += (error.detail.empty() ? "" : "; ") + key.path();
    problem_(std::move(error));
  }

  const AsepLocation& location_;
  RegistryHive& hive_;
  const std::function<bool(const AsepHit&)>& visit_;
  const std::function<void(Error)>& problem_;
  const AsepRoot* root_ = nullptr;
  std::vector<std::string_view> components_;
  std::uint32_t entries_ = 0;
};

bool holds_user_hive(AsepHive hive) {
  return hive == AsepHive::user || hive == AsepHive::software_and_user;
}

bool holds_software(AsepHive hive) {
  return hive == AsepHive::software || hive == AsepHive::software_and_user;
}

bool holds_machine_classes(AsepHive hive) {
  return hive == AsepHive::machine_classes || hive == AsepHive::classes;
}

bool holds_user_classes(AsepHive hive) {
  return hive == AsepHive::user_classes || hive == AsepHive::classes;
}

/// Numbers of the control sets that are there, CurrentControlSet as 0 where it is a key of its own.
std::vector<ControlSetName> control_sets(RegistryKey& root) {
  constexpr std::string_view kPrefix = "ControlSet";
  std::vector<ControlSetName> sets;
  const auto listed = root.each_subkey([&](RegistryKey& key) {
    const std::string name = key.name();
    if (key.is_symbolic_link()) return true;
    if (equals_fold(name, "CurrentControlSet")) sets.emplace_back(name, 0);
    if (name.size() != kPrefix.size() + 3 || !starts_with_fold(name, kPrefix)) return true;
    std::uint32_t number = 0;
    for (const char digit : name.substr(kPrefix.size())) {
      if (digit < '0' || digit > '9') return true;
      number = number * 10 + static_cast<std::uint32_t>(digit - '0');
    }
    sets.emplace_back(name, number);
    return true;
  });
  static_cast<void>(listed);  // what could not be listed is among the hive's own problems
  return sets;
}

/// `key` with WOW6432Node behind its first component ("Software\…").
std::string behind_first(const std::string& key) {
  const auto slash = key.find('\\');
  return slash == std::string::npos ? std::string{}
                                    : key.substr(0, slash) + "\\WOW6432Node" + key.substr(slash);
}

using Roots = std::vector<AsepRoot>;

void add_software(const AsepLocation& location, const std::string& key, Roots& roots) {
  if (holds_software(location.hive)) {
    roots.push_back({key});
    if (location.wow64) roots.push_back({"WOW6432Node\\" + key, true});
  }
  if (holds_machine_classes(location.hive)) {
    roots.push_back({"Classes\\" + key});
    if (location.wow64) {
      roots.push_back({"Classes\\WOW6432Node\\" + key, true});
      roots.push_back({"WOW6432Node\\Classes\\" + key, true});
    }
  }
}

void add_user(const AsepLocation& location, const std::string& key, Roots& roots) {
  if (holds_user_hive(location.hive)) {
    const bool below_software = location.hive == AsepHive::software_and_user;
    const std::string full = below_software ? "Software\\" + key : key;
    roots.push_back({full});
    if (location.wow64) roots.push_back({behind_first(full), true});
  }
  if (holds_user_classes(location.hive)) {
    roots.push_back({"Software\\Classes\\" + key});
    if (location.wow64) roots.push_back({"Software\\Classes\\WOW6432Node\\" + key, true});
  }
}

}  // namespace

bool is_key_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.front() == '\\' || pattern.back() == '\\') return false;
  int depth = 0;
  for (const char c : pattern) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (depth < 0 || depth > 1) return false;
  }
  return depth == 0 && pattern.find("\\\\") == std::string_view::npos;
}

std::vector<std::string> split_patterns(std::string_view patterns) {
  std::vector<std::string> all;
  for (const auto& one : split(patterns, ';')) {
    const auto whole = expand_groups(
        one, [](std::string_view inside) { return inside.find('\\') != std::string_view::npos; });
    all.insert(all.end(), whole.begin(), whole.end());
  }
  return all;
}

bool matches_component(std::string_view pattern, std::string_view name) {
  if (pattern.find('{') == std::string_view::npos) return matches_one(pattern, name);
  for (const auto& alternative : expand_groups(pattern, [](auto) { return true; }))
    if (matches_one(alternative, name)) return true;
  return false;
}

bool matches_value(std::string_view values, std::string_view value_name) {
  bool matched = false;
  for (const auto& pattern : split(values, ';')) {
    if (pattern.starts_with('!')) {
      if (matches_component(pattern.substr(1), value_name)) return false;
    } else if (pattern == "@" || pattern == "#") {
      matched = matched || value_name.empty();
    } else {
      matched = matched || matches_component(pattern, value_name);
    }
  }
  return matched;
}

std::vector<AsepRoot> roots_of(const AsepLocation& location, HiveRole role,
                               std::span<const ControlSetName> sets) {
  Roots roots;
  for (const auto& key : split_patterns(location.key)) {
    switch (role) {
      case HiveRole::software:
        add_software(location, key, roots);
        break;
      case HiveRole::user:
      case HiveRole::default_user:
        add_user(location, key, roots);
        break;
      case HiveRole::user_classes:
        if (!holds_user_classes(location.hive)) break;
        roots.push_back({key});
        if (location.wow64) roots.push_back({"WOW6432Node\\" + key, true});
        break;
      case HiveRole::system:
        if (location.hive == AsepHive::system) roots.push_back({key});
        if (location.hive != AsepHive::control_set) break;
        for (const auto& [name, number] : sets)
          roots.push_back({std::string{name}.append("\\").append(key), false, number});
        break;
      case HiveRole::sam:
        if (location.hive == AsepHive::sam) roots.push_back({key});
        break;
      case HiveRole::security:
      case HiveRole::components:
        break;
    }
  }
  return roots;
}

std::vector<AsepRoot> roots_in(const AsepLocation& location, RegistryHive& hive) {
  if (hive.root == nullptr) return {};
  const bool has_sets = hive.role == HiveRole::system && location.hive == AsepHive::control_set;
  return roots_of(location, hive.role,
                  has_sets ? control_sets(*hive.root) : std::vector<ControlSetName>{});
}

void walk_location(const AsepLocation& location, RegistryHive& hive,
                   const std::function<bool(const AsepHit&)>& visit,
                   const std::function<void(Error)>& problem) {
  if (hive.root != nullptr) Walk{location, hive, visit, problem}.run();
}

AsepMatcher::AsepMatcher(std::span<const AsepLocation* const> locations, RegistryHive& hive)
    : mount_{hive.mount + "\\"} {
  for (const auto* location : locations)
    for (auto& root : roots_in(*location, hive)) places_.push_back({location, std::move(root)});
}

AsepMatcher::AsepMatcher(std::span<const AsepLocation* const> locations, HiveRole role,
                         std::string_view mount, std::span<const ControlSetName> sets)
    : mount_{std::string{mount} + "\\"} {
  for (const auto* location : locations)
    for (auto& root : roots_of(*location, role, sets))
      places_.push_back({location, std::move(root)});
}

std::optional<AsepMatcher::Match> AsepMatcher::match(std::string_view key_path,
                                                     std::string_view value_name) const {
  if (!starts_with_fold(key_path, mount_)) return {};
  const auto names = split(key_path.substr(mount_.size()), '\\');
  for (const auto& [location, root] : places_) {
    const auto components = split(root.key, '\\');
    if (components.size() == names.size() &&
        std::equal(components.rbegin(), components.rend(), names.rbegin(), matches_component) &&
        matches_value(location->values, value_name))
      return Match{location, root.wow64, root.control_set};
  }
  return {};
}

}  // namespace hozen
