// What the tests of NtfsTree share: volumes made by the builder as trees, and what they answer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "collector/source/ntfs_tree.h"
#include "tests/builders/ntfs_builder.h"

namespace hozen::ntfs_trees {

using builders::NtfsBuilder;
using builders::NtfsBytes;
using Names = std::vector<std::string>;

inline EvidencePath path(std::string_view text) { return *EvidencePath::parse(text); }

inline NtfsMount mount(const std::string& name, NtfsBytes bytes) {
  NtfsMount made{name, std::make_shared<MemorySource>(std::move(bytes))};
  auto volume = ntfs::Volume::open(made.bytes);
  EXPECT_TRUE(volume) << volume.error().text();
  made.ntfs = *std::move(volume);
  return made;
}

inline std::unique_ptr<NtfsFileTree> tree_of(NtfsBytes bytes) {
  std::vector<NtfsMount> mounts;
  mounts.push_back(mount("C:", std::move(bytes)));
  return open_ntfs_tree(std::move(mounts));
}
inline std::unique_ptr<NtfsFileTree> tree_of(const NtfsBuilder& builder) {
  return tree_of(builder.volume());
}

inline std::string stored(FileTree& tree, std::string_view asked) {
  const auto info = tree.stat(path(asked));
  return info ? info->path.text() : std::string{to_text(info.error().code)};
}

inline std::string content(FileTree& tree, std::string_view asked) {
  auto opened = tree.open(path(asked));
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

struct Walk {
  std::vector<FileInfo> entries;
  Names names, problems;
};

inline Walk walk(FileTree& tree, std::string_view folder, Visit answer = Visit::enter) {
  Walk walk;
  const auto done = tree.walk(
      path(folder),
      [&](const FileInfo& info) {
        walk.names.push_back(info.path.text());
        walk.entries.push_back(info);
        (void)tree.stat(info.path);  // whoever is told may ask for more
        return answer;
      },
      [&](const EvidencePath& where, const Error& error) {
        (void)tree.stat(where);
        walk.problems.push_back(where.text() + ": " + error.detail);
      });
  if (!done) walk.problems.push_back(done.error().text());
  return walk;
}

inline Names texts(const std::vector<EvidencePath>& paths) {
  Names names;
  for (const EvidencePath& p : paths) names.push_back(p.text());
  return names;
}

}  // namespace hozen::ntfs_trees
