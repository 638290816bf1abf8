#include "collector/formats/lnk.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/builders/lnk_builder.h"

namespace hozen {
namespace {

using builders::filled_guid;
using builders::LnkBuilder;
using builders::LnkBytes;

constexpr FileTime kTime{0x01CB000000000000};

Link parsed(const LnkBytes& bytes) {
  auto link = parse_lnk(Bytes{bytes});
  EXPECT_TRUE(link) << link.error().text();
  return link ? *std::move(link) : Link{};
}

std::string text_of(const std::optional<DecodedText>& text) { return text ? text->text : "(none)"; }

LnkBuilder full_link() {
  return LnkBuilder{}
      .target_times({kTime.ticks + 1}, {kTime.ticks + 2}, {kTime.ticks + 3})
      .target_size(4711)
      .attributes(0x21)
      .icon_index(-5)
      .show_command(7)
      .hot_key(0x0642)
      .computer()
      .drive("C:\\")
      .file({.short_name = "PROGRA~1", .long_name = "Program Files", .directory = true})
      .file({.short_name = "A.EXE", .long_name = "日本語.exe", .reference = 0x0003000000000042})
      .local_path("C:\\Program Files\\", "???.exe")
      .unicode_info("C:\\Program Files\\", "日本語.exe")
      .volume(3, 0x70ECFA33, "OS")
      .name("A comment")
      .relative_path("..\\日本語.exe")
      .working_directory("C:\\Program Files")
      .arguments("-x \"a b\"")
      .icon_location("%SystemRoot%\\icon.dll")
      .text_block(0xA0000001, "%ProgramFiles%\\a.exe", "%ProgramFiles%\\日本語.exe")
      .tracker("machine-1", {filled_guid(1), filled_guid(2), filled_guid(3), filled_guid(4)})
      .list_block();
}

TEST(Lnk, ReadsEveryPart) {
  const Link link = parsed(full_link().bytes());
  EXPECT_TRUE(link.problems.empty()) << link.problems[0].text();
  EXPECT_EQ(link.created.ticks, kTime.ticks + 1);
  EXPECT_EQ(link.accessed.ticks, kTime.ticks + 2);
  EXPECT_EQ(link.modified.ticks, kTime.ticks + 3);
  EXPECT_EQ(link.target_size, 4711u);
  EXPECT_EQ(link.attributes, 0x21u);
  EXPECT_EQ(link.icon_index, -5);
  EXPECT_EQ(link.show_command, 7u);
  EXPECT_EQ(link.hot_key, 0x0642u);
  EXPECT_EQ(link.id_list->path, "C:\\Program Files\\日本語.exe");
  EXPECT_TRUE(link.id_list->is_file_path);
  EXPECT_EQ(text_of(link.info->local_path()), "C:\\Program Files\\日本語.exe");
  EXPECT_FALSE(link.info->network_path());
  EXPECT_EQ(link.info->volume->serial, 0x70ECFA33u);
  EXPECT_EQ(link.info->volume->drive_type, 3u);
  EXPECT_EQ(link.info->volume->label.text, "OS");
  EXPECT_EQ(text_of(link.name), "A comment");
  EXPECT_EQ(text_of(link.relative_path), "..\\日本語.exe");
  EXPECT_EQ(text_of(link.working_directory), "C:\\Program Files");
  EXPECT_EQ(text_of(link.arguments), "-x \"a b\"");
  EXPECT_EQ(text_of(link.icon_location), "%SystemRoot%\\icon.dll");
  EXPECT_EQ(text_of(link.environment_target), "%ProgramFiles%\\日本語.exe");
  EXPECT_EQ(link.tracker->machine_id.text, "machine-1");
  EXPECT_EQ(link.tracker->volume, filled_guid(1));
  EXPECT_EQ(link.tracker->file, filled_guid(2));
  EXPECT_EQ(link.tracker->birth_volume, filled_guid(3));
  EXPECT_EQ(link.tracker->birth_file, filled_guid(4));
  EXPECT_EQ(link.vista_id_list->path, link.id_list->path);
  EXPECT_EQ(link.extra_blocks.size(), 3u);
  EXPECT_EQ(link.trailing_bytes, 0u);
}

TEST(Lnk, ReadsTheSmallestOne) {
  const Link link = parsed(LnkBuilder{}.bytes());
  EXPECT_TRUE(link.problems.empty());
  EXPECT_FALSE(link.id_list || link.info || link.arguments || link.tracker);
  EXPECT_EQ(target_of(link).source, "");
}

TEST(Lnk, ATerminalBlockMayBeMissing) {
  const Link link = parsed(LnkBuilder{}.arguments("x").without_terminal().bytes());
  EXPECT_TRUE(link.problems.empty());
  EXPECT_EQ(text_of(link.arguments), "x");
}

TEST(Lnk, ReadsAnsiStringsWithTheirAssumedCodePage) {
  const Link link = parsed(LnkBuilder{}
                               .ansi()
                               .local_path("C:\\\x83\x66\x81\x5B\x83\x5E\\a.exe")
                               .working_directory("caf\xE9")
                               .arguments("plain")
                               .bytes());
  const auto local = link.info->local_path();
  ASSERT_TRUE(local);
  EXPECT_EQ(local->text, "C:\\データ\\a.exe");
  EXPECT_EQ(local->encoding, TextEncoding::assumed_cp932);
  EXPECT_EQ(local->bytes.size(), 15u);
  EXPECT_EQ(link.working_directory->encoding, TextEncoding::assumed_windows1252);
  EXPECT_EQ(link.working_directory->text, "café");
  EXPECT_EQ(link.arguments->encoding, TextEncoding::ascii);
}

TEST(Lnk, KeepsLoneSurrogatesAndEmbeddedNuls) {
  const std::string hostile{"a\0b\xED\xA0\x80", 6};
  const Link link = parsed(LnkBuilder{}.arguments(hostile).bytes());
  EXPECT_EQ(text_of(link.arguments), hostile);
  EXPECT_EQ(link.arguments->encoding, TextEncoding::utf16);
}

TEST(Lnk, ASurrogatePairSplitOverPathAndSuffixIsOneCharacter) {
  const Link link = parsed(LnkBuilder{}
                               .local_path("?", "?")
                               .unicode_info("C:\\\xED\xA0\xBD", "\xED\xB8\x80.exe")
                               .bytes());
  EXPECT_EQ(text_of(link.info->local_path()), "C:\\😀.exe");
}

TEST(Lnk, KeepsTheLongestArguments) {
  const std::string padded = std::string(65'000, ' ') + "/c evil";
  EXPECT_EQ(text_of(parsed(LnkBuilder{}.arguments(padded).bytes()).arguments), padded);
}

TEST(Lnk, ReadsNetworkTargets) {
  const Link link = parsed(LnkBuilder{}
                               .share("\\\\SRV\\SHARE", "Z:", "dir\\a.exe")
                               .unicode_share("\\\\srv\\共有", "Z:")
                               .unicode_label("")
                               .bytes());
  EXPECT_TRUE(link.problems.empty()) << link.problems[0].text();
  EXPECT_EQ(text_of(link.info->network_path()), "\\\\srv\\共有\\dir\\a.exe");
  EXPECT_EQ(link.info->share->device_name.text, "Z:");
  EXPECT_EQ(link.info->share->provider_type, 0x00020000u);
  EXPECT_EQ(target_of(link).source, "network");
  const Link narrow = parsed(LnkBuilder{}.share("\\\\SRV\\S", "", "").bytes());
  EXPECT_EQ(text_of(narrow.info->network_path()), "\\\\SRV\\S");
  EXPECT_EQ(narrow.info->share->device_name.text, "");
}

TEST(Lnk, ReadsUnicodeVolumeLabels) {
  const Link link = parsed(
      LnkBuilder{}.local_path("D:\\x").volume(2, 1, "?").unicode_label("ボリューム").bytes());
  EXPECT_EQ(link.info->volume->label.text, "ボリューム");
  EXPECT_EQ(link.info->volume->drive_type, 2u);
}

TEST(Lnk, ReadsTheOtherExtraBlocks) {
  const LnkBytes number{std::byte{0xA4}, std::byte{3}, std::byte{0}, std::byte{0}};
  LnkBytes folder(20, std::byte{7});
  const Link link = parsed(LnkBuilder{}
                               .text_block(0xA0000007, "", "%SystemRoot%\\i.ico")
                               .text_block(0xA0000006, "ansi only", "")
                               .block(0xA0000004, number)
                               .block(0xA0000005, number)
                               .block(0xA000000B, folder)
                               .block(0xA0000009, LnkBytes(100))
                               .block(0x12345678, {})
                               .bytes());
  EXPECT_TRUE(link.problems.empty());
  EXPECT_EQ(text_of(link.environment_icon), "%SystemRoot%\\i.ico");
  EXPECT_EQ(text_of(link.installer_id), "ansi only");
  EXPECT_EQ(link.console_code_page, 932u);
  EXPECT_EQ(link.special_folder, 932u);
  EXPECT_EQ(link.known_folder, filled_guid(7));
  ASSERT_EQ(link.extra_blocks.size(), 7u);
  EXPECT_EQ(link.extra_blocks[6].signature, 0x12345678u);
}

TEST(Lnk, SaysWhatLiesBehindItsEnd) {
  const LnkBuilder builder = LnkBuilder{}.arguments("x").trailing("MZ overlay");
  const Link link = parsed(builder.bytes());
  EXPECT_EQ(link.trailing_bytes, 10u);
  EXPECT_EQ(link.trailing_offset, builder.extra_offset() + 4);
}

TEST(LnkTarget, FollowsTheOrderOfWindows) {
  EXPECT_EQ(target_of(parsed(full_link().bytes())).source, "local");
  const Link preferred = parsed(full_link().flags(link_flag::kPreferEnvironmentPath).bytes());
  EXPECT_EQ(target_of(preferred).source, "environment");
  EXPECT_EQ(target_of(preferred).path, "%ProgramFiles%\\日本語.exe");
  const Link listed = parsed(LnkBuilder{}.computer().drive("C:\\").bytes());
  EXPECT_EQ(target_of(listed).source, "id_list");
  EXPECT_EQ(target_of(listed).path, "C:\\");
  EXPECT_EQ(target_of(parsed(LnkBuilder{}.relative_path(".\\a.exe").bytes())).path, ".\\a.exe");
  EXPECT_EQ(target_of(parsed(LnkBuilder{}.root(filled_guid(9)).bytes())).path,
            "::{09090909-0909-0909-0909-090909090909}");
}

TEST(LnkBad, RefusesWhatHasNoLinkHeader) {
  EXPECT_EQ(parse_lnk(Bytes{}).error().code, Errc::truncated);
  EXPECT_EQ(parse_lnk(Bytes{LnkBuilder{}.set_u32(0, 0x4D).bytes()}).error().code, Errc::malformed);
  const LnkBytes other = LnkBuilder{}.set_u32(4, 0x00021402).bytes();
  const auto refused = parse_lnk(Bytes{other, 0x1000});
  EXPECT_EQ(refused.error().code, Errc::malformed);
  EXPECT_EQ(refused.error().offset, 0x1004u);
}

TEST(LnkBad, EveryShorterFormFailsOrSaysSo) {
  const LnkBuilder builder = full_link();
  const std::size_t size = builder.bytes().size();
  // A link may end where its extra blocks do.
  const Link whole = parsed(builder.bytes());
  for (std::size_t length = 0; length < size; ++length) {
    const LnkBytes cut = LnkBuilder{builder}.truncate_at(length).bytes();
    const auto link = parse_lnk(Bytes{cut});
    ASSERT_EQ(link.has_value(), length >= 0x4C) << length;
    if (!link) continue;
    const bool at_block_end =
        length == builder.extra_offset() ||
        std::any_of(whole.extra_blocks.begin(), whole.extra_blocks.end(),
                    [&](const auto& block) { return block.offset + block.size == length; });
    ASSERT_EQ(link->problems.empty(), at_block_end) << length;
    for (const Error& problem : link->problems) ASSERT_TRUE(problem.offset) << problem.what;
  }
}

TEST(LnkBad, HugeSizesAndOffsetsAreProblems) {
  const LnkBuilder builder = full_link();
  const std::size_t info = builder.link_info_offset();
  for (std::size_t field = 0; field < 0x24; field += 4) {
    for (const std::uint32_t value : {0xFFFFFFFFu, 0x7FFFFFFFu, 1u}) {
      const LnkBytes bytes = LnkBuilder{builder}.set_u32(info + field, value).bytes();
      ASSERT_TRUE(parse_lnk(Bytes{bytes})) << field;
    }
  }
  const auto has_problem = [](const LnkBytes& bytes) { return !parsed(bytes).problems.empty(); };
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(info, 0xFFFFFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(info + 12, 0xFFFFFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(info + 0x1C, 0xFFFFFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u16(0x4C, 0xFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u16(builder.strings_offset(), 0xFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(builder.extra_offset(), 0xFFFFFFFF).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(builder.extra_offset(), 5).bytes()));
  EXPECT_TRUE(has_problem(LnkBuilder{builder}.set_u32(info, 3).bytes()));
}

TEST(LnkBad, FlagsWithoutTheirPartsAreProblems) {
  for (const std::uint32_t flag : {0x1u, 0x2u, 0x4u, 0x20u, 0x7Fu}) {
    const Link link = parsed(LnkBuilder{}.flags(flag).without_terminal().bytes());
    EXPECT_FALSE(link.problems.empty()) << flag;
  }
}

TEST(LnkBad, ManyBlocksEndAtTheCap) {
  LnkBuilder builder;
  for (std::size_t i = 0; i < kMaxExtraBlocks + 10; ++i) builder.block(0x11111111, {});
  const Link link = parsed(builder.bytes());
  EXPECT_EQ(link.extra_blocks.size(), kMaxExtraBlocks);
  ASSERT_EQ(link.problems.size(), 1u);
  EXPECT_EQ(link.problems[0].code, Errc::limit);
}

TEST(LnkBad, UnsetTimesStayUnset) {
  const Link link = parsed(LnkBuilder{}.target_times({0}, {~std::uint64_t{0}}, {1}).bytes());
  EXPECT_FALSE(link.created.is_set());
  EXPECT_EQ(link.accessed.ticks, ~std::uint64_t{0});
  EXPECT_EQ(link.modified.ticks, 1u);
}

TEST(LnkBad, AnyChangedByteIsSurvived) {
  const LnkBytes whole = full_link().bytes();
  std::mt19937 random{10};
  for (int i = 0; i < 20'000; ++i) {
    LnkBytes bytes = whole;
    for (int n = 0; n < 3; ++n) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (const auto link = parse_lnk(Bytes{bytes})) target_of(*link);
  }
}

}  // namespace
}  // namespace hozen
