#include <gmock/gmock.h>

#include "tests/builders/pe_builder.h"
#include "tests/modules/judge_cases.h"

namespace hozen {
namespace modules {
extern const ModuleSpec rats;
}  // namespace modules
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string utf16(std::string_view text) {
  std::string units;
  for (const char c : text) {
    units += c;
    units += '\0';
  }
  return units;
}

class RatsTest : public testing::Test {
 protected:
  RatsTest() { windows.user("eve"); }
  void program(const std::string& path, const std::string& text, bool is_net = true) {
    builders::PeBuilder pe;
    pe.section(".text", "code");
    if (is_net) pe.clr("v4.0.30319");
    pe.overlay(text);
    windows.file(path, "").bytes = pe.bytes();
  }
  void logs(char fill) {
    windows.file("C:\\Users\\eve\\AppData\\Roaming\\Logs\\09-28-2022", std::string(64, fill));
  }
  void run_key(const std::string& path) {
    windows.value("HKU\\eve\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "Client",
                  fake::sz("\"" + path + "\""));
  }
  fake::FakeWindows windows;
  static constexpr const char* kPath = "C:\\Users\\eve\\AppData\\Roaming\\SubDir\\Client.exe";
};

TEST_F(RatsTest, TextsOfTheSourceAreEnough) {
  program(kPath, utf16("echo DONT CLOSE THIS WINDOW!") + utf16("SELECT * FROM FirewallProduct") +
                     utf16("http://api.ipify.org/"));
  const ModuleRun run = run_module(modules::rats, windows);
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(run.context->findings[0].rule, "rats.quasar");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::high);
  EXPECT_TRUE(run.context->has_collected(kPath));
}

TEST_F(RatsTest, FewTextsOrAnotherKindOfProgramAreNot) {
  program(kPath, utf16("SELECT * FROM FirewallProduct") + utf16("SELECT * FROM AntivirusProduct"));
  program("C:\\Users\\eve\\AppData\\Roaming\\b.exe",
          utf16("echo DONT CLOSE THIS WINDOW!") + utf16("http://api.ipify.org/") + "Quasar.Common",
          false);
  EXPECT_THAT(run_module(modules::rats, windows).context->findings, IsEmpty());
}

TEST_F(RatsTest, AScrambledOneIsKnownByWhatItSetsUp) {
  program(kPath, "x");
  run_key(kPath);
  logs('\xC3');
  const ModuleRun run = run_module(modules::rats, windows);
  ASSERT_THAT(run.context->findings, SizeIs(1));
  EXPECT_EQ(run.context->findings[0].rule, "rats.quasar_traces");
  EXPECT_EQ(severity_of(run.context->findings[0]), Severity::medium);
  EXPECT_THAT(story_of(run.context->findings[0]), HasSubstr("AppData\\Roaming\\Logs"));
}

TEST_F(RatsTest, ReadableLogsOrNoRunKeyAreNot) {
  program(kPath, "x");
  run_key(kPath);
  logs('a');
  EXPECT_THAT(run_module(modules::rats, windows).context->findings, IsEmpty());
  fake::FakeWindows other;
  std::swap(windows, other);
  windows.user("eve");
  program(kPath, "x");
  logs('\xC3');
  EXPECT_THAT(run_module(modules::rats, windows).context->findings, IsEmpty());
}

}  // namespace
}  // namespace hozen
