#include "collector/cli/command_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/suggest.h"

namespace hozen::cli {
namespace {

/// The library takes a text in brackets for a list of several: "[a,b]" is a name like any other.
constexpr char kGuard = '\x01';

void guard(std::string& argument) {
  if (argument.starts_with('[') || argument.starts_with(kGuard)) argument.insert(0, 1, kGuard);
}

void unguard(std::string& text) {
  if (text.starts_with(kGuard)) text.erase(0, 1);
}

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

/// Names that could stand where a word stands.
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
  std::string what = error.what();
  for (auto at = what.find("\x01["); at != std::string::npos; at = what.find("\x01["))
    what.erase(at, 1);
  std::string message = printable(what);
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

DeclaredOption DeclaredOption::value_name(const std::string& name) {
  option_->option_text(name);
  return *this;
}

DeclaredOption DeclaredOption::required() {
  option_->required();
  return *this;
}

DeclaredOption DeclaredOption::needs(DeclaredOption other) {
  option_->needs(other.option_);
  return *this;
}

DeclaredOption DeclaredOption::excludes(DeclaredOption other) {
  option_->excludes(other.option_);
  return *this;
}

DeclaredOption DeclaredOption::one_of(const std::vector<std::string>& words) {
  option_->check(CLI::IsMember(words));
  return *this;
}

DeclaredOption DeclaredOption::between(unsigned low, unsigned high) {
  option_->check(CLI::Range(low, high));
  return *this;
}

DeclaredOption DeclaredOption::check(std::function<std::string(const std::string&)> problem_of) {
  option_->check(std::move(problem_of));
  return *this;
}

DeclaredCommand DeclaredCommand::add_command(const std::string& name, const std::string& summary) {
  return DeclaredCommand{*app_->add_subcommand(name, summary), *line_};
}

DeclaredOption DeclaredCommand::add_flag(const std::string& name, bool& given,
                                         const std::string& help) {
  return DeclaredOption{*app_->add_flag(name, given, help)};
}

DeclaredOption DeclaredCommand::add_text(const std::string& name, std::string& text,
                                         const std::string& help) {
  line_->texts.emplace_back([&text](const auto& visit) { visit(text); });
  return DeclaredOption{*app_->add_option(name, text, help)};
}

DeclaredOption DeclaredCommand::add_text(const std::string& name, std::optional<std::string>& text,
                                         const std::string& help) {
  line_->texts.emplace_back([&text](const auto& visit) {
    if (text) visit(*text);
  });
  return DeclaredOption{*app_->add_option(name, text, help)};
}

DeclaredOption DeclaredCommand::add_number(const std::string& name, unsigned& number,
                                           const std::string& help) {
  return DeclaredOption{*app_->add_option(name, number, help)};
}

DeclaredOption DeclaredCommand::add_texts(const std::string& name, std::vector<std::string>& texts,
                                          const std::string& help) {
  line_->texts.emplace_back([&texts](const auto& visit) {
    for (std::string& text : texts) visit(text);
  });
  CLI::Option* option = app_->add_option(name, texts, help);
  // Else an option would take the operands behind its value, too.
  if (name.starts_with("-")) option->take_all()->allow_extra_args(false);
  return DeclaredOption{*option};
}

DeclaredCommand DeclaredCommand::footer(const std::string& text) {
  app_->footer(text);
  return *this;
}

DeclaredCommand DeclaredCommand::needs_command() {
  app_->require_subcommand(1);
  return *this;
}

DeclaredCommand DeclaredCommand::action(std::function<int()> run) {
  app_->callback([line = line_, run = std::move(run)] { line->chosen = run; });
  return *this;
}

CommandParser::CommandParser(const std::string& description, const std::string& footer,
                             const std::string& version_text)
    : app_{std::make_unique<CLI::App>(description, "hozen")} {
  app_->footer(footer);
  app_->set_version_flag("--version", version_text, "Print the version");
  app_->require_subcommand(0, 1);
}

CommandParser::~CommandParser() = default;

DeclaredCommand CommandParser::root() { return DeclaredCommand{*app_, line_}; }

int CommandParser::run(const std::vector<std::string>& arguments) {
  try {
    // The parser takes its arguments from the back.
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
    if (!reversed.empty()) reversed.pop_back();
    for (std::string& argument : reversed) guard(argument);
    app_->parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return print(given_command(*app_)->help()) ? kExitComplete : kExitOutput;
  } catch (const CLI::CallForVersion& version_text) {
    return print(std::string{version_text.what()} + "\n") ? kExitComplete : kExitOutput;
  } catch (const CLI::ParseError& error) {
    return wrong_usage(*app_, error, arguments);
  }
  for (const auto& visit_each : line_.texts) visit_each(unguard);
  if (line_.chosen) return line_.chosen();
  print_error(app_->help());
  return kExitUsage;
}

}  // namespace hozen::cli
