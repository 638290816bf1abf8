// Every stream of every file of the real volumes, held against what sleuthkit reads: paths, sizes,
// both sets of times, what is deleted, and the content.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "collector/base/hash.h"
#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/source/section_source.h"
#include "tests/builders/temp_folder.h"
#include "tests/real/real_evidence.h"

namespace hozen::ntfs {
namespace {

/// What a program prints; nothing when it fails.
std::optional<std::string> output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  return ::pclose(pipe) == 0 ? std::optional{std::move(text)} : std::nullopt;
}

struct Image {
  const char* name;
  const char* unpack;  ///< the program that prints it raw, "" when it is
  std::uint64_t sector;
  std::size_t streams;  ///< that sleuthkit lists, those of $FILE_NAME aside
};

/// A line of `fls -m`: md5|name|inode|mode|uid|gid|size|atime|mtime|ctime|crtime
struct Line {
  std::string path, inode;
  std::uint64_t record = 0, size = 0;
  std::uint32_t type = 0;
  std::array<std::string, 4> times;  ///< accessed, modified, changed, created
  bool is_name = false, deleted = false;
};

std::optional<Line> parse_line(const std::string& text) {
  std::vector<std::string> columns;
  std::istringstream row{text};
  for (std::string column; std::getline(row, column, '|');) columns.push_back(column);
  if (columns.size() != 11) return std::nullopt;
  Line line;
  line.path = columns[1];
  line.inode = columns[2];
  std::istringstream inode{line.inode};
  char dash = 0;
  inode >> line.record >> dash >> line.type;
  line.size = std::stoull(columns[6]);
  std::copy_n(columns.begin() + 7, 4, line.times.begin());
  const auto take = [&](std::string_view suffix) {
    const bool there = line.path.ends_with(suffix);
    if (there) line.path.resize(line.path.size() - suffix.size());
    return there;
  };
  line.deleted = take(" (deleted)") || take(" (deleted-realloc)");
  line.is_name = take(" ($FILE_NAME)");
  line.deleted = take(" (deleted)") || line.deleted;
  return line;
}

/// As sleuthkit prints it. A time that was never set (mkntfs leaves those of $MFT so) it subtracts
/// 1970 from without a sign and cuts to 32 bits; ours stays unset.
std::string seconds(FileTime time) {
  if (!time.is_set()) return "3373865674";
  return std::to_string(static_cast<std::int64_t>(time.ticks / kTicksPerSecond) -
                        kUnixEpochSeconds);
}

class RealNtfsBesideSleuthkit : public real::RealEvidence,
                                public testing::WithParamInterface<Image> {
 protected:
  void SetUp() override {
    RealEvidence::SetUp();
    if (IsSkipped()) return;
    if (!output_of("command -v fls")) GTEST_SKIP() << "fls is not installed (package sleuthkit)";
    raw = testdata_path(std::string{"ntfs/"} + GetParam().name);
    if (GetParam().unpack[0] != '\0') {
      const std::string unpacked = folder.text() + "/raw";
      ASSERT_TRUE(output_of(std::string{GetParam().unpack} + " '" + raw + "' > " + unpacked));
      raw = unpacked;
    }
    auto file = open_native_file(raw);
    ASSERT_TRUE(file);
    std::shared_ptr<ByteSource> disk = *std::move(file);
    const std::uint64_t start = GetParam().sector * 512;
    auto opened = Volume::open(std::make_shared<SectionSource>(disk, start, disk->size() - start));
    ASSERT_TRUE(opened) << opened.error().text();
    volume = *opened;
    table = std::make_unique<FileTable>(volume->mft(), volume->boot().record_bytes);
    table->index([](const Error& error) { ADD_FAILURE() << error.text(); });
    table->each_file([&](const File& file_of_table) {
      files[file_of_table.number] = file_of_table;
      return true;
    });
  }

  std::string where() const { return "-o " + std::to_string(GetParam().sector) + " '" + raw + "'"; }

  std::set<std::string> paths_of(const File& file) {
    std::set<std::string> paths;
    for (const FileName& name : file.names) {
      std::string path;
      table->append_path(path, name);
      std::replace(path.begin(), path.end(), '\\', '/');
      paths.insert(path);
    }
    return paths;
  }

  /// The name of the stream that the line is of; nothing when its path is none of the file's.
  std::optional<std::string> stream_of(const Line& line, const File& file) {
    for (const std::string& path : paths_of(file)) {
      if (line.path == path || line.path == path + "/." || line.path == path + "/..") return "";
      for (const char* const between : {":", "/.:", "/..:"})
        if (line.path.starts_with(path + between)) return line.path.substr((path + between).size());
    }
    return std::nullopt;
  }

  void compare_name(const Line& line, const File& file) {
    const bool same = std::any_of(file.names.begin(), file.names.end(), [&](const FileName& name) {
      return line.times == std::array{seconds(name.accessed), seconds(name.modified),
                                      seconds(name.record_changed), seconds(name.created)};
    });
    EXPECT_TRUE(same) << line.path << ": times of $FILE_NAME";
  }

  void compare_stream(const Line& line, const File& file, const std::string& name) {
    ASSERT_TRUE(file.standard) << line.path;
    const StandardInformation& si = *file.standard;
    EXPECT_EQ(line.times, (std::array{seconds(si.accessed), seconds(si.modified),
                                      seconds(si.changed), seconds(si.created)}))
        << line.path;
    EXPECT_EQ(line.deleted, !file.in_use()) << line.path;
    if (line.type != attribute_type::kData) return;
    const FileStream* const stream = file.find_stream(attribute_type::kData, name);
    ASSERT_NE(stream, nullptr) << line.path;
    EXPECT_EQ(line.size, stream->size_bytes) << line.path;
    if (!file.in_use()) return;
    const auto source = volume->open_attribute(file.number, attribute_type::kData, name);
    ASSERT_TRUE(source) << line.path << ": " << source.error().text();
    const auto content = read_all(**source, 1u << 30);
    ASSERT_TRUE(content) << line.path << ": " << content.error().text();
    ++contents;
    if (line.path == "/$BadClus:$Bad") return compare_bad_clusters(*content, *stream);
    const auto theirs = output_of("icat " + where() + " " + line.inode);
    ASSERT_TRUE(theirs) << line.inode;
    EXPECT_EQ(to_hex(sha256(*content)), to_hex(sha256(bytes_of(*theirs).span()))) << line.path;
  }

  /// Its size is that of the volume, and nothing of it is initialized: bytes that read as zeros.
  /// icat gives none of them. ntfs-3g's ntfscat reads as we do.
  void compare_bad_clusters(const std::vector<std::byte>& content, const FileStream& stream) {
    EXPECT_EQ(stream.initialized_bytes, 0u);
    EXPECT_EQ(content.size(), stream.size_bytes);
    if (GetParam().sector != 0) return;  // ntfscat takes volumes only
    const auto theirs = output_of("ntfscat -f -i 8 -n '$Bad' '" + raw + "'");
    ASSERT_TRUE(theirs);
    EXPECT_EQ(to_hex(sha256(content)), to_hex(sha256(bytes_of(*theirs).span())));
  }

  TempFolder folder;
  std::string raw;
  std::shared_ptr<Volume> volume;
  std::unique_ptr<FileTable> table;
  std::map<std::uint64_t, File> files;
  std::size_t contents = 0;
};

TEST_P(RealNtfsBesideSleuthkit, EveryStreamIsTheSame) {
  const auto text = output_of("fls -r -p -m / " + where());
  ASSERT_TRUE(text);
  std::istringstream lines{*text};
  std::size_t streams = 0;
  std::set<std::uint64_t> seen;
  for (std::string row; std::getline(lines, row);) {
    const auto line = parse_line(row);
    ASSERT_TRUE(line) << row;
    // What sleuthkit makes up: a folder for files without one.
    if (line->path == "/$OrphanFiles") continue;
    const auto found = files.find(line->record);
    ASSERT_NE(found, files.end()) << row;
    seen.insert(line->record);
    if (line->is_name) {
      compare_name(*line, found->second);
      continue;
    }
    ++streams;
    auto name = stream_of(*line, found->second);
    if (!name && line->path.starts_with("/$OrphanFiles/")) name = "";
    ASSERT_TRUE(name) << row;
    compare_stream(*line, found->second, *name);
  }
  EXPECT_EQ(streams, GetParam().streams);
  EXPECT_GT(contents, 10u);
  // And nothing is ours alone: but for the root, and records in use that have no name.
  for (const auto& [number, file] : files)
    if (file.best_name() != nullptr && number != record_number::kRoot) {
      EXPECT_TRUE(seen.contains(number)) << number;
    }
}

INSTANTIATE_TEST_SUITE_P(Images, RealNtfsBesideSleuthkit,
                         testing::Values(Image{"colinfinck_testfs1.dd", "", 0, 544},
                                         Image{"grr_ntfs_img.dd", "", 63, 44},
                                         Image{"velociraptor_test.ntfs.dd.E01", "img_cat", 0, 43},
                                         Image{"dfir_ntfs/ntfs3.raw.gz", "zcat", 0, 31}),
                         [](const auto& image) {
                           std::string name = image.param.name;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c < '0' || (c > '9' && c < 'A'); }, '_');
                           return name;
                         });

}  // namespace
}  // namespace hozen::ntfs
