// Programs that take what they run from switches of their own: installers, task and process tools,
// interpreters.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {

bool unwrap_msiexec(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  constexpr std::string_view kNames[] = {"package", "update", "uninstall", "i", "a", "p",
                                         "y",       "z",      "x",         "f", "j"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!is_switch(arguments[i].text)) continue;
    const std::string_view given = switch_name(arguments[i].text);
    // The long names first, then one letter with its options or value glued to it.
    for (const std::string_view name : kNames) {
      if (!starts_with_fold(given, name)) continue;
      std::string_view value = given.substr(name.size());
      const bool options = name == "f" || name == "j" || value.empty();
      if (options) {
        if (i + 1 >= arguments.size()) return false;
        value = arguments[i + 1].text;
      } else if (value.find_first_of("\\/.{:") == std::string_view::npos) {
        break;  // /passive and the like
      }
      if (value.starts_with('{')) {
        resolution.set_payload_text("product", value);
      } else if (name == "y" || name == "z") {
        resolution.set_payload_file("dll", value, Lookup::dll);
      } else {
        resolution.set_payload_url_or_file("document", value);
      }
      return true;
    }
  }
  return false;
}

bool unwrap_schtasks(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  if (find_switch(arguments, {"s"})) resolution.flag(command_flag::kRemoteHost);
  if (find_switch(arguments, {"create", "change"})) return run_behind(resolution, text, {"tr"});
  const auto name = find_switch(arguments, {"tn"});
  if (!find_switch(arguments, {"run"}) || !name || *name + 1 >= arguments.size()) return false;
  resolution.set_payload_text("task", arguments[*name + 1].text);
  return true;
}

bool unwrap_wmic(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  if (find_switch(arguments, {"node"})) resolution.flag(command_flag::kRemoteHost);
  for (std::size_t i = 0; i + 3 < arguments.size(); ++i) {
    if (!equals_fold(arguments[i].text, "process") || !equals_fold(arguments[i + 1].text, "call") ||
        !starts_with_fold(arguments[i + 2].text, "create"))
      continue;
    const Argument& command = arguments[i + 3];
    resolution.run_command(command.quoted ? std::string_view{command.text}
                                          : rest_from(text, arguments, i + 3));
    return true;
  }
  const auto format = find_switch(arguments, {"format"});
  if (!format) return false;
  const std::string_view sheet = unquote(glued_value(arguments[*format].text));
  if (sheet.find_first_of("\\/.") == std::string_view::npos) return false;
  resolution.step("the style sheet given with /format may hold script");
  resolution.set_payload_url_or_file("script", sheet);
  return true;
}

bool unwrap_odbcconf(Resolution& resolution, std::string_view text) {
  std::string_view action = text;
  for (std::size_t at = action.find('{'); at != std::string_view::npos; at = action.find('{')) {
    action.remove_prefix(at + 1);
    const std::string_view inside = trim(action.substr(0, action.find('}')));
    if (!starts_with_fold(inside, "REGSVR")) continue;
    resolution.set_payload_file("dll", unquote(inside.substr(6)), Lookup::dll);
    return true;
  }
  const Arguments arguments = split_arguments(text);
  const auto file = find_switch(arguments, {"f"});
  if (!file || *file + 1 >= arguments.size()) return false;
  resolution.set_payload_file("script", arguments[*file + 1].text, Lookup::exact);
  return true;
}

namespace {

/// A class by name: it comes from one of the archives of the class path.
void run_class(Resolution& resolution, std::string_view class_path, std::string_view class_name) {
  bool has_archive = false;
  while (!class_path.empty()) {
    const std::size_t end = std::min(class_path.find(';'), class_path.size());
    const std::string_view entry = trim(class_path.substr(0, end));
    class_path.remove_prefix(std::min(end + 1, class_path.size()));
    if (!ends_with_fold(entry, ".jar") && !ends_with_fold(entry, ".zip")) continue;
    if (has_archive) {
      resolution.add_other("\"" + std::string{entry} + "\"");
    } else {
      resolution.set_payload_file("program", entry, Lookup::exact, class_name);
    }
    has_archive = true;
  }
  if (!has_archive) resolution.set_payload_text("inline", class_name);
}

/// "-javaagent:file=options": loaded before the program.
void note_java_agents(Resolution& resolution, const Arguments& arguments) {
  for (const Argument& argument : arguments)
    for (const std::string_view name : {"-javaagent:", "-agentpath:"}) {
      if (!argument.text.starts_with(name)) continue;
      const std::string_view agent = std::string_view{argument.text}.substr(name.size());
      resolution.step("loads " + std::string{agent} + " before the program");
      resolution.add_other("\"" + std::string{agent.substr(0, agent.find('='))} + "\"");
    }
}

}  // namespace

bool unwrap_java(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  note_java_agents(resolution, arguments);
  const auto jar = find_switch(arguments, {"jar"});
  if (jar && *jar + 1 < arguments.size()) {
    resolution.set_payload_file("program", arguments[*jar + 1].text, Lookup::exact,
                                rest_from(text, arguments, *jar + 2));
    return true;
  }
  std::string_view class_path;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (is_any_of(arguments[i].text, {"-cp", "-classpath", "--class-path"})) {
      if (++i < arguments.size()) class_path = arguments[i].text;
    } else if (!is_switch(arguments[i].text)) {
      run_class(resolution, class_path, rest_from(text, arguments, i));
      return true;
    }
  }
  return false;
}

/// python x.py, node x.js, …: -c and -e hold the script itself.
bool unwrap_interpreter(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i].text;
    if (is_any_of(argument, {"-c", "-e", "-p", "-r", "--eval", "-m"})) {
      const std::string_view rest = rest_from(text, arguments, i + 1);
      if (rest.empty()) return false;
      resolution.set_payload_text("inline", rest);
      return true;
    }
    if (argument.starts_with('-')) continue;
    resolution.set_payload_url_or_file("script", argument, rest_from(text, arguments, i + 1));
    return true;
  }
  return false;
}

bool unwrap_at(Resolution& resolution, std::string_view text) {
  const Arguments arguments = split_arguments(text);
  std::size_t i = 0;
  if (i < arguments.size() && arguments[i].text.starts_with("\\\\")) {
    resolution.flag(command_flag::kRemoteHost);
    ++i;
  }
  if (i >= arguments.size() || arguments[i].text.find(':') == std::string::npos) return false;
  ++i;  // the time of day
  while (i < arguments.size() && is_switch(arguments[i].text)) ++i;
  return run_rest(resolution, text, arguments, i);
}

bool unwrap_appv_publishing(Resolution& resolution, std::string_view text) {
  // Its argument is put into a PowerShell command; what stands behind `;` runs.
  const std::string_view argument = unquote(text);
  const std::size_t semicolon = argument.find(';');
  if (semicolon == std::string_view::npos) return false;
  run_powershell_text(resolution, argument.substr(semicolon + 1));
  return true;
}

/// certutil and bitsadmin: a URL among the arguments is fetched.
bool unwrap_downloader(Resolution& resolution, std::string_view text) {
  for (const Argument& argument : split_arguments(text)) {
    if (!is_url(argument.text) || starts_with_fold(argument.text, "file:")) continue;
    resolution.flag(command_flag::kDownload);
    resolution.set_payload_url_or_file("url", argument.text);
    return true;
  }
  return false;
}

}  // namespace hozen::resolver
