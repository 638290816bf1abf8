// Archives that are made to harm whoever unpacks them: names that lead out, links, bombs, volumes
// that name each other in a circle. They are listed: names are data, nothing is unpacked or
// followed.
#include <gmock/gmock.h>

#include "tests/builders/archive_builder.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/rar_builder.h"
#include "tests/modules/execution_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec archives, winrar;
}  // namespace modules
namespace {

using namespace builders;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFolder = "C:\\Users\\alice\\Documents\\";

class HostileArchives : public testing::Test {
 protected:
  HostileArchives() {
    windows.user("alice");
    windows.file("C:\\Windows\\System32\\secret.txt", "not to be read");
  }
  void add(const std::string& name, ArchiveBytes bytes) {
    windows.file(kFolder + name, "").bytes = std::move(bytes);
  }
  void run() {
    machine = windows.machine();
    context = std::make_unique<fake::Context>(machine);
    ASSERT_TRUE(modules::archives.run(*context));
    context->stated.settle();
    ASSERT_TRUE(modules::archives.judge(*context));
    ASSERT_TRUE(modules::winrar.judge(*context));
  }
  const fake::Record* record_of(const std::string& name) const {
    return context->record({{"path", kFolder + name}});
  }
  std::span<const Fact> facts() const { return context->stated.facts(FactKind::archive); }

  fake::FakeWindows windows;
  fake::Machine machine;
  std::unique_ptr<fake::Context> context;
};

RarFile named(std::string name) {
  RarFile file;
  file.name = std::move(name);
  file.size = file.packed = 100;
  return file;
}

TEST_F(HostileArchives, NamesThatLeadOutAreTextAlone) {
  const char* const names[] = {"..\\..\\..\\Windows\\System32\\secret.txt",
                               "../../../etc/passwd",
                               "C:\\Windows\\System32\\secret.txt",
                               "\\\\203.0.113.9\\share\\a.exe",
                               "a:b:$DATA",
                               "con",
                               "a\u202Egpj.exe"};
  for (const RarBuilder::Generation generation :
       {RarBuilder::Generation::rar4, RarBuilder::Generation::rar5}) {
    RarBuilder rar{generation};
    for (const char* name : names) rar.file(named(name));
    add(generation == RarBuilder::Generation::rar4 ? "a4.rar" : "a5.rar", rar.bytes());
  }
  ZipArchive zip;
  TarArchive tar{TarArchive::Kind::pax};
  for (const char* name : names) {
    zip.file({name, 100, {}, false, false, ""});
    tar.file({name, 100, {}, false, false, ""});
  }
  add("a.zip", zip.bytes());
  add("a.tar", tar.bytes());
  run();
  EXPECT_EQ(facts().size(), 4u);
  for (const char* name : {"a4.rar", "a5.rar", "a.zip", "a.tar"}) {
    ASSERT_NE(record_of(name), nullptr) << name;
    EXPECT_EQ((*record_of(name))["entries"], "7") << name;
    EXPECT_THAT(record_of(name)->json_of("first_names"), HasSubstr("secret.txt")) << name;
  }
  EXPECT_FALSE(context->has_collected("C:\\Windows\\System32\\secret.txt"));
}

TEST_F(HostileArchives, LinksAreNotFollowed) {
  RarFile file = named("link.txt");
  file.link = "C:\\Windows\\System32\\secret.txt";
  add("l.rar", RarBuilder{RarBuilder::Generation::rar5}.file(file).bytes());
  add("l.tar", TarArchive{TarArchive::Kind::pax}
                   .file({"l", 0, {}, false, false, "../../secret.txt"})
                   .bytes());
  run();
  EXPECT_EQ(facts().size(), 2u);
  EXPECT_FALSE(context->has_collected("C:\\Windows\\System32\\secret.txt"));
}

TEST_F(HostileArchives, BombsAreNotUnpacked) {
  constexpr std::uint64_t kHuge = std::uint64_t{1} << 50;
  RarFile file = named("zeros");
  file.size = kHuge;
  add("b.rar", RarBuilder{RarBuilder::Generation::rar5}.file(file).bytes());
  RarBuilder many{RarBuilder::Generation::rar5};
  constexpr int kMany = 2000;
  for (int i = 0; i < kMany; ++i) many.file(named("same name"));
  add("many.rar", many.bytes());
  add("count.7z",
      SevenZipArchive{}.file({"a", 10, {}, false, false, ""}).file_count(~0ULL).bytes());
  // An archive in an archive in an archive is a file with a name.
  ArchiveBytes inner = ZipArchive{}.file({"a.zip", 100, {}, false, false, ""}).bytes();
  add("nested.zip", ZipArchive{}.file({"inner.zip", inner.size(), {}, false, false, ""}).bytes());
  run();
  ASSERT_NE(record_of("b.rar"), nullptr);
  EXPECT_EQ((*record_of("b.rar"))["entries"], "1");
  EXPECT_EQ((*record_of("many.rar"))["entries"], std::to_string(kMany));
  EXPECT_EQ((*record_of("nested.zip"))["entries"], "1");
}

TEST_F(HostileArchives, CyclesOfVolumesAreListedOnce) {
  // Each says that another follows, and their numbers go round: 1, 2, 0, and 1 again.
  const std::pair<const char*, std::uint64_t> kParts[] = {
      {"c.part1.rar", 1}, {"c.part2.rar", 2}, {"c.part3.rar", 0}, {"c.part4.rar", 1}};
  for (const auto& [name, number] : kParts) {
    RarFile file = named("whole.bin");
    file.before = file.after = true;
    add(name, RarBuilder{RarBuilder::Generation::rar5}.volume(number, true).file(file).bytes());
  }
  // One that is its own next volume.
  RarFile self = named("self.bin");
  self.before = self.after = true;
  add("s.rar", RarBuilder{RarBuilder::Generation::rar4}.volume(0, true).file(self).bytes());
  run();
  EXPECT_EQ(facts().size(), 5u);
  for (const auto& [name, number] : kParts) {
    ASSERT_NE(record_of(name), nullptr) << name;
    EXPECT_EQ((*record_of(name))["entries"], "1") << name;
  }
}

}  // namespace
}  // namespace hozen
