// Standard output and error, and the arguments, as UTF-8 on every system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hozen::cli {

/// Once, first thing: a closed pipe or a full disk becomes an error of the write, not the end of
/// the process.
void prepare_console();
/// All arguments, the program's name first. Windows: from the wide command line, as WTF-8.
std::vector<std::string> command_line(int argc, char** argv);

/// Results. False when standard output cannot take them.
bool print(std::string_view utf8);
/// Progress, warnings and errors.
void print_error(std::string_view utf8);

bool error_is_terminal();
/// Columns of the terminal that standard error goes to; 80 when it does not tell.
std::size_t terminal_width();

}  // namespace hozen::cli
