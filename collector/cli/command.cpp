#include "collector/cli/command.h"

#include <CLI/CLI.hpp>

#include "collector/base/text.h"
#include "collector/base/version.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/suggest.h"

namespace hozen::cli {
namespace {

constexpr const char* kDescription =
    "hozen preserves the evidence of an intrusion from a Windows system in one file,\n"
    "proves that it was not changed, and says what in it looks wrong and why.";
constexpr const char* kFooter =
    "\nhozen COMMAND --help explains each command with an example.\n"
    "Exit codes: 0 complete, 1 something could not be collected, 2 wrong usage, 3 missing\n"
    "privilege, 4 source unreadable, 5 output not writable, 6 verification failed, 130 "
    "interrupted.";

/// The command that was given, as far as the parser got.
const CLI::App* given_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? "hozen" : full_name(*parent) + " " + command.get_name();
}

/// Names that could stand where `word` stands.
std::vector<std::string> known_words(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* child : command.get_subcommands(nullptr)) words.push_back(child->get_name());
  for (const CLI::Option* option : command.get_options())
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

int wrong_usage(const CLI::App& app, const CLI::ParseError& error,
                const std::vector<std::string>& arguments) {
  const CLI::App* command = given_command(app);
  std::string message = printable(error.what());
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      const std::string word = arguments[i].substr(0, arguments[i].find('='));
      const auto words = known_words(*command);
      const bool known = std::find(words.begin(), words.end(), word) != words.end();
      if (!known && message.find(printable(word)) != std::string::npos)
        message += suggestion(word, words);
    }
  }
  print_error(full_name(*command) + ": " + message + "\nTry: " + full_name(*command) + " --help\n");
  return kExitUsage;
}

}  // namespace

int fail(int exit_code, const std::string& message) {
  print_error("hozen: " + message + "\n");
  return exit_code;
}

int run(const std::vector<std::string>& arguments) {
  CLI::App app{kDescription, "hozen"};
  app.footer(kFooter);
  app.set_version_flag("--version",
                       "hozen " + std::string{version()} + " (" + std::string{git_revision()} + ")",
                       "Print the version");
  app.require_subcommand(0, 1);
  CommandLine line{arguments, {}};
  add_collect(app, line);
  add_verify(app, line);
  add_report(app, line);
  add_extract(app, line);
  add_recover(app, line);
  add_modules(app, line);
  add_parse(app, line);
  add_profile(app, line);
  try {
    // The parser takes its arguments from the back.
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
    if (!reversed.empty()) reversed.pop_back();
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return print(given_command(app)->help()) ? kExitComplete : kExitOutput;
  } catch (const CLI::CallForVersion& version_text) {
    return print(std::string{version_text.what()} + "\n") ? kExitComplete : kExitOutput;
  } catch (const CLI::ParseError& error) {
    return wrong_usage(app, error, arguments);
  }
  if (line.chosen) return line.chosen();
  print_error(app.help());
  return kExitUsage;
}

}  // namespace hozen::cli
