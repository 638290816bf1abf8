// Tunnels of SSH clients in command lines.
#include <algorithm>
#include <map>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/credential_signs.h"
#include "collector/module/lateral.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/typed_commands.h"

namespace hozen::ssh {
namespace {

using Text = std::string_view;
/// Findings, and starts that one of them tells: a log can be made to hold any number.
constexpr std::size_t kMaxFindings = 200, kMaxTold = 20;

Text line_of(const Fact& fact) {
  if (fact.kind == FactKind::process) return fact.values["CommandLine"];
  if (fact.kind == FactKind::task) return fact.values["Arguments"];
  return fact.values[fact.event_id == 4697 ? "ServiceFileName" : "ImagePath"];
}

Text image_of(const Fact& fact) {
  if (fact.kind == FactKind::process) return fact.subject;
  return fact.kind == FactKind::task ? fact.values["Command"] : line_of(fact);
}

/// What a forward says by itself: one that lets the other side in says most.
int weight_of(Text forward) {
  if (forward.starts_with('R')) return 45;
  return forward.starts_with('D') ? 25 : 20;
}

class Tunnels {
 public:
  explicit Tunnels(const FactBook& book) : book_{book} {}

  std::vector<Finding> judge() {
    for (const FactKind kind :
         {FactKind::process, FactKind::service, FactKind::service_entry, FactKind::task})
      for (const Fact& fact : book_.facts(kind)) add(fact);
    for (const Fact& fact : book_.facts(FactKind::script))
      each_typed_command(fact, [&](const Fact& typed) { add(typed); });
    std::vector<Finding> all;
    all.reserve(found_.size());
    for (auto& [key, finding] : found_) all.push_back(std::move(finding));
    return all;
  }

 private:
  void add(const Fact& fact) {
    const Text line = line_of(fact), image = image_of(fact);
    if (line.find('-') == Text::npos) return;
    const Text original = fact.values["OriginalFileName"], about = fact.values["Description"];
    const bool named = is_ssh_client(image, {}, {});
    const auto forwards = forwards_in(line, is_ssh_client(image, original, about));
    if (forwards.empty()) return;
    const std::string account = credentials::account_in(fact);
    const auto key = std::pair{fold_case(lateral::file_name(image)), fold_case(account)};
    if (!found_.contains(key) && found_.size() >= kMaxFindings) return;
    Finding& finding = found_[key];
    const bool is_first = finding.rule.empty();
    if (is_first) begin(finding, image, account);
    if (finding.why.size() >= kMaxTold) return;
    tell(finding, fact, line, {forwards, is_first, named});
    if (!is_first) return;
    if (!named && is_ssh_client({}, original, about))
      finding.why.push_back({"The version resource of the program says what it is: " +
                                 std::string{original.empty() ? about : original} +
                                 "; its file is called otherwise.",
                             35,
                             Family::signature,
                             {fact.record}});
    else if (!named)
      finding.why.push_back(
          {"The program is not called as a client of SSH is.", 10, Family::name, {fact.record}});
    if (fact.kind != FactKind::process)
      finding.why.push_back({"It is started by itself, as a " +
                                 std::string{fact.kind == FactKind::task ? "task" : "service"} +
                                 ".",
                             15,
                             Family::registry_state,
                             {fact.record}});
  }

  void begin(Finding& finding, Text image, const std::string& account) const {
    finding.rule = "ssh_clients.tunnel";
    finding.title = "A client of SSH was started with ports that it passes on";
    finding.subject = std::string{image} + (account.empty() ? "" : " by " + account);
    finding.attack = {"T1572"};
    finding.benign = {
        "Administrators and developers reach databases and web servers so; what "
        "supports this host from outside may come in by a reverse tunnel."};
    finding.not_checked = {"Whether the connection came about, and the other host." +
                           lateral::not_kept(book_, {FactKind::process})};
    finding.next = {
        "Connections of the program (Sysmon 3, firewall), and logons from this host "
        "itself or over remote desktop in that time."};
  }

  struct Told {
    const std::vector<std::string>& forwards;
    bool is_first = false, named = false;
  };
  static void tell(Finding& finding, const Fact& fact, Text line, const Told& told_now) {
    int weight = 0;
    bool to_administration = false;
    for (const std::string& forward : told_now.forwards) {
      weight = std::max(weight, weight_of(forward));
      // Administrators reach remote desktops by a host in between so.
      const bool is_ordinary = told_now.named && forward.starts_with('L');
      to_administration = to_administration || (!is_ordinary && is_to_administration(forward));
    }
    int told = 0;
    for (const Why& why : finding.why)
      if (why.family == Family::command_line) told += why.weight;
    finding.why.push_back(
        {(fact.time.is_set() ? "At " + fact.time.iso8601() + " " : std::string{}) +
             (fact.values["source"].empty() ? "" : "by a command that was typed into PowerShell ") +
             "ports were passed on (" + lateral::listed(told_now.forwards) +
             "; R: from the other host to here): " + credentials::shortened(line),
         std::max(weight - told, 0),
         Family::command_line,
         {fact.record}});
    if (to_administration && told_now.is_first)
      finding.why.push_back({"A port by which hosts are administered is among them.",
                             25,
                             Family::content,
                             {fact.record}});
  }

  const FactBook& book_;
  std::map<std::pair<std::string, std::string>, Finding> found_;
};

}  // namespace

std::vector<Finding> judge_tunnels(const FactBook& book) { return Tunnels{book}.judge(); }

}  // namespace hozen::ssh
