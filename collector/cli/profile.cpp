// hozen profile list|show|check
#include <memory>

#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/cli/profile_files.h"
#include "collector/engine/byte_size.h"

namespace hozen::cli {
namespace {

int print_result(const std::string& text) { return print(text) ? kExitComplete : kExitOutput; }

int print_problems(const std::vector<std::string>& problems) {
  for (const auto& problem : problems) print_error("hozen: " + problem + "\n");
  return kExitUsage;
}

std::string target_text(const FileTarget& target) {
  std::string text = "    " + target.pattern.text;
  if (target.max_file_bytes != 0)
    text += "  (at most " + byte_size_text(target.max_file_bytes) + " each)";
  if (target.streams) text += "  (with alternate streams)";
  return text + "\n";
}

std::string profile_text(const Profile& profile) {
  std::string text = profile.summary +
                     "\n\nlimits: " + byte_size_text(profile.limits.max_file_bytes) + " a file, " +
                     byte_size_text(profile.limits.max_total_bytes) + " and " +
                     std::to_string(profile.limits.max_files) + " files in all\n\nmodules:\n";
  for (const auto& module : profile.modules) {
    text += "  " + module.name + "  (" + std::string{to_text(module.priority)};
    for (const auto& [name, value] : module.options) text += ", " + name + ": " + value;
    text += ")\n";
  }
  text += "\nfiles:\n";
  std::string heading;
  for (const auto& target : profile.targets) {
    const std::string next = "  " + target.category + " (" + std::string{to_text(target.priority)} +
                             "): " + target.reason + "\n";
    if (next != heading) text += next;
    heading = next;
    text += target_text(target);
  }
  return text;
}

int list() {
  std::string text;
  for (const auto& embedded : embedded_profiles()) {
    const auto choice = choose_profiles({std::string{embedded.name}});
    if (!choice.problems.empty()) return print_problems(choice.problems);
    std::string name{embedded.name};
    name.resize(std::max<std::size_t>(name.size() + 2, 14), ' ');
    text += name + choice.profile.summary + "\n";
  }
  return print_result(text);
}

int show(const std::vector<std::string>& given, bool xml) {
  const auto choice = choose_profiles(given);
  if (!choice.problems.empty()) return print_problems(choice.problems);
  if (!xml) return print_result(profile_text(choice.profile));
  std::vector<std::string> problems;
  std::string text;
  for (const auto& source : profile_texts(given, problems)) text += source.xml;
  return problems.empty() ? print_result(text) : print_problems(problems);
}

int check(const std::vector<std::string>& given) {
  const auto choice = choose_profiles(given);
  if (!choice.problems.empty()) return print_problems(choice.problems);
  return print_result("correct: " + std::to_string(choice.profile.modules.size()) + " modules, " +
                      std::to_string(choice.profile.targets.size()) + " file patterns\n");
}

}  // namespace

void add_profile(DeclaredCommand program) {
  DeclaredCommand profile =
      program.add_command("profile", "Tell what each profile collects, and check your own");
  profile.needs_command();
  profile.footer(
      "\nExamples:\n  hozen profile list\n  hozen profile show triage\n  hozen profile check "
      "mine.xml");

  profile.add_command("list", "List the shipped profiles")
      .footer("\nExample:\n  hozen profile list")
      .action(list);

  auto given = std::make_shared<std::vector<std::string>>();
  auto xml = std::make_shared<bool>(false);
  DeclaredCommand shown =
      profile.add_command("show", "Tell what profiles collect; of several, their union");
  shown.add_texts("PROFILE", *given, "Name of a shipped profile, or an XML file").required();
  shown.add_flag("--xml", *xml, "Print the XML as it is, to begin your own from");
  shown.footer("\nExample:\n  hozen profile show --xml triage > mine.xml");
  shown.action([given, xml] { return show(*given, *xml); });

  DeclaredCommand checked =
      profile.add_command("check", "Check XML files completely; nothing is collected");
  checked.add_texts("PROFILE", *given, "An XML file, or the name of a shipped profile").required();
  checked.footer("\nExample:\n  hozen profile check mine.xml");
  checked.action([given] { return check(*given); });
}

}  // namespace hozen::cli
