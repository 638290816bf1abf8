#include "collector/source/image_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "collector/base/bytes.h"
#include "collector/source/image_parts.h"
#include "tests/builders/disk_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

std::string path_of(const TempFolder& folder, const std::string& name) {
  return folder.text() + "/" + name;
}

std::string content(ByteSource& source) {
  const auto bytes = read_all(source, 1 << 20);
  EXPECT_TRUE(bytes) << bytes.error().text();
  return bytes ? std::string{Bytes{*bytes}.chars()} : "";
}

/// Writes parts of `text`, `part_bytes` each, under the names.
void split(const TempFolder& folder, std::string_view text, std::size_t part_bytes,
           const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    folder.write(name, text.substr(0, part_bytes));
    text.remove_prefix(std::min(part_bytes, text.size()));
  }
}

constexpr std::string_view kText = "0123456789abcdefghijklmnopq";

struct SplitCase {
  std::string first;
  std::vector<std::string> names;
};
class SplitImage : public testing::TestWithParam<SplitCase> {};

TEST_P(SplitImage, IsReadAsOne) {
  const TempFolder folder;
  split(folder, kText, 10, GetParam().names);
  folder.write("disk.txt", "notes");
  folder.write("disk.001.txt", "notes");
  folder.write("other.004", "not of this image");
  auto image = open_image_file(path_of(folder, GetParam().first));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->size(), kText.size());
  EXPECT_EQ((*image)->parts().size(), 3u);
  EXPECT_EQ(content(**image), kText);
  std::byte out[14];
  ASSERT_TRUE((*image)->read(8, out)) << "over two borders";
  EXPECT_EQ(bytes_of(kText.substr(8, 14)).span().back(), out[13]);
  EXPECT_EQ(*(*image)->read_some(20, out), 7u);
  EXPECT_EQ(*(*image)->read_some(27, out), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Names, SplitImage,
    testing::Values(SplitCase{"disk.001", {"disk.001", "disk.002", "disk.003"}},
                    SplitCase{"disk.000", {"disk.000", "disk.001", "disk.002"}},
                    SplitCase{"disk.001", {"disk.000", "disk.001", "disk.002"}},
                    SplitCase{"disk.dd.0001", {"disk.dd.0001", "disk.dd.0002", "disk.dd.0003"}},
                    SplitCase{"disk.00", {"disk.00", "disk.01", "disk.02"}},
                    SplitCase{"disk.aa", {"disk.aa", "disk.ab", "disk.ac"}},
                    SplitCase{"disk.aaa", {"disk.aaa", "disk.aab", "disk.aac"}}));

std::string refusal(const TempFolder& folder, const std::string& name, Errc code) {
  const auto image = open_image_file(path_of(folder, name));
  if (image) return "opened";
  EXPECT_EQ(to_text(image.error().code), to_text(code)) << image.error().text();
  return image.error().text();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(SplitImageFile, NamesThePartThatIsMissing) {
  const TempFolder folder;
  split(folder, kText, 10, {"disk.001", "disk.003"});
  std::string text = refusal(folder, "disk.001", Errc::not_found);
  EXPECT_TRUE(contains(text, "disk.002: not_found (this part is missing, although there is"))
      << text;
  text = refusal(folder, "disk.003", Errc::not_found);
  EXPECT_TRUE(contains(text, "disk.002: not_found (this part is missing)")) << text;
  split(folder, kText, 10, {"set.aa", "set.ac"});
  text = refusal(folder, "set.aa", Errc::not_found);
  EXPECT_TRUE(contains(text, "set.ab: not_found")) << text;
}

TEST(SplitImageFile, MustBeginWithItsFirstPart) {
  const TempFolder folder;
  split(folder, kText, 10, {"disk.001", "disk.002", "disk.003"});
  std::string text = refusal(folder, "disk.002", Errc::malformed);
  EXPECT_TRUE(contains(text, "give the first one, ") && contains(text, "disk.001")) << text;
  split(folder, kText, 10, {"set.aa", "set.ab", "set.ac"});
  text = refusal(folder, "set.ab", Errc::malformed);
  EXPECT_TRUE(contains(text, "set.aa")) << text;
}

TEST(SplitImageFile, RefusesPartsOfDifferentSize) {
  const TempFolder folder;
  folder.write("disk.001", "0123456789");
  folder.write("disk.002", "012345678");
  folder.write("disk.003", "0123");
  std::string text = refusal(folder, "disk.001", Errc::malformed);
  EXPECT_TRUE(contains(text, "disk.002") && contains(text, "9 bytes, the first one 10")) << text;
  folder.write("disk.002", "0123456789");
  EXPECT_EQ(refusal(folder, "disk.001", Errc::malformed), "opened");
  folder.write("disk.003", "01234567890");
  text = refusal(folder, "disk.001", Errc::malformed);
  EXPECT_TRUE(contains(text, "disk.003")) << text;
}

TEST(SplitImageFile, GoesOnWithFourDigits) {
  const TempFolder folder;
  std::string whole;
  for (int i = 1; i <= 1002; ++i) {
    char name[16];
    std::snprintf(name, sizeof name, "d.%03d", i);
    const std::string part = std::to_string(1000 + i);
    folder.write(name, part);
    whole += part;
  }
  auto image = open_image_file(path_of(folder, "d.001"));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->parts().size(), 1002u);
  EXPECT_EQ(content(**image), whole);
  image->reset();  // Windows keeps an open file until it is closed
  std::filesystem::remove(folder.path() / "d.999");
  const auto cut = open_image_file(path_of(folder, "d.001"));
  ASSERT_FALSE(cut);
  EXPECT_TRUE(contains(cut.error().text(), "d.999"));
}

TEST(SplitImageFile, TakesEndingsThatOnlyLookLikeAPart) {
  const TempFolder folder;
  for (const char* const name : {"disk.dd", "disk.img", "disk.raw", "disk.2024", "disk.001"})
    folder.write(name, kText);
  for (const char* const name : {"disk.dd", "disk.img", "disk.raw", "disk.2024", "disk.001"}) {
    auto image = open_image_file(path_of(folder, name));
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ((*image)->parts().size(), 1u);
    EXPECT_EQ(content(**image), kText);
  }
}

TEST(SplitImageFile, SaysWhenAPartBecameShorter) {
  const TempFolder folder;
  split(folder, kText, 10, {"disk.001", "disk.002", "disk.003"});
  auto image = open_image_file(path_of(folder, "disk.001"));
  ASSERT_TRUE(image);
  std::filesystem::resize_file(folder.path() / "disk.002", 5);
  std::byte out[20];
  const auto before = (*image)->read_some(0, out);
  ASSERT_TRUE(before) << "what lies before the fault is there";
  EXPECT_EQ(*before, 15u);
  const auto count = (*image)->read_some(15, out);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::truncated);
  EXPECT_EQ(count.error().offset, 15u);
  EXPECT_TRUE(contains(count.error().text(), "disk.002"));
}

TEST(ImageFileTest, IsRefusedWithWordsWhenItIsNoImage) {
  const TempFolder folder;
  folder.write("disk.vhdx", "vhdxfile" + std::string(600, '\0'));
  const std::string text = refusal(folder, "disk.vhdx", Errc::unsupported);
  EXPECT_TRUE(contains(text, "a VHDX: convert it to a raw image first")) << text;
  refusal(folder, "no_such.dd", Errc::not_found);
  const auto itself = open_image_file(folder.text());
  ASSERT_FALSE(itself);
  EXPECT_EQ(itself.error().code, Errc::io) << "a folder";
}

TEST(ImageFileTest, ReadsAVhdOfFixedSizeWithoutItsFooter) {
  const TempFolder folder;
  const auto bytes =
      builders::DiskBuilder{8192 + 512}.put(8192, builders::vhd_footer(8192)).bytes();
  folder.write("disk.vhd", Bytes{bytes}.chars());
  auto image = open_image_file(path_of(folder, "disk.vhd"));
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->size(), 8192u);
  EXPECT_EQ(content(**image), std::string(8192, '\0'));
}

TEST(PartName, CountsOn) {
  const auto at = [](std::string_view name, std::uint64_t number) {
    const auto part = parse_part_name(name);
    return part ? part->at(number).value_or("-") : "not a part";
  };
  EXPECT_EQ(at("d.001", 2), "d.002");
  EXPECT_EQ(at("d.001", 1000), "d.1000");
  EXPECT_EQ(at("d.aa", 25), "d.az");
  EXPECT_EQ(at("d.aa", 26), "d.ba");
  EXPECT_EQ(at("d.aa", 675), "d.zz");
  EXPECT_EQ(at("d.aa", 676), "-");
  EXPECT_EQ(parse_part_name("d.ba")->number, 26u);
  EXPECT_EQ(parse_part_name("d.1000")->number, 1000u);
  for (const char* const name :
       {"d", "d.", "d.1", "d.a", "d.aaaa", "d.E01", "d.1a", "d.aA", "d.0000000001", "/d.001/x"})
    EXPECT_FALSE(parse_part_name(name)) << name;
}

TEST(SplitImageFile, GivesWhatLiesBeforeAPartThatIsGone) {
  const TempFolder folder;
  split(folder, kText, 10, {"disk.001", "disk.002", "disk.003"});
  auto image = open_image_file(path_of(folder, "disk.001"));
  ASSERT_TRUE(image);
  std::filesystem::resize_file(folder.path() / "disk.003", 0);
  std::byte out[25];
  const auto before = (*image)->read_some(3, out);
  ASSERT_TRUE(before);
  EXPECT_EQ(*before, 17u);
  EXPECT_FALSE((*image)->read_some(20, out));
}

}  // namespace
}  // namespace hozen
