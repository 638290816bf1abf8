// Helpers for the tests of the two modules over autostart locations.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/asep.h"
#include "tests/builders/fake_context.h"

namespace hozen {
namespace modules {
extern const ModuleSpec run_keys;
extern const ModuleSpec autostarts;
}  // namespace modules

using H = AsepHive;
using K = AsepKind;
using M = AsepModule;
inline constexpr AsepLocation kTestLocations[] = {
#include "modules/persistence/locations.inc"
};

/// A fake machine on which a module ran.
struct ModuleRun {
  fake::Machine machine;
  std::unique_ptr<fake::Context> context;
};

inline ModuleRun run_module(const ModuleSpec& module, const fake::FakeWindows& windows) {
  ModuleRun run{windows.machine(), nullptr};
  run.context = std::make_unique<fake::Context>(run.machine);
  const auto result = module.run(*run.context);
  if (!result) run.context->notes.push_back(result.error());
  return run;
}

/// Multiplies out every `{a,b}` of a pattern, braces of GUIDs left alone. Independent of the code
/// under test.
inline std::vector<std::string> multiply_out(const std::string& pattern) {
  for (std::size_t open = pattern.find('{'); open != std::string::npos;
       open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    const std::string inside = pattern.substr(open + 1, close - open - 1);
    if (inside.find(',') == std::string::npos) continue;
    std::vector<std::string> all;
    for (std::size_t begin = 0; begin <= inside.size();) {
      const std::size_t end = std::min(inside.find(',', begin), inside.size());
      for (auto& one : multiply_out(pattern.substr(0, open) + inside.substr(begin, end - begin) +
                                    pattern.substr(close + 1)))
        all.push_back(std::move(one));
      begin = end + 1;
    }
    return all;
  }
  return {pattern};
}

/// Splits at `separator` outside of braces.
inline std::vector<std::string> split_outside_braces(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (c == separator && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Every key (or path) that the patterns of a row stand for, wildcards filled with names that they
/// match.
inline std::vector<std::string> concrete_keys(std::string_view patterns) {
  constexpr std::string_view kGuid = "{11111111-2222-3333-4444-555555555555}";
  std::vector<std::string> keys;
  for (const auto& pattern : split_outside_braces(patterns, ';'))
    for (const auto& whole : multiply_out(pattern)) {
      std::string key;
      for (const auto& component : split_outside_braces(whole, '\\')) {
        std::string name = component;
        if (name == "[*]") {
          name = "*";
        } else if (name == "*" || name == "**") {
          name = key.ends_with("CLSID") || key.ends_with("TypeLib") ? std::string{kGuid} : "Sample";
        } else {
          for (auto at = name.find('*'); at != std::string::npos; at = name.find('*'))
            name.replace(at, 1, "x");
        }
        key += (key.empty() ? "" : "\\") + name;
      }
      keys.push_back(key);
    }
  return keys;
}

}  // namespace hozen
