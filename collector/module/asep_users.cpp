// Entries of the machine that mean a folder of each user.
#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/asep_evidence.h"

namespace hozen {
namespace {

constexpr std::string_view kOfUsers[] = {"APPDATA",  "LOCALAPPDATA", "TEMP",     "TMP",
                                         "HOMEPATH", "USERPROFILE",  "USERNAME", "OneDrive"};
/// Users whose folders are tried: terminal servers have some hundred.
constexpr std::size_t kMaxUsers = 500;

/// As cmd.exe, Windows and PowerShell write a variable.
bool names_folder_of_users(std::string_view text) {
  const std::string folded = fold_case(text);
  return std::any_of(std::begin(kOfUsers), std::end(kOfUsers), [&](std::string_view variable) {
    const std::string name = fold_case(variable);
    for (const std::string& form :
         {'%' + name + '%', '%' + name + ':', '!' + name + '!', fold_case("env:") + name})
      if (folded.find(form) != std::string::npos) return true;
    return false;
  });
}

bool same_target(const ResolvedCommand& a, const ResolvedCommand& b) {
  if (!a.target_path() || !b.target_path()) return a.target_path() == b.target_path();
  return a.target_path()->folded() == b.target_path()->folded();
}

}  // namespace

bool AsepEvidence::belongs_to(const UserProfile& user, std::size_t installation) const {
  // Windows.old\Users lies below the root, too: the nearest folder that holds a Windows counts.
  const auto& installations = context_.registry()->installations();
  std::size_t best = installation, depth = 0;
  for (std::size_t i = 0; i < installations.size(); ++i) {
    const EvidencePath home = installations[i].windows.parent();
    if (!user.folder.is_below(home) || home.components().size() + 1 <= depth) continue;
    best = i;
    depth = home.components().size() + 1;
  }
  return best == installation;
}

ResolvedCommand AsepEvidence::resolve_for_all(std::string_view text, std::size_t installation,
                                              bool wow64, bool shell_execute, bool by_users,
                                              const Resolve& resolve) {
  ResolvedCommand machine = resolve(resolver(installation, nullptr, wow64, shell_execute));
  if (context_.registry() == nullptr || !names_folder_of_users(text)) return machine;
  std::vector<std::pair<const UserProfile*, ResolvedCommand>> found;
  std::optional<std::pair<const UserProfile*, ResolvedCommand>> first;
  std::size_t tried = 0;
  for (const auto& user : context_.registry()->users()) {
    const bool person = user.kind == ProfileKind::normal || user.kind == ProfileKind::orphaned;
    if (!person || user.folder.empty() || !belongs_to(user, installation)) continue;
    if (++tried > kMaxUsers) {
      context_.note(Error{Errc::limit, "users whose folders an entry may mean", {}, ""});
      break;
    }
    ResolvedCommand own = resolve(resolver(installation, &user, wow64, shell_execute));
    if (same_target(own, machine)) continue;
    own.steps.insert(own.steps.begin(), "as " + user.name + " (" + user.folder.text() + ")");
    if (own.target_existence() == Existence::exists) {
      found.emplace_back(&user, std::move(own));
    } else if (!first && own.target_path()) {
      first.emplace(&user, std::move(own));
    }
  }
  const bool machine_exists = machine.target_existence() == Existence::exists;
  if (found.empty()) return by_users && !machine_exists && first ? first->second : machine;
  auto next = found.begin();
  ResolvedCommand result = machine_exists ? std::move(machine) : std::move((next++)->second);
  for (; next != found.end(); ++next) {
    result.other_commands.push_back("as " + next->first->name + ": " + next->second.expanded);
    next->second.of_another_user = true;
    result.others.push_back(std::move(next->second));
  }
  return result;
}

}  // namespace hozen
