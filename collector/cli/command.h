// The commands of the program, each declared in the file of its name.
#pragma once

#include <string>
#include <vector>

#include "collector/cli/command_parser.h"

namespace hozen::cli {

// `arguments` is the whole command line, which bundles keep; it lives until the command has run.
void add_collect(DeclaredCommand program, const std::vector<std::string>& arguments);
void add_extract(DeclaredCommand program);
void add_modules(DeclaredCommand program);
void add_parse(DeclaredCommand program);
void add_profile(DeclaredCommand program);
void add_recover(DeclaredCommand program, const std::vector<std::string>& arguments);
void add_report(DeclaredCommand program);
void add_timeline(DeclaredCommand program);
void add_verify(DeclaredCommand program);

/// Parses and runs. Wrong usage prints what is wrong and how to get help, and gives 2.
int run(const std::vector<std::string>& arguments);

/// "hozen: MESSAGE" on standard error; returns `exit_code`.
int fail(int exit_code, const std::string& message);

}  // namespace hozen::cli
