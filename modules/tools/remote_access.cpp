// Programs by which hosts are looked after from outside, and which intruders bring along: AnyDesk,
// TeamViewer, ScreenConnect and others. Joins their services, programs and files, and reads the
// logs that tell who came in. Where such a program is in use on purpose all of it is ordinary: a
// finding rests on several signs, and on none that installed programs have too.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/credential_signs.h"
#include "collector/module/execution_files.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_access_logs.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

using credentials::Place;
using remote_access::Connection;

struct Row {
  std::string_view product;
  Connection connection;
  std::string path;
};
using F = Field<Row>;
constexpr std::array kFields{
    F{{"product", "The program."}, [](const Row& r, Cell& c) { c.text(r.product); }},
    F{{"direction", "Incoming: to this host; outgoing: from it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.direction); }},
    F{{"peer", "Number or address of the other side."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.peer); }},
    F{{"peer_name", "What the other side calls itself."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.peer_name); }},
    F{{"account", "Account of this host."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.account); }},
    F{{"mode", "How it was let in, or what the line is about."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.mode); }},
    F{{"time_text", "The time as it stands there; AnyDesk's connection_trace.txt says no zone."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.connection.time_text); }},
    F{{"path", "The log."}, [](const Row& r, Cell& c) { c.text(r.path); }},
    F{{"line", "Its line there, from 1."},
      [](const Row& r, Cell& c) { c.number(r.connection.line); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kConnection{
    "remote_access_connection", "One connection that the log of a remote access program tells.",
    kColumns, "{product}: {direction} connection[ of {peer}][ ({peer_name})]"};
constexpr std::array kKinds{kConnection};

constexpr std::string_view kReferences[] = {"https://attack.mitre.org/techniques/T1219/",
                                            "https://support.anydesk.com/docs/trace-files",
                                            "https://community.teamviewer.com/English/kb/articles/"
                                            "4694-log-file-reading-incoming-connection",
                                            "https://github.com/EricZimmerman/KapeFiles"};
constexpr std::string_view kAttack[] = {"T1219", "T1036.003"};

struct Product {
  std::string_view name;
  std::string_view programs;  ///< names without .exe, ';' between
  std::string_view services;  ///< names of services
  std::string_view version;   ///< what descriptions in version resources begin with
};
constexpr Product kProducts[] = {
    {"AnyDesk", "anydesk*", "AnyDesk*", "AnyDesk"},
    {"TeamViewer", "teamviewer*;tv_w32;tv_x64", "TeamViewer*", "TeamViewer"},
    {"ScreenConnect", "screenconnect*", "ScreenConnect*", "ScreenConnect"},
    {"Atera", "ateraagent*;agentpackage*", "AteraAgent*", "AteraAgent"},
    {"Splashtop", "splashtop*;srservice;srmanager;srserver;strwinclt", "SplashtopRemote*",
     "Splashtop"},
    {"RustDesk", "rustdesk*", "RustDesk*", "RustDesk"},
    {"UltraVNC", "winvnc*;uvnc*", "uvnc_service*", "UltraVNC;VNC server for"},
    {"TightVNC", "tvnserver*;tvnviewer*", "tvnserver*", "TightVNC"},
    {"Ammyy Admin", "ammyy*;aa_v3*", "AmmyyAdmin*", "Ammyy"},
    {"LogMeIn", "logmein*;lmiguardiansvc;ra64app", "LogMeIn*;LMIGuardian*", "LogMeIn"},
    {"SupRemo", "supremo*", "SupremoService*", "Supremo"},
    {"Zoho Assist", "za_connect*;zaservice*;zohours*;zohotray*;zohomeeting*", "Zoho Assist*",
     "Zoho Assist"},
    {"MeshAgent", "meshagent*", "Mesh Agent*", "MeshCentral;Mesh Agent"},
    {"NetSupport Manager", "client32;remcmdstub;pcicfgui", "Client32*", "NetSupport"},
    {"DWAgent", "dwagent*;dwagsvc*", "DWAgent*", "DWAgent"},
    {"Action1", "action1_agent*;action1_remote*", "A1Agent*", "Action1"},
};

bool matches_any(std::string_view patterns, std::string_view text, bool is_prefix = false) {
  while (!patterns.empty() && !text.empty()) {
    const std::size_t end = std::min(patterns.find(';'), patterns.size());
    const std::string_view one = patterns.substr(0, end);
    if (is_prefix ? starts_with_fold(text, one) : glob_match_fold(one, text)) return true;
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
  }
  return false;
}

// ---- run

constexpr std::uint64_t kMaxLogBytes = 64u << 20;

void emit_all(ModuleContext& context, std::string_view product, const TraceFile& file,
              std::vector<Connection> connections) {
  FileTime first;
  std::string record;
  std::size_t incoming = 0;
  for (Connection& one : connections) {
    if (one.direction == "incoming") ++incoming;
    Envelope envelope = file.envelope();
    if (one.started.is_set()) envelope.timestamps.emplace_back("started", one.started);
    if (one.ended.is_set()) envelope.timestamps.emplace_back("ended", one.ended);
    if (!first.is_set()) first = one.started;
    const Row row{product, std::move(one), file.info.path.text()};
    const std::string id = context.emit(kConnection, kFields, row, envelope);
    if (record.empty()) record = id;
  }
  if (incoming == 0) return;
  Fact fact = trace_fact(FactKind::presence, "remote_access", file.info.path.text(), first, record);
  fact.values.add("product", product);
  fact.values.add("incoming", std::to_string(incoming));
  context.state(std::move(fact));
}

template <class Parse>
void read_log(ModuleContext& context, std::string_view product, std::string_view pattern,
              Parse parse) {
  each_trace_file(context, {pattern, "who came in by a remote access program"}, kMaxLogBytes,
                  [&](const TraceFile& file, std::span<const std::byte> bytes) {
                    emit_all(context, product, file, parse(decode_text_file(bytes)));
                    return true;
                  });
}

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  const auto incoming = [](const std::string& text) {
    return remote_access::parse_teamviewer(text, true);
  };
  const auto outgoing = [](const std::string& text) {
    return remote_access::parse_teamviewer(text, false);
  };
  for (const std::string_view folder :
       {"%ProgramFiles%\\TeamViewer\\", "%ProgramFiles(x86)%\\TeamViewer\\",
        "%AppData%\\TeamViewer\\"}) {
    read_log(context, "TeamViewer", std::string{folder} + "Connections_incoming.txt", incoming);
    read_log(context, "TeamViewer", std::string{folder} + "Connections.txt", outgoing);
  }
  for (const std::string_view folder : {"%ProgramData%\\AnyDesk\\", "%AppData%\\AnyDesk\\"}) {
    read_log(context, "AnyDesk", std::string{folder} + "connection_trace.txt",
             remote_access::parse_anydesk_connections);
    read_log(context, "AnyDesk", std::string{folder} + "ad*.trace",
             remote_access::parse_anydesk_trace);
  }
  return {};
}

// ---- judge

/// Signs of one product; each kind counts once.
struct Signs {
  Finding finding{};
  std::set<std::string> told{};
  bool is_odd = false;  ///< lies where nobody puts programs
};

/// Where neither installers nor users put programs: a file directly in a folder for temporary
/// files, in the root of shared data, in folders of Windows where nothing is kept.
bool is_odd_place(std::string_view path) {
  constexpr std::string_view kBelow[] = {"\\PerfLogs\\", "\\Users\\Public\\", "\\$Recycle.Bin\\",
                                         "\\Windows\\"};
  constexpr std::string_view kDirectly[] = {"\\Temp",
                                            "\\Tmp",
                                            "\\ProgramData",
                                            "\\Application Data",
                                            "\\AppData\\Roaming",
                                            "\\AppData\\Local",
                                            "\\Music",
                                            "\\Pictures",
                                            "\\Videos"};
  const std::string_view folder = path.substr(0, std::min(path.rfind('\\'), path.size()));
  if (std::any_of(std::begin(kDirectly), std::end(kDirectly),
                  [&](std::string_view end) { return ends_with_fold(folder, end); }))
    return true;
  // Drivers and services of installed ones lie in System32; what distributes software has
  // folders of its own below Windows.
  if (contains_fold(path, "\\Windows\\System32\\") || contains_fold(path, "\\SysWOW64\\") ||
      contains_fold(path, "\\Windows\\Temp\\") || contains_fold(path, "\\ccmcache\\") ||
      contains_fold(path, "\\Windows\\Installer\\"))
    return false;
  return std::any_of(std::begin(kBelow), std::end(kBelow),
                     [&](std::string_view place) { return contains_fold(path, place); });
}

class Products {
 public:
  explicit Products(ModuleContext& context) : context_{context} {}

  void judge() {
    const FactBook& book = context_.facts();
    for (const FactKind kind : {FactKind::process, FactKind::execution, FactKind::presence})
      for (const Fact& fact : book.facts(kind)) program(fact);
    for (const FactKind kind : {FactKind::service, FactKind::service_entry})
      for (const Fact& fact : book.facts(kind)) service(fact);
    for (auto& [name, signs] : found_) report(name, std::move(signs.finding), signs.is_odd);
  }

 private:
  static constexpr std::size_t kMaxWhy = 20;

  void tell(const Product& product, const std::string& kind, std::string text, int weight,
            Family family, const Fact& fact) {
    Signs& signs = found_[product.name];
    if (!signs.told.insert(kind).second || signs.finding.why.size() >= kMaxWhy) return;
    if (fact.time.is_set()) text += " (" + fact.time.iso8601() + ")";
    signs.finding.why.push_back({text + ".", weight, family, {fact.record}});
  }

  static std::string stem_of(std::string_view path) {
    std::string_view name = lateral::file_name(path);
    if (ends_with_fold(name, ".exe")) name.remove_suffix(4);
    return std::string{name};
  }

  void program(const Fact& fact) {
    if (fact.values["source"] == "remote_access") return log(fact);
    const std::string stem = stem_of(fact.subject);
    for (const Product& product : kProducts) {
      const bool named = matches_any(product.programs, stem);
      const bool version = matches_any(product.version, fact.values["Description"], true) ||
                           matches_any(product.version, fact.values["Product"], true);
      if (!named && !version) continue;
      const bool ran = fact.kind != FactKind::presence;
      tell(product, ran ? "ran" : "there", fact.subject + (ran ? " ran" : " was there"), 5,
           Family::name, fact);
      place(product, fact.subject, fact);
      // Installed products have helpers under other names that name the product.
      const Place where = credentials::place_of(fact.subject);
      if (version && !named && where != Place::program_files && where != Place::windows)
        tell(product, "renamed", fact.subject + " is this program by its version resource", 40,
             Family::signature, fact);
      command(product, fact);
      return;
    }
  }

  void place(const Product& product, std::string_view path, const Fact& fact) {
    if (is_odd_place(path)) found_[product.name].is_odd = true;
    const Place where = credentials::place_of(path);
    if (where != Place::user_folder && where != Place::share) return;
    // ScreenConnect and Splashtop put parts into ProgramData or Temp when they install or update.
    const bool is_download =
        contains_fold(path, "\\Downloads\\") || contains_fold(path, "\\Desktop\\");
    tell(product, "place", std::string{path} + " lies in a folder that users may write to",
         is_download ? 10 : 15, Family::location, fact);
  }

  void command(const Product& product, const Fact& fact) {
    const std::string line = credentials::plain_command(fact.values["CommandLine"]);
    constexpr std::string_view kPassword[] = {
        "--set-password", "--password ",          "/passwd",
        "-passwd",        "--permanent-password", "-unattendedpassword"};
    constexpr std::string_view kSilent[] = {"--silent", "--silent-install", "/verysilent", "/quiet",
                                            "-fullinstall"};
    const auto any = [&](const auto& list) {
      return std::any_of(std::begin(list), std::end(list),
                         [&](std::string_view one) { return line.find(one) != std::string::npos; });
    };
    // The command itself stays in the record: these products have options of their own for it.
    if (any(kPassword))
      tell(
          product, "password",
          "A command of " + fact.subject + " set a password for access without anybody at the host",
          25, Family::command_line, fact);
    if (any(kSilent))
      tell(product, "silent", fact.subject + " was installed without a window", 10,
           Family::command_line, fact);
  }

  void service(const Fact& fact) {
    std::string_view path = fact.values["ImagePath"];
    if (path.empty()) path = fact.values["ServiceFileName"];
    for (const Product& product : kProducts) {
      if (!matches_any(product.services, fact.subject)) continue;
      const bool event = fact.kind == FactKind::service;
      tell(product, event ? "installed" : "service",
           "The service '" + fact.subject + "' with " + std::string{path} +
               (event ? " was installed" : " is set up"),
           event ? 10 : 5, Family::registry_state, fact);
      std::string_view program = path;
      while (program.starts_with('"')) program.remove_prefix(1);
      place(product, program.substr(0, program.find('"')), fact);
      return;
    }
  }

  void log(const Fact& fact) {
    for (const Product& product : kProducts)
      if (product.name == fact.values["product"])
        tell(product, "log " + fact.subject,
             "The log " + fact.subject + " tells " + std::string{fact.values["incoming"]} +
                 " lines of connections to this host, the first of them",
             found_[product.name].told.contains("incoming") ? 0 : 15, Family::content, fact);
    for (const Product& product : kProducts)
      if (product.name == fact.values["product"]) found_[product.name].told.insert("incoming");
  }

  void report(std::string_view name, Finding finding, bool is_odd) {
    if (finding.why.empty()) return;
    finding.rule = "remote_access.found";
    finding.title = std::string{name} + ", by which others reach this host from outside";
    finding.subject = std::string{name};
    finding.attack = {"T1219"};
    // A name alone is said, and no more.
    finding.families_demanded = 2;
    const bool renamed = std::any_of(finding.why.begin(), finding.why.end(), [](const Why& why) {
      return why.family == Family::signature;
    });
    // Service, password, silent installation and sessions: the help desk's programs have them all.
    finding.innocent_explanation_unchecked = !renamed && !is_odd;
    if (renamed) finding.attack.emplace_back("T1036.003");
    finding.benign = {"The help desk, a service provider or the user himself works with it."};
    finding.not_checked = {
        "Whether it was brought along on purpose: lists of what is allowed here "
        "were not at hand."};
    finding.next = {
        "Its logs: who came in, from which address, and what was started and copied in "
        "that time."};
    context_.report(std::move(finding));
  }

  ModuleContext& context_;
  std::map<std::string_view, Signs> found_;
};

Result<void> judge(ModuleContext& context) {
  Products{context}.judge();
  return {};
}

}  // namespace

extern const ModuleSpec remote_access;
const ModuleSpec remote_access{
    "remote_access",
    "Remote access programs: AnyDesk, TeamViewer and others, and who came "
    "in by them.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
