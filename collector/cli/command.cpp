#include "collector/cli/command.h"

#include "collector/base/version.h"
#include "collector/cli/console.h"

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

}  // namespace

int fail(int exit_code, const std::string& message) {
  print_error("hozen: " + message + "\n");
  return exit_code;
}

int run(const std::vector<std::string>& arguments) {
  CommandParser parser{
      kDescription, kFooter,
      "hozen " + std::string{version()} + " (" + std::string{git_revision()} + ")"};
  const DeclaredCommand program = parser.root();
  add_collect(program, arguments);
  add_verify(program);
  add_report(program);
  add_timeline(program);
  add_extract(program);
  add_recover(program, arguments);
  add_modules(program);
  add_parse(program);
  add_profile(program);
  return parser.run(arguments);
}

}  // namespace hozen::cli
