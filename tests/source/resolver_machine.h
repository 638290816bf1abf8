// A small Windows for the tests of the command-line resolver: its variables and its files.
#pragma once

#include <initializer_list>
#include <map>
#include <set>
#include <string>

#include "collector/base/text.h"
#include "collector/source/command_line.h"

namespace hozen {

class ResolverMachine {
 public:
  ResolverMachine() {
    environment.set("SystemRoot", "C:\\Windows");
    environment.set("windir", "%SystemRoot%");
    environment.set("SystemDrive", "C:");
    environment.set("ComSpec", "%SystemRoot%\\system32\\cmd.exe");
    environment.set("ProgramFiles", "C:\\Program Files");
    environment.set("ProgramFiles(x86)", "C:\\Program Files (x86)");
    environment.set("ProgramData", "C:\\ProgramData");
    environment.set("APPDATA", "C:\\Users\\ann\\AppData\\Roaming");
    environment.set("TEMP", "C:\\Users\\ann\\AppData\\Local\\Temp");
    environment.set("PATH",
                    "%SystemRoot%\\system32;%SystemRoot%;\"C:\\Tools Dir\";;"
                    "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\");
    for (const char* name :
         {"cmd.exe",      "rundll32.exe", "regsvr32.exe", "mshta.exe",    "wscript.exe",
          "cscript.exe",  "msiexec.exe",  "svchost.exe",  "dllhost.exe",  "conhost.exe",
          "forfiles.exe", "pcalua.exe",   "schtasks.exe", "control.exe",  "shell32.dll",
          "url.dll",      "scrobj.dll",   "comsvcs.dll",  "odbcconf.exe", "runas.exe",
          "userinit.exe", "notepad.exe",  "ping.exe",     "timeout.exe",  "more.com",
          "advpack.dll",  "pcwutl.dll"}) {
      add(std::string{"C:\\Windows\\System32\\"} + name);
    }
    add("C:\\Windows\\explorer.exe");
    add("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe");
    add("C:\\Windows\\SysWOW64\\rundll32.exe");
    add("C:\\Windows\\SysWOW64\\cmd.exe");
  }

  ResolverMachine& add(std::string_view path) {
    files_.insert(fold_case(path));
    return *this;
  }

  ResolverContext context() const {
    ResolverContext context;
    context.environment = &environment;
    context.file_exists = [this](const EvidencePath& path) {
      if (path.volume() != "C:") return Existence::unknown;
      return files_.contains(path.folded()) ? Existence::exists : Existence::missing;
    };
    context.app_path = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = app_paths.find(fold_case(name));
      if (found == app_paths.end()) return std::nullopt;
      return found->second;
    };
    return context;
  }

  ResolvedCommand resolve(std::string_view command_line) const {
    return resolve_command_line(command_line, context());
  }

  Environment environment;
  std::map<std::string, std::string> app_paths;  ///< by folded name

 private:
  std::set<std::string> files_;
};

inline std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) (out += out.empty() ? "" : ", ") += text;
  return out;
}

inline std::string host_names(const ResolvedCommand& command) {
  std::string out;
  for (const HostProgram& host : command.hosts) (out += out.empty() ? "" : " ") += host.name;
  return out;
}

}  // namespace hozen
