#include "collector/cli/interactive_start.h"

#include "collector/base/text.h"
#include "collector/cli/elevation.h"
#include "collector/cli/exit_code.h"

namespace hozen::cli {
namespace {

constexpr int kMaxQuestions = 20;  ///< answers that mean nothing, then as if the window were closed

enum class Choice { elevate, unprivileged, quit };

Choice ask(const InteractiveDesk& desk) {
  for (int i = 0; i < kMaxQuestions; ++i) {
    desk.say(
        "\n  Enter        ask Windows for administrator rights and collect in a new window\n"
        "  U and Enter  collect only what this account can read\n"
        "  Q and Enter  close without collecting\n> ");
    const auto line = desk.read_line();
    if (!line) return Choice::quit;
    const std::string answer = to_lower_ascii(trim(*line));
    if (answer.empty()) return Choice::elevate;
    if (answer == "u") return Choice::unprivileged;
    if (answer == "q") return Choice::quit;
  }
  return Choice::quit;
}

std::string advice(int exit_code) {
  switch (exit_code) {
    case kExitComplete:
      return "Finished.";
    case kExitIncomplete:
      return "Finished. Something could not be collected; the bundle lists what and why.";
    case kExitOutput:
      return "The bundle could not be written. Copy the program to a folder with enough room that "
             "you can write to, and start it there.";
    case kExitInterrupted:
      return "Interrupted. The bundle holds what was collected until then.";
    default:
      return "Nothing was collected.";
  }
}

int collect_and_hold(const InteractiveDesk& desk, bool unprivileged) {
  std::vector<std::string> arguments{"hozen", "collect", "--output", desk.folder};
  if (unprivileged) arguments.emplace_back("--unprivileged");
  desk.say("Collecting from this computer into " + printable(desk.folder) + "\n\n");
  const int exit_code = desk.run(arguments);
  desk.say("\n" + advice(exit_code) + "\nPress Enter to close this window.");
  (void)desk.read_line();
  return exit_code;
}

}  // namespace

int interactive_start(const InteractiveDesk& desk) {
  desk.say("hozen preserves the evidence of an intrusion from this computer in one file.\n");
  if (desk.privileges.elevated) return collect_and_hold(desk, false);
  desk.say("\nWithout administrator rights these would be missing:\n" +
           out_of_reach(desk.privileges));
  for (int i = 0; i < kMaxQuestions; ++i) {
    switch (ask(desk)) {
      case Choice::quit:
        return kExitPrivilege;
      case Choice::unprivileged:
        return collect_and_hold(desk, true);
      case Choice::elevate:
        break;
    }
    const Relaunch relaunch = desk.relaunch_elevated();
    if (relaunch == Relaunch::started) return kExitComplete;
    desk.say(relaunch == Relaunch::declined ? "Administrator rights were not given.\n"
                                            : "Windows could not start the program again.\n");
  }
  return kExitPrivilege;
}

}  // namespace hozen::cli
