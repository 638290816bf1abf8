// Ports that command lines of SSH clients pass on. Sources: ssh(1); PuTTY's manual on Plink.
#include <algorithm>
#include <array>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/lateral.h"
#include "collector/module/ssh_client_row.h"

namespace hozen::ssh {
namespace {
using Text = std::string_view;

/// "plink-64" and "putty-0.78": the name of a client with its version or processor behind it.
bool is_variant_of_putty(Text stem) {
  constexpr Text kNames[] = {"plink", "putty", "kitty", "klink"};
  constexpr Text kBehind[] = {"", "x", "w", "bit", "arm"};  // "plink-x64", "putty-64bit"
  return std::any_of(std::begin(kNames), std::end(kNames), [&](Text name) {
    if (!starts_with_fold(stem, name)) return false;
    Text rest = stem.substr(name.size());
    while (!rest.empty()) {
      const std::size_t sign = std::min(rest.find_first_not_of("0123456789-_. ()"), rest.size());
      rest.remove_prefix(sign);
      const std::size_t letters = std::min(rest.find_first_of("0123456789-_. ()"), rest.size());
      if (!command_line::is_one_of(rest.substr(0, letters), kBehind)) return false;
      rest.remove_prefix(letters);
    }
    return true;
  });
}

}  // namespace

bool is_ssh_client(Text image, Text original_name, Text description) {
  constexpr Text kNames[] = {"ssh",    "plink",    "putty",   "kitty", "klink",  "kitty_portable",
                             "plinkw", "puttytel", "bitvise", "stnlc", "autossh"};
  constexpr Text kOriginals[] = {"Plink", "PuTTY", "KiTTY", "klink"};
  const std::string stem = command_line::tool_of(lateral::file_name(image));
  return command_line::is_one_of(stem, kNames) || is_variant_of_putty(stem) ||
         command_line::is_one_of(original_name, kOriginals) ||
         starts_with_fold(description, "Command-line SSH, Telnet") ||
         starts_with_fold(description, "SSH, Telnet, Rlogin");
}

namespace {

/// "user@host", and nothing that another program would have around an @.
bool is_account_at_host(Text word) {
  const std::size_t at = word.find('@');
  return at != Text::npos && at > 0 && at + 1 < word.size() &&
         word.find('@', at + 1) == Text::npos && word.front() != '-' &&
         word.find_first_of("=,/:;") == Text::npos;
}

/// "[address:]port:host:port", as -L and -R have it.
bool is_exact_forward(Text spec) {
  std::array<Text, 4> parts{};
  std::size_t count = 0;
  for (;; ++count) {
    if (count == parts.size()) return false;
    const std::size_t end = std::min(spec.find(':'), spec.size());
    parts.at(count) = spec.substr(0, end);
    if (end == spec.size()) break;
    spec.remove_prefix(end + 1);
  }
  const auto is_port = [](Text text) {
    constexpr std::size_t kDigits = 5;
    return !text.empty() && text.size() <= kDigits &&
           text.find_first_not_of("0123456789") == Text::npos;
  };
  return count >= 2 && is_port(parts.at(count)) && !parts.at(count - 1).empty() &&
         is_port(parts.at(count - 2));
}

bool fits_forward(char letter, Text spec) {
  if (letter == '\0' || spec.find_first_of("/,=@") != Text::npos ||
      spec.find_first_of("0123456789") == Text::npos)
    return false;
  const auto colons = std::count(spec.begin(), spec.end(), ':');
  const bool is_port = spec.find_first_not_of("0123456789") == Text::npos;
  return letter == 'L' ? colons >= 2 : is_port || colons >= (letter == 'R' ? 2 : 1);
}

}  // namespace

std::vector<std::string> forwards_in(Text line, bool is_client) {
  std::vector<std::string> forwards;
  const auto words = command_line::words_of(line);
  // Options of PuTTY's and OpenSSH's clients alone; an account at a host stands in other lines too.
  bool has_options = false, has_account = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Text word =
        command_line::bare(line.substr(words[i].begin, words[i].end - words[i].begin));
    has_options = has_options || word == "-pw" || word == "-ssh" || word == "-hostkey" ||
                  word == "StrictHostKeyChecking=no";
    has_account = has_account || word == "-N" || (i > 0 && is_account_at_host(word));
    if (word.size() < 2 || word[0] != '-' || word[1] == '-') continue;
    Text spec;
    char letter = '\0';
    if (Text{"RLD"}.find(word[1]) != Text::npos && word.size() > 2) {
      letter = word[1];
      spec = word.substr(2);
    } else if (Text{"RLD"}.find(word.back()) != Text::npos && word.size() < 8 &&
               i + 1 < words.size()) {
      letter = word.back();
      spec = command_line::bare(
          line.substr(words[i + 1].begin, words[i + 1].end - words[i + 1].begin));
    }
    if (fits_forward(letter, spec))
      forwards.push_back(std::string{letter} + " " + std::string{spec});
  }
  if (is_client || has_options) return forwards;
  if (!has_account) return {};
  // Under an unknown name an address and a port are not enough.
  std::erase_if(forwards, [](const std::string& forward) {
    return forward.starts_with('D') || !is_exact_forward(Text{forward}.substr(2));
  });
  return forwards;
}

bool is_to_administration(Text forward) {
  constexpr Text kPorts[] = {":3389", ":445", ":5985", ":5986", ":135", ":22", ":5900"};
  return std::any_of(std::begin(kPorts), std::end(kPorts),
                     [&](Text port) { return forward.ends_with(port); });
}

}  // namespace hozen::ssh
