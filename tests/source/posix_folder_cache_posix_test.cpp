// Which folders stay open between lookups.
#include "collector/source/posix_folder_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using posix::FolderCache;
using posix::FolderPtr;
using posix::kCachedFolders;
using posix::Mount;

constexpr std::size_t kMaxBytes = 40'000;

Mount mount_of(const TempFolder& folder) {
  auto root = posix::open_root(folder.text());
  EXPECT_TRUE(root);
  return Mount{TreeMount{"C:", {}, {}}, *std::move(root), {}};
}

void make_folder(int root, const std::string& name) {
  EXPECT_EQ(::mkdirat(root, name.c_str(), 0755), 0) << name;
}

/// Files with names of 250 bytes: as few as make a listing of more than `bytes`.
void fill(int root, const std::string& folder, std::size_t bytes) {
  for (std::size_t i = 0; i * 500 < bytes; ++i) {
    std::string name = std::to_string(i);
    name.insert(0, 250 - name.size(), 'n');
    const int fd = ::openat(root, (folder + "/" + name).c_str(), O_CREAT | O_WRONLY, 0644);
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
}

TEST(FolderCache, WhatOneLookupWentThroughStaysHoweverLarge) {
  TempFolder folder;
  const Mount mount = mount_of(folder);
  make_folder(mount.root.get(), "large");
  make_folder(mount.root.get(), "large/below");
  fill(mount.root.get(), "large", kMaxBytes / 2 + 10'000);
  fill(mount.root.get(), "large/below", kMaxBytes / 2 + 10'000);
  FolderCache cache{kMaxBytes};
  std::uint64_t first = 0;
  for (int lookup = 0; lookup < 3; ++lookup) {
    cache.begin_lookup();
    const auto root = cache.root_of(mount, EvidencePath{"C:"});
    ASSERT_TRUE(root);
    const auto large = cache.enter(*root, "large");
    ASSERT_TRUE(large);
    const auto below = cache.enter(*large, "below");
    ASSERT_TRUE(below);
    if (lookup == 0) first = (*below)->id;
    EXPECT_EQ((*below)->id, first) << "read again";
  }
  EXPECT_GT(cache.memory_bytes(), kMaxBytes);
  // The next lookup leads elsewhere: what was kept gives way.
  make_folder(mount.root.get(), "other");
  cache.begin_lookup();
  ASSERT_TRUE(cache.enter(*cache.root_of(mount, EvidencePath{"C:"}), "other"));
  EXPECT_LE(cache.memory_bytes(), kMaxBytes);
}

TEST(FolderCache, OnlySoManyFoldersStayOpen) {
  TempFolder folder;
  const Mount mount = mount_of(folder);
  FolderCache cache;
  cache.begin_lookup();
  FolderPtr at = *cache.root_of(mount, EvidencePath{"C:"});
  const std::weak_ptr<posix::Folder> root = at;
  int parent = mount.root.get();
  for (std::size_t i = 0; i <= kCachedFolders; ++i) {
    make_folder(parent, "d");
    auto next = cache.enter(at, "d");
    ASSERT_TRUE(next) << next.error().text();
    at = *next;
    parent = at->fd.get();
  }
  EXPECT_TRUE(root.expired());
}

TEST(FolderCache, AFolderThatIsNotThereIsNotHeld) {
  TempFolder folder;
  const Mount mount = mount_of(folder);
  FolderCache cache;
  cache.begin_lookup();
  const FolderPtr root = *cache.root_of(mount, EvidencePath{"C:"});
  EXPECT_EQ(cache.enter(root, "later").error().code, Errc::not_found);
  make_folder(mount.root.get(), "later");
  EXPECT_TRUE(cache.enter(root, "later"));
}

}  // namespace
}  // namespace hozen
