// rundll32.exe DLL,Export arguments; and the exports that start something else.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

enum class Starts : std::uint8_t {
  command,     ///< the arguments are a command line
  file,        ///< the arguments are one file or URL, handed to its program
  cpl,         ///< a control panel item, with its arguments behind a comma
  inf,         ///< file.inf,section,…
  inf_last,    ///< section flags file.inf
  script_url,  ///< a script in the arguments
  dump,        ///< memory of a process
};

struct Export {
  std::string_view dll;   ///< stem; "" for any
  std::string_view name;  ///< a prefix: A, W and Ex forms follow it
  Starts starts;
};

constexpr Export kExports[] = {
    {"url", "FileProtocolHandler", Starts::file},
    {"url", "OpenURL", Starts::file},
    {"url", "TelnetProtocolHandler", Starts::file},
    {"ieframe", "OpenURL", Starts::file},
    {"shdocvw", "OpenURL", Starts::file},
    {"davclnt", "DavSetCookie", Starts::file},
    {"dfshim", "ShOpenVerbApplication", Starts::file},
    {"desk", "InstallScreenSaver", Starts::file},
    {"scrobj", "GenerateTypeLib", Starts::file},
    {"shell32", "ShellExec_RunDLL", Starts::command},
    {"shell32", "Control_RunDLL", Starts::cpl},
    {"pcwutl", "LaunchApplication", Starts::command},
    {"zipfldr", "RouteTheCall", Starts::command},
    {"advpack", "RegisterOCX", Starts::command},
    {"ieadvpack", "RegisterOCX", Starts::command},
    {"advpack", "LaunchINFSection", Starts::inf},
    {"ieadvpack", "LaunchINFSection", Starts::inf},
    {"setupapi", "InstallHinfSection", Starts::inf_last},
    {"syssetup", "SetupInfObjectInstallAction", Starts::inf_last},
    {"mshtml", "RunHTMLApplication", Starts::script_url},
    {"comsvcs", "MiniDump", Starts::dump},
    {"comsvcs", "#24", Starts::dump},
};

struct Call {
  std::string dll;
  std::string export_name;
  std::string_view arguments;
};

/// Takes `DLL,Export arguments` (or `DLL Export arguments`) apart.
Call take_call(Resolution& resolution, std::string_view text) {
  Call call;
  text = trim(text);
  if (text.starts_with('"')) {
    const std::size_t end = std::min(text.find('"', 1), text.size());
    call.dll = trim(text.substr(1, end - 1));
    text.remove_prefix(std::min(end + 1, text.size()));
    // "x.dll,Export" inside one pair of quotes.
    const std::size_t comma = call.dll.find(',');
    if (comma != std::string::npos && trim(text).find_first_of(',') != 0) {
      call.export_name = trim(std::string_view{call.dll}.substr(comma + 1));
      call.dll.resize(comma);
      call.arguments = trim(text);
      return call;
    }
  } else {
    std::size_t end = text.find_first_of(", \t");
    const std::size_t comma = text.find(',');
    if (end != comma && comma != std::string_view::npos) {
      // A path with spaces and no quotes does not load, unless it is the file that exists.
      const std::string_view longer = trim(text.substr(0, comma));
      if (!has_program_extension(text.substr(0, end)) && has_program_extension(longer)) {
        resolution.step("unquoted DLL path with spaces: taken up to the comma");
        end = comma;
      }
    }
    call.dll = text.substr(0, end);
    text.remove_prefix(std::min(end, text.size()));
  }
  text = trim(text);
  if (text.starts_with(',')) text = trim(text.substr(1));
  call.export_name = first_word(text);
  call.arguments = trim(text.substr(call.export_name.size()));
  return call;
}

std::string_view stem_of(std::string_view path) {
  const std::string_view name = file_name_of(path);
  return name.substr(0, name.rfind('.'));
}

/// "#24" of "#+24", "#024" and "#65560": rundll32 reads what stands behind # as a number, of which
/// the low 16 bits are the ordinal. Nothing for a name.
std::optional<std::string> ordinal_of(std::string_view export_name) {
  if (!export_name.starts_with('#')) return std::nullopt;
  std::string_view digits = export_name.substr(1);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::uint16_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') break;
    number = static_cast<std::uint16_t>(number * 10u + static_cast<unsigned>(c - '0'));
  }
  return '#' + std::to_string(negative ? static_cast<std::uint16_t>(0x10000u - number) : number);
}

const Export* find_export(const Call& call) {
  const auto ordinal = ordinal_of(call.export_name);
  const auto found =
      std::find_if(std::begin(kExports), std::end(kExports), [&](const Export& known) {
        return equals_fold(known.dll, stem_of(call.dll)) &&
               (ordinal ? known.name == *ordinal : starts_with_fold(call.export_name, known.name));
      });
  return found == std::end(kExports) ? nullptr : found;
}

void run_file(Resolution& resolution, std::string_view text) {
  const std::string_view target = unquote(text);
  if (is_script_url(target)) {
    resolution.flag(command_flag::kScriptUrl);
    resolution.set_payload_text("inline", target);
  } else {
    resolution.set_payload_url_or_file(kind_by_extension(target, "document"), target);
  }
}

/// The part of a list that is the INF file.
void run_inf(Resolution& resolution, std::string_view text, bool last) {
  std::string_view file;
  if (last) {
    // "Section 128 C:\path with spaces\x.inf"
    for (int words = 0; words < 2; ++words) text = trim(text.substr(first_word(text).size()));
    file = text;
  } else {
    file = take_until(text, ",");
  }
  resolution.set_payload_url_or_file("script", file);
}

bool run_export(Resolution& resolution, const Call& call, const Export& known) {
  if (known.starts != Starts::dump && trim(call.arguments).empty()) return false;
  const FoundFile dll = resolution.find_file(call.dll, Lookup::dll);
  resolution.out().export_name = call.export_name;
  if (known.starts == Starts::dump) {
    resolution.flag(command_flag::kMemoryDump);
    resolution.step("writes the memory of a process to a file");
    return false;
  }
  resolution.step(call.export_name + " of " + dll.text + " starts what its arguments name");
  std::string name{file_name_of(dll.text)};
  if (name.find('.') == std::string::npos) name += ".dll";
  resolution.push_host(name, dll);
  switch (known.starts) {
    case Starts::command:
      resolution.run_command(call.arguments);
      return true;
    case Starts::file:
      run_file(resolution, call.arguments);
      return true;
    case Starts::cpl: {
      std::string_view rest = call.arguments;
      const std::string_view file = take_until(rest, ",");
      resolution.set_payload_file("dll", unquote(file), Lookup::exact, rest);
      return true;
    }
    case Starts::inf:
    case Starts::inf_last:
      run_inf(resolution, call.arguments, known.starts == Starts::inf_last);
      return true;
    case Starts::script_url:
      resolution.flag(command_flag::kScriptUrl);
      resolution.set_payload_text("inline", call.arguments);
      return true;
    case Starts::dump:
      break;
  }
  return false;
}

}  // namespace

bool unwrap_rundll32(Resolution& resolution, std::string_view arguments) {
  const std::string_view text = trim(arguments);
  if (text.empty()) return false;
  if (is_script_url(unquote(text))) {
    resolution.flag(command_flag::kScriptUrl);
    resolution.set_payload_text("inline", unquote(text));
    return true;
  }
  if (is_switch(text)) {
    // -sta {CLSID} and -localserver {CLSID} load the class's server.
    const std::string_view word = first_word(text);
    const std::string_view rest = trim(text.substr(word.size()));
    if (rest.starts_with('{')) {
      resolution.set_payload_text("com_server", first_word(rest));
      return true;
    }
    return !rest.empty() && unwrap_rundll32(resolution, rest);
  }
  const Call call = take_call(resolution, text);
  if (call.dll.empty()) return false;
  if (const Export* known = find_export(call)) {
    if (run_export(resolution, call, *known)) return true;
  }
  resolution.out().export_name = call.export_name;
  if (!call.export_name.empty()) resolution.step("export: " + call.export_name);
  resolution.set_payload_file("dll", call.dll, Lookup::dll, call.arguments);
  return true;
}

}  // namespace hozen::resolver
