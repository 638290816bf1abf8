// What scanners of networks leave beside their programs: settings in users' hives, lists of hosts,
// results, the file with which shares are tried. It says that the scanner ran here, also where the
// program and its traces are gone. The module dual_use_tools tells it in the finding of the tool;
// one that tried shares of this host is told here.
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
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"
#include "collector/module/text_lines.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string tool, program, what, path;
};
using F = Field<Row>;
constexpr std::array kFields{
    F{{"tool", "The scanner that leaves this."}, [](const Row& r, Cell& c) { c.text(r.tool); }},
    F{{"program", "Usual name of its program."}, [](const Row& r, Cell& c) { c.text(r.program); }},
    F{{"what", "What was found."}, [](const Row& r, Cell& c) { c.text(r.what); }},
    F{{"path", "The file, where it is one."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.path, Absent::not_applicable); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kTrace{"scanner_trace", "Something that a scanner of networks left on this host.",
                      kColumns, "{tool}: {what}"};
constexpr std::array kKinds{kTrace};

constexpr std::string_view kReferences[] = {
    "https://www.advanced-ip-scanner.com/help/",
    "https://www.softperfect.com/products/networkscanner/", "https://github.com/angryip/ipscan",
    "https://nmap.org/book/output.html", "https://github.com/EricZimmerman/KapeFiles"};

struct Tool {
  std::string_view name, program;
};
constexpr Tool kAdvancedIp{"Advanced IP Scanner", "advanced_ip_scanner.exe"},
    kAdvancedPort{"Advanced Port Scanner", "advanced_port_scanner.exe"},
    kSoftPerfect{"SoftPerfect Network Scanner", "netscan.exe"},
    kAngry{"Angry IP Scanner", "ipscan.exe"}, kFoundstone{"SNScan", "snscan.exe"},
    kNmap{"Nmap", "nmap.exe"}, kFscan{"fscan", "fscan.exe"};

/// States it, so that it is told with the other traces of the tool.
void state(ModuleContext& context, const Tool& tool, Row row, const Envelope& envelope,
           FileTime time) {
  row.tool = tool.name;
  row.program = tool.program;
  const std::string left = row.what + (row.path.empty() ? "" : ": " + row.path);
  Fact fact = trace_fact(FactKind::presence, "left_behind", tool.program, time,
                         context.emit(kTrace, kFields, row, envelope));
  fact.values.add("left", left);
  fact.values.add("user", envelope.user_name);
  context.state(std::move(fact));
}

// ---- registry

struct KeySign {
  const Tool* tool;
  std::string_view key, what;
  /// Values whose texts say where it looked.
  std::string_view values{};
};
constexpr KeySign kKeys[] = {
    {&kAdvancedIp, "Software\\Famatech\\advanced_ip_scanner", "settings of the scanner",
     "LastRangeUsed;IpRangesMruList"},
    {&kAdvancedIp, "Software\\Famatech\\advanced_ip_scanner\\State", "state of the scanner",
     "LastRangeUsed;IpRangesMruList"},
    {&kAdvancedPort, "Software\\Famatech\\advanced_port_scanner", "settings of the scanner",
     "LastRangeUsed"},
    {&kAdvancedPort, "Software\\Famatech\\advanced_port_scanner\\State", "state of the scanner",
     "LastRangeUsed;IpRangesMruList"},
    {&kAngry, "Software\\JavaSoft\\Prefs\\ipscan", "settings of the scanner"},
    {&kFoundstone, "Software\\Foundstone\\SNScan", "settings of the scanner"}};

std::string ranges_of(RegistryKey& key, std::string_view names) {
  std::string text;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(';'), names.size());
    if (const auto value = key.value(names.substr(0, end))) {
      const auto one = value->text();
      const auto all = value->strings();
      const std::string ranges = one ? *one : lateral::listed(all);
      if (!ranges.empty())
        text += ", " + std::string{names.substr(0, end)} + " " + credentials::shortened(ranges);
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return text;
}

void read_hive(ModuleContext& context, RegistryHive& hive) {
  for (const KeySign& sign : kKeys) {
    const auto key = key_at(hive, sign.key);
    if (!key) continue;
    state(context, *sign.tool,
          {{},
           {},
           std::string{sign.what} + " (" + key->path() + ")" + ranges_of(*key, sign.values),
           {}},
          key_envelope(hive, *key), key->last_written());
  }
}

// ---- files

struct FileSign {
  const Tool* tool;
  std::string_view pattern, what;
};
constexpr FileSign kFiles[] = {
    {&kAdvancedIp, "%UserProfile%\\advanced_ip_scanner_*.bin", "a list of the scanner"},
    {&kAdvancedIp, "%LocalAppData%\\Temp\\Advanced IP Scanner 2\\*", "a part of the scanner"},
    {&kAdvancedIp, "%SystemRoot%\\Temp\\Advanced IP Scanner 2\\*", "a part of the scanner"},
    {&kAdvancedPort, "%LocalAppData%\\Temp\\Advanced Port Scanner 2\\*", "a part of the scanner"},
    {&kAdvancedPort, "%SystemRoot%\\Temp\\Advanced Port Scanner 2\\*", "a part of the scanner"},
    {&kSoftPerfect, "%SystemDrive%\\netscan.{xml,lic}", "settings of the scanner"},
    {&kSoftPerfect, "%UserProfile%\\{Desktop,Downloads,Documents}\\netscan.{xml,lic}",
     "settings of the scanner"},
    {&kSoftPerfect, "%ProgramData%\\netscan.{xml,lic}", "settings of the scanner"},
    {&kSoftPerfect, "%LocalAppData%\\Temp\\netscan.{xml,lic}", "settings of the scanner"},
    {&kSoftPerfect, "%AppData%\\SoftPerfect Network Scanner\\*.xml", "settings of the scanner"},
    {&kNmap, "%UserProfile%\\.zenmap\\*", "settings of its window"}};

/// Where results are written to.
constexpr std::string_view kResults[] = {
    "%SystemDrive%\\*",
    "%SystemDrive%\\{Temp,Tmp,PerfLogs}\\*",
    "%SystemRoot%\\Temp\\*",
    "%ProgramData%\\*",
    "%SystemDrive%\\Users\\Public\\*",
    "%SystemDrive%\\Users\\Public\\{Documents,Downloads,Music,Desktop}\\*",
    "%UserProfile%\\*",
    "%UserProfile%\\{Desktop,Downloads,Documents}\\*",
    "%LocalAppData%\\Temp\\*"};
constexpr std::size_t kMaxFilesLookedAt = 5'000, kHeadBytes = 8'192;
constexpr std::uint64_t kMaxResultBytes = 64u << 20;

/// "10.0.0.1:445 open", as fscan writes each port that answered.
bool is_open_port(std::string_view line) {
  constexpr std::string_view kOpen = " open";
  if (!line.ends_with(kOpen)) return false;
  line.remove_suffix(kOpen.size());
  return std::count(line.begin(), line.end(), '.') == 3 &&
         std::count(line.begin(), line.end(), ':') == 1 &&
         line.find_first_not_of("0123456789.:") == std::string_view::npos;
}

/// What fscan alone writes beside the ports: lists of open ports are written by many.
bool is_line_of_fscan(std::string_view line) {
  constexpr std::string_view kBegins[] = {
      "[*] NetInfo",         "[*]NetInfo",         "[*] WebTitle", "[*] OsInfo",   "[*] NetBios",
      "[*] alive ports len", "[*] Icmp alive",     "[->]",         "[+] ",         "start vulscan",
      "start infoscan",      "alive ports len is", "[*] LiveTop",  "(icmp) Target"};
  return std::any_of(std::begin(kBegins), std::end(kBegins),
                     [&](std::string_view begin) { return line.starts_with(begin); });
}

/// "# Nmap 7.94 scan initiated ...", the first line of its normal output.
bool begins_as_nmap(std::string_view head) {
  constexpr std::string_view kBegin = "# Nmap ";
  const std::string_view line = head.substr(0, head.find('\n'));
  return line.starts_with(kBegin) && line.size() > kBegin.size() && line[kBegin.size()] >= '0' &&
         line[kBegin.size()] <= '9' && line.find(" scan initiated ") != std::string_view::npos;
}

const Tool* tool_of_result(std::string_view head) {
  if (head.find("<!DOCTYPE nmaprun") != std::string_view::npos ||
      head.find("<nmaprun ") != std::string_view::npos || begins_as_nmap(head))
    return &kNmap;
  constexpr std::size_t kFirstLines = 10;
  std::size_t lines = 0, open = 0;
  bool is_told = false;
  each_text_line(head, [&](std::string_view line, std::uint32_t) {
    line = trim(line);
    is_told = is_told || is_line_of_fscan(line);
    if (lines >= kFirstLines) return !is_told;
    ++lines;
    if (is_open_port(line)) ++open;
    return true;
  });
  return is_told && open >= 3 && open + 2 >= lines ? &kFscan : nullptr;
}

bool may_be_result(const FileInfo& file) {
  constexpr std::string_view kEndings[] = {".txt", ".xml", ".nmap", ".gnmap", ".log"};
  return !file.is_directory && file.size <= kMaxResultBytes &&
         !is_placeholder(file.attributes.value_or(0)) &&
         std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](auto end) { return ends_with_fold(file.path.name(), end); });
}

void state_file(ModuleContext& context, const Tool& tool, std::string_view what,
                const FileInfo& file, const UserProfile* user) {
  const auto artifact = context.collect(file.path, "left by a scanner of networks", Priority::high);
  Envelope envelope;
  envelope.origin.artifact = artifact.row;
  envelope.timestamps.emplace_back("file_created", file.si.created);
  envelope.timestamps.emplace_back("file_modified", file.si.modified);
  if (user != nullptr) {
    envelope.user_sid = user->sid;
    envelope.user_name = user->name;
  }
  state(context, tool, {{}, {}, std::string{what}, file.path.text()}, envelope, file.si.created);
}

void read_results(ModuleContext& context) {
  for (const std::string_view pattern : kResults) {
    std::size_t count = 0;
    each_trace_name(
        context, pattern, [&](const FileInfo& file, const UserProfile* user, std::size_t) {
          if (!may_be_result(file)) return true;
          if (++count > kMaxFilesLookedAt) {
            context.note({Errc::limit, std::string{pattern} + ": further files"});
            return false;
          }
          const auto bytes = context.source().open(file.path);
          std::array<std::byte, kHeadBytes> head{};
          if (!bytes) return true;  // not a result that can be told
          const auto read = (*bytes)->read_some(0, head);
          if (!read) return true;
          const std::string text = decode_text_file(std::span{head}.first(*read));
          // The last line may be cut.
          const std::string_view whole = std::string_view{text}.substr(0, text.rfind('\n'));
          if (const Tool* tool = tool_of_result(whole))
            state_file(context, *tool, "its results", file, user);
          return true;
        });
  }
}

Result<void> run(ModuleContext& context) {
  if (context.reads_files()) {
    for (const FileSign& sign : kFiles)
      each_trace_name(context, sign.pattern,
                      [&](const FileInfo& file, const UserProfile* user, std::size_t) {
                        state_file(context, *sign.tool, sign.what, file, user);
                        return true;
                      });
    read_results(context);
  }
  return each_trace_hive(context, {HiveRole::user, HiveRole::default_user},
                         [&](RegistryHive& hive) { read_hive(context, hive); });
}

}  // namespace

extern const ModuleSpec network_scanners;
const ModuleSpec network_scanners{
    "network_scanners",
    "What scanners of networks leave beside their programs: settings, lists, results.",
    kKinds,
    kReferences,
    {},
    run};

}  // namespace hozen::modules
