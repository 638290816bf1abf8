// Seeds of fuzz_job_file.
#include <fstream>
#include <string>

#include "tests/builders/task_builder.h"

int main(int argc, char** argv) {
  using hozen::builders::JobText;
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/";
  int count = 0;
  for (const JobText& job : {JobText{}, JobText{.parameters = "/x", .comment = "c"},
                             JobText{.triggers = 3, .signature = true}}) {
    const auto bytes = job.bytes();
    std::ofstream file{folder + std::to_string(count++), std::ios::binary};
    file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
               static_cast<std::streamsize>(bytes.size()));
    if (!file) return 1;
  }
  return 0;
}
