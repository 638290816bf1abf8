// One command of the program: its options are declared here, what it does is chosen by the parser.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hozen::cli {

/// The whole command line, and what it asks for.
struct CommandLine {
  std::vector<std::string> arguments;  ///< the program's name first
  std::function<int()> chosen;         ///< set by the command that was given; returns the exit code
};

void add_collect(CLI::App& app, CommandLine& line);
void add_extract(CLI::App& app, CommandLine& line);
void add_modules(CLI::App& app, CommandLine& line);
void add_parse(CLI::App& app, CommandLine& line);
void add_profile(CLI::App& app, CommandLine& line);
void add_report(CLI::App& app, CommandLine& line);
void add_recover(CLI::App& app, CommandLine& line);
void add_verify(CLI::App& app, CommandLine& line);

/// Parses and runs. Wrong usage prints what is wrong and how to get help, and gives 2.
int run(const std::vector<std::string>& arguments);

/// "hozen: MESSAGE" on standard error; returns `exit_code`.
int fail(int exit_code, const std::string& message);

}  // namespace hozen::cli
