#include "collector/module/remote_command.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

using Words = std::vector<std::string>;

/// The words of a command line as programs of Windows get them: a quote behind a backslash is part
/// of the word (Microsoft, "Parsing C command-line arguments").
Words words_of(std::string_view line) {
  constexpr std::size_t kMaxWords = 1'000;
  Words words;
  std::string word;
  bool is_quoted = false, has_word = false;
  const auto end_word = [&] {
    if (has_word && words.size() < kMaxWords) words.push_back(word);
    word.clear();
    has_word = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && i + 1 < line.size() && line[i + 1] == '"') {
      word += line[++i];
      has_word = true;
    } else if (c == '"') {
      is_quoted = !is_quoted;
      has_word = true;
    } else if (!is_quoted && (c == ' ' || c == '\t')) {
      end_word();
    } else {
      word += c;
      has_word = true;
    }
  }
  end_word();
  return words;
}

/// Without what stands around it in lists and scripts.
std::string bare_host(std::string_view text) {
  constexpr std::string_view kAround = " \t\"'()[]{};,";
  const std::size_t begin = text.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kAround) + 1 - begin);
  while (text.starts_with('\\')) text.remove_prefix(1);
  return std::string{text};
}

void add_hosts(Words& hosts, std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (std::string host = bare_host(list.substr(0, end)); !host.empty())
      hosts.push_back(std::move(host));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool is_flag(std::string_view word, std::string_view name) {
  return word.size() == name.size() + 1 && (word[0] == '/' || word[0] == '-') &&
         equals_fold(word.substr(1), name);
}

bool has_word(const Words& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& one) { return equals_fold(one, word); });
}

/// "\\host\share\path".
struct Unc {
  std::string_view host{}, share{};
};
Unc unc_of(std::string_view word) {
  if (!word.starts_with("\\\\") || word.starts_with("\\\\?\\") || word.starts_with("\\\\.\\"))
    return {};
  word.remove_prefix(2);
  const std::size_t slash = word.find('\\');
  if (slash == std::string_view::npos) return {word, {}};
  const std::string_view rest = word.substr(slash + 1);
  return {word.substr(0, slash), rest.substr(0, rest.find('\\'))};
}

/// ADMIN$ and the shares of whole drives.
bool is_admin_share(std::string_view share) {
  return equals_fold(share, "ADMIN$") || (share.size() == 2 && share[1] == '$');
}

/// The value behind one of the flags, in the same word or the next.
Words hosts_behind(const Words& words, std::span<const std::string_view> flags) {
  Words hosts;
  for (std::size_t i = 1; i < words.size(); ++i)
    for (const std::string_view flag : flags) {
      if (!starts_with_fold(words[i], flag)) continue;
      const std::string_view value = std::string_view{words[i]}.substr(flag.size());
      if (!value.empty())
        add_hosts(hosts, value);
      else if (i + 1 < words.size())
        add_hosts(hosts, words[i + 1]);
    }
  return hosts;
}

/// winrs takes a URL too: "http://host:5985/wsman".
Words hosts_of_urls(Words hosts) {
  for (std::string& host : hosts) {
    const std::size_t scheme = host.find("://");
    if (scheme == std::string::npos) continue;
    host.erase(0, scheme + 3);
    host = lateral::without_port(std::string_view{host}.substr(0, host.find('/')));
  }
  return hosts;
}

Words hosts_of_schtasks(const Words& words) {
  Words hosts;
  const bool acts = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return is_flag(word, "create") || is_flag(word, "run") || is_flag(word, "change");
  });
  for (std::size_t i = 1; acts && i + 1 < words.size(); ++i)
    if (is_flag(words[i], "s")) add_hosts(hosts, words[i + 1]);
  return hosts;
}

/// "\\host" as the first word behind the program: at, sc.
Words first_host(const Words& words) {
  if (words.size() < 2 || !words[1].starts_with("\\\\")) return {};
  return {bare_host(words[1])};
}

Words hosts_of_reg(const Words& words) {
  if (words.size() < 3 || !equals_fold(words[1], "add")) return {};
  const std::string_view host = unc_of(words[2]).host;
  return host.empty() ? Words{} : Words{std::string{host}};
}

template <class Test>
Words hosts_of_shares(const Words& words, const Test& is_wanted) {
  Words hosts;
  for (const std::string& word : words)
    if (const Unc unc = unc_of(word); !unc.host.empty() && is_wanted(unc.share))
      hosts.emplace_back(unc.host);
  return hosts;
}

Words hosts_of_net(const Words& words) {
  if (!has_word(words, "use")) return {};
  return hosts_of_shares(words, [](std::string_view share) { return share.ends_with('$'); });
}

/// Of the inner command too: cmd /c "copy x \\host\ADMIN$".
Words hosts_of_copy(std::string_view program, const Words& words) {
  Words inner;
  for (const std::string& word : words)
    for (std::string& part : words_of(word)) inner.push_back(std::move(part));
  constexpr std::string_view kVerbs[] = {"copy", "xcopy", "move", "robocopy", "Copy-Item"};
  const bool copies = equals_fold(program, "xcopy.exe") || equals_fold(program, "robocopy.exe") ||
                      std::any_of(std::begin(kVerbs), std::end(kVerbs),
                                  [&](std::string_view verb) { return has_word(inner, verb); });
  return copies ? hosts_of_shares(inner, is_admin_share) : Words{};
}

/// A cmdlet as a whole word: where what follows it begins; npos where it is not there.
std::size_t after_cmdlet(std::string_view line, std::string_view cmdlet) {
  const std::string text = to_lower_ascii(line), name = to_lower_ascii(cmdlet);
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end])))
      return end;
  }
  return std::string_view::npos;
}

/// The value of a parameter: "-ComputerName a,b", "-ComputerName:a".
std::string_view parameter(std::string_view script, std::string_view name) {
  const std::size_t at = after_cmdlet(script, name);
  if (at == std::string_view::npos) return {};
  script.remove_prefix(at);
  script.remove_prefix(std::min(script.find_first_not_of(" \t:"), script.size()));
  return script.substr(0, script.find_first_of(" \t;|{}"));
}

struct Cmdlet {
  std::string_view name{}, technique{};
  int weight = 0;
  bool is_host_first = false;  ///< a host may stand behind it without a parameter's name
};

std::optional<RemoteCommand> of_powershell(std::string_view line) {
  constexpr Cmdlet kCmdlets[] = {
      {"Invoke-Command", "T1021.006", 25, true},  {"icm", "T1021.006", 25, true},
      {"Enter-PSSession", "T1021.006", 25, true}, {"New-PSSession", "T1021.006", 25, true},
      {"Invoke-WmiMethod", "T1047", 35, false},   {"Invoke-CimMethod", "T1047", 35, false}};
  for (const Cmdlet& cmdlet : kCmdlets) {
    const std::size_t at = after_cmdlet(line, cmdlet.name);
    if (at == std::string_view::npos) continue;
    std::string_view rest = line.substr(at);
    RemoteCommand found{"powershell.exe", cmdlet.technique, cmdlet.weight, {}};
    for (const char* name : {"-ComputerName", "-Cn"})
      if (found.hosts.empty()) add_hosts(found.hosts, parameter(rest, name));
    rest = trim(rest);
    const char first = rest.empty() ? '\0' : rest.front();
    const bool is_word = (first >= '0' && first <= '9') || (first >= 'A' && first <= 'Z') ||
                         (first >= 'a' && first <= 'z');
    if (found.hosts.empty() && cmdlet.is_host_first && is_word)
      add_hosts(found.hosts, rest.substr(0, rest.find_first_of(" \t;|{}\"'")));
    if (!found.hosts.empty()) return found;
  }
  return std::nullopt;
}

bool is_named(std::string_view image, std::string_view name) {
  const std::string_view file = lateral::file_name(image);
  return equals_fold(file, name) ||
         (name.ends_with(".exe") && equals_fold(file, name.substr(0, name.size() - 4)));
}

std::optional<RemoteCommand> with(RemoteCommand command, Words hosts) {
  if (hosts.empty()) return std::nullopt;
  command.hosts = std::move(hosts);
  return command;
}

}  // namespace

bool RemoteCommand::is_for_others(std::span<const std::string> own) const {
  return std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return !equals_fold(host, "%COMPUTERNAME%") && !equals_fold(host, "$env:COMPUTERNAME") &&
           !lateral::is_one_of_own(host, own);
  });
}

std::optional<RemoteCommand> remote_command(std::string_view image, std::string_view line) {
  constexpr std::string_view kNode[] = {"/node:", "-node:"};
  constexpr std::string_view kRemote[] = {"-r:", "/r:", "-remote:", "/remote:"};
  const Words words = words_of(line);
  if (is_named(image, "wmic.exe"))
    return with({"wmic.exe", "T1047", 40, {}}, hosts_behind(words, kNode));
  if (is_named(image, "schtasks.exe"))
    return with({"schtasks.exe", "T1053.005", 35, {}}, hosts_of_schtasks(words));
  if (is_named(image, "at.exe")) return with({"at.exe", "T1053.002", 35, {}}, first_host(words));
  if (is_named(image, "sc.exe")) return with({"sc.exe", "T1569.002", 30, {}}, first_host(words));
  if (is_named(image, "winrs.exe"))
    return with({"winrs.exe", "T1021.006", 35, {}}, hosts_of_urls(hosts_behind(words, kRemote)));
  if (is_named(image, "reg.exe")) return with({"reg.exe", "T1112", 30, {}}, hosts_of_reg(words));
  if (is_named(image, "net.exe") || is_named(image, "net1.exe"))
    return with({"net.exe", "T1021.002", 20, {}}, hosts_of_net(words));
  const bool is_powershell = is_named(image, "powershell.exe") || is_named(image, "pwsh.exe");
  if (is_powershell)
    if (auto found = of_powershell(line)) return found;
  for (const std::string_view program : {"cmd.exe", "xcopy.exe", "robocopy.exe"})
    if (is_named(image, program))
      return with({program, "T1021.002", 20, {}}, hosts_of_copy(program, words));
  if (is_powershell)
    return with({"powershell.exe", "T1021.002", 20, {}}, hosts_of_copy("powershell.exe", words));
  return std::nullopt;
}

}  // namespace hozen
