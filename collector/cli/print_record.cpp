#include "collector/cli/print_record.h"

namespace hozen::cli {

std::uint64_t print_problems(const std::vector<Error>& problems, std::string_view source,
                             LineBuffer& out) {
  for (const Error& problem : problems) print_problem(source, problem, out);
  return problems.size();
}

}  // namespace hozen::cli
