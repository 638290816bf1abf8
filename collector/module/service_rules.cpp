#include "collector/module/service_rules.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"

namespace hozen {
namespace {

// Rights of a service (winsvc.h) and the generic ones that hold them.
constexpr std::uint32_t kQueryConfig = 0x1, kChangeConfig = 0x2, kQueryStatus = 0x4,
                        kEnumerateDependents = 0x8;
constexpr std::uint32_t kReadControl = 0x20000, kWriteDac = 0x40000, kWriteOwner = 0x80000;
constexpr std::uint32_t kGenericAll = 0x10000000, kGenericWrite = 0x40000000,
                        kGenericRead = 0x80000000;
constexpr std::uint32_t kListing =
    kQueryConfig | kQueryStatus | kEnumerateDependents | kReadControl | kGenericRead | kGenericAll;
constexpr std::uint32_t kTakeOver =
    kChangeConfig | kWriteDac | kWriteOwner | kGenericWrite | kGenericAll;

/// Without one of them the service manager leaves a service out of a list.
constexpr std::uint32_t kSeeing = kQueryStatus | kGenericRead | kGenericAll;

/// Who asks the service manager for a list: administrators, interactive, network and service
/// logons, SYSTEM, everyone.
constexpr std::string_view kListers[] = {"BA", "IU", "SU", "AU", "WD", "SY", "BU", "NU"};
/// Those of them that a person has who looks for services: as SYSTEM nobody logs on.
constexpr std::string_view kSeers[] = {"BA", "IU", "AU", "WD", "BU"};
/// Administrators of a domain or machine by the end of their SID.
constexpr std::string_view kAdministratorEnds[] = {"-500", "-512", "-519"};
/// Accounts without administrative rights.
constexpr std::string_view kOrdinary[] = {"WD", "AU", "BU", "IU", "AN", "BG", "NU"};

/// Listed for netsvcs since Windows XP, without a service in later versions, or in any.
constexpr std::string_view kFreeSlots[] = {"6to4",       "FastUserSwitchingCompatibility",
                                           "helpsvc",    "Ias",
                                           "Iprip",      "Irmon",
                                           "LogonHours", "Nla",
                                           "Ntmssvc",    "NWCWorkstation",
                                           "Nwsapagent", "PCAudit",
                                           "SRService",  "uploadmgr",
                                           "Wmi",        "WmdmPmSN",
                                           "WmdmPmSp",   "xmlprov"};

constexpr std::size_t kMinHiddenText = 4;
constexpr std::size_t kMaxQuoted = 200;

template <class List>
bool lists(const List& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list),
                     [&](std::string_view one) { return equals_fold(one, text); });
}

std::string quote(std::string_view text) {
  std::string shown = printable(text);
  if (shown.size() > kMaxQuoted) {
    std::size_t end = kMaxQuoted;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown = shown.substr(0, end) + "…";
  }
  return "'" + shown + "'";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : " or ") + quote(text);
  return all;
}

bool is_lister(std::string_view sid) {
  return lists(kListers, sddl_sid(sid)) ||
         (sid.starts_with("S-1-5-21-") &&
          std::any_of(std::begin(kAdministratorEnds), std::end(kAdministratorEnds),
                      [&](std::string_view end) { return sid.ends_with(end); }));
}

std::string path_of(const ServiceFile& file) {
  return file.target() != nullptr ? file.target()->text() : file.text;
}

/// A file of a service of Windows that is not the one that belongs there.
void judge_swap(const ServiceCase& one, const ServiceFile& file, const InboxMatch& match,
                bool is_library, FileTime written, std::vector<RuleHit>& hits) {
  if (match.state != InboxState::differs) return;
  const ServiceEntry& entry = *one.entry;
  // The table may not know this version: then only what lies outside of Windows says something by
  // itself.
  const auto* target = file.target();
  const bool inside = target != nullptr && is_windows_folder(*target, one.windows);
  const bool unsure = !match.version_known && inside && !match.told_otherwise;
  // Libraries of Windows move between services; one that is nowhere a service's is another matter.
  const bool foreign = is_library && target != nullptr && !one.baseline->names_library(*target);
  const char* what = is_library ? "library" : match.told_otherwise ? "command" : "program";
  std::string fact = "The service " + quote(entry.name) + " is one of Windows, whose " + what +
                     " is " + joined(match.expected) + "; its key names " +
                     quote(match.told_otherwise ? file.text : path_of(file)) + ".";
  if (written.is_set()) fact += " The key was last written on " + written.iso8601() + ".";
  if (unsure)
    fact += std::string{" What belongs there in this version of Windows is not known"} +
            (foreign ? ", but no service of any version that is known has this library." : ".");
  hits.push_back({is_library             ? "swapped_service_dll"
                  : match.told_otherwise ? "misused_service_program"
                                         : "swapped_service_program",
                  is_library             ? "Library of a Windows service replaced by another"
                  : match.told_otherwise ? "Program of a Windows service told to do something else"
                                         : "Program of a Windows service replaced by another",
                  {std::move(fact),
                   !unsure   ? 60
                   : foreign ? 45
                             : 20,
                   Family::registry_state,
                   {}},
                  "T1543.003",
                  unsure && !foreign});
}

void judge_baseline(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  const std::uint32_t build = one.host->build;
  judge_swap(one, entry.image, one.baseline->image(entry, one.windows, build), false, entry.written,
             hits);
  const bool in_parameters = entry.library_key != entry.key_path;
  judge_swap(one, entry.library, one.baseline->library(entry, one.windows, build), true,
             in_parameters ? entry.parameters_written : entry.written, hits);
}

void judge_group(const ServiceCase& one, std::vector<RuleHit>& hits,
                 std::vector<std::string>& not_checked) {
  const ServiceEntry& entry = *one.entry;
  if (entry.svchost_group.empty()) return;
  if (!one.host->read || one.host->groups.empty()) {
    not_checked.push_back("Whether " + quote(entry.name) + " is listed in the svchost group " +
                          quote(entry.svchost_group) +
                          ": the SOFTWARE hive was not read; a service that is not would score.");
    return;
  }
  const std::string of_template = entry.template_name();
  const std::string& name = of_template.empty() ? entry.name : of_template;
  const SvchostGroup* group = one.host->group(entry.svchost_group);
  if (group != nullptr && lists(group->services, name)) return;
  const std::string fact =
      group == nullptr ? "svchost.exe is told to run the group " + quote(entry.svchost_group) +
                             ", which SOFTWARE does not define."
                       : quote(name) + " is not among the services of the svchost group " +
                             quote(entry.svchost_group) + ".";
  hits.push_back({"not_in_svchost_group",
                  "Service that is not in its svchost group",
                  {fact, 30, Family::registry_state, {}},
                  "T1543.003",
                  true});
}

void judge_slot(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  if (entry.svchost_group.empty() || !is_free_slot_name(entry.name) ||
      entry.inbox != InboxState::unknown)
    return;
  hits.push_back({"claimed_svchost_slot",
                  "Service under a name that Windows left free",
                  {quote(entry.name) +
                       " is a name that svchost groups list although this Windows has no such "
                       "service; its library is " +
                       quote(path_of(entry.library)) + ".",
                   30,
                   Family::name,
                   {}},
                  "T1036.004"});
}

void judge_security(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  if (entry.security_unreadable)
    hits.push_back({"descriptor_unreadable",
                    "Service whose security descriptor is none",
                    {"The value Security of " + quote(entry.key_path) +
                         " holds no security descriptor: Windows may not list the service.",
                     50,
                     Family::registry_state,
                     {}},
                    "T1564"});
  if (!entry.security) return;
  const SecurityDescriptor& security = *entry.security;
  std::string denied, granted;
  for (const auto& ace : security.dacl.value_or(std::vector<AccessEntry>{})) {
    const std::string_view who = sddl_sid(ace.sid);
    if (ace.denies() && (ace.mask & kListing) != 0 && is_lister(ace.sid))
      (denied += denied.empty() ? "" : ", ") += who;
    if (ace.allows() && (ace.mask & kTakeOver) != 0 && lists(kOrdinary, who))
      (granted += granted.empty() ? "" : ", ") += who;
  }
  const bool somebody_sees =
      !security.dacl ||
      std::any_of(security.dacl->begin(), security.dacl->end(), [](const AccessEntry& ace) {
        return ace.allows() && (ace.mask & kSeeing) != 0 && lists(kSeers, sddl_sid(ace.sid));
      });
  const std::string text = quote(security.sddl());
  if (!denied.empty())
    hits.push_back({"hidden_by_security",
                    "Service hidden from the lists of Windows",
                    {"Its security denies " + denied + " to see it: " + text + ".",
                     60,
                     Family::registry_state,
                     {}},
                    "T1564"});
  if (!somebody_sees)
    hits.push_back({"hidden_by_security",
                    "Service hidden from the lists of Windows",
                    {security.dacl->empty()
                         ? "Its security lets nobody see it: the list of who may is empty."
                         : "Its security lets neither administrators nor anybody else who asks for "
                           "a list see it: " +
                               text + ".",
                     60,
                     Family::registry_state,
                     {}},
                    "T1564"});
  if (!granted.empty() || security.null_dacl)
    hits.push_back({"weak_service_security",
                    "Service that ordinary users can change",
                    {"Its security lets " + (granted.empty() ? "everyone" : granted) +
                         " change what it runs: " + text + ".",
                     15,
                     Family::registry_state,
                     {}},
                    "T1574.011",
                    true});
}

void judge_failure(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  if (entry.failure.text.empty() || !entry.failure_actions ||
      !entry.failure_actions->runs_command() ||
      one.baseline->is_usual_failure_command(entry, one.windows))
    return;
  hits.push_back({"failure_command",
                  "Command that runs when a service fails",
                  {"When " + quote(entry.name) + " fails, Windows runs " +
                       quote(entry.failure.text) + " with the rights of SYSTEM.",
                   35,
                   Family::command_line,
                   {}},
                  "T1543.003",
                  true});
}

void judge_copied_text(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const auto judge = [&](const ServiceEntry* other, const std::string& text, const char* what) {
    if (other == nullptr) return;
    hits.push_back({"copied_text",
                    "Service with the text of a service of Windows",
                    {"Its " + std::string{what} + " " + quote(text) + " is that of " +
                         quote(other->name) + ", a service of Windows.",
                     20,
                     Family::name,
                     {}},
                    "T1036.004",
                    true});
  };
  judge(one.same_display_name, one.entry->display_name, "display name");
  if (one.same_display_name == nullptr)
    judge(one.same_description, one.entry->description, "description");
}

void judge_name(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  if (entry.name.find('\0') != std::string::npos)
    hits.push_back({"hidden_service_name",
                    "Service with a name that usual tools cannot show",
                    {"The name of the key holds a NUL character: " + quote(entry.name) + ".",
                     50,
                     Family::name,
                     {}},
                    "T1564"});
  if (equals_fold(entry.name, "PSEXESVC")) {
    hits.push_back({"psexec_service",
                    "Service of PsExec left behind",
                    {quote(entry.name) +
                         " is the service through which PsExec runs programs sent from another "
                         "machine.",
                     30,
                     Family::name,
                     {}},
                    "T1569.002",
                    true});
  } else if (has_made_up_name(entry, one.windows)) {
    hits.push_back(
        {"made_up_service",
         "Service as remote execution tools make it",
         {quote(entry.name) + " is a name of random letters, and " + quote(path_of(entry.image)) +
              " a program of eight letters in the Windows folder, started on demand.",
          60,
          Family::name,
          {}},
         "T1569.002"});
  }
}

void judge_hidden_data(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  for (const auto& [name, text] : entry.hidden_data) {
    const auto tail = trim(text);
    const bool readable =
        tail.size() >= kMinHiddenText &&
        std::all_of(tail.begin(), tail.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    if (!readable) continue;
    hits.push_back(
        {"hidden_data",
         "Text hidden behind the end of a value",
         {"Behind the first NUL of the value " + quote(name) + " stands " + quote(tail) + ".",
          25,
          Family::content,
          {}},
         "T1564"});
    return;
  }
}

void judge_rest(const ServiceEntry& entry, std::vector<RuleHit>& hits) {
  for (const auto& path : entry.linked_keys)
    hits.push_back({"linked_key",
                    "Service key that is a symbolic link",
                    {quote(path) + " is a symbolic link: what Windows reads there lies elsewhere.",
                     40,
                     Family::registry_state,
                     {}},
                    "T1112"});
  constexpr std::uint64_t kOwnInteractive = service_type::kInteractive | service_type::kOwnProcess;
  if (entry.inbox == InboxState::unknown && entry.type == kOwnInteractive &&
      equals_fold(entry.account, "LocalSystem"))
    hits.push_back({"interactive_system_service",
                    "Service that shows windows with the rights of SYSTEM",
                    {quote(entry.name) + " may interact with the desktop and runs as LocalSystem.",
                     10,
                     Family::registry_state,
                     {}},
                    "T1543.003",
                    true});
}

/// Services of 32-bit programs have WOW64; what runs there without it may be a library that the
/// 64-bit view does not show.
void judge_wow64_host(const ServiceCase& one, std::vector<RuleHit>& hits) {
  const ServiceEntry& entry = *one.entry;
  if (!entry.image.command || entry.is_driver() || entry.wow64.value_or(0) != 0) return;
  const auto& image = entry.image.command->image_path;
  if (!image || !equals_fold(image->name(), "svchost.exe") ||
      !image->is_below(one.windows / "SysWOW64"))
    return;
  hits.push_back({"wow64_svchost",
                  "Service of the 32-bit svchost.exe that is no 32-bit service",
                  {quote(entry.name) + " runs in " + quote(image->text()) +
                       ", yet its key does not say that it is a 32-bit service.",
                   15,
                   Family::path,
                   {}},
                  "T1543.003",
                  true});
}

}  // namespace

bool is_free_slot_name(std::string_view name) { return lists(kFreeSlots, name); }

bool has_made_up_name(const ServiceEntry& entry, const EvidencePath& windows) {
  const auto only_letters = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  };
  const std::size_t length = entry.name.size();
  const auto* image = entry.image.target();
  const auto type = entry.type.value_or(0) & ~std::uint64_t{service_type::kInteractive};
  if (type != service_type::kOwnProcess || entry.start != kStartOnDemand || image == nullptr ||
      (length != 4 && length != 8 && length != 16))
    return false;
  constexpr std::size_t kStem = 8;
  const std::string_view file = image->name();
  return only_letters(entry.name) && file.size() == kStem + 4 && ends_with_fold(file, ".exe") &&
         only_letters(file.substr(0, kStem)) && image->is_below(windows) &&
         image->components().size() == windows.components().size() + 1;
}

std::vector<RuleHit> assess_service(const ServiceCase& one, std::vector<std::string>& not_checked) {
  std::vector<RuleHit> hits;
  judge_baseline(one, hits);
  judge_group(one, hits, not_checked);
  judge_slot(one, hits);
  judge_security(*one.entry, hits);
  judge_failure(one, hits);
  judge_copied_text(one, hits);
  judge_name(one, hits);
  judge_hidden_data(*one.entry, hits);
  judge_rest(*one.entry, hits);
  judge_wow64_host(one, hits);
  assess_service_views(one, hits, not_checked);
  return hits;
}

}  // namespace hozen
