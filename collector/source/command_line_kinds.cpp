// What a name says about the thing: URLs and file extensions.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

constexpr std::string_view kPrograms[] = {".exe", ".com", ".scr", ".pif"};
constexpr std::string_view kDlls[] = {".dll", ".ocx", ".cpl", ".ax", ".drv"};
constexpr std::string_view kScripts[] = {".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js",
                                         ".jse", ".wsf", ".wsh", ".hta", ".sct", ".wsc",
                                         ".inf", ".py",  ".pyw", ".psm1"};
constexpr std::string_view kDocuments[] = {".msc", ".lnk",  ".url",         ".msi",
                                           ".msp", ".chm",  ".html",        ".htm",
                                           ".jar", ".xbap", ".application", ".rdp"};
constexpr std::string_view kScriptSchemes[] = {
    "javascript:", "vbscript:", "jscript:", "about:", "data:"};

template <std::size_t N>
bool is_one_of(std::string_view extension, const std::string_view (&known)[N]) {
  return std::any_of(std::begin(known), std::end(known),
                     [&](std::string_view one) { return equals_fold(one, extension); });
}

}  // namespace

std::string_view kind_by_extension(std::string_view path, std::string_view otherwise) {
  const std::string_view extension = extension_of(path);
  if (is_one_of(extension, kPrograms)) return "program";
  if (is_one_of(extension, kDlls)) return "dll";
  if (is_one_of(extension, kScripts)) return "script";
  if (is_one_of(extension, kDocuments)) return "document";
  return otherwise;
}

bool has_program_extension(std::string_view path) {
  const std::string_view extension = extension_of(path);
  return is_one_of(extension, kPrograms) || is_one_of(extension, kDlls) ||
         is_one_of(extension, kScripts) || is_one_of(extension, kDocuments) ||
         equals_fold(extension, ".sys");
}

bool is_url(std::string_view text) {
  text = trim(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return false;  // one letter is a drive
  const auto is_scheme_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  };
  const std::string_view scheme = text.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(), is_scheme_character)) return false;
  if (text.substr(colon).starts_with("://")) return true;
  if (equals_fold(scheme, "file")) return text.substr(colon).starts_with(":/");
  // Schemes without an authority. A name with an extension is a stream: `x.txt:y`.
  constexpr std::string_view kPlain[] = {"ms-settings", "shell",    "search-ms", "ms-msdt",
                                         "mailto",      "ms-its",   "its",       "mk",
                                         "script",      "scriptlet"};
  return is_one_of(scheme, kPlain);
}

bool is_script_url(std::string_view text) {
  text = trim(text);
  return std::any_of(std::begin(kScriptSchemes), std::end(kScriptSchemes),
                     [&](std::string_view scheme) { return starts_with_fold(text, scheme); });
}

}  // namespace hozen::resolver
