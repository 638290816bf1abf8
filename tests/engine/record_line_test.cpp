#include "collector/engine/record_line.h"

#include <gtest/gtest.h>

#include <string>

namespace hozen {
namespace {

TEST(RecordLine, BeginsWithWhatEveryRecordHas) {
  Envelope envelope;
  envelope.origin = {7, "HKLM\\SOFTWARE\\Run", 4096};
  envelope.timestamps = {{"key_written", FileTime{132'000'000'000'000'001}}, {"none", {}}};
  envelope.user_sid = "S-1-5-21-1";
  envelope.user_name = "alice";
  std::string line;
  begin_record_line(line, "run_keys-3", "run_key", View::raw, envelope);
  EXPECT_EQ(line, R"({"record":"run_keys-3","kind":"run_key","source":{"artifact":7,)"
                  R"("key":"HKLM\\SOFTWARE\\Run","offset":4096},"view":"raw","timestamps":{)"
                  R"("key_written":"2019-04-17T18:40:00.0000001Z","none":null},)"
                  R"("user":{"sid":"S-1-5-21-1","name":"alice"})");
}

TEST(RecordLine, LeavesOutWhatIsNotThere) {
  std::string line = "left over";
  begin_record_line(line, "a-1", "k", View::api, {});
  EXPECT_EQ(line, R"({"record":"a-1","kind":"k","source":{},"view":"api","timestamps":{})");
  Envelope folder_only;
  folder_only.user_name = "bob";
  begin_record_line(line, "a-1", "k", View::api, folder_only);
  EXPECT_TRUE(line.ends_with(R"("user":{"name":"bob"})")) << line;
}

TEST(RecordLine, KeepsTheExactNameOfAKeyThatIsNotText) {
  Envelope envelope;
  envelope.origin.key = "HKLM\\\xED\xA0\x80";
  std::string line;
  begin_record_line(line, "a-1", "k", View::raw, envelope);
  EXPECT_NE(line.find(R"("key_utf16":"48004b004c004d005c0000d8")"), std::string::npos) << line;
}

}  // namespace
}  // namespace hozen
