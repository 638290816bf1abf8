// hozen parse over portable executables.
#include <gtest/gtest.h>

#include <fstream>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "tests/builders/json.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/program.h"
#include "tests/builders/signature_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using namespace builders;
using test::Ended;
using test::Json;

class ParsePeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::program_path().empty()) GTEST_SKIP() << "HOZEN_PROGRAM names no program";
  }
  void write(const std::string& name, const PeBytes& bytes) {
    std::ofstream file{folder.path() / name, std::ios::binary};
    file << Bytes{bytes}.chars();
  }
  Ended parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "parse");
    Ended ended = test::run_program(arguments, folder.text());
    records = test::parse_json_lines(ended.output);
    return ended;
  }

  TempFolder folder;
  std::vector<Json> records;
};

TEST_F(ParsePeTest, PrintsWhatAnExecutableSays) {
  write("tool.exe", PeBuilder{}
                        .import("KERNEL32.dll", {"CreateFileW", "#35"})
                        .delay_import("ole32.dll", {"CoInitialize"})
                        .exported("Own")
                        .exported("Alloc", "NTDLL.RtlAllocateHeap")
                        .version_numbers({1, 2, 3, 4}, {5, 6, 7, 8})
                        .version_string("OriginalFilename", "PsExec.exe")
                        .version_string("Comments", "")
                        .manifest("<assembly/>")
                        .pdb("C:\\a.pdb", {}, 1)
                        .reproducible()
                        .tls_callbacks(1)
                        .clr("v4.0.30319")
                        .rich()
                        .overlay("12345678")
                        .certificate(8)
                        .bytes());
  const Ended ended = parse({"tool.exe"});
  // Its certificate is none: eight zeros.
  EXPECT_EQ(ended.exit_code, 1) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].at("kind"), "problem");
  const Json& pe = records[0];
  EXPECT_EQ(pe.at("kind"), "pe");
  EXPECT_EQ(pe.at("machine"), "amd64");
  EXPECT_EQ(pe.at("format"), "PE32+");
  EXPECT_EQ(pe.at("is_dll"), false);
  EXPECT_EQ(pe.at("subsystem"), "windows_console");
  EXPECT_EQ(pe.at("compiled"), "2017-07-14T02:40:00.0000000Z");
  EXPECT_EQ(pe.at("compiled_is_hash"), true);
  EXPECT_EQ(pe.at("version_info").at("OriginalFilename"), "PsExec.exe");
  EXPECT_EQ(pe.at("version_info").at("Comments"), "");
  EXPECT_EQ(pe.at("version_language"), "040904b0");
  EXPECT_EQ(pe.at("version_numbers").at("file_version"), "1.2.3.4");
  EXPECT_TRUE(pe.at("version_tables").is_null());
  EXPECT_EQ(pe.at("imports").at(0).at("library"), "KERNEL32.dll");
  EXPECT_EQ(pe.at("imports").at(0).at("functions"), Json::parse(R"(["CreateFileW","#35"])"));
  EXPECT_EQ(pe.at("delay_imports").at(0).at("functions").at(0), "CoInitialize");
  EXPECT_EQ(pe.at("exports").at(0).at("forwarder"), "NTDLL.RtlAllocateHeap");
  EXPECT_EQ(pe.at("exports").at(1).at("name"), "Own");
  EXPECT_EQ(pe.at("sections").size(), 3u);
  EXPECT_EQ(pe.at("overlay").at("data_size"), 8);
  EXPECT_EQ(pe.at("certificates").at("entries").at(0).at("type"), 2);
  EXPECT_EQ(pe.at("debug").at("pdb_path"), "C:\\a.pdb");
  EXPECT_EQ(pe.at("rich").at("key_matches"), true);
  EXPECT_EQ(pe.at("tls_callbacks"), 1);
  EXPECT_EQ(pe.at("clr").at("metadata_version"), "v4.0.30319");
  EXPECT_EQ(pe.at("manifest"), "<assembly/>");
}

TEST_F(ParsePeTest, ListsTextsThatShareAName) {
  write("a.dll", PeBuilder{}
                     .version_string("CompanyName", "one")
                     .version_string("CompanyName", "two", "041104b0")
                     .bytes());
  EXPECT_EQ(parse({"a.dll"}).exit_code, 0);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("version_info").at("CompanyName"), "one");
  const Json& tables = records[0].at("version_tables");
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(tables.at(1).at("language"), "041104b0");
  EXPECT_EQ(tables.at(1).at("strings").at(0).at("value"), "two");
}

TEST_F(ParsePeTest, SaysWhatIsDamaged) {
  const PeBytes whole = PeBuilder{}.import("a.dll", {"b"}).bytes();
  write("cut.exe", PeBuilder{}.import("a.dll", {"b"}).truncate_at(whole.size() - 0x200).bytes());
  EXPECT_EQ(parse({"cut.exe"}).exit_code, 1);
  ASSERT_GT(records.size(), 1u);
  EXPECT_EQ(records[0].at("kind"), "pe");
  EXPECT_EQ(records[1].at("kind"), "problem");
  EXPECT_EQ(records[1].at("reason"), "truncated");

  write("dos.exe", PeBuilder{}.set_u32(0x3C, 0).bytes());
  EXPECT_EQ(parse({"dos.exe"}).exit_code, 2);  // no format that is known
  EXPECT_EQ(parse({"--format", "pe", "dos.exe"}).exit_code, 1);
}

TEST_F(ParsePeTest, PrintsSignaturesWhole) {
  const Identity root = Identity::root("Made Root");
  const Identity signer = root.issue({"Made Signer"});
  const auto signature_of = [&](const authenticode::Digest& digest) {
    SignatureBuilder builder{signer};
    return builder.of_file(digest).with(root).program("Tool", "http://made.example/");
  };
  const PeBytes file = PeBuilder{}.dll().bytes();
  const Der inner = signature_of(image_digest(file)).bytes();
  PeBytes both = add_table(file,
                           {signature_of(image_digest(file))
                                .nested(inner)
                                .rfc3161_timestamp(signer, "20230701101112Z")
                                .bytes()},
                           "hidden behind it");
  write("good.dll", both);
  both.at(0x48) ^= std::byte{1};
  write("changed.dll", both);
  const Ended ended = parse({"good.dll", "changed.dll"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  const Json& good = records[0].at("signatures").at(0);
  EXPECT_EQ(good.at("file_matches"), true);
  EXPECT_EQ(good.at("content_holds"), true);
  EXPECT_EQ(good.at("signature_holds"), true);
  EXPECT_EQ(good.at("digest_algorithm"), "sha256");
  EXPECT_EQ(good.at("digest"), records[0].at("authentihash").at("sha256"));
  EXPECT_EQ(good.at("signer"), "CN=Made Signer, O=Made Corporation");
  EXPECT_EQ(good.at("root"), "Made Root");
  EXPECT_EQ(good.at("root_known"), false);
  EXPECT_EQ(good.at("program_name"), "Tool");
  EXPECT_EQ(good.at("more_info"), "http://made.example/");
  EXPECT_EQ(good.at("timestamps").at(0).at("time"), "2023-07-01T10:11:12.0000000Z");
  EXPECT_EQ(good.at("timestamps").at(0).at("holds"), true);
  EXPECT_EQ(good.at("certificates").size(), 2u);
  EXPECT_EQ(good.at("certificates").at(1).at("not_after"), "2040-01-01T00:00:00.0000000Z");
  EXPECT_EQ(good.at("nested").at(0).at("file_matches"), true);
  EXPECT_GE(records[0].at("certificates").at("hidden_bytes"), 16);
  EXPECT_EQ(records[1].at("signatures").at(0).at("file_matches"), false);
  EXPECT_EQ(records[1].at("signatures").at(0).at("signature_holds"), true);
}

TEST_F(ParsePeTest, HashesAndEntropyAreOfUnsignedFilesToo) {
  const PeBytes file = PeBuilder{}.dll().import("a.dll", {"b"}).bytes();
  write("plain.dll", file);
  EXPECT_EQ(parse({"plain.dll"}).exit_code, 0);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("authentihash").at("sha256").get<std::string>(),
            to_hex(image_digest(file).bytes));
  EXPECT_TRUE(records[0].at("authentihash").contains("sha1"));
  ASSERT_FALSE(records[0].at("sections").empty());
  const Json& entropy = records[0].at("sections").at(0).at("entropy");
  ASSERT_TRUE(entropy.is_number());
  EXPECT_GE(entropy, 0);
  EXPECT_LE(entropy, 8);
}

TEST_F(ParsePeTest, HeadersOnlyLeavesOutWhatTheWholeFileIsReadFor) {
  write("plain.dll", PeBuilder{}.dll().import("a.dll", {"b"}).bytes());
  EXPECT_EQ(parse({"--headers-only", "plain.dll"}).exit_code, 0);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(records[0].at("authentihash").is_null());
  EXPECT_EQ(records[0].at("authentihash_absent"), "not_applicable");
  ASSERT_FALSE(records[0].at("sections").empty());
  EXPECT_FALSE(records[0].at("sections").at(0).contains("entropy"));
  EXPECT_EQ(records[0].at("imports").at(0).at("library"), "a.dll");
  // Nothing else has headers.
  std::ofstream{folder.path() / "access.log"} << "no executable";
  const Ended ended = parse({"--headers-only", "--format", "web_log", "access.log"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.error.find("--headers-only is for those"), std::string::npos) << ended.error;
}

TEST_F(ParsePeTest, ASignatureThatCannotBeReadIsAProblem) {
  const PeBytes file = PeBuilder{}.dll().bytes();
  write("bad.dll", add_table(file, {octets(Der(64))}));
  const Ended ended = parse({"bad.dll"});
  EXPECT_EQ(ended.exit_code, 1) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].at("kind"), "problem");
  EXPECT_EQ(records[1].at("what"), "PKCS #7");
}

TEST_F(ParsePeTest, PageHashesAreComparedWithThePages) {
  const Identity signer = Identity::root("Made Root");
  const PeBytes file = PeBuilder{}.dll().bytes();
  SignatureBuilder builder{signer};
  write("pages.dll", add_table(file, {builder.of_file(image_digest(file), true).bytes()}));
  EXPECT_EQ(parse({"pages.dll"}).exit_code, 0);
  ASSERT_EQ(records.size(), 1u);
  const Json& signature = records[0].at("signatures").at(0);
  EXPECT_EQ(signature.at("page_hashes"), "sha256");
  EXPECT_EQ(signature.at("pages"), 1);  // one, and of no page: the tests make no others
  EXPECT_EQ(signature.at("pages_wrong"), 1);
  EXPECT_EQ(signature.at("pages_are_whole"), false);
}

TEST_F(ParsePeTest, PrintsCatalogs) {
  const Identity signer = Identity::root("Made Root");
  const PeBytes file = PeBuilder{}.dll().bytes();
  SignatureBuilder builder{signer};
  write("made.cat",
        builder.of_content(kCatalogType, catalog_list({{image_digest(file), "a.dll"}})).bytes());
  const Ended ended = parse({"made.cat"});
  EXPECT_EQ(ended.exit_code, 0) << ended.error;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].at("kind"), "catalog_member");
  EXPECT_EQ(records[0].at("algorithm"), "sha256");
  EXPECT_EQ(records[0].at("attributes").at(0).at("value"), "a.dll");
  EXPECT_EQ(records[1].at("kind"), "catalog");
  EXPECT_EQ(records[1].at("members"), 1);
  EXPECT_EQ(records[1].at("made"), "2022-06-30T07:24:34.0000000Z");
  EXPECT_EQ(records[1].at("signature").at("signature_holds"), true);
}

}  // namespace
}  // namespace hozen
