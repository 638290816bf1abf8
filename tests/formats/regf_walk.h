// What tests of the hive reader ask again and again.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collector/formats/regf.h"

namespace hozen::regf {

inline std::unique_ptr<Hive> open_hive(std::vector<std::byte> bytes, std::vector<Log> logs = {}) {
  auto hive = Hive::open(std::move(bytes), std::move(logs));
  EXPECT_TRUE(hive) << hive.error().text();
  return hive ? *std::move(hive) : nullptr;
}

/// Everything below `key`: path -> names of the values.
inline void walk(const Key& key, std::map<std::string, std::vector<std::string>>& tree) {
  std::vector<std::string>& values = tree[key.path()];
  key.each_value([&](const Value& value) {
    values.push_back(value.name);
    return true;
  });
  key.each_subkey([&](const Key& subkey) {
    walk(subkey, tree);
    return true;
  });
}

inline std::map<std::string, std::vector<std::string>> tree_of(const Hive& hive) {
  std::map<std::string, std::vector<std::string>> tree;
  if (const auto root = hive.root()) walk(*root, tree);
  return tree;
}

inline std::vector<std::string> subkeys_of(const Key& key) {
  std::vector<std::string> names;
  key.each_subkey([&](const Key& subkey) {
    names.push_back(subkey.name());
    return true;
  });
  return names;
}

/// Reads everything reachable and asks every accessor; returns how many keys and values there were.
inline std::size_t read_everything(const Hive& hive) {
  std::size_t count = 0;
  const auto visit = [&](const auto& self, const Key& key) -> void {
    ++count;
    count += key.name().size() > (1u << 16);
    (void)key.class_name();
    (void)key.security_descriptor();
    (void)key.view();
    (void)key.last_written().iso8601();
    (void)key.is_symbolic_link();
    key.each_value([&](const Value& value) {
      ++count;
      count += value.data.size() > value.stated_size;
      return true;
    });
    key.each_subkey([&](const Key& subkey) {
      self(self, subkey);
      return true;
    });
  };
  if (const auto root = hive.root()) visit(visit, *root);
  hive.each_deleted([&](const DeletedKey&) { ++count; }, [&](const DeletedValue&) { ++count; });
  return count;
}

inline bool has_problem(const Hive& hive, std::string_view what, Errc code) {
  for (const Problem& problem : hive.problems())
    if (problem.what == what && problem.code == code) return true;
  return false;
}

/// All problems in one text, for messages of failed expectations.
inline std::string problem_text(const Hive& hive) {
  std::string text;
  for (const Problem& problem : hive.problems())
    text += problem.what + " (" + std::string{to_text(problem.code)} + ") at " +
            std::to_string(problem.offset.value_or(0)) + " of \"" + problem.key_path + "\"\n";
  return text;
}

}  // namespace hozen::regf
