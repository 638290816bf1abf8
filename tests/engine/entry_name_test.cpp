#include "collector/engine/entry_name.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/engine/bundle.h"

namespace hozen {
namespace {

EvidencePath path_of(std::initializer_list<std::string_view> components,
                     std::string_view stream = {}) {
  EvidencePath path{"C:"};
  for (const std::string_view component : components) path = path.child(component);
  return stream.empty() ? path : path.with_stream(stream);
}

/// The suffix that a shortened or doubled name ends in.
std::string suffix(std::string_view exact) {
  const Sha256Digest digest = sha256(std::as_bytes(std::span{exact}));
  return "%~" + to_hex(std::span{digest}.first(8));
}

struct NameCase {
  std::string what;
  EvidencePath path;
  std::string entry;
};

class EntryNameTable : public testing::TestWithParam<NameCase> {};

TEST_P(EntryNameTable, IsOneThatCanBeUnpackedEverywhere) {
  const std::string name = entry_name_for(GetParam().path);
  EXPECT_EQ(name, GetParam().entry);
  EXPECT_TRUE(is_portable_entry_name(name));
}

TEST_P(EntryNameTable, LeadsBackToThePathUnlessItWasShortened) {
  const auto path = path_of_entry_name(GetParam().entry);
  const std::string& what = GetParam().what;
  const bool shortened = what == "201 bytes" || what == "longer once escaped" ||
                         what == "cut between characters" || what == "long folder";
  ASSERT_EQ(path.has_value(), !shortened);
  if (path) {
    EXPECT_EQ(exact_path_text(*path), exact_path_text(GetParam().path));
  }
}

const std::string kLong199(199, 'a'), kLong200(200, 'a'), kLong201(201, 'a');
const std::string kSnowmen = [] {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\u2603";
  return text;
}();

INSTANTIATE_TEST_SUITE_P(
    Attacks, EntryNameTable,
    testing::Values(
        NameCase{"plain", path_of({"Windows", "System32", "config", "SYSTEM"}),
                 "evidence/C/Windows/System32/config/SYSTEM"},
        NameCase{"metadata file", path_of({"$MFT"}), "evidence/C/$MFT"},
        NameCase{"stream", path_of({"$Extend", "$UsnJrnl"}, "$J"),
                 "evidence/C/$Extend/$UsnJrnl%3A$J"},
        NameCase{"stream of the root", EvidencePath{"C:"}.with_stream("x"), "evidence/C/%3Ax"},
        NameCase{"volume without a letter", EvidencePath{"volume1"}.child("a"),
                 "evidence/volume1/a"},
        NameCase{"parent folder", path_of({"..", "..", "etc", "passwd"}),
                 "evidence/C/%2E%2E/%2E%2E/etc/passwd"},
        NameCase{"current folder", path_of({".", "a"}), "evidence/C/%2E/a"},
        NameCase{"slash in a name", path_of({"a/../../b"}), "evidence/C/a%2F..%2F..%2Fb"},
        NameCase{"backslash in a name", path_of({"..\\..\\b"}), "evidence/C/..%5C..%5Cb"},
        NameCase{"drive in a name", path_of({"D:x"}), "evidence/C/D%3Ax"},
        NameCase{"percent", path_of({"100%", "%2E%2E"}), "evidence/C/100%25/%252E%252E"},
        NameCase{"suffix by hand", path_of({"a%~0123456789abcdef"}),
                 "evidence/C/a%25~0123456789abcdef"},
        NameCase{"wildcards", path_of({"a<b>c\"d|e?f*g"}), "evidence/C/a%3Cb%3Ec%22d%7Ce%3Ff%2Ag"},
        NameCase{"NUL and controls", path_of({std::string_view{"a\0b\x1b[2J\n\x7f", 9}}),
                 "evidence/C/a%00b%1B[2J%0A%7F"},
        NameCase{"C1 control", path_of({"a\u009b31m"}), "evidence/C/a%C2%9B31m"},
        NameCase{"trailing dots and spaces", path_of({"a. .", "b "}), "evidence/C/a%2E%20%2E/b%20"},
        NameCase{"only dots", path_of({"..."}), "evidence/C/%2E%2E%2E"},
        NameCase{"only a space", path_of({" "}), "evidence/C/%20"},
        NameCase{"leading space and dot", path_of({" a", ".b"}), "evidence/C/ a/.b"},
        NameCase{"other scripts", path_of({"\u30c6\u30b9\u30c8", "\U0001F600"}),
                 "evidence/C/\u30c6\u30b9\u30c8/\U0001F600"},
        NameCase{"lone surrogate", path_of({"a\xED\xA0\x80z"}), "evidence/C/a%ED%A0%80z"},
        NameCase{"stray bytes", path_of({"a\xFF\xC3(\x80"}), "evidence/C/a%FF%C3(%80"},
        NameCase{"overlong slash", path_of({"a\xC0\xAFz"}), "evidence/C/a%C0%AFz"},
        NameCase{"device", path_of({"NUL"}), "evidence/C/NUL" + suffix("C:\\NUL")},
        NameCase{"device with extension", path_of({"con.tar.gz"}),
                 "evidence/C/con%2Etar%2Egz" + suffix("C:\\con.tar.gz")},
        NameCase{"device, space, extension", path_of({"aux .txt"}),
                 "evidence/C/aux %2Etxt" + suffix("C:\\aux .txt")},
        NameCase{"device with superscript digit", path_of({"COM\u00b9"}),
                 "evidence/C/COM\u00b9" + suffix("C:\\COM\u00b9")},
        NameCase{"device as a folder", path_of({"prn", "x"}),
                 "evidence/C/prn" + suffix("C:\\prn") + "/x"},
        NameCase{"no device", path_of({"console", "com10", "lpt", "nul1"}),
                 "evidence/C/console/com10/lpt/nul1"},
        NameCase{"200 bytes", path_of({kLong200}), "evidence/C/" + kLong200},
        NameCase{"201 bytes", path_of({kLong201}),
                 "evidence/C/" + std::string(182, 'a') + suffix("C:\\" + kLong201)},
        NameCase{"longer once escaped", path_of({kLong199 + "?"}),
                 "evidence/C/" + std::string(182, 'a') + suffix("C:\\" + kLong199 + "?")},
        NameCase{"cut between characters", path_of({kSnowmen}),
                 "evidence/C/" + kSnowmen.substr(0, 180) + suffix("C:\\" + kSnowmen)},
        NameCase{"long folder", path_of({kLong201, "x"}),
                 "evidence/C/" + std::string(182, 'a') + suffix("C:\\" + kLong201) + "/x"}),
    [](const auto& param) {
      std::string name;
      for (const char c : param.param.what)
        name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

TEST(EntryName, KeepsTheFoldersThatFitOfTooLongAPath) {
  EvidencePath path{"C:"};
  for (int i = 0; i < 40; ++i) path = path.child(std::string(150, 'd'));
  const std::string name = entry_name_for(path);
  EXPECT_LE(name.size(), kEntryNameBytes);
  EXPECT_GT(name.size(), kEntryNameBytes - 200);
  EXPECT_TRUE(name.ends_with("/" + suffix(path.text())));
  EXPECT_TRUE(is_portable_entry_name(name));
}

TEST(EntryName, HashesTheTextOfThePath) {
  const EvidencePath path = path_of({"a", "b"}, "s");
  EXPECT_EQ(exact_path_text(path), path.text());
}

TEST(EntryName, LeadsToNoPathWhenNoneHasIt) {
  for (const std::string_view name :
       {"", "evidence", "evidence/", "evidence/C", "records/a.jsonl", "evidence/C/a%",
        "evidence/C/a%2", "evidence/C/a%2g", "evidence/C/a%~0123456789abcdef",
        "evidence/C/%~0123456789abcdef"})
    EXPECT_FALSE(path_of_entry_name(name)) << name;
}

TEST(EntryNames, TellApartWhatDiffersInCaseOnly) {
  EntryNames names;
  EXPECT_EQ(names.claim(path_of({"Tools", "a.exe"})), "evidence/C/Tools/a.exe");
  EXPECT_EQ(names.claim(path_of({"tools", "A.EXE"})),
            "evidence/C/tools/A.EXE" + suffix("C:\\tools\\A.EXE"));
  EXPECT_EQ(names.claim(path_of({"\u00e4"})), "evidence/C/\u00e4");
  EXPECT_EQ(names.claim(path_of({"\u00c4"})), "evidence/C/\u00c4" + suffix("C:\\\u00c4"));
}

TEST(EntryNames, GiveTheSamePathAnotherNameEveryTime) {
  EntryNames names;
  std::set<std::string> given;
  for (int i = 0; i < 5; ++i) given.insert(names.claim(path_of({"x"})));
  EXPECT_EQ(given.size(), 5u);
  EXPECT_TRUE(given.contains("evidence/C/x"));
  EXPECT_TRUE(given.contains("evidence/C/x" + suffix("C:\\x")));
}

TEST(EntryNames, NeverMakeAFileAFolder) {
  EntryNames names;
  EXPECT_EQ(names.claim(path_of({"a"})), "evidence/C/a");
  EXPECT_EQ(names.claim(path_of({"A", "b"})), "evidence/C/A" + suffix("C:\\A") + "/b");
  EXPECT_EQ(names.claim(path_of({"c", "d"})), "evidence/C/c/d");
  EXPECT_EQ(names.claim(path_of({"C"})), "evidence/C/C" + suffix("C:\\C"));
  EXPECT_FALSE(names.claim_exact("evidence/C/c"));
  EXPECT_FALSE(names.claim_exact("evidence/C/a/x"));
  EXPECT_TRUE(names.claim_exact("start.json"));
  EXPECT_FALSE(names.claim_exact("START.json"));
}

TEST(EntryNames, StayDifferentAndPortableWhateverThePathsAre) {
  EntryNames names;
  std::mt19937 random{7};
  const std::string_view pieces[] = {
      "a",      "A",    ".",   " ",   "%", "%~", "/", "\\", ":", "con", "\xED\xA0\x80",
      "\u00e9", "\x01", "nul", "\xFF"};
  std::set<std::string> given;
  for (int i = 0; i < 3000; ++i) {
    EvidencePath path{"C:"};
    for (auto depth = random() % 3 + 1; depth != 0; --depth) {
      std::string component;
      for (auto length = random() % 4 + 1; length != 0; --length)
        component += pieces[random() % std::size(pieces)];
      path = path.child(component);
    }
    const std::string name = names.claim(path);
    ASSERT_TRUE(is_portable_entry_name(name)) << name;
    ASSERT_TRUE(given.insert(fold_case(name)).second) << name;
    // Up to some files of one name the suffix still proves the path.
    if (const auto back = path_of_entry_name(name)) {
      ASSERT_EQ(exact_path_text(*back), exact_path_text(path)) << name;
    }
  }
  // No name is the folder of another.
  for (const std::string& name : given)
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1))
      ASSERT_FALSE(given.contains(name.substr(0, slash))) << name;
}

TEST(PortableEntryName, RefusesWhatLeadsOutOrCannotBeMade) {
  for (const std::string_view name :
       {"",          "/",    "/a", "a/",    "a//b",         "..",     "../a",
        "a/../b",    "a/.",  "C:", "a\\b",  "a.",           "a ",     "nul",
        "a/con.txt", "a\nb", "a*", "a\xFF", "\xED\xA0\x80", "a\u0085"})
    EXPECT_FALSE(is_portable_entry_name(name)) << name;
  EXPECT_FALSE(is_portable_entry_name(std::string(201, 'a')));
  EXPECT_FALSE(is_portable_entry_name(std::string_view{"a\0b", 3}));
  EXPECT_TRUE(is_portable_entry_name("records/run_keys.2.jsonl"));
}

TEST(VolumePartName, IsWrittenInOneWayOnly) {
  EXPECT_EQ(volume_part_name("C:", 0x4000000), "volumes/C/0000000004000000.raw");
  EXPECT_EQ(volume_part_name("volume1", ~0ull), "volumes/volume1/ffffffffffffffff.raw");
  for (const auto& [volume, offset] :
       {std::pair<std::string, std::uint64_t>{"C:", 0}, {"volume12", 1}, {"a%b", 0xABCDEF}}) {
    const auto part = parse_volume_part_name(volume_part_name(volume, offset));
    ASSERT_TRUE(part);
    EXPECT_EQ(part->volume, volume);
    EXPECT_EQ(part->offset, offset);
    EXPECT_TRUE(is_portable_entry_name(volume_part_name(volume, offset)));
  }
  for (const char* other :
       {"volumes/C/0000000000000000.RAW", "volumes/C/00000000000000AB.raw",
        "volumes/C/000000000000000.raw", "volumes/C/00000000000000000.raw", "volumes/C",
        "volumes//0000000000000000.raw", "volumes/0000000000000000.raw", "volumes/",
        "volumes/C/d/0000000000000000.raw", "evidence/C/0000000000000000.raw", "",
        "volumes/%63/0000000000000000.raw", "volumesXC/0000000000000000.raw",
        "volumes/C/+000000000000000.raw"})
    EXPECT_FALSE(parse_volume_part_name(other)) << other;
}

TEST(EntryName, DeletedFilesHaveARootOfTheirOwn) {
  const DeletedFile file{*EvidencePath::parse("C:\\Users\\x\\evil.exe:Zone"),
                         123 | std::uint64_t{4} << 48};
  const EntryPath place = entry_path_of(file);
  const std::string name = entry_name_for(place);
  EXPECT_EQ(name, "deleted/C/123-4/Users/x/evil.exe%3AZone");
  EXPECT_EQ(content_root_of(name), kDeletedRoot);
  EXPECT_FALSE(path_of_entry_name(name));
  const auto path = path_of_entry_name(name, kDeletedRoot);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->text(), "C:\\123-4\\Users\\x\\evil.exe:Zone");
  EntryNames names;
  EXPECT_EQ(names.claim(place), name);
  EXPECT_EQ(names.claim(file.path), "evidence/C/Users/x/evil.exe%3AZone");
  // The same again gets a suffix below the same root.
  const std::string second = names.claim(place);
  EXPECT_TRUE(second.starts_with(name + "%~")) << second;
}

TEST(EntryName, KnowsWhatHoldsEvidence) {
  EXPECT_EQ(content_root_of("evidence/C/x"), kEvidenceRoot);
  EXPECT_EQ(content_root_of("deleted/C/1-1/x"), kDeletedRoot);
  for (const char* const other : {"", "evidence", "deleted", "evidences/x", "deleted.jsonl",
                                  "records/deleted_files.jsonl", "manifest.json"})
    EXPECT_EQ(content_root_of(other), "") << other;
}

}  // namespace
}  // namespace hozen
