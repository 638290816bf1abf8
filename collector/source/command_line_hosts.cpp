// Programs that run something else: how each names it.
#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {

bool run_rest(Resolution& resolution, std::string_view text, const Arguments& arguments,
              std::size_t index) {
  const std::string_view rest = rest_from(text, arguments, index);
  if (rest.empty()) return false;
  // A whole command inside one pair of quotes: runas "x -y".
  const bool one_quoted = index + 1 == arguments.size() && arguments[index].quoted;
  resolution.run_command(one_quoted ? std::string_view{arguments[index].text} : rest);
  return true;
}

bool run_behind(Resolution& resolution, std::string_view text,
                std::initializer_list<std::string_view> names) {
  const Arguments arguments = split_arguments(text);
  const auto index = find_switch(arguments, names);
  if (!index || *index + 1 >= arguments.size()) return false;
  resolution.run_command(arguments[*index + 1].quoted ? std::string_view{arguments[*index + 1].text}
                                                      : rest_from(text, arguments, *index + 1));
  return true;
}

namespace {

/// The first argument that is no switch is a file (or URL); what follows are its arguments.
bool first_is_file(Resolution& resolution, std::string_view text, std::string_view kind) {
  const Arguments arguments = split_arguments(text);
  const auto index = first_plain(arguments);
  if (!index) return false;
  resolution.set_payload_url_or_file(kind, arguments[*index].text,
                                     rest_from(text, arguments, *index + 1));
  return true;
}

bool first_is_document(Resolution& resolution, std::string_view text) {
  return first_is_file(resolution, text, "document");
}

bool first_is_script(Resolution& resolution, std::string_view text) {
  return first_is_file(resolution, text, "script");
}

bool last_is_dll(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto index = last_plain(arguments);
  if (!index) return false;
  resolution.set_payload_file("dll", arguments[*index].text, Lookup::dll);
  return true;
}

bool last_is_script(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto index = last_plain(arguments);
  if (!index) return false;
  resolution.set_payload_url_or_file("script", arguments[*index].text);
  return true;
}

bool rest_is_command(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  return run_rest(resolution, text, arguments, 0);
}

bool unwrap_regsvr32(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto dll = last_plain(arguments);
  const auto install = find_switch(arguments, {"i"});
  const std::string_view scriptlet =
      install ? unquote(glued_value(arguments[*install].text)) : std::string_view{};
  if (!scriptlet.empty()) {
    const bool script_object =
        dll && starts_with_fold(file_name_of(arguments[*dll].text), "scrobj");
    if (is_url(scriptlet)) resolution.flag(command_flag::kRemoteScriptlet);
    if (is_url(scriptlet) || script_object) {
      resolution.step("the scriptlet given with /i runs");
      resolution.set_payload_url_or_file("script", scriptlet);
      return true;
    }
  }
  if (!dll) return false;
  resolution.set_payload_file("dll", arguments[*dll].text, Lookup::dll);
  return true;
}

bool unwrap_mshta(Resolution& resolution, std::string_view text) {
  const std::string_view target = unquote(text);
  if (target.empty()) return false;
  if (is_script_url(target)) {
    resolution.flag(command_flag::kScriptUrl);
    resolution.set_payload_text("inline", target);
    return true;
  }
  if (is_url(target) && !starts_with_fold(target, "file:")) {
    resolution.set_payload_url_or_file("script", first_word(target));
    return true;
  }
  const Program script = resolution.take_program(text);
  resolution.set_payload_file("script", script.file.text, Lookup::exact, script.arguments);
  return true;
}

bool unwrap_script_host(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto engine = find_switch(arguments, {"e"});
  if (engine) {
    resolution.flag(command_flag::kScriptEngineOverride);
    resolution.step("script engine: " + std::string{glued_value(arguments[*engine].text)});
  }
  return first_is_file(resolution, text, "script");
}

bool unwrap_svchost(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  auto index = find_switch(arguments, {"s"});
  if (!index) index = find_switch(arguments, {"k"});
  if (!index || *index + 1 >= arguments.size()) return false;
  resolution.step("its DLL is the ServiceDll of the service or of each service of the group");
  resolution.set_payload_text("service", arguments[*index + 1].text);
  return true;
}

bool unwrap_dllhost(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto index = find_switch(arguments, {"processid"});
  if (!index) return false;
  const std::string_view id = glued_value(arguments[*index].text);
  if (id.empty()) return false;
  resolution.step("its DLL is that of the class whose AppID this is");
  resolution.set_payload_text("com_server", id);
  return true;
}

bool unwrap_conhost(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i].text;
    if (equals_fold(argument, "--headless")) resolution.flag(command_flag::kHiddenWindow);
    const bool takes_value = is_any_of(
        argument, {"--width", "--height", "--signal", "--server", "--feature", "--vtmode"});
    if (takes_value) ++i;
    if (takes_value || is_switch(argument) || starts_with_fold(argument, "0x")) continue;
    return run_rest(resolution, text, arguments, i);
  }
  return false;
}

bool unwrap_forfiles(Resolution& resolution, std::string_view text) {
  return run_behind(resolution, text, {"c"});
}

bool unwrap_scriptrunner(Resolution& resolution, std::string_view text) {
  return run_behind(resolution, text, {"appvscript"});
}

bool unwrap_pcalua(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto index = find_switch(arguments, {"a"});
  if (!index || *index + 1 >= arguments.size()) return false;
  std::string command = "\"" + arguments[*index + 1].text + "\"";
  if (const auto more = find_switch(arguments, {"c"}))
    (command += ' ') += rest_from(text, arguments, *more + 1);
  resolution.run_command(command);
  return true;
}

bool unwrap_explorer(Resolution& resolution, std::string_view text) {
  // Its switches are separated by commas: /e,/root,"C:\x".
  for (std::string_view left = text; !left.empty();) {
    const std::string_view part = trim(take_until(left, ","));
    if (part.empty() || part.starts_with('/')) continue;
    std::string_view target = unquote(part);
    if (starts_with_fold(target, "::{") || starts_with_fold(target, "shell:")) {
      resolution.set_payload_text("com_server", target);
    } else {
      resolution.set_payload_url_or_file(kind_by_extension(target, "document"), target);
    }
    return true;
  }
  return false;
}

bool unwrap_control(Resolution& resolution, std::string_view text) {
  std::string_view target = trim(text);
  if (target.empty() || is_switch(target)) return false;
  const std::string_view file = target.starts_with('"')
                                    ? unquote(target.substr(0, target.find('"', 1)))
                                    : take_until(target, ",");
  if (!ends_with_fold(trim(file), ".cpl") && file.find_first_of("\\/") == std::string_view::npos)
    return false;  // `control printers` and other names of its own
  resolution.set_payload_file("dll", file, Lookup::exact);
  return true;
}

bool unwrap_runas(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  const auto index = first_plain(arguments);
  return index && run_rest(resolution, text, arguments, *index);
}

bool unwrap_work_folders(Resolution& resolution, std::string_view) {
  resolution.step("starts control.exe of the current folder");
  resolution.flag(command_flag::kRelativePath);
  resolution.set_payload_file("program", "control.exe", Lookup::exact);
  return true;
}

struct HostRule {
  std::string_view name;  ///< file name without .exe, lower case
  Unwrap unwrap;
};

constexpr HostRule kHosts[] = {
    {"cmd", unwrap_cmd},
    {"powershell", unwrap_powershell},
    {"pwsh", unwrap_pwsh},
    {"rundll32", unwrap_rundll32},
    {"regsvr32", unwrap_regsvr32},
    {"mshta", unwrap_mshta},
    {"wscript", unwrap_script_host},
    {"cscript", unwrap_script_host},
    {"msiexec", unwrap_msiexec},
    {"svchost", unwrap_svchost},
    {"dllhost", unwrap_dllhost},
    {"conhost", unwrap_conhost},
    {"forfiles", unwrap_forfiles},
    {"scriptrunner", unwrap_scriptrunner},
    {"pcalua", unwrap_pcalua},
    {"pcwrun", rest_is_command},
    {"explorer", unwrap_explorer},
    {"schtasks", unwrap_schtasks},
    {"wmic", unwrap_wmic},
    {"msbuild", first_is_script},
    {"installutil", last_is_dll},
    {"regasm", last_is_dll},
    {"regsvcs", last_is_dll},
    {"odbcconf", unwrap_odbcconf},
    {"control", unwrap_control},
    {"hh", first_is_document},
    {"mmc", first_is_document},
    {"java", unwrap_java},
    {"javaw", unwrap_java},
    {"python", unwrap_interpreter},
    {"pythonw", unwrap_interpreter},
    {"py", unwrap_interpreter},
    {"pyw", unwrap_interpreter},
    {"node", unwrap_interpreter},
    {"perl", unwrap_interpreter},
    {"ruby", unwrap_interpreter},
    {"php", unwrap_interpreter},
    {"autoit3", first_is_script},
    {"autohotkey", first_is_script},
    {"at", unwrap_at},
    {"runas", unwrap_runas},
    {"cmstp", last_is_script},
    {"infdefaultinstall", first_is_script},
    {"presentationhost", first_is_document},
    {"syncappvpublishingserver", unwrap_appv_publishing},
    {"workfolders", unwrap_work_folders},
    {"certutil", unwrap_downloader},
    {"bitsadmin", unwrap_downloader},
};

}  // namespace

Unwrap find_host(std::string_view file_name) {
  if (ends_with_fold(file_name, ".exe")) file_name.remove_suffix(4);
  const auto rule = std::find_if(std::begin(kHosts), std::end(kHosts), [&](const HostRule& host) {
    return equals_fold(host.name, file_name);
  });
  return rule == std::end(kHosts) ? nullptr : rule->unwrap;
}

}  // namespace hozen::resolver
