// The program started by a double-click: a person sits before a window of its own, which closes
// with the program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/engine/host.h"

namespace hozen::cli {

enum class Relaunch {
  started,   ///< a process with administrator rights took over, in a new window
  declined,  ///< the person or a policy said no
  failed,
};

/// What the conversation with the person needs.
struct InteractiveDesk {
  Privileges privileges;
  std::string folder;  ///< where the bundle goes
  std::function<void(const std::string& text)> say;
  std::function<std::optional<std::string>()> read_line;  ///< nothing when there is no more input
  std::function<Relaunch()> relaunch_elevated;
  std::function<int(const std::vector<std::string>& arguments)> run;  ///< as from the command line
};

/// Offers administrator rights where they lack, collects, and holds the window until Enter is
/// pressed. Returns the exit code.
int interactive_start(const InteractiveDesk& desk);

/// On Windows, when the program has no arguments and a console that nobody else uses: does the
/// whole start and returns the exit code. Nothing otherwise, and on other systems.
std::optional<int> start_by_double_click(
    const std::vector<std::string>& arguments,
    const std::function<int(const std::vector<std::string>&)>& run);

}  // namespace hozen::cli
