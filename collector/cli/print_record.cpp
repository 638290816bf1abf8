#include "collector/cli/print_record.h"

namespace hozen::cli {

std::uint64_t print_problems(const std::vector<Error>& problems, std::string_view source,
                             LineBuffer& out) {
  for (const Error& problem : problems) {
    const std::string what =
        problem.detail.empty() ? problem.what : problem.what + ": " + problem.detail;
    print_problem(source, {problem.code, what, problem.offset, {}}, out);
  }
  return problems.size();
}

}  // namespace hozen::cli
