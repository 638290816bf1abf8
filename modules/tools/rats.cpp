// Quasar, a remote access tool whose source is public and which intruders rebuild. Its program is
// known by texts of its source, or, where those were scrambled, by what it sets up: a program of
// .NET below AppData that a Run key starts, and a folder of encrypted files named by dates, what
// was typed. Other builds may have none of these. Datper and Daserf leave nothing on a host that is
// known by a rule: of them only lists of indicators tell.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/pe.h"
#include "collector/module/cells.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/lateral.h"

namespace hozen::modules {
namespace {

struct Row {
  std::string path;
  std::vector<std::string> texts;
  std::string run_key, log_folder;
};
using F = Field<Row>;
constexpr std::array kFields{
    F{{"path", "The program."}, [](const Row& r, Cell& c) { c.text(r.path); }},
    F{{"texts", "Texts of Quasar's source in it."},
      [](const Row& r, Cell& c) { c.texts(r.texts); }},
    F{{"run_key", "The value of a Run key that starts it."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.run_key); }},
    F{{"log_folder", "A folder of the same user with encrypted files named by dates."},
      [](const Row& r, Cell& c) { text_or_absent(c, r.log_folder); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kTrace{"rat_trace", "A program that may be the remote access tool Quasar.", kColumns,
                      "{path}: may be Quasar"};
constexpr std::array kKinds{kTrace};

constexpr std::string_view kReferences[] = {
    "https://github.com/quasar/Quasar",
    "https://github.com/JPCERTCC/jpcert-yara/blob/main/other/quasar.yara",
    "https://attack.mitre.org/software/S0262/"};
constexpr std::string_view kAttack[] = {"T1219", "T1547.001", "T1056.001"};

constexpr std::string_view kPrograms[] = {"%AppData%\\*.exe",
                                          "%AppData%\\*\\*.exe",
                                          "%LocalAppData%\\*.exe",
                                          "%LocalAppData%\\*\\*.exe",
                                          "%LocalAppData%\\Temp\\*\\*.exe",
                                          "%UserProfile%\\Downloads\\*.exe",
                                          "%UserProfile%\\Desktop\\*.exe",
                                          "%ProgramData%\\*.exe",
                                          "%ProgramData%\\*\\*.exe",
                                          "%SystemDrive%\\Users\\Public\\*.exe",
                                          "%SystemRoot%\\Temp\\*.exe"};
/// A client of Quasar has less than one MiB; with libraries packed into it a few.
constexpr std::uint64_t kMaxProgramBytes = 8u << 20;
constexpr std::size_t kMaxPrograms = 2'000, kMaxLogFiles = 1'000, kHeadBytes = 256;
constexpr std::size_t kTextsDemanded = 3;

/// Texts of the client's source, as UTF-16 in the program; names of its parts as they are.
constexpr std::string_view kTexts[] = {
    "echo DONT CLOSE THIS WINDOW!",   "SELECT * FROM FirewallProduct",
    "SELECT * FROM AntivirusProduct", "freegeoip.net/xml/",
    "http://api.ipify.org/",          "/rl HIGHEST /f"};
constexpr std::string_view kNames[] = {"Quasar.Common", "Quasar.Client", "xClient.Core",
                                       "QuasarRAT"};

std::string as_utf16(std::string_view text) {
  std::string units;
  for (const char c : text) {
    units += c;
    units += '\0';
  }
  return units;
}

std::vector<std::string> texts_in(std::string_view program) {
  std::vector<std::string> found;
  for (const std::string_view text : kTexts)
    if (program.find(as_utf16(text)) != std::string_view::npos) found.emplace_back(text);
  for (const std::string_view name : kNames)
    if (program.find(name) != std::string_view::npos) found.emplace_back(name);
  return found;
}

/// "09-28-2022" or "2022-09-28" and no ending.
bool is_date(std::string_view name) {
  if (name.size() != 10) return false;
  const auto shape = [&](std::string_view form) {
    return std::equal(name.begin(), name.end(), form.begin(),
                      [](char c, char f) { return f == '9' ? c >= '0' && c <= '9' : c == f; });
  };
  return shape("99-99-9999") || shape("9999-99-99");
}

/// Bytes above the letters, as encrypted ones have in every second place.
bool looks_encrypted(std::span<const std::byte> head) {
  const auto high = std::count_if(head.begin(), head.end(),
                                  [](std::byte b) { return std::to_integer<int>(b) >= 0x80; });
  return head.size() >= 32 && static_cast<std::size_t>(high) * 3 > head.size();
}

class Rats {
 public:
  explicit Rats(ModuleContext& context) : context_{context} {}

  Result<void> run() {
    // Which programs Run keys start must be known before the files are looked at.
    auto read = each_trace_hive(context_, {HiveRole::user}, [&](RegistryHive& hive) {
      if (const auto key = key_at(hive, "Software\\Microsoft\\Windows\\CurrentVersion\\Run"))
        each_value(context_, *key, [&](const RegistryValue& value) {
          const auto text = value.text();
          if (text && runs_.size() < kMaxTraceValues)
            runs_.emplace_back(fold_case(*text), key->path() + "\\" + value.name);
        });
    });
    if (!context_.reads_files()) return read;
    find_log_folders();
    for (const std::string_view pattern : kPrograms)
      each_trace_name(context_, pattern,
                      [&](const FileInfo& file, const UserProfile* user, std::size_t) {
                        return look_at(file, user);
                      });
    return read;
  }

 private:
  void find_log_folders() {
    std::size_t count = 0;
    each_trace_name(context_, "%AppData%\\*\\*-*-*",
                    [&](const FileInfo& file, const UserProfile* user, std::size_t) {
                      if (++count > kMaxLogFiles) return false;
                      if (user == nullptr || file.is_directory || !is_date(file.path.name()))
                        return true;
                      std::array<std::byte, kHeadBytes> head{};
                      const auto bytes = context_.source().open(file.path);
                      if (!bytes) return true;  // no sign then
                      const auto read = (*bytes)->read_some(0, head);
                      if (read && looks_encrypted(std::span{head}.first(*read)))
                        logs_.try_emplace(user->sid, file.path.parent().text());
                      return true;
                    });
  }

  bool look_at(const FileInfo& file, const UserProfile* user) {
    if (file.is_directory || file.size > kMaxProgramBytes ||
        is_placeholder(file.attributes.value_or(0)))
      return true;
    if (++programs_ > kMaxPrograms) {
      if (programs_ == kMaxPrograms + 1) context_.note({Errc::limit, "programs below AppData"});
      return false;
    }
    const auto bytes = context_.source().open(file.path);
    if (!bytes) return true;  // no sign then
    const auto image = pe::Image::open(**bytes);
    if (!image || image->directory(pe::Directory::clr).rva == 0) return true;
    const auto content = read_all(**bytes, kMaxProgramBytes);
    if (!content) return true;
    judge(file, user, texts_in(Bytes{*content}.chars()));
    return true;
  }

  void judge(const FileInfo& file, const UserProfile* user, std::vector<std::string> texts) {
    Row row{file.path.text(), std::move(texts), {}, {}};
    const std::string folded = fold_case(row.path);
    for (const auto& [command, place] : runs_)
      if (command.find(folded) != std::string::npos) row.run_key = place;
    if (const auto log = user == nullptr ? logs_.end() : logs_.find(user->sid); log != logs_.end())
      row.log_folder = log->second;
    const bool by_texts = row.texts.size() >= kTextsDemanded;
    if (!by_texts && (row.run_key.empty() || row.log_folder.empty())) return;
    report(file, row, by_texts);
  }

  void report(const FileInfo& file, const Row& row, bool by_texts) {
    const auto artifact =
        context_.collect(file.path, "may be a remote access tool", Priority::crown_jewels);
    Envelope envelope;
    envelope.origin.artifact = artifact.row;
    envelope.timestamps.emplace_back("file_created", file.si.created);
    const std::string record = context_.emit(kTrace, kFields, row, envelope);
    Finding finding;
    finding.rule = by_texts ? "rats.quasar" : "rats.quasar_traces";
    finding.title = by_texts
                        ? "A program has the texts of the remote access tool Quasar"
                        : "A program is set up as the remote access tool Quasar sets itself up";
    finding.subject = row.path;
    if (by_texts)
      finding.why.push_back(
          {"The program of .NET has texts of Quasar's source: " + lateral::listed(row.texts) + ".",
           70,
           Family::content,
           {record}});
    else
      finding.why.push_back({"It is a program of .NET in a folder that users may write to.",
                             10,
                             Family::location,
                             {record}});
    if (!row.run_key.empty())
      finding.why.push_back(
          {"A Run key starts it: " + row.run_key + ".", 15, Family::registry_state, {record}});
    if (!row.log_folder.empty())
      finding.why.push_back({"The folder " + row.log_folder +
                                 " of the same user has files that are "
                                 "named by dates and not readable, as Quasar keeps what was typed.",
                             20,
                             Family::path,
                             {record}});
    finding.attack = {"T1219", "T1547.001", "T1056.001"};
    finding.benign = {"Quasar is also used to look after hosts: on purpose, by whom?"};
    if (!by_texts) finding.benign = {"A program that keeps encrypted files by the day."};
    finding.not_checked = {"To whom it connects: that is encrypted in the program."};
    finding.next = {"The program in a sandbox; connections of it; tasks that start it at logon."};
    context_.report(std::move(finding));
  }

  ModuleContext& context_;
  std::vector<std::pair<std::string, std::string>> runs_;  // folded command, where it stands
  std::map<std::string, std::string> logs_;                // by the user's SID
  std::size_t programs_ = 0;
};

Result<void> run(ModuleContext& context) { return Rats{context}.run(); }

}  // namespace

extern const ModuleSpec rats;
const ModuleSpec rats{
    "rats",  "Quasar, a remote access tool: by texts of its source, or by what it sets up.",
    kKinds,  kReferences,
    kAttack, run};

}  // namespace hozen::modules
