// hozen: wires the command line to the engine.
#include "collector/cli/command.h"
#include "collector/cli/console.h"

int main(int argc, char** argv) {
  hozen::cli::prepare_console();
  return hozen::cli::run(hozen::cli::command_line(argc, argv));
}
