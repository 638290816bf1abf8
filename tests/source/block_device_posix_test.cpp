// Block devices: a loop device over a file, where that can be made.
#include "collector/source/block_device.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "collector/base/bytes.h"
#include "collector/source/image_file.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

/// A read-only loop device over `path`; detached at its end.
class LoopDevice {
 public:
  explicit LoopDevice(const std::string& path) {
    const std::string command =
        "PATH=\"$PATH:/usr/sbin:/sbin\" losetup --find --show --read-only '" + path +
        "' 2>/dev/null";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    char text[256] = "";
    if (std::fgets(text, sizeof text, pipe) != nullptr) name_ = text;
    while (!name_.empty() && name_.back() == '\n') name_.pop_back();
    if (::pclose(pipe) != 0) name_.clear();
  }
  ~LoopDevice() {
    const std::string command = "PATH=\"$PATH:/usr/sbin:/sbin\" losetup --detach " + name_;
    if (!name_.empty() && std::system(command.c_str()) != 0) ADD_FAILURE() << command;
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  const std::string& name() const { return name_; }  ///< "" when none can be made

 private:
  std::string name_;
};

TEST(BlockDevice, IsReadAsAnImage) {
  constexpr std::size_t kSize = 1'048'576;
  const TempFolder folder;
  std::string content(kSize, 'x');
  content[kSize - 1] = 'y';
  const LoopDevice device{folder.write("disk.dd", content).string()};
  if (device.name().empty()) GTEST_SKIP() << "no loop device can be made: needs root";
  EXPECT_TRUE(is_block_device(device.name()));
  auto image = open_image_file(device.name());
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->size(), kSize);
  std::byte out[3];
  ASSERT_TRUE((*image)->read(kSize - 3, out));
  EXPECT_EQ((Bytes{out}.chars()), "xxy");
  EXPECT_EQ(*(*image)->read_some(kSize, out), 0u);
}

TEST(BlockDevice, IsNothingElse) {
  const TempFolder folder;
  EXPECT_FALSE(is_block_device(folder.write("disk.dd", "x").string()));
  EXPECT_FALSE(is_block_device("/dev/null"));
  EXPECT_FALSE(is_block_device(folder.text() + "/none"));
  EXPECT_FALSE(open_image_file("/dev/null")) << "a character device";
  const auto missing = open_block_device(folder.text() + "/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
}

}  // namespace
}  // namespace hozen
