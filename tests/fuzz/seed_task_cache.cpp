// Seeds of fuzz_task_cache: each value with every kind of content.
#include <fstream>
#include <string>

#include "tests/builders/task_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& path, const TaskBytes& bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/";
  constexpr hozen::FileTime kTime{133'537'680'000'000'000};
  bool done = true;
  for (std::uint8_t version = 1; version <= 3; ++version)
    done &= write(folder + "actions" + std::to_string(version), ActionsBuilder{version}
                                                                    .exec("a.exe", "-x", "C:\\")
                                                                    .com(1, "d")
                                                                    .mail("s")
                                                                    .message("c", "t")
                                                                    .bytes());
  for (std::uint8_t version = 0x15; version <= 0x17; ++version)
    done &= write(folder + "triggers" + std::to_string(version), TriggersBuilder{version}
                                                                     .logon("me")
                                                                     .boot()
                                                                     .session(5)
                                                                     .event("<Q/>")
                                                                     .wnf(7)
                                                                     .time(kTime, 0, 300)
                                                                     .time(kTime, 2)
                                                                     .bytes());
  done &= write(folder + "info", dynamic_info(kTime, kTime, 0, &kTime));
  return done ? 0 : 1;
}
