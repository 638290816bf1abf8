// What clients and servers of SSH, SCP and FTP keep of other hosts, and the texts they keep it in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/record.h"

namespace hozen::ssh {

/// One host, session, key or setting. Passwords are never in it.
struct Entry {
  std::string program;  ///< "PuTTY", "WinSCP", "FileZilla", "OpenSSH"
  std::string entry;  ///< "session", "host_key", "recent", "directory", "authorized_key", "setting"
  std::string name, host, user, protocol;
  std::optional<std::uint64_t> port{};
  std::string key_type{}, key{}, key_file{}, log_file{}, command{}, proxy{};
  std::vector<std::string> forwards{};
  bool password_stored = false, deleted = false;
  std::string path{};
  std::optional<std::uint64_t> line{};
};

using F = Field<Entry>;
inline constexpr std::array kEntryFields{
    F{{"program", "Whose entry it is: PuTTY, WinSCP, FileZilla or OpenSSH."},
      [](const Entry& r, Cell& c) { c.text(r.program); }},
    F{{"entry",
       "Session: saved; host_key: the key of a host that was connected to and accepted; recent: "
       "used "
       "lately; directory: a folder that was looked at there; authorized_key: lets its owner log "
       "on "
       "here; setting: of the SSH server."},
      [](const Entry& r, Cell& c) { c.text(r.entry); }},
    F{{"name", "Name of the session, comment of the key, or name of the setting."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.name); }},
    F{{"host", "The other host, as it stands there."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.host); }},
    F{{"port", "Its port."}, [](const Entry& r, Cell& c) { number_or_absent(c, r.port); }},
    F{{"protocol", "Protocol, as ssh, telnet or raw; of WinSCP and FileZilla its number."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.protocol); }},
    F{{"account", "The account there."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.user); }},
    F{{"key_type", "Kind of the key."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.key_type); }},
    F{{"key", "The public key."}, [](const Entry& r, Cell& c) { text_or_absent(c, r.key); }},
    F{{"key_file", "File of the private key that is used."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.key_file); }},
    F{{"forwards",
       "Ports that are passed on: L to a host behind the other one, R from there to here, "
       "D as a proxy."},
      [](const Entry& r, Cell& c) { c.texts(r.forwards); }},
    F{{"proxy", "The proxy or host in between."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.proxy); }},
    F{{"command", "What is run there, what was entered, or the value of a setting."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.command); }},
    F{{"log_file", "Where the session is written down."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.log_file); }},
    F{{"password_stored", "Whether a password is stored with it."},
      [](const Entry& r, Cell& c) { c.boolean(r.password_stored); }},
    F{{"deleted", "Whether it was found in free cells of the hive."},
      [](const Entry& r, Cell& c) { c.boolean(r.deleted); }},
    F{{"path", "The file that it stands in."},
      [](const Entry& r, Cell& c) { text_or_absent(c, r.path, Absent::not_applicable); }},
    F{{"line", "Its line there, from 1."},
      [](const Entry& r, Cell& c) { number_or_absent(c, r.line, Absent::not_applicable); }},
};

/// "a%20b" as PuTTY and WinSCP write names of keys: "a b".
std::string url_decoded(std::string_view text);
/// "ssh-ed25519@22:host": the key of a host, as PuTTY and WinSCP name it; nothing for others.
std::optional<Entry> host_key_named(std::string_view value_name);
/// PuTTY's PortForwardings: "L8080=host:80,4D1080": texts without the address family.
std::vector<std::string> port_forwardings(std::string_view text);

/// Files, with the line each entry stands in.
std::vector<Entry> parse_known_hosts(std::string_view text);
std::vector<Entry> parse_authorized_keys(std::string_view text);
std::vector<Entry> parse_ssh_config(std::string_view text);
std::vector<Entry> parse_sshd_config(std::string_view text);
std::vector<Entry> parse_filezilla(std::string_view xml);
/// Of the text of a WinSCP.ini.
std::vector<Entry> parse_winscp_ini(std::span<const std::byte> content);

/// Ports that a command line of an SSH client passes on: "R 3389:127.0.0.1:3389". The image decides
/// only what counts as one: under another name the line must look like SSH.
std::vector<std::string> forwards_in(std::string_view command_line, bool is_client);
/// Whether a program is an SSH client by its name or version resource.
bool is_ssh_client(std::string_view image, std::string_view original_name,
                   std::string_view description);
/// Whether a forward leads to a port by which hosts are administered, like remote desktop.
bool is_to_administration(std::string_view forward);

/// Tunnels that processes, services and tasks opened: one finding for each program and account.
std::vector<Finding> judge_tunnels(const FactBook& book);

}  // namespace hozen::ssh
