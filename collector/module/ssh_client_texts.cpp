// Texts of SSH clients. Sources: PuTTY, windows/storage.c and putty's manual; WinSCP's
// documentation of its configuration; sshd(8), ssh_config(5); FileZilla's site manager.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "collector/base/text.h"
#include "collector/module/asep_files.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/text_lines.h"

namespace hozen::ssh {
namespace {

using Text = std::string_view;
/// Entries of one file after which the rest is left out.
constexpr std::size_t kMaxEntries = 10'000;
constexpr std::size_t kMaxKeyText = 2'000;

std::optional<std::uint64_t> number_in(Text text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

/// The first word, which `text` is left without.
Text take_word(Text& text) {
  text = trim(text);
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const Text word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

bool is_key_type(Text word) {
  return starts_with_fold(word, "ssh-") || starts_with_fold(word, "ecdsa-") ||
         starts_with_fold(word, "sk-");
}

/// "host", "[host]:2222".
void set_host(Entry& entry, Text host) {
  if (host.starts_with('[')) {
    const std::size_t close = host.find("]:");
    if (close != Text::npos) {
      entry.port = number_in(host.substr(close + 2));
      host = host.substr(1, close - 1);
    }
  }
  entry.host = std::string{host};
}

template <class Visit>
void each_entry_line(Text text, Visit visit) {
  each_text_line(text, [&](Text line, std::uint32_t number) {
    line = trim(line);
    if (line.empty() || line.starts_with('#')) return true;
    return visit(line, number);
  });
}

std::string element_text(Text xml, Text name) {
  const std::string open = "<" + std::string{name}, close = "</" + std::string{name} + ">";
  for (std::size_t at = xml.find(open); at != Text::npos; at = xml.find(open, at + 1)) {
    const char next = at + open.size() < xml.size() ? xml[at + open.size()] : '\0';
    if (next != '>' && next != ' ') continue;
    const std::size_t begin = xml.find('>', at), end = xml.find(close, at);
    if (begin == Text::npos || end == Text::npos || end < begin) return {};
    std::string text{xml.substr(begin + 1, end - begin - 1)};
    constexpr std::pair<Text, Text> kEntities[] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
    for (const auto& [entity, plain] : kEntities)
      for (std::size_t i = text.find(entity); i != std::string::npos; i = text.find(entity, i + 1))
        text.replace(i, entity.size(), plain);
    return text;
  }
  return {};
}

}  // namespace

std::string url_decoded(Text text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return to_wtf8_lossy(out);
}

std::optional<Entry> host_key_named(Text value_name) {
  const std::size_t at = value_name.find('@');
  const std::size_t colon = at == Text::npos ? at : value_name.find(':', at);
  if (colon == Text::npos) return std::nullopt;
  constexpr Text kTypes[] = {"ssh-", "rsa", "dss", "ecdsa", "ed25519"};
  if (std::none_of(std::begin(kTypes), std::end(kTypes),
                   [&](Text type) { return starts_with_fold(value_name, type); }))
    return std::nullopt;
  const auto port = number_in(value_name.substr(at + 1, colon - at - 1));
  if (!port || colon + 1 == value_name.size()) return std::nullopt;
  Entry entry;
  entry.entry = "host_key";
  entry.key_type = std::string{value_name.substr(0, at)};
  entry.port = port;
  entry.host = url_decoded(value_name.substr(colon + 1));
  entry.protocol = "ssh";
  return entry;
}

std::vector<std::string> port_forwardings(Text text) {
  std::vector<std::string> forwards;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    Text one = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.starts_with('4') || one.starts_with('6')) one.remove_prefix(1);
    if (one.size() < 2 || Text{"LRD"}.find(one[0]) == Text::npos) continue;
    std::string forward = std::string{one.substr(0, 1)} + " " + std::string{one.substr(1)};
    std::replace(forward.begin(), forward.end(), '=', ':');
    if (forwards.size() < kMaxEntries) forwards.push_back(std::move(forward));
  }
  return forwards;
}

std::vector<Entry> parse_known_hosts(Text text) {
  std::vector<Entry> entries;
  each_entry_line(text, [&](Text line, std::uint32_t number) {
    Text hosts = take_word(line);
    if (hosts.starts_with('@')) hosts = take_word(line);
    const Text type = take_word(line), key = take_word(line);
    if (key.empty()) return true;
    while (!hosts.empty()) {
      const std::size_t end = std::min(hosts.find(','), hosts.size());
      Entry entry;
      entry.program = "OpenSSH";
      entry.entry = "host_key";
      // |1|salt|hash: the name is not written down.
      set_host(entry, hosts.substr(0, end));
      entry.key_type = std::string{type};
      entry.key = std::string{key.substr(0, kMaxKeyText)};
      entry.protocol = "ssh";
      entry.line = number;
      entries.push_back(std::move(entry));
      hosts.remove_prefix(std::min(end + 1, hosts.size()));
    }
    return entries.size() < kMaxEntries;
  });
  return entries;
}

std::vector<Entry> parse_authorized_keys(Text text) {
  std::vector<Entry> entries;
  each_entry_line(text, [&](Text line, std::uint32_t number) {
    Entry entry;
    entry.program = "OpenSSH";
    entry.entry = "authorized_key";
    // Options come first, and have blanks only in quotes.
    for (Text word = take_word(line); !word.empty(); word = take_word(line)) {
      if (!is_key_type(word)) {
        entry.command += (entry.command.empty() ? "" : " ") + std::string{word};
        continue;
      }
      entry.key_type = std::string{word};
      entry.key = std::string{take_word(line).substr(0, kMaxKeyText)};
      entry.name = std::string{line};
      break;
    }
    entry.line = number;
    if (!entry.key.empty()) entries.push_back(std::move(entry));
    return entries.size() < kMaxEntries;
  });
  return entries;
}

std::vector<Entry> parse_ssh_config(Text text) {
  std::vector<Entry> entries;
  each_entry_line(text, [&](Text line, std::uint32_t number) {
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    const Text name = line.substr(0, end);
    Text value = trim(line.substr(end));
    if (value.starts_with('=')) value = trim(value.substr(1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    const std::string is{value};
    if (equals_fold(name, "Host") || equals_fold(name, "Match") || entries.empty()) {
      Entry entry;
      entry.program = "OpenSSH";
      entry.entry = "session";
      entry.name = equals_fold(name, "Host") || equals_fold(name, "Match") ? is : "";
      entry.protocol = "ssh";
      entry.line = number;
      entries.push_back(std::move(entry));
      if (!entries.back().name.empty()) return entries.size() < kMaxEntries;
    }
    Entry& entry = entries.back();
    if (equals_fold(name, "HostName")) entry.host = is;
    if (equals_fold(name, "User")) entry.user = is;
    if (equals_fold(name, "Port")) entry.port = number_in(value);
    if (equals_fold(name, "IdentityFile")) entry.key_file = is;
    if (equals_fold(name, "RemoteCommand")) entry.command = is;
    if (equals_fold(name, "ProxyJump") || equals_fold(name, "ProxyCommand")) entry.proxy = is;
    const Text letter = equals_fold(name, "LocalForward")     ? "L "
                        : equals_fold(name, "RemoteForward")  ? "R "
                        : equals_fold(name, "DynamicForward") ? "D "
                                                              : "";
    if (letter.empty() || entry.forwards.size() >= kMaxEntries) return true;
    std::string forward = std::string{letter} + is;
    // "3389 localhost:3389".
    std::replace(forward.begin() + 2, forward.end(), ' ', ':');
    entry.forwards.push_back(std::move(forward));
    return true;
  });
  return entries;
}

std::vector<Entry> parse_sshd_config(Text text) {
  constexpr Text kNames[] = {"Port",
                             "ListenAddress",
                             "AuthorizedKeysFile",
                             "AllowTcpForwarding",
                             "GatewayPorts",
                             "PermitTunnel",
                             "PermitRootLogin",
                             "Match",
                             "PasswordAuthentication",
                             "AllowUsers",
                             "AllowGroups",
                             "ForceCommand",
                             "Subsystem",
                             "StrictModes",
                             "SyslogFacility",
                             "LogLevel"};
  std::vector<Entry> entries;
  each_entry_line(text, [&](Text line, std::uint32_t number) {
    const Text name = take_word(line);
    if (std::none_of(std::begin(kNames), std::end(kNames),
                     [&](Text known) { return equals_fold(known, name); }))
      return true;
    Entry entry;
    entry.program = "OpenSSH";
    entry.entry = "setting";
    entry.name = std::string{name};
    entry.command = std::string{line};
    entry.line = number;
    entries.push_back(std::move(entry));
    return entries.size() < kMaxEntries;
  });
  return entries;
}

std::vector<Entry> parse_filezilla(Text xml) {
  std::vector<Entry> entries;
  constexpr Text kOpen = "<Server", kClose = "</Server>";
  for (std::size_t at = xml.find(kOpen); at != Text::npos && entries.size() < kMaxEntries;
       at = xml.find(kOpen, at + 1)) {
    const std::size_t next = at + kOpen.size();
    if (next < xml.size() && xml[next] != '>' && xml[next] != ' ') continue;  // <Servers>
    const std::size_t end = xml.find(kClose, at);
    if (end == Text::npos) break;
    const Text server = xml.substr(at, end - at);
    Entry entry;
    entry.program = "FileZilla";
    entry.host = element_text(server, "Host");
    entry.port = number_in(element_text(server, "Port"));
    entry.protocol = element_text(server, "Protocol");
    entry.user = element_text(server, "User");
    entry.name = element_text(server, "Name");
    entry.key_file = element_text(server, "Keyfile");
    entry.password_stored = !element_text(server, "Pass").empty();
    if (!entry.host.empty()) entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<Entry> parse_winscp_ini(std::span<const std::byte> content) {
  std::vector<Entry> entries;
  constexpr Text kSessions = "Sessions\\";
  std::string section;
  for (const IniSetting& setting : ini_settings(content, "*")) {
    if (entries.size() >= kMaxEntries) break;
    if (equals_fold(setting.section, "SshHostKeys")) {
      if (auto entry = host_key_named(setting.name)) entries.push_back(*std::move(entry));
    } else if (equals_fold(setting.section, "Configuration\\CDCache")) {
      Entry entry;
      entry.entry = "directory";
      entry.host = url_decoded(setting.name);
      entries.push_back(std::move(entry));
    } else if (starts_with_fold(setting.section, kSessions)) {
      if (section != setting.section || entries.empty()) {
        Entry entry;
        entry.entry = "session";
        entry.name = url_decoded(Text{setting.section}.substr(kSessions.size()));
        entries.push_back(std::move(entry));
        section = setting.section;
      }
      Entry& entry = entries.back();
      if (equals_fold(setting.name, "HostName")) entry.host = url_decoded(setting.text);
      if (equals_fold(setting.name, "UserName")) entry.user = url_decoded(setting.text);
      if (equals_fold(setting.name, "PortNumber")) entry.port = number_in(setting.text);
      if (equals_fold(setting.name, "PublicKeyFile")) entry.key_file = url_decoded(setting.text);
      if (equals_fold(setting.name, "FSProtocol")) entry.protocol = setting.text;
      if (starts_with_fold(setting.name, "Password") && !setting.text.empty())
        entry.password_stored = true;
    }
  }
  for (Entry& entry : entries) entry.program = "WinSCP";
  return entries;
}

}  // namespace hozen::ssh
