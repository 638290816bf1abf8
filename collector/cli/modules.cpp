// hozen modules
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/module/module.h"

namespace hozen::cli {
namespace {

std::string module_text(const ModuleSpec& module) {
  std::string text = std::string{module.name} + "\n  " + std::string{module.summary} + "\n";
  for (const Kind& kind : module.kinds)
    text += "  record " + std::string{kind.name} + ": " + std::string{kind.description} + "\n";
  for (const ModuleOption& option : module.options) {
    text += "  option " + std::string{option.name} + ": " + std::string{option.summary} + " (";
    for (const std::string_view value : option.values)
      text += (value == option.values.front() ? "" : ", ") + std::string{value};
    text += ")\n";
  }
  std::string attack;
  for (const std::string_view id : module.attack) attack += " " + std::string{id};
  if (!attack.empty()) text += "  ATT&CK:" + attack + "\n";
  return text;
}

int list_modules() {
  std::string text;
  for (const ModuleSpec* module : all_modules()) text += module_text(*module);
  return print(text) ? kExitComplete : kExitOutput;
}

}  // namespace

void add_modules(DeclaredCommand program) {
  program.add_command("modules", "List what can be read out of the evidence")
      .footer("\nExample:\n  hozen modules")
      .action(list_modules);
}

}  // namespace hozen::cli
