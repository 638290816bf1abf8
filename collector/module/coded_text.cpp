#include "collector/module/coded_text.h"

#include <algorithm>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/web_attacks.h"

namespace hozen::coded_text {
namespace {

constexpr std::size_t kShortest = 8, kLongest = 8192;

/// Six bits of a character of Base64, also of that for addresses; 64 for others.
unsigned base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26u;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52u;
  if (c == '+' || c == '-' || c == ' ') return 62;
  return c == '/' || c == '_' ? 63 : 64;
}

bool is_readable(unsigned byte) {
  return (byte >= 0x20 && byte <= 0x7E) || byte == '\t' || byte == '\r' || byte == '\n';
}

/// At its beginning, as a word of its own.
bool begins_as(std::string_view text, std::string_view command) {
  if (!text.starts_with(command)) return false;
  constexpr std::string_view kOpen = "\\-";  // of "dir c:\" and "certutil -"
  return text.size() == command.size() || kOpen.find(command.back()) != std::string_view::npos ||
         text[command.size()] == ' ' || text[command.size()] == '\r' ||
         text[command.size()] == '\n';
}

}  // namespace

std::string readable(std::string_view value) {
  while (value.ends_with('=')) value.remove_suffix(1);
  if (value.size() < kShortest || value.size() > kLongest) return {};
  std::string text;
  unsigned bits = 0, have = 0;
  for (const char c : value) {
    const unsigned six = base64_value(c);
    if (six == 64) return {};
    bits = (bits << 6 | six) & 0xFFFFu;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    const unsigned byte = bits >> have & 0xFFu;
    if (!is_readable(byte)) return {};
    text += static_cast<char>(byte);
  }
  return text;
}

std::string readable_parameter(std::string_view value) {
  // Logs have parameters by the million: most are none of it by their length or one character.
  if (value.size() < kShortest) return {};
  bool is_coded = false;
  for (const char c : value) {
    is_coded = is_coded || c == '%';
    if (c != '%' && c != '=' && base64_value(c) == 64) return {};
  }
  return is_coded ? readable(decoded_request_text(value)) : readable(value);
}

bool may_be_command(std::string_view text) {
  return text.find_first_of(" \\/") != std::string_view::npos;
}

bool is_no_address(std::string_view text) {
  if (text.find_first_of(" \\") == std::string_view::npos) return false;
  constexpr std::string_view kBegins[] = {"/", "http", "{", "[", "<", "?", "&", "a:", "O:"};
  return std::none_of(std::begin(kBegins), std::end(kBegins),
                      [&](std::string_view begin) { return text.starts_with(begin); });
}

bool is_command(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  // Functions that programs in pages call, and nobody's text has.
  constexpr std::string_view kCode[] = {"eval(",
                                        "ini_set(",
                                        "set_time_limit(",
                                        "system(",
                                        "passthru(",
                                        "shell_exec(",
                                        "proc_open(",
                                        "base64_decode(",
                                        "file_put_contents(",
                                        "response.write(",
                                        "response.end",
                                        "server.createobject(",
                                        "wscript.shell",
                                        "getruntime().exec",
                                        "processbuilder(",
                                        "processstartinfo",
                                        "cmd /c ",
                                        "cmd.exe /c ",
                                        "powershell -",
                                        "powershell.exe -",
                                        "/bin/sh -c",
                                        "/bin/bash -c"};
  if (std::any_of(std::begin(kCode), std::end(kCode),
                  [&](std::string_view one) { return lower.find(one) != std::string::npos; }))
    return true;
  constexpr std::string_view kCommands[] = {
      "whoami",       "ipconfig",        "tasklist",       "systeminfo", "quser",
      "net user",     "net group",       "net localgroup", "net view",   "net use",
      "netstat -ano", "nltest",          "dir c:\\",       "type c:\\",  "certutil -",
      "uname -a",     "cat /etc/passwd", "dir d:\\",       "reg query",  "wmic process"};
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&](std::string_view one) { return begins_as(lower, one); });
}

bool is_long_code(std::string_view value) {
  constexpr std::size_t kLong = 80;
  while (value.ends_with('=')) value.remove_suffix(1);
  if (value.size() < kLong) return false;
  return std::all_of(value.begin(), value.end(), [](char c) { return base64_value(c) != 64; }) &&
         value.find(' ') == std::string_view::npos;
}

}  // namespace hozen::coded_text
