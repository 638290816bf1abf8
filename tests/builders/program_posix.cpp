#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/builders/file_text.h"
#include "tests/builders/program.h"
#include "tests/builders/temp_folder.h"

namespace hozen::test {
namespace {

/// In the child: never returns.
[[noreturn]] void become(std::vector<std::string> arguments, const std::string& folder,
                         const std::string& output, const std::string& error) {
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = ::open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (out < 0 || err < 0 || ::dup2(out, STDOUT_FILENO) < 0 || ::dup2(err, STDERR_FILENO) < 0 ||
      ::chdir(folder.c_str()) != 0)
    ::_exit(126);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  ::_exit(127);
}

}  // namespace

std::string program_path() {
  const char* path = std::getenv("HOZEN_PROGRAM");
  return path != nullptr && ::access(path, X_OK) == 0 ? path : "";
}

Ended run_program(const std::vector<std::string>& arguments, const std::string& folder,
                  const std::function<void(int)>& meanwhile) {
  const TempFolder streams;
  const std::string output = streams.text() + "/output", error = streams.text() + "/error";
  std::vector<std::string> all{program_path()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  Ended ended;
  const pid_t child = ::fork();
  if (child < 0) return ended;
  if (child == 0) become(std::move(all), folder, output, error);
  if (meanwhile) meanwhile(child);
  int status = 0;
  rusage usage{};
  if (::wait4(child, &status, 0, &usage) != child) return ended;
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.output = file_text(output);
  ended.error = file_text(error);
  ended.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return ended;
}

}  // namespace hozen::test
