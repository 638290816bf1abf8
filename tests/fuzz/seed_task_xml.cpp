// Seeds of fuzz_task_xml: a definition in each encoding.
#include <fstream>
#include <string>

#include "tests/builders/task_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& folder, const char* name, const TaskBytes& bytes) {
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  TaskXmlText task;
  task.exec("%windir%\\a.exe", "-x > y").com("{84F0FAE1-C27B-4F6F-807B-28CF6F96287D}");
  task.triggers +=
      "<TimeTrigger><Repetition><Interval>PT5M</Interval></Repetition></TimeTrigger>"
      "<CalendarTrigger><ScheduleByWeek><DaysOfWeek><Monday/></DaysOfWeek></ScheduleByWeek>"
      "</CalendarTrigger><EventTrigger><Subscription>&lt;Q/&gt;</Subscription></EventTrigger>";
  bool done = write(folder, "utf16", task.bytes());
  done &= write(folder, "utf16be", utf16_file(task.text(), true, true));
  TaskBytes utf8;
  for (const char c : task.text()) utf8.push_back(static_cast<std::byte>(c));
  done &= write(folder, "utf8", utf8);
  return done ? 0 : 1;
}
