// PuTTY, WinSCP, FileZilla and OpenSSH: which other hosts a user of this one connected to, with
// which accounts, keys and tunnels, and who may log on here by a key. A host key shows that the
// host was reached and its key accepted, at the latest when its registry key or file was last
// written; a saved session shows that somebody set it up, not that it was used. Passwords are not
// read: only that one is stored.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

using ssh::Entry;

constexpr auto kColumns = columns_of(ssh::kEntryFields);
constexpr Kind kEntry{"ssh_client_entry",
                      "A host, session, key or setting of a client or server of SSH, SCP or FTP.",
                      kColumns, "{program} {entry}[: {host|name}][ as {account}]"};
constexpr std::array kKinds{kEntry};

constexpr std::string_view kReferences[] = {
    "https://the.earth.li/~sgtatham/putty/latest/htmldoc/", "https://winscp.net/eng/docs/config",
    "https://learn.microsoft.com/windows-server/administration/openssh/"
    "openssh_server_configuration",
    "https://github.com/keydet89/RegRipper3.0"};
constexpr std::string_view kAttack[] = {"T1572", "T1098.004", "T1021.004"};

constexpr std::uint64_t kMaxBytes = 8u << 20;
/// Hosts that one finding names.
constexpr std::size_t kMaxHosts = 20;

/// Host keys of one user that are of the internet.
struct Outside {
  std::string user;
  std::vector<std::string> hosts{}, records{};
  std::uint64_t count = 0;
};

class SshClients {
 public:
  explicit SshClients(ModuleContext& context) : context_{context} {}

  Result<void> run() {
    auto read = each_trace_hive(context_, {HiveRole::user, HiveRole::default_user},
                                [&](RegistryHive& hive) { read_hive(hive); });
    if (context_.reads_files()) read_files();
    report_outside();
    return read;
  }

 private:
  std::string emit(const Entry& entry, const Envelope& envelope) {
    std::string record = context_.emit(kEntry, ssh::kEntryFields, entry, envelope);
    if (entry.entry == "host_key" && !entry.deleted && lateral::is_public_address(entry.host)) {
      Outside& one = outside_[envelope.user_sid];
      one.user = envelope.user_name;
      ++one.count;
      if (one.hosts.size() < kMaxHosts) {
        one.hosts.push_back(entry.host);
        one.records.push_back(record);
      }
    }
    for (const std::string& forward : entry.forwards)
      if (forward.starts_with('R')) {
        report_saved(entry, forward, record);
        break;
      }
    return record;
  }

  void report_saved(const Entry& entry, const std::string& forward, const std::string& record) {
    Finding finding;
    finding.rule = "ssh_clients.saved_tunnel";
    finding.title = "A saved SSH session lets the other host reach a port through this one";
    finding.subject = entry.program + " session " + entry.name + " to " + entry.host;
    finding.why.push_back({"The session '" + entry.name + "' of " + entry.program + " to " +
                               (entry.host.empty() ? "its host" : entry.host) +
                               " passes on: " + lateral::listed(entry.forwards) +
                               " (R: from the other host to here).",
                           30,
                           Family::content,
                           {record}});
    if (ssh::is_to_administration(forward))
      finding.why.push_back({"It leads to a port by which hosts are administered.",
                             15,
                             Family::registry_state,
                             {record}});
    finding.attack = {"T1572"};
    finding.benign = {"Support from outside, and developers who show what runs on their host."};
    finding.not_checked = {"Whether the session was ever opened."};
    finding.next = {"Traces of the client, and logons from this host itself."};
    context_.report(std::move(finding));
  }

  // ---- registry

  static std::string text_of(RegistryKey& key, std::string_view name) {
    const auto value = key.value(name);
    return value ? value->text().value_or("") : std::string{};
  }
  static std::optional<std::uint64_t> number_of(RegistryKey& key, std::string_view name) {
    const auto value = key.value(name);
    return value ? value->number() : std::nullopt;
  }

  void read_hive(RegistryHive& hive) {
    const std::string putty = "Software\\SimonTatham\\PuTTY\\";
    const std::string winscp = "Software\\Martin Prikryl\\WinSCP 2\\";
    if (const auto key = key_at(hive, putty + "Sessions"))
      each_subkey(context_, *key, [&](RegistryKey& one) { read_putty(hive, one); });
    if (const auto key = key_at(hive, putty + "SshHostKeys")) read_host_keys(hive, *key, "PuTTY");
    if (const auto key = key_at(hive, putty + "Jumplist")) read_recent(hive, *key);
    if (const auto key = key_at(hive, winscp + "Sessions"))
      each_subkey(context_, *key, [&](RegistryKey& one) { read_winscp(hive, one); });
    if (const auto key = key_at(hive, winscp + "SshHostKeys")) read_host_keys(hive, *key, "WinSCP");
    if (const auto key = key_at(hive, winscp + "Configuration\\CDCache"))
      read_directories(hive, *key);
    if (const auto key = key_at(hive, winscp + "Configuration\\History"))
      each_subkey(context_, *key, [&](RegistryKey& one) { read_history(hive, one); });
    if (hive.each_deleted_value) read_deleted(hive);
  }

  void read_putty(RegistryHive& hive, RegistryKey& key) {
    Entry entry;
    entry.program = "PuTTY";
    entry.entry = "session";
    entry.name = ssh::url_decoded(key.name());
    entry.host = text_of(key, "HostName");
    entry.port = number_of(key, "PortNumber");
    entry.user = text_of(key, "UserName");
    entry.protocol = text_of(key, "Protocol");
    entry.key_file = text_of(key, "PublicKeyFile");
    entry.command = text_of(key, "RemoteCommand");
    entry.forwards = ssh::port_forwardings(text_of(key, "PortForwardings"));
    entry.password_stored = !text_of(key, "ProxyPassword").empty();
    if (number_of(key, "ProxyMethod").value_or(0) != 0) entry.proxy = text_of(key, "ProxyHost");
    // 0: nothing is written down.
    if (number_of(key, "LogType").value_or(0) != 0) entry.log_file = text_of(key, "LogFileName");
    emit(entry, key_envelope(hive, key));
  }

  void read_winscp(RegistryHive& hive, RegistryKey& key) {
    Entry entry;
    entry.program = "WinSCP";
    entry.entry = "session";
    entry.name = ssh::url_decoded(key.name());
    entry.host = ssh::url_decoded(text_of(key, "HostName"));
    entry.port = number_of(key, "PortNumber");
    entry.user = ssh::url_decoded(text_of(key, "UserName"));
    if (const auto protocol = number_of(key, "FSProtocol"))
      entry.protocol = std::to_string(*protocol);
    entry.key_file = ssh::url_decoded(text_of(key, "PublicKeyFile"));
    entry.password_stored =
        !text_of(key, "Password").empty() || !text_of(key, "PasswordPlain").empty();
    if (number_of(key, "ProxyMethod").value_or(0) != 0) entry.proxy = text_of(key, "ProxyHost");
    emit(entry, key_envelope(hive, key));
  }

  void read_host_keys(RegistryHive& hive, RegistryKey& key, std::string_view program) {
    each_value(context_, key, [&](const RegistryValue& value) {
      auto entry = ssh::host_key_named(value.name);
      if (!entry) return;
      entry->program = program;
      entry->key = value.text().value_or("");
      emit(*entry, key_envelope(hive, key, &value));
    });
  }

  void read_recent(RegistryHive& hive, RegistryKey& key) {
    const auto value = key.value("Recent sessions");
    if (!value) return;
    for (const std::string& name : value->strings()) {
      Entry entry;
      entry.program = "PuTTY";
      entry.entry = "recent";
      entry.name = name;
      emit(entry, key_envelope(hive, key, &*value));
    }
  }

  void read_directories(RegistryHive& hive, RegistryKey& key) {
    each_value(context_, key, [&](const RegistryValue& value) {
      Entry entry;
      entry.program = "WinSCP";
      entry.entry = "directory";
      entry.host = ssh::url_decoded(value.name);
      // Folders follow each other behind a letter and a slash (A/); told as they stand.
      const auto text = value.text();
      entry.command = text ? *text : to_wtf8_lossy(Bytes{value.data}.chars().substr(0, 4'000));
      emit(entry, key_envelope(hive, key, &value));
    });
  }

  void read_history(RegistryHive& hive, RegistryKey& key) {
    each_value(context_, key, [&](const RegistryValue& value) {
      const auto text = value.text();
      if (!text || text->empty()) return;
      Entry entry;
      entry.program = "WinSCP";
      entry.entry = "recent";
      entry.name = key.name();
      entry.command = ssh::url_decoded(*text);
      emit(entry, key_envelope(hive, key, &value));
    });
  }

  void read_deleted(RegistryHive& hive) {
    hive.each_deleted_value(
        [&](const std::string& path, FileTime written, const RegistryValue& value) {
          const bool putty = contains_fold(path, "\\SimonTatham\\PuTTY\\");
          if (!putty && !contains_fold(path, "\\Martin Prikryl\\WinSCP 2\\")) return;
          Entry entry;
          if (ends_with_fold(path, "\\SshHostKeys")) {
            const auto key = ssh::host_key_named(value.name);
            if (!key) return;
            entry = *key;
            entry.key = value.text().value_or("");
          } else if (contains_fold(path, "\\Sessions\\") && equals_fold(value.name, "HostName")) {
            entry.entry = "session";
            entry.host = value.text().value_or("");
            entry.name = ssh::url_decoded(lateral::file_name(path));
          } else {
            return;
          }
          entry.program = putty ? "PuTTY" : "WinSCP";
          entry.deleted = true;
          Envelope envelope;
          envelope.origin = {hive.artifact, path, value.offset};
          envelope.timestamps.emplace_back("key_last_written", written);
          if (hive.user != nullptr) {
            envelope.user_sid = hive.user->sid;
            envelope.user_name = hive.user->name;
          }
          emit(entry, envelope);
        });
  }

  // ---- files

  void read_files() {
    const auto text = [&](std::string_view pattern, std::vector<Entry> (*parse)(std::string_view)) {
      read(pattern,
           [&](std::span<const std::byte> bytes) { return parse(decode_text_file(bytes)); });
    };
    text("%UserProfile%\\.ssh\\known_hosts*", ssh::parse_known_hosts);
    text("%UserProfile%\\.ssh\\config", ssh::parse_ssh_config);
    text("%UserProfile%\\.ssh\\authorized_keys*", ssh::parse_authorized_keys);
    text("%ProgramData%\\ssh\\ssh_known_hosts", ssh::parse_known_hosts);
    text("%ProgramData%\\ssh\\ssh_config", ssh::parse_ssh_config);
    text("%ProgramData%\\ssh\\sshd_config", ssh::parse_sshd_config);
    text("%ProgramData%\\ssh\\administrators_authorized_keys", ssh::parse_authorized_keys);
    text("%AppData%\\FileZilla\\sitemanager.xml", &filezilla_session);
    text("%AppData%\\FileZilla\\filezilla.xml", &filezilla_recent);
    text("%AppData%\\FileZilla\\recentservers.xml", &filezilla_recent);
    for (const std::string_view pattern :
         {"%AppData%\\WinSCP.ini", "%UserProfile%\\{Desktop,Downloads,Documents}\\WinSCP.ini",
          "%ProgramData%\\WinSCP\\WinSCP.ini", "%SystemDrive%\\WinSCP\\WinSCP.ini"})
      read(pattern, ssh::parse_winscp_ini);
  }

  static std::vector<Entry> filezilla(std::string_view xml, std::string_view entry) {
    auto entries = ssh::parse_filezilla(xml);
    for (Entry& one : entries) one.entry = entry;
    return entries;
  }
  static std::vector<Entry> filezilla_session(std::string_view xml) {
    return filezilla(xml, "session");
  }
  static std::vector<Entry> filezilla_recent(std::string_view xml) {
    return filezilla(xml, "recent");
  }

  template <class Parse>
  void read(std::string_view pattern, Parse parse) {
    each_trace_file(context_, {pattern, "hosts that SSH clients know, keys and settings"},
                    kMaxBytes, [&](const TraceFile& file, std::span<const std::byte> bytes) {
                      std::vector<std::string> records;
                      auto entries = parse(bytes);
                      for (Entry& entry : entries) {
                        entry.path = file.info.path.text();
                        records.push_back(emit(entry, file.envelope()));
                      }
                      if (equals_fold(file.info.path.name(), "administrators_authorized_keys") &&
                          !entries.empty())
                        report_administrators(file, entries, std::move(records));
                      return true;
                    });
  }

  void report_administrators(const TraceFile& file, const std::vector<Entry>& entries,
                             std::vector<std::string> records) {
    Finding finding;
    finding.rule = "ssh_clients.administrators_keys";
    finding.title = "Keys let their owners log on to this host as any administrator over SSH";
    finding.subject = file.info.path.text();
    std::vector<std::string> keys;
    for (const Entry& entry : entries)
      keys.push_back(entry.key_type + (entry.name.empty() ? "" : " (" + entry.name + ")"));
    finding.why.push_back({"The file has " + lateral::counted(entries.size(), "key") + ": " +
                               lateral::listed(keys) + ". It was last changed at " +
                               file.info.si.modified.iso8601() + ".",
                           20, Family::content, std::move(records)});
    finding.attack = {"T1098.004"};
    finding.benign = {"Administrators who log on by their keys: are these theirs?"};
    finding.not_checked = {"Whether the SSH server is installed and running."};
    finding.next = {"Logons of sshd (log OpenSSH/Operational, 4624 of sshd.exe)."};
    context_.report(std::move(finding));
  }

  /// Servers have no business with hosts of the internet by SSH, mostly.
  void report_outside() {
    if (context_.registry() == nullptr) return;
    const HostFacts host = context_.registry()->host();
    if (!contains_fold(host.product, "Server")) return;
    for (const auto& [sid, one] : outside_) {
      Finding finding;
      finding.rule = "ssh_clients.outside_hosts";
      finding.title = "A user of this server connected to hosts of the internet by SSH";
      finding.subject = one.user.empty() ? sid : one.user;
      finding.why.push_back(
          {"Keys of " + lateral::counted(one.count, "host") +
               " with addresses of the internet were accepted: " + lateral::listed(one.hosts) + ".",
           20, Family::location, one.records});
      finding.attack = {"T1021.004"};
      finding.benign = {"Administrators who look after hosts elsewhere, and transfers of files."};
      finding.not_checked = {"Hosts that stand there by name: where a name leads was not asked."};
      finding.next = {"Whose hosts they are, and files that were carried there."};
      context_.report(std::move(finding));
    }
  }

  ModuleContext& context_;
  std::map<std::string, Outside> outside_;
};

Result<void> run(ModuleContext& context) { return SshClients{context}.run(); }

Result<void> judge(ModuleContext& context) {
  for (Finding& finding : ssh::judge_tunnels(context.facts())) context.report(std::move(finding));
  return {};
}

}  // namespace

extern const ModuleSpec ssh_clients;
const ModuleSpec ssh_clients{
    "ssh_clients",
    "PuTTY, WinSCP, FileZilla and OpenSSH: hosts, sessions and keys of every "
    "user, who may log on by a key, and tunnels.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
