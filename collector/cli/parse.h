// hozen parse FILE...: reads one file of a known format and prints its records as JSON lines.
#pragma once

#include <string>
#include <vector>

namespace hozen::cli {

struct ParseOptions {
  std::vector<std::string> files;  ///< as the operator wrote them, UTF-8
  bool logs = true;                ///< apply transaction logs found beside a dirty hive
  bool xml = false;                ///< event logs as XML
  bool headers_only = false;       ///< executables without what they are read whole for
  std::string format{};            ///< name of a format; "": by content
};

/// Names that `format` may have, for help texts.
std::vector<std::string> parse_formats();

/// Prints to standard output, messages to standard error. Returns the exit code: 0 complete,
/// 1 damaged (its problems are printed), 2 no known format, 4 unreadable, 5 output not writable.
/// With several files all are read, and the gravest code counts.
int run_parse(const ParseOptions& options);

}  // namespace hozen::cli
