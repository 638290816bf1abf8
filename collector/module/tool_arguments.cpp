// Sources: the help texts of chisel, fscan, HTran (lcx), EarthWorm (ew), gost, frp, npc and AdFind;
// Microsoft, "Csvde", "Ldifde", "Dsquery *"; Symantec and PwC on Cloud Hopper for where its lists
// were put.
#include "collector/module/tool_arguments.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/staging_place.h"

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

/// -listen port port; -tran port host port; -slave host port host port. Its kin takes
/// -m method -p1 port -p2 port.
bool is_htran(const Words& words) {
  const auto number_at = [&](std::size_t i) { return i < words.size() && is_number(words[i]); };
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (equals_fold(words[i], "-listen") && number_at(i + 1) && number_at(i + 2)) return true;
    if (equals_fold(words[i], "-tran") && number_at(i + 1) && number_at(i + 3)) return true;
    if (equals_fold(words[i], "-slave") && number_at(i + 2) && number_at(i + 4)) return true;
    const bool is_method = equals_fold(words[i], "-m") || equals_fold(words[i], "-method");
    if (!is_method || !number_at(i + 1)) continue;
    const auto has_port = [&](Text name) {
      const auto found = std::find(words.begin(), words.end(), name);
      return found != words.end() && found + 1 != words.end() && is_number(*(found + 1));
    };
    if (has_port("-p1") && has_port("-p2")) return true;
  }
  return false;
}

bool is_earthworm(const Words& words) {
  constexpr Text kKinds[] = {"ssocksd",   "rcsocks",    "rssocks",
                             "lcx_slave", "lcx_listen", "lcx_tran"};
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (words[i] == "-s" && is_one_of(words[i + 1], kKinds)) return true;
  return false;
}

/// gost -L=socks5://:1080 -F=relay+wss://203.0.113.9:443.
bool is_gost(const Words& words) {
  constexpr Text kOwn[] = {"socks4", "socks4a", "socks5", "relay",  "forward", "ss",
                           "mws",    "mwss",    "mtls",   "rtcp",   "rudp",    "sshd",
                           "kcp",    "quic",    "h2",     "h2c",    "obfs4",   "redirect",
                           "sni",    "ohttp",   "socks",  "phantom"};
  bool listens = false, forwards = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const Text word = words[i];
    const bool is_listener = word.starts_with("-L");
    if (!is_listener && !word.starts_with("-F")) continue;
    const bool is_joined = word.size() > 2 && word[2] == '=';
    if (!is_joined && word.size() != 2) continue;
    const Text value = is_joined ? word.substr(3) : i + 1 < words.size() ? words[i + 1] : Text{};
    const std::size_t end = value.find("://");
    const Text scheme = value.substr(0, std::min(end, value.size()));
    const bool is_own = end != Text::npos && is_one_of(scheme.substr(0, scheme.find('+')), kOwn);
    if (is_own && is_listener) return true;
    // -L=:8080 and -F=http://...: of no client of SSH and no curl.
    const bool is_node =
        is_own || (is_joined && (end != Text::npos || is_server(value) ||
                                 (value.starts_with(':') && is_number(value.substr(1)))));
    (is_listener ? listens : forwards) = is_node || (is_listener ? listens : forwards);
  }
  return listens && forwards;
}

/// frpc -c frpc.ini: the file keeps its name where the program does not.
bool is_frp(const Words& words) {
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != "-c") continue;
    Text name = words[i + 1];
    name.remove_prefix(std::min(name.find_last_of("\\/") + 1, name.size()));
    for (const Text known : {"frpc.ini", "frpc.toml", "frps.ini", "frps.toml"})
      if (equals_fold(name, known)) return true;
  }
  return false;
}

/// npc -server=203.0.113.9:8024 -vkey=...
bool is_npc(const Words& words) {
  const auto has = [&](Text begin) {
    return std::any_of(words.begin(), words.end(),
                       [&](Text word) { return word.starts_with(begin); });
  };
  return has("-server=") && has("-vkey=");
}

/// How a file is called that a list was written to.
CalledAs list_written(Text tool, std::string file, Text folder) {
  std::replace(file.begin(), file.end(), '/', '\\');
  bool is_whole =
      file.starts_with('\\') || file.starts_with('%') || (file.size() > 1 && file[1] == ':');
  if (!is_whole && !folder.empty()) {
    is_whole = true;
    file = std::string{folder} + (folder.ends_with('\\') ? "" : "\\") + file;
  }
  for (const Text windows : {"%windir%", "%systemroot%"})
    if (starts_with_fold(file, windows)) file = "C:\\Windows" + file.substr(windows.size());
  constexpr Text kLists[] = {".csv", ".txt", ".ldf", ".ldif", ".xls", ".xlsx"};
  const bool is_list = std::any_of(std::begin(kLists), std::end(kLists),
                                   [&](Text end) { return ends_with_fold(file, end); });
  const auto place = staging_place(file);
  if (contains_fold(file, "\\programdata\\") && !is_list) return {tool, false};
  if (!place) {
    // In their own folders administrators keep lists of what they look after.
    const bool is_own = contains_fold(file, "\\users\\") && is_list;
    return is_own || !is_whole ? CalledAs{} : CalledAs{tool, true};
  }
  const bool is_where_nobody_works = place->kind == StagingKind::hidden && !place->is_of_windows;
  return {tool, is_list && !is_where_nobody_works};
}

/// Lists of accounts and hosts that the tools of Windows write out of Active Directory.
CalledAs list_of_directory(const Words& words, Text folder, Text output) {
  const std::string tool = command_line::tool_of(words[0]);
  const auto behind = [&](Text option) {
    for (std::size_t i = 1; i + 1 < words.size(); ++i)
      if (equals_fold(words[i], option) ||
          equals_fold(words[i], "/" + std::string{option.substr(1)}))
        return words[i + 1];
    return Text{};
  };
  if (tool == "csvde" || tool == "ldifde") {
    // With -i they read one in.
    if (is_one_of("-i", words) || is_one_of("/i", words) || behind("-f").empty()) return {};
    return list_written(tool == "csvde" ? "Csvde" : "LDIFDE", std::string{behind("-f")}, folder);
  }
  if (tool != "dsquery" || output.empty() || words.size() < 2) return {};
  // One of everything: without the limit that Windows sets.
  const bool is_all = behind("-limit") == "0" || words[1] == "*";
  return is_all ? list_written("Dsquery", std::string{output}, folder) : CalledAs{};
}

/// AdFind -f (objectcategory=person), -sc trustdmp, -gcb: no other program has these.
bool is_adfind(const Words& words) {
  constexpr Text kShortcuts[] = {"trustdmp",      "trustdump",        "computers_pwdnotreqd",
                                 "admincountdmp", "dclist",           "domainlist",
                                 "dcmodes",       "adinfo",           "adobjcnt",
                                 "exchaddresses", "computers_active", "users_pwdnotreqd"};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (equals_fold(words[i], "-sc") &&
        is_one_of(words[i + 1].substr(0, words[i + 1].find(':')), kShortcuts))
      return true;
    if (equals_fold(words[i], "-f") &&
        (contains_fold(words[i + 1], "objectcategory=") ||
         contains_fold(words[i + 1], "objectclass=")) &&
        command_line::tool_of(words[0]) != "csvde" && command_line::tool_of(words[0]) != "ldifde")
      return true;
  }
  return false;
}

}  // namespace

CalledAs tool_by_arguments(Text line, Text folder, Text output) {
  Words words;
  for (const command_line::Word& word : command_line::words_of(line)) {
    if (words.size() >= kMostWords) return {};
    words.push_back(command_line::bare(line.substr(word.begin, word.end - word.begin)));
  }
  if (words.empty()) return {};
  constexpr std::pair<Text, bool (*)(const Words&)> kTools[] = {
      {"Chisel", is_chisel}, {"fscan", is_fscan}, {"HTran", is_htran}, {"EarthWorm", is_earthworm},
      {"gost", is_gost},     {"frp", is_frp},     {"npc", is_npc},     {"AdFind", is_adfind}};
  for (const auto& [name, is_it] : kTools)
    if (is_it(words)) return {name, false};
  return list_of_directory(words, folder, output);
}

}  // namespace hozen
