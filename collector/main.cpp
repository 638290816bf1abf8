// hozen: wires the command line to the engine.
#include "collector/cli/command.h"
#include "collector/cli/console.h"
#include "collector/cli/interactive_start.h"

int main(int argc, char** argv) {
  hozen::cli::prepare_console();
  const auto arguments = hozen::cli::command_line(argc, argv);
  if (const auto ended = hozen::cli::start_by_double_click(arguments, hozen::cli::run))
    return *ended;
  return hozen::cli::run(arguments);
}
