// Names, directory indexes, $SDS and change journals of real volumes.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "collector/base/text.h"
#include "collector/formats/ntfs_file_name.h"
#include "collector/formats/ntfs_fixup.h"
#include "collector/formats/ntfs_index.h"
#include "collector/formats/ntfs_secure.h"
#include "collector/formats/security_descriptor.h"
#include "collector/formats/usn_journal.h"
#include "tests/builders/ntfs_side_builder.h"
#include "tests/formats/ntfs_index_walk.h"
#include "tests/real/real_evidence.h"

namespace hozen::ntfs {
namespace {

using real::evidence;
class NtfsSide : public real::RealEvidence {};

std::string hex(std::uint64_t value, int digits) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*llx", digits, static_cast<unsigned long long>(value));
  return text.data();
}

/// What a program writes; "" when it fails.
std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), count);
  return ::pclose(pipe) == 0 ? text : "";
}

std::vector<std::byte> to_bytes(std::string_view text) {
  const Bytes bytes = bytes_of(text);
  return {bytes.span().begin(), bytes.span().end()};
}

std::string shell_quoted(const std::string& path) { return "'" + path + "'"; }

TEST_F(NtfsSide, FileNameOfWindows) {
  const auto bytes = evidence("ntfs/dfir_ntfs/file_name.bin");
  const auto name = parse_file_name(Bytes{bytes});
  ASSERT_TRUE(name);
  EXPECT_EQ(name->name, "sseriffr.fon");
  EXPECT_EQ(name->name_space, NameSpace::win32_and_dos);
  EXPECT_EQ(name->parent, (FileReference{0xD48, 0xD48}));
  EXPECT_EQ(name->size_bytes, 0x17FD0u);
  EXPECT_EQ(file_name_bytes(Bytes{bytes}), bytes.size());
}

TEST_F(NtfsSide, FixupOfARecordOfWindows) {
  auto bytes = evidence("ntfs/dfir_ntfs/frs.bin");
  EXPECT_EQ(apply_fixup(bytes), Fixup::intact);
  bytes = evidence("ntfs/dfir_ntfs/frs.bin");
  bytes[511] ^= std::byte{1};
  EXPECT_EQ(apply_fixup(bytes), Fixup::torn);
}

struct Listing {
  std::set<std::string> in_use, slack;
  std::map<std::string, std::optional<FileReference>> files;
  std::uint64_t problems = 0;
};

Listing list_i30(std::string_view name) {
  MemorySource blocks{evidence(name)};
  auto index = DirectoryIndex::open({.blocks = &blocks});
  Listing listing;
  if (!index) return listing;
  EXPECT_EQ(index->block_bytes(), 4096u);
  index->each_entry_with_deleted([&](const IndexEntry& entry) {
    EXPECT_EQ(entry.name.parent, (FileReference{0x1D044, 0x12})) << entry.name.name;
    const bool in_use = entry.state == EntryState::in_use;
    (in_use ? listing.in_use : listing.slack).insert(entry.name.name);
    EXPECT_TRUE(!in_use || entry.file.has_value());
    if (entry.file) listing.files[entry.name.name] = entry.file;
    return true;
  });
  listing.problems = index->problems().count();
  return listing;
}

TEST_F(NtfsSide, DirectoryBeforeAndAfterADeletion) {
  const Listing start = list_i30("ntfs/I30/Start/$I30");
  const Listing later = list_i30("ntfs/I30/FirstDelete/$I30");
  EXPECT_EQ(start.problems, 0u);
  EXPECT_EQ(later.problems, 0u);
  // Before: 20 files with their short names, 10 folders; 14 carved names that are gone already.
  for (int i = 1; i <= 20; ++i)
    EXPECT_TRUE(start.in_use.contains("SomeFile" + std::to_string(i) + ".txt")) << i;
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(start.in_use.contains("Folder" + std::to_string(i)));
    EXPECT_TRUE(start.in_use.contains("Folder" + std::to_string(i) + "a"));
  }
  EXPECT_EQ(start.in_use.size(), 50u);
  EXPECT_TRUE(start.slack.contains("New Text Document - Copy (10).txt"));
  // What is not in use any more lies in the slack, but for the few that were written over.
  std::set<std::string> gone, found;
  for (const std::string& name : start.in_use)
    if (!later.in_use.contains(name)) gone.insert(name);
  for (const std::string& name : gone)
    if (later.slack.contains(name)) found.insert(name);
  EXPECT_TRUE(gone.contains("SomeFile9.txt"));
  EXPECT_TRUE(found.contains("SomeFile9.txt"));
  EXPECT_TRUE(found.contains("Folder5"));
  EXPECT_EQ(gone.size(), 30u);
  EXPECT_EQ(found.size(), 16u);
  // Nothing is carved that never was in the directory.
  for (const std::string& name : later.slack)
    EXPECT_TRUE(start.in_use.contains(name) || start.slack.contains(name)) << name;
  EXPECT_EQ(later.files.at("SomeFile8.txt"), start.files.at("SomeFile8.txt"));
}

TEST_F(NtfsSide, DirectoryOf512IsDescendedBlockByBlock) {
  const std::string image = shell_quoted(testdata_path("ntfs/colinfinck_testfs1.dd"));
  const auto attribute = [&](const char* type) {
    return to_bytes(
        output_of(std::string{"ntfscat -a "} + type + " -n '$I30' " + image + " /many_subdirs"));
  };
  const auto root_bytes = attribute("0x90"), bitmap = attribute("0xB0");
  if (root_bytes.empty()) GTEST_SKIP() << "ntfscat is not installed (package ntfs-3g)";
  auto block_bytes = attribute("0xA0");
  builders::ntfs_protect(block_bytes, 4096);  // ntfscat took the fixup out
  CountingSource blocks{block_bytes};
  const auto root = parse_index_root(Bytes{root_bytes});
  ASSERT_TRUE(root);
  EXPECT_EQ(root->block_bytes, 4096u);
  EXPECT_EQ(root->vcn_bytes, 512u);
  EXPECT_EQ(detect_index_block_size(blocks), 4096u);
  auto index = DirectoryIndex::open({.root = *root, .blocks = &blocks, .bitmap = Bytes{bitmap}});
  ASSERT_TRUE(index);
  std::set<std::string> names;
  index->each_entry([&](const IndexEntry& entry) {
    EXPECT_TRUE(names.insert(entry.name.name).second);
    EXPECT_TRUE(entry.name.is_directory());
    return true;
  });
  EXPECT_EQ(names.size(), 512u);
  const FoldUnit fold = [](char16_t unit) { return unit; };
  blocks.bytes_read = 0;
  for (int i = 1; i <= 512; ++i) {
    const auto entry = index->find_entry(std::to_string(i), fold);
    ASSERT_TRUE(entry) << i;
    EXPECT_EQ(entry->name.name, std::to_string(i));
  }
  EXPECT_FALSE(index->find_entry("513", fold));
  EXPECT_LE(blocks.bytes_read, 513u * 3 * 4096);  // of 21 blocks at most three for each name
  EXPECT_EQ(index->problems().count(), 0u);
}

TEST_F(NtfsSide, SecurityDescriptorsOfAServer) {
  const auto bytes = evidence("ntfs/museum/Secure_$SDS/Win2012R2/StolenSzechuan/$Secure_$SDS");
  MemorySource sds{bytes};
  Problems problems;
  std::uint32_t last = 255;
  std::size_t count = 0;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    EXPECT_EQ(entry.copy, SecurityCopy::first);
    EXPECT_GT(entry.id, last);
    last = entry.id;
    const auto descriptor = parse_security_descriptor(entry.descriptor);
    EXPECT_TRUE(descriptor) << entry.id;
    if (descriptor) {
      EXPECT_TRUE(descriptor->problems.empty()) << entry.id;
      EXPECT_TRUE(descriptor->owner.has_value()) << entry.id;
    }
    ++count;
    return true;
  });
  EXPECT_EQ(count, 508u);  // each with the hash that it says
  EXPECT_EQ(problems.count(), 0u);
  const auto table = SecurityTable::build(sds, problems);
  EXPECT_EQ(table.size(), count);
  const auto first = table.read(sds, 256);
  ASSERT_TRUE(first);
  const auto descriptor = parse_security_descriptor(Bytes{*first});
  ASSERT_TRUE(descriptor);
  EXPECT_EQ(descriptor->sddl(), "O:SYG:BAD:(A;;FR;;;SY)(A;;FR;;;BA)");
}

TEST_F(NtfsSide, SecurityDescriptorsFromTheMirrorAlone) {
  auto bytes = evidence("ntfs/museum/Secure_$SDS/Win2012R2/StolenSzechuan/$Secure_$SDS");
  std::fill(bytes.begin(), bytes.begin() + kSecurityPartBytes, std::byte{0});
  MemorySource sds{bytes};
  Problems problems;
  std::size_t count = 0;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    EXPECT_EQ(entry.copy, SecurityCopy::mirror);
    return ++count > 0;
  });
  EXPECT_EQ(count, 508u);
}

using Fields = std::map<std::string, std::string>;

/// The records of fsutil's listing, by USN; of "0x00000100: File create" the number is kept.
std::map<std::uint64_t, Fields> fsutil_records(const std::vector<std::byte>& bytes) {
  std::map<std::uint64_t, Fields> records;
  Fields* record = nullptr;
  std::istringstream in{std::string{Bytes{bytes}.chars()}};
  for (std::string line; std::getline(in, line);) {
    line = trim(line);
    if (const std::size_t extent = line.find("[1: "); extent == 0 && record != nullptr)
      (*record)["extent"] = line.substr(4, line.size() - 5);
    const std::size_t colon = line.find(" : ");
    if (colon == std::string::npos) continue;
    const std::string key{trim(line.substr(0, colon))};
    std::string value = line.substr(colon + 3);
    if (value.starts_with("0x")) value = value.substr(0, value.find(':'));
    if (key == "Usn") record = &records[std::stoull(value)];
    if (record != nullptr) (*record)[key] = value;
  }
  return records;
}

/// A time as fsutil prints it: "1/22/2019 21:36:10".
std::string fsutil_time(FileTime time) {
  const std::string iso = time.iso8601();
  return std::to_string(std::stoi(iso.substr(5, 2))) + "/" +
         std::to_string(std::stoi(iso.substr(8, 2))) + "/" + iso.substr(0, 4) + " " +
         iso.substr(11, 8);
}

Fields fields_of(const UsnRecord& record) {
  Fields fields{{"Usn", std::to_string(record.usn)},
                {"Reason", "0x" + hex(record.reason, 8)},
                {"File ID", hex(record.file.high, 16) + hex(record.file.low, 16)},
                {"Parent file ID", hex(record.parent.high, 16) + hex(record.parent.low, 16)},
                {"Source info", "0x" + hex(record.source_info, 8)}};
  if (record.major_version == 4) {
    fields["Number of extents"] = std::to_string(record.extents.size());
    fields["Remaining extents"] = std::to_string(record.remaining_extents);
    if (!record.extents.empty())
      fields["extent"] = std::to_string(record.extents[0].offset) + ", " +
                         std::to_string(record.extents[0].length);
    return fields;
  }
  fields["File name"] = record.name;
  fields["Time stamp"] = fsutil_time(record.time);
  fields["File attributes"] = "0x" + hex(record.attributes, 8);
  fields["Security ID"] = std::to_string(record.security_id);
  return fields;
}

TEST_F(NtfsSide, JournalIsWhatFsutilTells) {
  const auto theirs = fsutil_records(evidence("ntfs/dfir_ntfs/usnjrnlj.fsutil.txt"));
  ASSERT_EQ(theirs.size(), 268u);
  MemorySource journal{evidence("ntfs/dfir_ntfs/usnjrnlj.bin")};
  Problems problems;
  std::map<int, int> versions;
  std::vector<std::uint64_t> later;
  std::size_t same = 0;
  each_usn_record(journal, 0, problems, [&](const UsnRecord& record) {
    ++versions[record.major_version];
    EXPECT_EQ(record.usn, record.offset);
    const auto at = theirs.find(record.usn);
    if (at == theirs.end()) {
      later.push_back(record.usn);
      return true;
    }
    ++same;
    for (const auto& [key, value] : fields_of(record)) {
      const auto their = at->second.find(key);
      EXPECT_TRUE(their != at->second.end() && their->second == value)
          << record.usn << " " << key << ": " << value;
    }
    return true;
  });
  EXPECT_EQ(versions, (std::map<int, int>{{2, 264}, {4, 7}}));
  EXPECT_EQ(same, 268u);
  EXPECT_EQ(later, (std::vector<std::uint64_t>{29792, 29880, 29968}));
  EXPECT_EQ(problems.count(), 0u);
}

TEST_F(NtfsSide, SingleRecords) {
  const auto named = parse_usn_record(Bytes{evidence("ntfs/dfir_ntfs/usn_1170953448.bin")});
  ASSERT_TRUE(named);
  EXPECT_EQ(named->major_version, 2);
  EXPECT_EQ(named->usn, 1'170'953'448u);
  EXPECT_EQ(named->name, "large_file.txt");
  EXPECT_EQ(named->reason, 0x8000'0001u);
  EXPECT_TRUE(named->time.iso8601().starts_with("2019-01-21T22:36"));
  const auto extents = parse_usn_record(Bytes{evidence("ntfs/dfir_ntfs/usn_1170989584.bin")});
  ASSERT_TRUE(extents);
  EXPECT_EQ(extents->major_version, 4);
  EXPECT_EQ(extents->usn, 1'170'989'584u);
  EXPECT_EQ(extents->reason, 0x8000'0102u);
  EXPECT_EQ(extents->extents, (std::vector<UsnExtent>{{0, 2'162'688}}));
}

TEST_F(NtfsSide, JournalOfWindowsXp) {
  const std::string archive = shell_quoted(testdata_path("ntfs/orc_usn_winxp.7z"));
  const auto bytes = to_bytes(output_of("7z x -so " + archive + " usnjrnl_winxp"));
  if (bytes.empty()) GTEST_SKIP() << "7z is not installed (package p7zip-full)";
  MemorySource journal{bytes};
  Problems problems;
  std::vector<std::string> times;
  each_usn_record(journal, 0, problems, [&](const UsnRecord& record) {
    EXPECT_EQ(record.major_version, 2);
    EXPECT_FALSE(record.name.empty());
    times.push_back(record.time.iso8601().substr(0, 19));
    return true;
  });
  ASSERT_EQ(times.size(), 62u);
  EXPECT_EQ(times.front(), "2015-11-30T14:14:34");
  EXPECT_EQ(times.back(), "2015-11-30T14:17:58");
  // The file ends with what an older file left in its last cluster.
  ASSERT_EQ(problems.count(), 1u);
  EXPECT_EQ(problems.kept()[0].offset, 0x1600u);
}

}  // namespace
}  // namespace hozen::ntfs
