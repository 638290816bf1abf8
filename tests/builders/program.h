// Runs the built program as a user would.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hozen::test {

struct Ended {
  int exit_code = -1;         ///< 128 + n when signal n ended it
  std::string output, error;  ///< what it wrote to standard output and error
  /// At least that of the caller when it started the program.
  std::uint64_t peak_bytes = 0;  ///< highest resident memory; 0 where the system does not tell
};

/// Path of the program built beside the tests ($HOZEN_PROGRAM); "" when there is none.
std::string program_path();

/// Runs it with these arguments (UTF-8) in `folder` and waits. `meanwhile`, if any, gets its
/// process id once it runs.
Ended run_program(const std::vector<std::string>& arguments, const std::string& folder,
                  const std::function<void(int)>& meanwhile = {});

}  // namespace hozen::test
