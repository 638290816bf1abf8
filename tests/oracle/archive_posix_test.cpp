// 7-Zip against our lists of archives: of those that the tests write, and of those that 7-Zip, zip,
// tar, bsdtar and Python write.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "collector/base/text.h"
#include "collector/formats/archive.h"
#include "tests/builders/archive_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

/// What both tell of an entry, by name: "size folder encrypted crc time".
using Listing = std::map<std::string, std::string>;

std::string line_of(const std::string& size, bool is_folder, bool is_encrypted,
                    const std::string& crc, const std::string& time) {
  return (is_folder ? "folder" : size) + (is_encrypted ? " encrypted " : " ") + crc + " " + time;
}

std::string hex(std::uint32_t crc) {
  std::array<std::byte, sizeof crc> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(crc >> (24 - 8 * i) & 0xFF);
  return to_hex(bytes);
}

/// `7z l -slt`: fields of an entry, a line each, an empty one between entries.
Listing seven_zip_list(const std::string& path) {
  std::istringstream text{output_of("TZ=UTC LC_ALL=C.UTF-8 7z l -slt -ba -psecret '" + path + "'")};
  Listing listing;
  std::map<std::string, std::string> fields;
  const auto end_entry = [&] {
    if (fields.contains("Path"))
      listing[fields["Path"]] =
          line_of(fields["Size"].empty() ? "0" : fields["Size"],
                  fields["Folder"] == "+" || fields["Attributes"].starts_with("D"),
                  fields["Encrypted"] == "+", to_lower_ascii(fields["CRC"]),
                  fields["Modified"].substr(0, 19));
    fields.clear();
  };
  for (std::string line; std::getline(text, line);) {
    const std::size_t sign = line.find(" = ");
    if (line.empty()) end_entry();
    if (sign != std::string::npos) fields[line.substr(0, sign)] = line.substr(sign + 3);
  }
  end_entry();
  return listing;
}

Listing our_list(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  const auto bytes = bytes_of(text.view()).span();
  MemorySource file{{bytes.begin(), bytes.end()}};
  Listing listing;
  const auto archive = archive::read(file, [&](const archive::Entry& entry) {
    std::string time = entry.modified.is_set() ? entry.modified.iso8601().substr(0, 19) : "";
    std::replace(time.begin(), time.end(), 'T', ' ');
    // 7-Zip tells no CRC where there is nothing that has one.
    const bool has_crc = entry.crc && (*entry.crc != 0 || entry.size.value_or(0) != 0);
    listing[entry.name] = line_of(std::to_string(entry.size.value_or(0)), entry.is_directory,
                                  entry.is_encrypted, has_crc ? hex(*entry.crc) : "", time);
    return true;
  });
  EXPECT_TRUE(archive) << path;
  if (archive)
    for (const Error& problem : archive->problems) ADD_FAILURE() << path << ": " << problem.text();
  return listing;
}

/// The same, where 7-Zip says "00000000" for nothing.
Listing without_zero_crcs(Listing listing) {
  for (auto& [name, line] : listing)
    if (const std::size_t at = line.find(" 00000000 "); at != std::string::npos)
      line.erase(at + 1, 8);
  return listing;
}

class ArchiveOracle : public testing::Test {
 protected:
  void SetUp() override {
    if (!run("7z")) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  }
  void expect_same(const std::string& name, std::size_t entries) {
    SCOPED_TRACE(name);
    const std::string path = folder.text() + "/" + name;
    const Listing ours = our_list(path);
    EXPECT_EQ(ours.size(), entries);
    EXPECT_EQ(without_zero_crcs(ours), without_zero_crcs(seven_zip_list(path)));
  }
  void write(const std::string& name, const ArchiveBytes& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  /// A folder of files to be packed: docs.
  bool make_files() {
    return run("cd '" + folder.text() +
               "' && mkdir -p docs/sub && head -c 70000 /dev/urandom > docs/b.bin && echo a > "
               "docs/a.txt && : > docs/empty && echo x > docs/sub/報告.txt && touch -d "
               "'2024-01-17 21:20:02 UTC' docs docs/* docs/sub/*");
  }
  bool in_folder(const std::string& command) {
    return run("cd '" + folder.text() + "' && TZ=UTC LC_ALL=C.UTF-8 " + command);
  }

  TempFolder folder;
};

TEST_F(ArchiveOracle, SevenZipReadsWhatTheTestsWrite) {
  const FileTime time{133'500'000'020'000'000};
  const ArchivedFile file{"docs/report.xls", 40, time, false, false, ""};
  const ArchivedFile other{"docs/other", 7, time, false, false, ""};
  const ArchivedFile directory{"docs", 0, time, true, false, ""};
  write("a.zip", ZipArchive{}.file(directory).file(file).ntfs_times(time).file(other).bytes());
  write("a64.zip", ZipArchive{}.zip64().file(directory).file(file).bytes());
  write("a.7z", SevenZipArchive{}.file(directory).file(file).file(other).bytes());
  write("a.cab", CabArchive{}.file(file).file(other).bytes());
  write("r.cab", CabArchive{}.reserve().file(file).file(other).bytes());
  write("a.arj", ArjArchive{}.comment("note").file(directory).file(file).bytes());
  // 7-Zip takes names of LZH for the system's.
  write("a0.lzh", LzhArchive{0}.file(file).file(other).bytes());
  write("a1.lzh", LzhArchive{1}.file(file).file(other).bytes());
  write("a2.lzh", LzhArchive{2}.file(directory).file(file).file(other).bytes());
  expect_same("a0.lzh", 2);
  expect_same("a1.lzh", 2);
  expect_same("a2.lzh", 3);
  expect_same("a.zip", 3);
  expect_same("a64.zip", 2);
  expect_same("a.7z", 3);
  expect_same("a.cab", 2);
  expect_same("r.cab", 2);
  expect_same("a.arj", 2);
  ArchivedFile long_name = file;
  long_name.name = std::string(90, 'a') + "/" + std::string(60, 'b');
  for (const auto kind : {TarArchive::Kind::ustar, TarArchive::Kind::gnu, TarArchive::Kind::pax}) {
    write("a.tar", TarArchive{kind}.file(directory).file(file).file(long_name).bytes());
    expect_same("a.tar", 3);
  }
}

TEST_F(ArchiveOracle, OurListsOfWhatSevenZipWritesAreItsOwn) {
  ASSERT_TRUE(make_files());
  ASSERT_TRUE(in_folder("7z a plain.7z -mhc=off docs"));
  ASSERT_TRUE(in_folder("7z a single.7z -mhc=off -ms=off docs"));
  ASSERT_TRUE(in_folder("7z a secret.7z -mhc=off -psecret docs"));
  ASSERT_TRUE(in_folder("7z a a.zip docs"));
  ASSERT_TRUE(in_folder("7z a classic.zip -psecret docs"));
  ASSERT_TRUE(in_folder("7z a a.tar docs"));
  for (const std::string name :
       {"plain.7z", "single.7z", "secret.7z", "a.zip", "classic.zip", "a.tar"})
    expect_same(name, 6);
  ASSERT_TRUE(in_folder("7z a packed.7z docs"));
  ASSERT_TRUE(in_folder("7z a hidden.7z -psecret -mhe=on docs"));
  const auto names_of = [&](const std::string& name) {
    std::ifstream in{folder.path() / name, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    const auto bytes = bytes_of(text.view()).span();
    MemorySource file{{bytes.begin(), bytes.end()}};
    const auto archive = archive::read(file, [](const archive::Entry&) { return true; });
    return archive ? archive->names : archive::Names::not_supported;
  };
  EXPECT_EQ(names_of("packed.7z"), archive::Names::packed);
  EXPECT_EQ(names_of("hidden.7z"), archive::Names::encrypted);
}

TEST_F(ArchiveOracle, OurListsOfWhatOthersWriteAreThoseOfSevenZip) {
  ASSERT_TRUE(make_files());
  ASSERT_TRUE(in_folder("tar --format=gnu -cf gnu.tar docs"));
  ASSERT_TRUE(in_folder("tar --format=pax -cf pax.tar docs"));
  ASSERT_TRUE(
      in_folder("python3 -c \"import shutil; shutil.make_archive('py', 'zip', '.', 'docs')\""));
  for (const std::string name : {"gnu.tar", "pax.tar", "py.zip"}) expect_same(name, 6);
  if (run("bsdtar --version")) {
    ASSERT_TRUE(in_folder("bsdtar --format=zip -cf bsd.zip docs"));
    expect_same("bsd.zip", 6);
  }
  if (run("zip -v")) {
    ASSERT_TRUE(in_folder("zip -r info.zip docs"));
    expect_same("info.zip", 6);
  }
}

}  // namespace
}  // namespace hozen
