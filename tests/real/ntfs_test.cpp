// Real NTFS volumes and file tables: what sleuthkit and the makers of the samples say of them.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/source/image_source.h"
#include "tests/real/real_evidence.h"

namespace hozen::ntfs {
namespace {

using real::evidence;
class RealNtfs : public real::RealEvidence {};

/// A volume of an image from this sector on.
struct NtfsBytesOf {
  NtfsBytesOf(std::string_view image, std::uint64_t sector) {
    auto bytes = evidence(image);
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(sector * 512));
    source = std::make_shared<MemorySource>(std::move(bytes));
  }
  std::shared_ptr<ByteSource> source;
};

struct Listed {
  std::string path, state;
  bool in_use = false;
  bool directory = false;
  bool has_name = false;
  SlotState slot = SlotState::record;
  std::vector<std::string> problems;
};

struct Listing {
  std::map<std::uint64_t, Listed> files;
  TableCounts counts;
  std::vector<Error> problems;
};

Listing list(ByteSource& source, std::uint32_t record_bytes) {
  Listing listing;
  FileTable table{source, record_bytes};
  table.index([&](Error problem) { listing.problems.push_back(std::move(problem)); });
  table.each_file([&](const File& file) {
    Listed& row = listing.files[file.number];
    row.in_use = file.in_use();
    row.directory = file.is_directory();
    row.slot = file.state;
    for (const Error& problem : file.problems) row.problems.push_back(problem.text());
    if (const FileName* const name = file.best_name()) {
      row.has_name = true;
      row.state = to_text(table.append_path(row.path, *name));
    }
    return true;
  });
  listing.counts = table.counts();
  return listing;
}

Listing list(std::string_view name, std::uint32_t record_bytes = 1024) {
  MemorySource source{evidence(name)};
  return list(source, record_bytes);
}

TEST_F(RealNtfs, TableOfXWays) {
  const Listing listing = list("ntfs/ericz_xw_MFT");
  EXPECT_EQ(listing.counts.slots, 628u);
  EXPECT_EQ(listing.counts.records, 626u);
  EXPECT_EQ(listing.counts.in_use, 467u);
  EXPECT_EQ(listing.counts.directories, 38u) << "7 of them deleted";
  EXPECT_EQ(listing.counts.extensions, 1u);
  EXPECT_EQ(listing.counts.bad, 2u);
  EXPECT_EQ(listing.counts.torn, 10u);
  EXPECT_EQ(listing.files.size(), 625u);
  EXPECT_TRUE(listing.problems.empty());
  std::size_t folders = 0;
  std::vector<std::uint64_t> damaged;
  for (const auto& [number, file] : listing.files) {
    if (file.in_use && file.directory) ++folders;
    if (!file.problems.empty()) damaged.push_back(number);
  }
  EXPECT_EQ(folders, 31u);
  // Their attributes do not fit the size in use; torn ones among them.
  EXPECT_THAT(damaged,
              testing::ElementsAre(179, 180, 202, 442, 496, 524, 530, 531, 532, 538, 540, 546, 547,
                                   554, 555, 557, 560, 566, 567, 568, 612, 613, 619, 625));
}

/// The names that a listing of `fls -r -l` holds, by record.
std::set<std::pair<std::uint64_t, std::string>> fls_names(std::string_view file) {
  const auto bytes = evidence(file);
  std::set<std::pair<std::uint64_t, std::string>> names;
  std::istringstream lines{std::string{Bytes{bytes}.chars()}};
  for (std::string line; std::getline(lines, line);) {
    // "++ d/d * 64-144-2(realloc):	name"
    const std::size_t tab = line.find('\t');
    const std::size_t digit = line.find_first_of("0123456789");
    if (tab == std::string::npos || digit == std::string::npos || digit > tab) continue;
    const std::size_t end = line.find('\t', tab + 1);
    names.emplace(std::stoull(line.substr(digit)), line.substr(tab + 1, end - tab - 1));
  }
  return names;
}

TEST_F(RealNtfs, TablesOfDfirNtfsHoldWhatFlsLists) {
  for (const auto& [name, record_bytes] :
       {std::pair{"orphan", 1024u}, {"unicode", 1024u}, {"4k-large", 4096u}}) {
    const std::string stem = std::string{"ntfs/dfir_ntfs/"} + name;
    const Listing listing = list(stem + ".mft", record_bytes);
    std::size_t compared = 0;
    for (const auto& [record, fls_name] : fls_names(stem + ".fls")) {
      // Streams and what sleuthkit makes up ($OrphanFiles, which has no record).
      if (fls_name.find(':') != std::string::npos || fls_name == "$OrphanFiles") continue;
      const auto found = listing.files.find(record);
      ASSERT_NE(found, listing.files.end()) << name << " " << record << " " << fls_name;
      std::string path = "\\" + fls_name;
      std::replace(path.begin(), path.end(), '/', '\\');
      if (path.starts_with("\\$OrphanFiles\\")) path.erase(2, 1).replace(0, 13, "\\$Orphan");
      EXPECT_EQ(found->second.path, path) << name << " " << record;
      ++compared;
    }
    EXPECT_GT(compared, 5u) << name;
  }
}

TEST_F(RealNtfs, OrphansOfDfirNtfs) {
  const Listing listing = list("ntfs/dfir_ntfs/orphan.mft");
  std::set<std::string> orphans;
  for (const auto& [number, file] : listing.files)
    if (file.state == "orphan") orphans.insert(file.path);
  EXPECT_THAT(orphans, testing::IsSupersetOf({"\\$Orphan\\2.txt", "\\$Orphan\\3.txt",
                                              "\\$Orphan\\4.txt", "\\$Orphan\\5.txt"}));
}

TEST_F(RealNtfs, DeletedFileOfDfirNtfs) {
  const Listing listing = list("ntfs/dfir_ntfs/deleted.mft");
  std::vector<std::string> deleted;
  for (const auto& [number, file] : listing.files)
    if (!file.in_use && file.has_name) deleted.push_back(file.state + " " + file.path);
  EXPECT_THAT(deleted,
              testing::ElementsAre("exact \\1", "deleted_parent \\1\\2", "deleted_parent \\1\\2\\3",
                                   "deleted_parent \\1\\2\\33", "deleted_parent \\1\\2\\3\\4",
                                   "deleted_parent \\1\\2\\3\\4\\file.txt"));
}

TEST_F(RealNtfs, RecordOfDfirNtfs) {
  auto bytes = evidence("ntfs/dfir_ntfs/frs.bin");
  const Slot slot = read_slot(bytes, 0);
  ASSERT_EQ(slot.state, SlotState::record);
  EXPECT_TRUE(slot.record.in_use());
  EXPECT_EQ(slot.record.sequence(), 2u);
  EXPECT_EQ(slot.record.lsn(), 31'832'129u);
  EXPECT_EQ(slot.record.stored_number(), 11'072u);
  std::size_t attributes = 0, entries = 0;
  slot.record.each_attribute(
      [&](const Attribute& attribute) {
        ++attributes;
        if (attribute.type == attribute_type::kAttributeList) {
          EXPECT_TRUE(each_attribute_list_entry(attribute.value,
                                                [&](const AttributeListEntry&) { ++entries; }));
        }
      },
      [](const Error& problem) { ADD_FAILURE() << problem.text(); });
  EXPECT_EQ(attributes, 4u);
  EXPECT_EQ(entries, 6u);
}

TEST_F(RealNtfs, ResidentDataOfLargeRecords) {
  MemorySource source{evidence("ntfs/dfir_ntfs/4k-large.mft")};
  std::multiset<std::string> md5s;
  scan_table(
      source, 4096,
      [&](std::uint64_t, Slot& slot) {
        if (slot.state != SlotState::record) return true;
        slot.record.each_attribute(
            [&](const Attribute& attribute) {
              if (attribute.type != attribute_type::kData || !attribute.resident) return;
              MultiHash hash;
              hash.update(attribute.value.span());
              md5s.insert(to_hex(hash.finish().md5));
            },
            [](const Error&) {});
        return true;
      },
      [](const Error& problem) { ADD_FAILURE() << problem.text(); });
  EXPECT_TRUE(md5s.contains("a75a25c964f50df4ea9398d8ccf6afbd"));
  EXPECT_TRUE(md5s.contains("d6fbed685c98416fb7388dad7503811c"));
}

std::unique_ptr<EvidenceSource> open_image(std::string_view name) {
  auto source = make_image_source({testdata_path(name), {}});
  EXPECT_TRUE(source) << source.error().text();
  return source ? *std::move(source) : nullptr;
}

std::string content(EvidenceSource& source, const EvidencePath& path) {
  const auto opened = source.open(path);
  if (!opened) return "error: " + opened.error().text();
  const auto bytes = read_all(**opened, 1 << 20);
  return bytes ? std::string{Bytes{*bytes}.chars()} : "error: " + bytes.error().text();
}

struct Walk {
  std::map<std::string, FileInfo> entries;
  std::vector<std::string> order, problems;
};

Walk walk(EvidenceSource& source, const EvidencePath& folder) {
  Walk walk;
  const auto done = source.walk(
      folder,
      [&](const FileInfo& info) {
        walk.order.push_back(info.path.text());
        walk.entries.emplace(info.path.text(), info);
        return Visit::enter;
      },
      [&](const EvidencePath& path, const Error& error) {
        walk.problems.push_back(path.text() + ": " + error.text());
      });
  EXPECT_TRUE(done);
  return walk;
}

/// What fls of sleuthkit lists of an image, and we of its table, are the same.
void compare_with_fls(const std::string& image, std::uint64_t sector, std::size_t expected) {
  const std::string command =
      "fls -r -p -o " + std::to_string(sector) + " '" + testdata_path(image) + "' 2>/dev/null";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  if (::pclose(pipe) != 0) GTEST_SKIP() << "fls is not installed (package sleuthkit)";
  NtfsBytesOf bytes{image, sector};
  const auto volume = Volume::open(bytes.source);
  ASSERT_TRUE(volume);
  const Listing listing = list((*volume)->mft(), (*volume)->boot().record_bytes);
  std::istringstream lines{text};
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    ++seen;
    const std::size_t tab = line.find('\t');
    const std::uint64_t record = std::stoull(line.substr(line.find_first_of("0123456789")));
    std::string path = line.substr(tab + 1);
    const auto found = listing.files.find(record);
    // What sleuthkit makes up.
    if (path.starts_with("$OrphanFiles")) continue;
    ASSERT_NE(found, listing.files.end()) << line;
    std::replace(path.begin(), path.end(), '/', '\\');
    const std::string& ours = found->second.path;
    // A stream behind a colon, of a folder once more below `.`.
    const bool same = "\\" + path == ours || ("\\" + path).starts_with(ours + ":") ||
                      ("\\" + path).starts_with(ours + "\\.:");
    EXPECT_TRUE(same) << line << "\nours: " << ours;
    EXPECT_EQ(found->second.in_use, line.find(" * ") == std::string::npos) << line;
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(RealNtfs, VolumesHoldWhatFlsLists) {
  compare_with_fls("ntfs/colinfinck_testfs1.dd", 0, 545);
  compare_with_fls("ntfs/grr_ntfs_img.dd", 63, 45);
}

TEST_F(RealNtfs, VolumeOfColinFinck) {
  const auto source = open_image("ntfs/colinfinck_testfs1.dd");
  ASSERT_TRUE(source);
  const EvidencePath root{source->volumes()[0].name};
  EXPECT_EQ(source->volumes()[0].serial, "7DF9-1EB8");
  const Walk all = walk(*source, root);
  EXPECT_THAT(all.problems, testing::IsEmpty());
  EXPECT_TRUE(source->take_remarks().empty());
  EXPECT_EQ(source->stat(root / "empty-file")->size, 0u);
  std::size_t below = 0;
  for (int i = 1; i <= 512; ++i)
    below += all.entries.count((root / "many_subdirs" / std::to_string(i)).text());
  EXPECT_EQ(below, 512u);

  const auto volume = Volume::open(NtfsBytesOf{"ntfs/colinfinck_testfs1.dd", 0}.source);
  ASSERT_TRUE(volume);
  EXPECT_EQ((*volume)->boot().cluster_bytes, 512u);
  EXPECT_EQ((*volume)->boot().mft_lcn, 32u);
  EXPECT_EQ((*volume)->boot().serial, 0x6F46'2FC1'7DF9'1EB8u);
  EXPECT_TRUE((*volume)->problems().empty());
}

TEST_F(RealNtfs, VolumeOfGrrHoldsStreamsAndANameThatLooksLikeOne) {
  const auto source = open_image("ntfs/grr_ntfs_img.dd");
  ASSERT_TRUE(source);
  const EvidencePath root{source->volumes()[0].name};
  const EvidencePath folder = root / "Test Directory";
  const auto notes = source->stat(folder / "notes.txt");
  ASSERT_TRUE(notes) << notes.error().text();
  EXPECT_EQ(*notes->file_reference & FileReference::kRecordMask, 65u);
  EXPECT_EQ(notes->streams, std::vector<std::string>{"ads"});
  EXPECT_THAT(notes->si.created.iso8601(), testing::StartsWith("2011-12-17T00:14:37"));
  EXPECT_EQ(content(*source, folder / "notes.txt"), "Hello world\n");
  EXPECT_EQ(content(*source, (folder / "notes.txt").with_stream("ads")), "I am a real ADS\n");
  const auto twin = source->stat(folder.child("notes.txt:ads"));
  ASSERT_TRUE(twin);
  EXPECT_EQ(*twin->file_reference & FileReference::kRecordMask, 66u);
  const Walk all = walk(*source, root);
  EXPECT_THAT(all.problems, testing::IsEmpty());
  const auto is_67 = [](const auto& entry) {
    return (*entry.second.file_reference & FileReference::kRecordMask) == 67;
  };
  const auto chinese = std::find_if(all.entries.begin(), all.entries.end(), is_67);
  ASSERT_NE(chinese, all.entries.end());
  EXPECT_GT(utf16_length(chinese->first), 0u);
  EXPECT_NE(chinese->first.find("\xE5"), std::string::npos) << chinese->first;
  for (const char* const name : {"adstest\\dir", "adstest\\dir\\b.txt"})
    EXPECT_EQ(source->stat(root / name)->streams, std::vector<std::string>{"ads.txt"}) << name;
}

}  // namespace
}  // namespace hozen::ntfs
