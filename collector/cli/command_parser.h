// Declares commands and their options and reads the command line. What parses stays behind it: only
// command_parser.cpp sees the library.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the name of the library
class App;
class Option;
}  // namespace CLI

namespace hozen::cli {

/// An option or operand that was declared. What it may hold is said in its members, which return
/// the option itself; it lives as long as its parser.
class DeclaredOption {
 public:
  explicit DeclaredOption(CLI::Option& option) : option_{&option} {}

  DeclaredOption value_name(const std::string& name);  ///< stands for the value in the help
  DeclaredOption required();
  DeclaredOption excludes(DeclaredOption other);
  DeclaredOption needs(DeclaredOption other);
  DeclaredOption one_of(const std::vector<std::string>& words);
  DeclaredOption between(unsigned low, unsigned high);  ///< both included
  /// `problem_of` returns "" for a value that is right, else what is wrong with it.
  DeclaredOption check(std::function<std::string(const std::string&)> problem_of);

 private:
  CLI::Option* option_;
};

/// What the command line chose, and the variables that hold its texts.
struct ParsedLine {
  std::function<int()> chosen;
  std::vector<std::function<void(const std::function<void(std::string&)>&)>> texts;
};

/// A command that was declared. Variables given to its members must live until it has run.
class DeclaredCommand {
 public:
  DeclaredCommand(CLI::App& app, ParsedLine& line) : app_{&app}, line_{&line} {}

  DeclaredCommand add_command(const std::string& name, const std::string& summary);
  /// `name` with its dashes is an option, without them an operand.
  DeclaredOption add_flag(const std::string& name, bool& given, const std::string& help);
  DeclaredOption add_text(const std::string& name, std::string& text, const std::string& help);
  DeclaredOption add_text(const std::string& name, std::optional<std::string>& text,
                          const std::string& help);
  DeclaredOption add_number(const std::string& name, unsigned& number, const std::string& help);
  /// An option that may be given again, with one value each time; or all operands that follow.
  DeclaredOption add_texts(const std::string& name, std::vector<std::string>& texts,
                           const std::string& help);
  DeclaredCommand footer(const std::string& text);
  DeclaredCommand needs_command();
  /// What the command does; returns the exit code.
  DeclaredCommand action(std::function<int()> run);

 private:
  CLI::App* app_;
  ParsedLine* line_;
};

class CommandParser {
 public:
  CommandParser(const std::string& description, const std::string& footer,
                const std::string& version_text);
  ~CommandParser();

  DeclaredCommand root();

  /// Runs the command that `arguments` (the program's name first) choose, or prints help, version,
  /// or what is wrong and how to get help. Returns the exit code.
  int run(const std::vector<std::string>& arguments);

 private:
  std::unique_ptr<CLI::App> app_;
  ParsedLine line_;
};

}  // namespace hozen::cli
