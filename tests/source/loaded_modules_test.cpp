#include "collector/source/loaded_modules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// Memory of a process, piece by piece.
class Memory {
 public:
  template <class T>
  void put(std::uint64_t address, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
      std::byte byte{};
      std::memcpy(&byte, static_cast<const char*>(static_cast<const void*>(&value)) + i, 1);
      bytes_[address + i] = byte;
    }
  }
  void space(std::uint64_t address, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes_.try_emplace(address + i);
  }
  void text(std::uint64_t address, std::u16string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) put(address + 2 * i, text[i]);
  }
  Result<std::vector<std::byte>> read(std::uint64_t address, std::size_t size) const {
    std::vector<std::byte> found;
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = bytes_.find(address + i);
      if (byte == bytes_.end()) return Error{Errc::io, "memory"};
      found.push_back(byte->second);
    }
    return found;
  }

 private:
  std::map<std::uint64_t, std::byte> bytes_;
};

constexpr std::uint64_t kPeb = 0x1000, kLdr = 0x2000, kHead64 = kLdr + 0x10, kHead32 = kLdr + 0xC;

struct Listed {
  std::uint64_t base = 0;
  std::u16string path;
};

void put_list_64(Memory& memory, const std::vector<Listed>& images) {
  memory.put<std::uint64_t>(kPeb + 0x18, kLdr);
  const auto place = [](std::size_t i) { return 0x10'000 + 0x1000 * i; };
  memory.put<std::uint64_t>(kHead64, images.empty() ? kHead64 : place(0));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::uint64_t at = place(i), text = at + 0x100;
    const auto length = static_cast<std::uint16_t>(2 * images[i].path.size());
    memory.space(at, 0x70);
    memory.put<std::uint64_t>(at, i + 1 < images.size() ? place(i + 1) : kHead64);
    memory.put<std::uint64_t>(at + 0x30, images[i].base);
    memory.put<std::uint32_t>(at + 0x40, 0x5000);
    memory.put<std::uint16_t>(at + 0x48, length);
    memory.put<std::uint64_t>(at + 0x50, text);
    memory.text(text, images[i].path);
  }
}

class LoadedModulesTest : public testing::Test {
 protected:
  Result<void> list(PointerSize size = PointerSize::eight) {
    return read_loader_list(
        [&](std::uint64_t address, std::size_t bytes) { return memory.read(address, bytes); }, kPeb,
        size, found);
  }
  Memory memory;
  std::vector<ImageRange> found;
};

TEST_F(LoadedModulesTest, TheListOfTheLoaderIsFollowed) {
  put_list_64(memory, {{0x140000000, u"C:\\a\\host.exe"}, {0x180000000, u"C:\\a\\証拠.dll"}});
  const auto read = list();
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, "C:\\a\\host.exe");
  EXPECT_EQ(found[1].path, "C:\\a\\証拠.dll");
  EXPECT_EQ(found[1].base, 0x180000000u);
  EXPECT_EQ(found[1].size_bytes, 0x5000u);
}

TEST_F(LoadedModulesTest, TheListOf32BitsToo) {
  memory.put<std::uint32_t>(kPeb + 0xC, kLdr);
  memory.put<std::uint32_t>(kHead32, 0x10'000);
  memory.space(0x10'000, 0x40);
  memory.put<std::uint32_t>(0x10'000, kHead32);
  memory.put<std::uint32_t>(0x10'018, 0x400000);
  memory.put<std::uint32_t>(0x10'020, 0x7000);
  memory.put<std::uint16_t>(0x10'024, 14);
  memory.put<std::uint32_t>(0x10'028, 0x10'100);
  memory.text(0x10'100, u"C:\\a.dl");
  ASSERT_TRUE(list(PointerSize::four));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, "C:\\a.dl");
  EXPECT_EQ(found[0].base, 0x400000u);
  EXPECT_EQ(found[0].size_bytes, 0x7000u);
}

TEST_F(LoadedModulesTest, PathsAsLongAsCanBeEndAtALimit) {
  // Every entry has the same text: the process has one, the reader would have them all.
  constexpr std::uint64_t kText = 0x1000'0000;
  constexpr std::size_t kLongest = 65'534;
  std::vector<Listed> images;
  for (std::uint64_t i = 0; i < 400; ++i) images.push_back({0x140000000 + 0x10000 * i, u"a"});
  put_list_64(memory, images);
  for (std::uint64_t i = 0; i < images.size(); ++i) {
    const std::uint64_t at = 0x10'000 + 0x1000 * i;
    memory.put<std::uint16_t>(at + 0x48, kLongest);
    memory.put<std::uint64_t>(at + 0x50, kText);
  }
  const std::vector<std::byte> longest(kLongest, std::byte{'a'});
  const auto read = read_loader_list(
      [&](std::uint64_t address, std::size_t bytes) -> Result<std::vector<std::byte>> {
        if (address == kText && bytes == kLongest) return longest;
        return memory.read(address, bytes);
      },
      kPeb, PointerSize::eight, found);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::limit);
  EXPECT_GT(found.size(), 30u);
  EXPECT_LT(found.size(), 100u);
}

TEST_F(LoadedModulesTest, AListThatLoopsEnds) {
  put_list_64(memory, {{0x140000000, u"a"}, {0x180000000, u"b"}});
  memory.put<std::uint64_t>(0x11'000, 0x11'000);  // the second follows itself
  const auto read = list();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::malformed);
  EXPECT_EQ(found.size(), 2u);
}

TEST_F(LoadedModulesTest, WhatCannotBeReadIsToldWithWhatWasReadBefore) {
  put_list_64(memory, {{0x140000000, u"a"}, {0x180000000, u"b"}});
  memory.put<std::uint64_t>(0x11'000, 0xDEAD'0000);
  const auto read = list();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::io);
  EXPECT_EQ(found.size(), 2u);
  memory.put<std::uint64_t>(kPeb + 0x18, 0);  // a process that has just begun
  EXPECT_EQ(list().error().code, Errc::malformed);
}

TEST_F(LoadedModulesTest, MoreThanTheLimitIsLeftOut) {
  // Every address leads to the next: a list without end.
  const auto endless = [](std::uint64_t address, std::size_t size) {
    std::vector<std::byte> bytes(std::max<std::size_t>(size, 0x38));
    const std::uint64_t next = address + 0x100;
    std::memcpy(bytes.data(), &next, sizeof next);
    std::memcpy(&bytes[0x30], &next, sizeof next);
    bytes.resize(size);
    return Result<std::vector<std::byte>>{std::move(bytes)};
  };
  EXPECT_EQ(read_loader_list(endless, kPeb, PointerSize::eight, found).error().code, Errc::limit);
  EXPECT_EQ(found.size(), kMaxLiveModules);
}

TEST_F(LoadedModulesTest, TheCommandLineIsReadOfTheParameters) {
  memory.put<std::uint64_t>(kPeb + 0x20, 0x5000);
  memory.put<std::uint64_t>(0x5070, 10);
  memory.put<std::uint64_t>(0x5078, 0x6000);
  memory.text(0x6000, u"a -b 1");
  const auto line = read_command_line(
      [&](std::uint64_t address, std::size_t bytes) { return memory.read(address, bytes); }, kPeb);
  ASSERT_TRUE(line);
  EXPECT_EQ(*line, "a -b ");
}

class ImportsTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kBase = 0x180000000;
  void image(bool is_64, std::uint64_t first) {
    const std::uint64_t pe = kBase + 0x80, optional = pe + 24;
    const std::uint64_t directories = optional + (is_64 ? 112 : 96);
    memory.space(kBase, 0x400);
    memory.put<std::uint16_t>(kBase, 0x5A4D);
    memory.put<std::uint32_t>(kBase + 0x3C, 0x80);
    memory.put<std::uint16_t>(optional, is_64 ? 0x20B : 0x10B);
    memory.put<std::uint32_t>(optional + 56, 0x6000);
    memory.put<std::uint32_t>(directories + 12 * 8, 0x3000);
    memory.put<std::uint64_t>(kBase + 0x3000, first);
  }
  std::optional<bool> bound() {
    return has_bound_imports(
        [&](std::uint64_t address, std::size_t bytes) { return memory.read(address, bytes); },
        kBase);
  }
  Memory memory;
};

TEST_F(ImportsTest, LeadToFunctionsWhereALibraryWasLoadedToRun) {
  image(true, 0x7FFE'1234'5678);
  EXPECT_EQ(bound(), true);
  image(false, 0x7712'3456);
  EXPECT_EQ(bound(), true);
}

TEST_F(ImportsTest, LeadToNamesWhereItIsOpenForItsResources) {
  image(true, 0x3456);
  EXPECT_EQ(bound(), false);
  image(false, 0x3456);
  EXPECT_EQ(bound(), false);
}

TEST_F(ImportsTest, SayNothingWhereTheyDoNotTell) {
  EXPECT_EQ(bound(), std::nullopt);
  image(true, 0);
  EXPECT_EQ(bound(), std::nullopt);
  image(true, 0x8000'0000'0000'0010);  // by number
  EXPECT_EQ(bound(), std::nullopt);
  image(true, 0x7FFE'1234'5678);
  memory.put<std::uint32_t>(kBase + 0x80 + 24 + 112 + 11 * 8, 0x200);  // bound when it was linked
  EXPECT_EQ(bound(), std::nullopt);
  image(true, 0x7FFE'1234'5678);
  memory.put<std::uint32_t>(kBase + 0x80 + 24 + 112 + 11 * 8, 0);
  memory.put<std::uint32_t>(kBase + 0x80 + 24 + 112 + 12 * 8, 0x7000);  // outside
  EXPECT_EQ(bound(), std::nullopt);
  memory.put<std::uint32_t>(kBase + 0x3C, 0xFFFF'FFF0);
  EXPECT_EQ(bound(), std::nullopt);
}

TEST(MergeModules, KeepsTheTwoListsApart) {
  const auto modules = merge_modules({{0x1000, 0x500, "C:\\a\\HOST.exe"},
                                      {0x2000, 0x500, "C:\\Windows\\System32\\x.dll"},
                                      {0x4000, 0x700, "\\??\\C:\\gone.dll"}},
                                     {{0x2000, 0x600, "C:\\Temp\\y.dll"},
                                      {0x1000, 0x600, "C:\\a\\host.exe"},
                                      {0x3000, 0x600, "C:\\Temp\\hidden.dll"}});
  ASSERT_EQ(modules.size(), 4u);
  EXPECT_EQ(modules[0].path, "C:\\a\\host.exe");
  EXPECT_EQ(modules[0].loader_path, "");
  EXPECT_TRUE(modules[0].in_loader_list && modules[0].is_mapped);
  EXPECT_EQ(modules[0].size_bytes, 0x600u);
  EXPECT_EQ(modules[1].path, "C:\\Temp\\y.dll");
  EXPECT_EQ(modules[1].loader_path, "C:\\Windows\\System32\\x.dll");
  EXPECT_EQ(modules[2].path, "C:\\Temp\\hidden.dll");
  EXPECT_TRUE(modules[2].is_mapped);
  EXPECT_FALSE(modules[2].in_loader_list);
  EXPECT_EQ(modules[3].path, "C:\\gone.dll");
  EXPECT_FALSE(modules[3].is_mapped);
  EXPECT_TRUE(modules[3].in_loader_list);
  EXPECT_EQ(modules[3].size_bytes, 0x700u);
}

}  // namespace
}  // namespace hozen
