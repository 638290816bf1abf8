#include "collector/module/asep_advice.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hozen {
namespace {

constexpr Advice kGeneral{"Software that was installed on purpose and uses this place.",
                          "The preserved target file: its signature, version information and "
                          "origin; when it was created, and by which "
                          "process."};

constexpr std::pair<std::string_view, Advice> kAdvice[] = {
    {"writable_location",
     {"Programs that install themselves for one user (OneDrive, Teams, Zoom, browsers, updaters) "
      "run from such folders.",
      "The target's signature and hash; other files of the same folder and time."}},
    {"missing_target",
     {"Software that was removed and left its entry behind.",
      "Deleted files of that path in the file system's records; traces of its execution."}},
    {"system_name_elsewhere",
     {"A copy that an administrator or a recovery tool made.",
      "Compare the file's hash with the one of the same name in System32; look for its "
      "execution."}},
    {"lookalike_name",
     {"A program whose real name happens to be close to one of Windows.",
      "The file's signature and version information."}},
    {"deceptive_name",
     {"A file name made by hand or by a careless program.",
      "The file's content, and where it came from."}},
    {"proxy_execution",
     {"Drivers and management software start libraries and scripts in this way.",
      "What is run: the library or script, preserved where it was there, and the address if there "
      "is one."}},
    {"powershell_evasion",
     {"Management and logon scripts are sometimes started hidden or without policy.",
      "The decoded command in the record; PowerShell's event log around the key's last write."}},
    {"remote_target",
     {"Logon scripts and software distribution use shares of the own network.",
      "Whether the machine or address belongs to the network; connections to it."}},
    {"memory_dump",
     {"Support staff collecting a dump once.", "Dump files on the host; who wrote the entry."}},
    {"alternate_stream",
     {"None is common: programs are not installed into streams.",
      "The preserved stream's content."}},
    {"nested_commands",
     {"None is common: installers need one or two shells.",
      "The steps in the record down to the innermost program; the key's last write."}},
    {"obfuscated_command",
     {"None is common: who writes an entry by hand writes it so that it can be read.",
      "The steps in the record down to what the shell runs; who wrote the key."}},
    {"account_added",
     {"Setup scripts and administrators make accounts once; such an entry makes it again each "
      "time.",
      "Accounts of that name in SAM; events 4720 and 4722; logons with it."}},
    {"account_rights",
     {"Logon scripts of a network that keep a group of local administrators as it should be.",
      "Members of the group in SAM; events 4728, 4732 and 4722; logons with the account."}},
    {"data_file_executed",
     {"Some software names its libraries .dat or .bin.",
      "The preserved file's content: is it a library or script?"}},
    {"unquoted_path_taken",
     {"A program that really is called like the beginning of the path.",
      "The program that starts first: its signature, and who put it there."}},
    {"hidden_file",
     {"Copy protection and some drivers hide their files.",
      "The preserved file, and what else is hidden beside it."}},
    {"time_stomped",
     {"Installers that restore the times of the original medium.",
      "The file system's journal around the time of the file's name."}},
    {"borrowed_name",
     {"A name chosen without thought of Windows' own.",
      "The preserved program, and the time of the key."}},
    {"long_command",
     {"Some programs keep long option lists in their entries.",
      "The whole command line in the record."}},
    {"hidden_value_name",
     {"Damage to the hive, or copy protection.",
      "The entry's data; other values with such names in the hive."}},
    {"hidden_data",
     {"A program that wrote more of its buffer than the text.", "The hidden text in the record."}},
    {"linked_key",
     {"Windows itself links some keys of its 32-bit view; this one is not among them.",
      "The key that the link leads to."}},
    {"linked_file",
     {"Administrators and synchronisation programs link files; Windows itself does not do so here.",
      "The file that the link leads to, which was not followed."}},
    {"library_elsewhere",
     {"Software that adds to Windows from a folder of its own.",
      "The preserved library's signature and exports."}},
    {"winlogon_shell",
     {"Kiosks and single-purpose machines replace the desktop.",
      "The programs named beside explorer.exe."}},
    {"system_ini_shell",
     {"Machines whose Windows was upgraded from one of the nineties, with a shell of its time.",
      "The programs named beside explorer.exe; Winlogon's Shell, which Windows "
      "reads in its place unless IniFileMapping was changed."}},
    {"winlogon_userinit",
     {"Logon tools of some networks add themselves here.",
      "The programs named beside userinit.exe."}},
    {"path_before_system",
     {"Development tools and databases put their folders in front of the search path.",
      "Files in that folder that bear names of System32."}},
    {"shortcut_payload",
     {"None is common: Windows writes nothing behind a shortcut.",
      "The preserved shortcut: what stands behind its end."}},
    {"shortcut_targets_differ",
     {"A program that was moved, whose shortcut was mended by hand.",
      "Each target in the record (shortcut_targets): which of them exists, and what it is."}},
    {"accessibility_debugger",
     {"None: nobody debugs the accessibility programs of the logon screen.",
      "Logons at the console and by remote desktop after the key's last write; who wrote the "
      "key."}},
    {"ifeo_debugger",
     {"Developers' debuggers, Process Explorer in place of the task manager, administrators who "
      "block a program.",
      "The program that is started instead, and the one that is kept from running."}},
    {"silent_process_exit",
     {"Error analysis by an administrator.",
      "The monitor program; whether the watched program is lsass.exe."}},
    {"app_init_dlls",
     {"Older graphics, input and security software loads itself this way.",
      "The library's signature and age."}},
    {"boot_programs",
     {"Disk checks, defragmenters and antivirus programs run before Windows starts.",
      "The program in System32."}},
    {"com_override",
     {"A program installed both for the machine and for the user.",
      "Both files; which programs load the class."}},
    {"environment_hijack",
     {"Profilers and performance monitors of .NET programs set these variables.",
      "The library the variable leads to; programs started since."}},
    {"clear_text_credentials",
     {"Old software that needs digest authentication.", "Dumps of lsass.exe; who wrote the key."}},
    {"dsrm_logon",
     {"A domain controller prepared for recovery.",
      "Logons of the local administrator on the domain controller."}},
    {"account_number",
     {"None is known: the number in the account and in its key's name are the same on a sound "
      "system.",
      "Logons of this account; who may write to SAM."}},
    {"class_elevation",
     {"None is common: these classes are not changed per user.",
      "What ran elevated after the key's last write (the trick of fodhelper, eventvwr and their "
      "kin)."}},
    {"setup_command",
     {"A machine that is being installed or upgraded.",
      "The command, and whether SetupType is still set."}},
    {"mandatory_profile",
     {"Mandatory profiles of schools, kiosks and terminal servers.",
      "The entries of this user whose source is the file; NTUSER.DAT beside it: what differs?"}},
    {"port_proxy",
     {"Developers and virtual machines forward ports.",
      "Connections to the listening port, and what lies behind it."}},
};

bool is_anything_preserved(const AsepEntry& entry) {
  if (entry.target_artifact || !entry.named_files.empty()) return true;
  const auto is_there = [](const ResolvedCommand& other) {
    return other.target_path() && other.target_existence() == Existence::exists;
  };
  return entry.command &&
         std::any_of(entry.command->others.begin(), entry.command->others.end(), is_there);
}

}  // namespace

Advice advice_for(std::string_view rule) {
  const auto* found = std::find_if(std::begin(kAdvice), std::end(kAdvice),
                                   [&](const auto& one) { return one.first == rule; });
  return found == std::end(kAdvice) ? kGeneral : found->second;
}

std::string next_step(const AsepEntry& entry, std::string_view rule) {
  const std::string_view advice = advice_for(rule).next;
  // The shortcut itself is preserved.
  const bool of_copy = advice.starts_with("The preserved") && rule != "shortcut_payload";
  if (!of_copy || is_anything_preserved(entry)) return std::string{advice};
  if (entry.target() == nullptr)
    return "The entry itself: which file its text leads to could not be told "
           "from the evidence, and none was preserved.";
  if (entry.command->target_existence() == Existence::missing)
    return "Deleted files of that path in the file system's records; traces of its execution. "
           "There "
           "is no file to preserve.";
  return "The target file on the host, of which no copy was made: its signature, version "
         "information and origin.";
}

}  // namespace hozen
