// What a domain controller, a DNS server and a DHCP server keep, from where their own registry says
// that it lies: databases, zones, logs, SYSVOL with its scripts and policies. And what changed in
// the directory, from the Security log: administrators that came and went, passwords of last
// resort, objects by which others become administrators. The directory's database holds the secrets
// of every account: it is preserved only where the profile says so. What an administrator does
// every day looks like what an intruder does once: records tell it, findings only what stands out.
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/dhcp_log.h"
#include "collector/module/domain_rules.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/server_places.h"
#include "collector/module/sysvol_files.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

constexpr std::uint64_t kMaxDhcpBytes = 128u << 20;
constexpr std::uint64_t kMaxDhcpEvents = 500'000;
constexpr std::size_t kMaxPasswordFindings = 50;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30u, kMiB = std::uint64_t{1} << 20u;
constexpr std::uint64_t kTwoYears = 730;  // days

using P = Priority;
using N = std::string_view;
constexpr N kDatabase[] = {"ntds.dit", "ntds.jfm"};
constexpr N kDatabaseLogs[] = {"edb*.log", "edb*.chk", "edb*.jrs"};
constexpr N kZones[] = {"*.dns", "boot"};
constexpr N kDhcpLogs[] = {"DhcpSrvLog*", "DhcpV6SrvLog*"};
constexpr N kDhcpDatabase[] = {"*.mdb", "*.pat", "j50*.log", "j50*.chk", "j50*.jrs", "DhcpCfg"};
constexpr N kDebugLogs[] = {"NetSetup.log", "dcpromo*.log", "dcpromo*.txt", "PASSWD.LOG",
                            "adprep*.log",  "ntfrs*.log",   "netlogon.*"};
constexpr N kReplicationLogs[] = {"Dfsr*.log*"};
constexpr N kNetlogonFiles[] = {"netlogon.*"};

constexpr PlaceSpec kPlaces[] = {
    {"ntds_database",
     "Services\\NTDS\\Parameters",
     "DSA Database file",
     "%SystemRoot%\\NTDS\\ntds.dit",
     true,
     kDatabase,
     {8, 256 * kGiB, 0},
     "the directory's database: every account of the domain, with its secrets",
     P::normal},
    {"ntds_logs",
     "Services\\NTDS\\Parameters",
     "Database log files path",
     "%SystemRoot%\\NTDS",
     false,
     kDatabaseLogs,
     {2'000, 16 * kGiB, 0},
     "logs of the directory's database, which belong to it",
     P::normal},
    {"dns_log",
     "Services\\DNS\\Parameters",
     "LogFilePath",
     "%SystemRoot%\\System32\\dns\\dns.log",
     true,
     {},
     {200, 8 * kGiB, kTwoYears},
     "log of the DNS server: which computer asked for which name",
     P::high},
    {"dns_zones",
     "Services\\DNS\\Parameters",
     "DatabaseDirectory",
     "%SystemRoot%\\System32\\dns",
     false,
     kZones,
     {5'000, kGiB, 0},
     "zones of the DNS server: names and addresses",
     P::high},
    {"dns_zones_backup",
     {},
     {},
     "%SystemRoot%\\System32\\dns\\backup",
     false,
     kZones,
     {5'000, kGiB, 0},
     "zones of the DNS server as they were before",
     P::normal},
    {"dhcp_logs",
     "Services\\DHCPServer\\Parameters",
     "DhcpLogFilePath",
     "%SystemRoot%\\System32\\dhcp",
     false,
     kDhcpLogs,
     {500, 4 * kGiB, kTwoYears},
     "logs of the DHCP server: which computer had which address",
     P::high},
    {"dhcp_database",
     "Services\\DHCPServer\\Parameters",
     "DatabasePath",
     "%SystemRoot%\\System32\\dhcp",
     false,
     kDhcpDatabase,
     {500, 4 * kGiB, 0},
     "database of the DHCP server: which computer has which address",
     P::high},
    {"dhcp_backup",
     "Services\\DHCPServer\\Parameters",
     "BackupDatabasePath",
     "%SystemRoot%\\System32\\dhcp\\backup",
     false,
     kDhcpDatabase,
     {500, 4 * kGiB, 0},
     "database of the DHCP server as it was before",
     P::normal},
    {"debug_logs",
     {},
     {},
     "%SystemRoot%\\debug",
     false,
     kDebugLogs,
     {200, kGiB, 0},
     "logs of joining a domain, of promotions and of changed passwords",
     P::high},
    {"replication_logs",
     {},
     {},
     "%SystemRoot%\\debug",
     false,
     kReplicationLogs,
     {100, 512 * kMiB, kTwoYears},
     "logs of DFS replication: which files of SYSVOL came from where",
     P::normal},
    {"netlogon_files",
     {},
     {},
     "%SystemRoot%\\System32\\config",
     false,
     kNetlogonFiles,
     {20, 64 * kMiB, 0},
     "names that the domain controller gives itself, and those of before",
     P::normal},
    {"sysvol",
     "Services\\Netlogon\\Parameters",
     "SysVol",
     "%SystemRoot%\\SYSVOL\\sysvol",
     false,
     {},
     {},
     "SYSVOL: what the domain controller gives to all computers",
     P::high},
};

struct DhcpRow {
  const DhcpEvent& event;
  std::string_view path;
  std::string_view hardware;
  bool has_zone = false;
};

using D = Field<DhcpRow>;
constexpr std::array kDhcpFields{
    D{{"event_id",
       "What happened: 10 a new lease, 11 renewed, 12 released, 15 refused, 17 expired, 24 and "
       "more the server's own work."},
      [](const DhcpRow& r, Cell& c) { c.number(r.event.id); }},
    D{{"local_time", "When, as the server's clock showed it."},
      [](const DhcpRow& r, Cell& c) { c.text(r.event.time.text()); }},
    D{{"time_assumption", "What the time in UTC rests on."},
      [](const DhcpRow& r, Cell& c) {
        c.text(r.has_zone ? "The time zone is that of the registry, as it was last."
                          : "The time zone is not known.");
      }},
    D{{"description", "What the server says of it."},
      [](const DhcpRow& r, Cell& c) { text_or_absent(c, r.event.description); }},
    D{{"address", "The address."},
      [](const DhcpRow& r, Cell& c) { text_or_absent(c, r.event.address); }},
    D{{"host", "What the computer calls itself."},
      [](const DhcpRow& r, Cell& c) { text_or_absent(c, r.event.host); }},
    D{{"hardware_address", "MAC address of the computer."},
      [](const DhcpRow& r, Cell& c) { text_or_absent(c, r.hardware); }},
    D{{"line", "Number of the line in the file, from 1."},
      [](const DhcpRow& r, Cell& c) { c.number(r.event.line); }},
    D{{"path", "The log."}, [](const DhcpRow& r, Cell& c) { c.text(r.path); }},
};

constexpr auto kPlaceColumns = columns_of(kServerPlaceFields);
constexpr Kind kPlace{"server_place",
                      "A place where a domain controller, a DNS or a DHCP server keeps its files.",
                      kPlaceColumns, "{role} at {path|configured}"};
constexpr auto kDhcpColumns = columns_of(kDhcpFields);
constexpr Kind kDhcp{"dhcp_event", "One line of a log of the DHCP server.", kDhcpColumns,
                     "DHCP {event_id}: {address|description}[ for {host}][ ({hardware_address})]"};
constexpr auto kSysvolColumns = columns_of(kSysvolFileFields);
constexpr Kind kSysvol{"sysvol_file",
                       "A script, policy, program or recent file of SYSVOL, which all computers of "
                       "the domain get.",
                       kSysvolColumns, "SYSVOL: {path}"};
constexpr std::array kKinds{kPlace, kDhcp, kSysvol};

constexpr std::string_view kReferences[] = {
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-gppref/"
    "2c15cbf0-f086-4c74-8b70-1f2fa45dd4be",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-dnsp/",
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/"
    "dd183591(v=ws.10)",
    "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/"
    "threat-protection/auditing/event-5136",
    "https://adsecurity.org/?p=1714"};
constexpr std::string_view kAttack[] = {"T1552.006", "T1098", "T1136.002", "T1134.005",
                                        "T1484.001", "T1207", "T1531",     "T1558.003"};

constexpr std::string_view kDatabaseChoice[] = {"off", "on"};
constexpr ModuleOption kOptions[] = {
    {"database", "Whether the directory's database, which holds all secrets, is preserved.",
     kDatabaseChoice}};

class Server {
 public:
  explicit Server(ModuleContext& context)
      : context_{context}, with_database_{context.option("database") == "on"} {}

  Result<void> run() {
    HOZEN_CHECK(read_settings());
    auto places = find_server_places(context_, kPlaces);
    if (!places) return places.error();
    if (context_.reads_files()) biases_ = time_biases(context_);
    for (ServerPlace& place : *places) {
      if (context_.stop().stop_requested()) return Error{Errc::cancelled, "places of a server"};
      take(place);
    }
    if (dhcp_left_out_ != 0)
      context_.note({Errc::limit, "domain_controller: " + std::to_string(dhcp_left_out_) +
                                      " lines of DHCP logs are left out"});
    return {};
  }

 private:
  /// The password of last resort may log on as long as the domain controller runs.
  Result<void> read_settings() {
    return each_trace_hive(context_, {HiveRole::system}, [&](RegistryHive& hive) {
      each_control_set(hive, [&](RegistryKey& set, bool is_current) {
        if (!is_current) return;
        const auto key = set.open("Control\\Lsa");
        const auto options = set.open("Control\\ProductOptions");
        if (!key || !options) return;
        const auto type = (*options)->value("ProductType");
        const auto value = (*key)->value("DsrmAdminLogonBehavior");
        if (!type || !equals_fold(type->text().value_or(""), "LanmanNT")) return;
        if (value && value->number() == 2u) report_dsrm((*key)->path());
      });
    });
  }

  void report_dsrm(const std::string& key) {
    Finding finding;
    finding.rule = "domain_controller.dsrm_logon";
    finding.title = "The account for restoring the directory may log on at any time";
    finding.subject = key + "\\DsrmAdminLogonBehavior";
    finding.why.push_back(
        {"DsrmAdminLogonBehavior in " + key +
             " is 2: the local Administrator of the domain controller, whose password is the one "
             "for restoring the directory, may log on while it runs, over the network too.",
         45,
         Family::registry_state,
         {}});
    finding.attack = {"T1098"};
    finding.benign = {"Some set it for tests of restoring and forget it."};
    finding.not_checked = {"Whether that account was used."};
    finding.next = {"Logons of the local Administrator, and event 4794 of the Security log."};
    context_.report(std::move(finding));
  }

  void take(ServerPlace& place) {
    const std::string_view role = place.spec->role;
    const bool is_database = role.starts_with("ntds_");
    if (role == "sysvol")
      take_sysvol(place);
    else if (!is_database || with_database_)
      collect_place(context_, place, seen_, [&](const FileInfo& file, ArtifactId artifact) {
        if (role == "dhcp_logs") read_dhcp(file, artifact, place.installation);
      });
    // Every Windows has the folders of places without a setting.
    if (!place.spec->key.empty() || place.files != 0)
      context_.emit(kPlace, kServerPlaceFields, place, place.envelope);
  }

  void take_sysvol(ServerPlace& place) {
    if (!context_.reads_files() || !place.is_there) return;
    each_sysvol_file(context_, place.folder, [&](SysvolFile& file) {
      ++place.files;
      if (file.envelope.origin.artifact)
        ++place.collected;
      else
        ++place.left_out;
      const std::string record = context_.emit(kSysvol, kSysvolFileFields, file, file.envelope);
      if (file.passwords != 0) report_password(file, record);
    });
  }

  void report_password(const SysvolFile& file, const std::string& record) {
    if (++password_findings_ > kMaxPasswordFindings) return;
    Finding finding;
    finding.rule = "domain_controller.gpp_password";
    finding.title = "A policy of the domain holds a password that every account can read";
    finding.subject = file.path;
    finding.why.push_back({file.path + " holds " + std::to_string(file.passwords) +
                               (file.passwords == 1 ? " password" : " passwords") +
                               " (attribute cpassword), whose key is public.",
                           35,
                           Family::content,
                           {record}});
    finding.attack = {"T1552.006"};
    finding.benign = {
        "Administrators made them so until the update MS14-025 of 2014, and the files stay."};
    finding.not_checked = {"Whether the password still is one, and whether anybody read it."};
    finding.next = {"Change that password, delete the item, and look for logons of the account."};
    context_.report(std::move(finding));
  }

  void read_dhcp(const FileInfo& file, ArtifactId artifact, std::size_t installation) {
    const auto content = context_.read(artifact, kMaxDhcpBytes);
    if (!content) return note_problems(context_, file.path, {content.error()});
    const bool is_v6 = starts_with_fold(file.path.name(), "DhcpV6");
    const auto bias = installation < biases_.size() ? biases_[installation] : std::nullopt;
    const std::string path = file.path.text();
    const DhcpLogEnd end = each_dhcp_event(decode_text_file(*content), [&](const DhcpEvent& event) {
      if (++dhcp_events_ > kMaxDhcpEvents) return ++dhcp_left_out_, true;
      Envelope envelope;
      envelope.origin.artifact = artifact.row;
      if (bias)
        envelope.timestamps.emplace_back("told", utc_of(event.time, *bias).value_or(FileTime{}));
      const std::string_view hardware = is_v6 ? std::string_view{} : event.hardware;
      context_.emit(kDhcp, kDhcpFields, DhcpRow{event, path, hardware, bias.has_value()}, envelope);
      return !context_.stop().stop_requested();
    });
    if (end.has_more) note_problems(context_, file.path, {{Errc::limit, "further lines"}});
    if (end.unread_lines != 0)
      note_problems(context_, file.path,
                    {{Errc::malformed, std::to_string(end.unread_lines) +
                                           " lines of events whose date is not MM/DD/YY"}});
  }

  ModuleContext& context_;
  bool with_database_;
  std::vector<std::optional<std::int64_t>> biases_;
  std::set<std::string> seen_;
  std::uint64_t dhcp_events_ = 0, dhcp_left_out_ = 0;
  std::size_t password_findings_ = 0;
};

Result<void> run(ModuleContext& context) { return Server{context}.run(); }

Result<void> judge(ModuleContext& context) {
  judge_domain(context);
  return {};
}

}  // namespace

extern const ModuleSpec domain_controller;
const ModuleSpec domain_controller{
    "domain_controller",
    "Files of domain controllers, DNS and DHCP servers from where they are set up to lie, and "
    "changes of the directory that give power.",
    kKinds,
    kReferences,
    kAttack,
    run,
    kOptions,
    false,
    judge};

}  // namespace hozen::modules
