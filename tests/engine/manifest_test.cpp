#include "collector/engine/manifest.h"
#include "tests/builders/json.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

Sha256Digest digest_of(unsigned char fill) {
  Sha256Digest digest;
  digest.fill(std::byte{fill});
  return digest;
}

Manifest full_manifest() {
  Manifest manifest;
  manifest.tool = {
      "hozen", "1.2.3", "abcdef", digest_of(1), {"hozen.exe", "collect", "--case", "7"}};
  manifest.collection = {"id-1",
                         "case \"7\"",
                         "J\u00fcrgen",
                         {{"triage", digest_of(2)}, {"mine", digest_of(3)}},
                         FileTime{133'000'000'000'000'001},
                         FileTime{133'000'000'000'000'009},
                         RunOutcome::with_errors,
                         digest_of(4),
                         {{"revoked", "E:\\stolen.txt", digest_of(8), 3}}};
  manifest.source.kind = "live";
  manifest.source.given = "this host";
  manifest.source.volumes = {{"C:", "70EC-FA33", "NTFS", std::nullopt},
                             {"D:", std::nullopt, "", Error{Errc::io, "open volume"}}};
  manifest.source.hives_not_read = {{"SOFTWARE", "C:\\Windows\\System32\\config\\SOFTWARE",
                                     "it is not in the source", "Run keys"}};
  ManifestHost host;
  host.facts.name = "FAKEPC";
  host.facts.domain = "corp.example";
  host.facts.build = "19045";
  host.facts.installed = FileTime{132'000'000'000'000'000};
  host.facts.addresses = {"10.0.0.5", "fe80::1"};
  host.users = {{"S-1-5-21-1", "alice", "C:\\Users\\alice"}};
  manifest.host = host;
  manifest.clock = {FileTime{133'000'000'000'000'001}, FileTime{133'000'000'000'000'009}, 8,
                    FileTime{133'000'000'000'000'001}, "start of the run"};
  manifest.privileges = {true, {"SeBackupPrivilege"}, {"SeSecurityPrivilege"}};
  manifest.footprint.image = "E:\\hozen.exe";
  manifest.footprint.pid = 4711;
  manifest.footprint.files_created = {"E:\\out.zip"};
  manifest.footprint.bytes_written = 12345;
  manifest.counts = {{"records", 12}, {"findings", 3}};
  return manifest;
}

std::vector<BundleEntry> two_entries() {
  return {{"start.json", 0, FileTime{133'000'000'000'000'001}, 10, 10, digest_of(5), digest_of(5)},
          {"evidence/C/\u00e4", 8, {}, 5'000'000'000, 77, digest_of(6), digest_of(7)}};
}

std::string text_of(const Manifest& manifest, const std::vector<BundleEntry>& entries) {
  std::string text;
  write_manifest(
      manifest,
      [&](const auto& entry) {
        for (const BundleEntry& each : entries) entry(each);
      },
      [&](std::string_view piece) { text += piece; });
  return text;
}

TEST(Manifest, SaysTheSameAfterReading) {
  const std::string text = text_of(full_manifest(), two_entries());
  std::vector<BundleEntry> entries;
  const auto read = read_manifest(text, [&](BundleEntry entry) { entries.push_back(entry); });
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].name, "evidence/C/\u00e4");
  EXPECT_EQ(entries[1].size, 5'000'000'000u);
  EXPECT_EQ(entries[1].stored_sha256, digest_of(7));
  EXPECT_FALSE(entries[1].modified.is_set());
  // Every member went through: writing what was read gives the same text. Only the reason of an
  // unreadable volume is text now, not an Error.
  Manifest again = *read;
  again.source.volumes[1].unreadable = Error{Errc::io, "open volume"};
  EXPECT_EQ(text_of(again, entries), text);
}

TEST(Manifest, IsJsonWithTheMembersOfTheFormat) {
  const auto json = test::parse_json(text_of(full_manifest(), two_entries()));
  EXPECT_EQ(json["format"], "hozen-bundle/1");
  EXPECT_EQ(json["collection"]["case"], "case \"7\"");
  EXPECT_EQ(json["collection"]["outcome"], "with_errors");
  EXPECT_EQ(json["counts"]["entries"], 2);
  EXPECT_EQ(json["counts"]["bytes"], 5'000'000'010);
  EXPECT_EQ(json["entries"][0]["method"], 0);
}

TEST(Manifest, LeavesOutWhatIsNotKnown) {
  const auto json = test::parse_json(text_of({}, {}));
  EXPECT_FALSE(json.contains("host"));
  EXPECT_FALSE(json["tool"].contains("name"));
  EXPECT_FALSE(json["collection"].contains("started"));
  EXPECT_TRUE(json["entries"].empty());
  for (const auto& [name, member] : json.items()) EXPECT_FALSE(member.is_null()) << name;
}

TEST(Manifest, KeepsTextThatJsonCannotHold) {
  Manifest manifest;
  manifest.tool.command_line = {"hozen", "--case", "\xED\xA0\x80"};
  manifest.collection.case_id = "\xED\xA0\x80";
  const auto json = test::parse_json(text_of(manifest, {}));
  EXPECT_EQ(json["collection"]["case_utf16"], "00d8");
}

TEST(Manifest, IsGivenOutInPieces) {
  std::size_t largest = 0, total = 0;
  BundleEntry entry = two_entries()[0];
  write_manifest(
      full_manifest(),
      [&](const auto& each) {
        for (int i = 0; i < 10'000; ++i) each(entry);
      },
      [&](std::string_view piece) {
        largest = std::max(largest, piece.size());
        total += piece.size();
      });
  EXPECT_GT(total, 2'000'000u);
  EXPECT_LT(largest, 70'000u);
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  const auto code = [](std::string_view text) {
    const auto read = read_manifest(text, [](const BundleEntry&) {});
    return read ? std::string_view{"read"} : to_text(read.error().code);
  };
  const std::string good = text_of(full_manifest(), two_entries());
  EXPECT_EQ(code(good), "read");
  for (std::size_t length = 0; length + 1 < good.size(); ++length)
    ASSERT_EQ(code(std::string_view{good}.substr(0, length)), "malformed") << length;
  EXPECT_EQ(code("[]"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\"}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/2\",\"entries\":[]}"), "unsupported");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[1]}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[{}]}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[[]]}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":{}}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[]}"), "read");
  EXPECT_EQ(code(std::string(100'000, '[')), "malformed");
  // Readers differ in which of two members of one name they take.
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[],\"entries\":[]}"), "malformed");
  EXPECT_EQ(code("{\"format\":\"hozen-bundle/1\",\"entries\":[],\"tool\":{\"name\":\"a\",\"name\":"
                 "\"b\"}}"),
            "malformed");
}

TEST(Manifest, ReadsMembersOfTheWrongTypeAsNothing) {
  const auto read = read_manifest(
      "{\"format\":\"hozen-bundle/1\",\"entries\":[],\"tool\":7,\"host\":[],\"clock\":{\"started\":"
      "\"yesterday\"},\"source\":{\"volumes\":[1,{}]},\"counts\":{\"x\":-1}}",
      [](const BundleEntry&) {});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tool.name, "");
  EXPECT_FALSE(read->clock.started.is_set());
}

TEST(StartJson, TellsThePlanAndNothingOfTheEnd) {
  const auto json = test::parse_json(start_json(full_manifest(), {{"run_keys"}, {"hives"}}));
  EXPECT_EQ(json["plan"]["modules"][0], "run_keys");
  EXPECT_EQ(json["plan"]["targets"][0], "hives");
  EXPECT_EQ(json["host"]["name"], "FAKEPC");
  EXPECT_FALSE(json["collection"].contains("outcome"));
  EXPECT_FALSE(json["clock"].contains("ended"));
}

}  // namespace
}  // namespace hozen
