// Sources: chisel's and fscan's own help texts; Microsoft, "Csvde"; Symantec and PwC on Cloud
// Hopper for where its lists were put.
#include "collector/module/tool_arguments.h"

#include <algorithm>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"

namespace hozen {
namespace {

using command_line::is_one_of;
using Text = std::string_view;
using Words = std::vector<Text>;

/// Longer lines are of no such tool.
constexpr std::size_t kMostWords = 64;

bool is_number(Text text) {
  constexpr std::size_t kDigits = 5;
  return !text.empty() && text.size() <= kDigits &&
         text.find_first_not_of("0123456789") == Text::npos;
}

/// "203.0.113.9:443", "https://x.example": where the other side listens.
bool is_server(Text word) {
  if (starts_with_fold(word, "http://") || starts_with_fold(word, "https://")) return true;
  const std::size_t colon = word.rfind(':');
  return colon != Text::npos && colon > 0 && is_number(word.substr(colon + 1)) &&
         word.substr(0, colon).find_first_of(":\\/=") == Text::npos;
}

/// "R:1080:socks", "1080:socks", "R:3389:127.0.0.1:3389", "socks".
bool is_remote(Text word) {
  const bool is_reverse = word.starts_with("R:");
  if (is_reverse) word.remove_prefix(2);
  std::vector<Text> parts;
  for (Text rest = word;;) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    parts.push_back(rest.substr(0, end));
    if (end == rest.size() || parts.size() > 4) break;
    rest.remove_prefix(end + 1);
  }
  if (parts.size() > 4) return false;
  const Text last = parts.back();
  if (last == "socks") return parts.size() == 1 || is_number(parts[parts.size() - 2]);
  return is_reverse && is_number(last.substr(0, last.find('/')));
}

bool is_chisel(const Words& words) {
  if (words.size() < 3) return false;
  if (words[1] == "server")
    return is_one_of("--reverse", words) && (is_one_of("-p", words) || is_one_of("--port", words));
  if (words[1] != "client") return false;
  const auto server = std::find_if(words.begin() + 2, words.end(), is_server);
  return server != words.end() && std::any_of(server + 1, words.end(), is_remote);
}

bool is_fscan(const Words& words) {
  constexpr Text kOwn[] = {"-nopoc", "-nobr", "-pocpath", "-pocname",
                           "-userf", "-pwdf", "-noredis"};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != "-h" && words[i] != "-hf") continue;
    const Text hosts = words[i + 1];
    const bool are_hosts =
        words[i] == "-hf" || (std::count(hosts.begin(), hosts.end(), '.') >= 3 &&
                              hosts.find_first_not_of("0123456789./-,") == Text::npos);
    if (are_hosts)
      return std::any_of(words.begin(), words.end(),
                         [&](Text word) { return is_one_of(word, kOwn); });
  }
  return false;
}

bool is_hidden_csvde(const Words& words) {
  if (command_line::tool_of(words[0]) != "csvde" || is_one_of("-i", words)) return false;
  constexpr Text kFolders[] = {"\\windows\\",       "\\perflogs\\",     "\\programdata\\",
                               "\\users\\public\\", "\\$recycle.bin\\", "%windir%\\",
                               "%systemroot%\\"};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (!equals_fold(words[i], "-f")) continue;
    const Text file = words[i + 1];
    // Where nobody keeps anything, whatever it is called.
    if (contains_fold(file, "\\perflogs\\") || contains_fold(file, "\\$recycle.bin\\")) return true;
    return !ends_with_fold(file, ".csv") && !ends_with_fold(file, ".txt") &&
           std::any_of(std::begin(kFolders), std::end(kFolders),
                       [&](Text folder) { return contains_fold(file, folder); });
  }
  return false;
}

}  // namespace

Text tool_by_arguments(Text line) {
  Words words;
  for (const command_line::Word& word : command_line::words_of(line)) {
    if (words.size() >= kMostWords) return {};
    words.push_back(command_line::bare(line.substr(word.begin, word.end - word.begin)));
  }
  if (words.empty()) return {};
  if (is_chisel(words)) return "Chisel";
  if (is_fscan(words)) return "fscan";
  return is_hidden_csvde(words) ? "Csvde" : Text{};
}

}  // namespace hozen
