// ZeroLogon (CVE-2020-1472) on a domain controller: whoever can reach it sets the password of its
// own computer account to nothing, and is a domain administrator a moment later. Joins the change
// of that account (Security 4742 by ANONYMOUS LOGON), refused secure channels (System 5805, 5723),
// weak ones (5827 to 5831), netlogon.log, and how Netlogon is set up. Computers of the domain
// change their passwords as ANONYMOUS LOGON too: only for the account of the domain controller that
// wrote the event does that say something. Without audits and without DBFlag little is left: that
// nothing is found here proves nothing.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "collector/module/netlogon_files.h"
#include "collector/module/zerologon_rules.h"

namespace hozen::modules {
namespace {

constexpr auto kLogColumns = columns_of(kNetlogonFileFields);
constexpr Kind kLog{"netlogon_log", "One log of the service Netlogon, and how far it reaches.",
                    kLogColumns, "Log of Netlogon {path}"};
constexpr auto kBurstColumns = columns_of(kNetlogonBurstFields);
constexpr Kind kBurstKind{
    "netlogon_burst",
    "Ten or more tries within minutes to set up a secure channel for one computer's account that "
    "were refused, as netlogon.log tells them.",
    kBurstColumns, "{attempts} tries to set up a secure channel for {account}[ from {address}]"};
constexpr auto kSettingsColumns = columns_of(kNetlogonSettingsFields);
constexpr Kind kSettings{"netlogon_settings",
                         "How the service Netlogon is set up, as far as ZeroLogon asks.",
                         kSettingsColumns, "Netlogon settings[ of a {product_type}]"};
constexpr std::array kKinds{kLog, kBurstKind, kSettings};

constexpr std::string_view kReferences[] = {
    "https://msrc.microsoft.com/update-guide/vulnerability/CVE-2020-1472",
    "https://support.microsoft.com/help/4557222",
    "https://blog.nviso.eu/2020/09/17/sentinel-query-detect-zerologon-cve-2020-1472/",
    "https://learn.microsoft.com/troubleshoot/windows-client/windows-security/"
    "enable-debug-logging-netlogon-service"};
constexpr std::string_view kAttack[] = {"T1210", "T1068"};

// ---- run

void report_exposed(ModuleContext& context, const NetlogonSettings& settings,
                    const std::string& record) {
  if (!settings.is_domain_controller()) return;
  Finding finding;
  finding.rule = "zerologon.exposed";
  finding.title = "This domain controller is set up so that ZeroLogon may work";
  finding.subject = settings.key;
  const auto add = [&](std::string fact, int weight) {
    finding.why.push_back({std::move(fact), weight, Family::registry_state, {record}});
  };
  if (settings.is_unpatched())
    add("The build of Windows is " + settings.build +
            ", which is older than the update of August 2020 that ended ZeroLogon.",
        25);
  if (settings.full_protection == 0u)
    add("FullSecureChannelProtection is 0: until February 2021 that let devices go on with weak "
        "secure channels.",
        15);
  if (!settings.allow_list.empty())
    add("VulnerableChannelAllowList lets accounts use weak secure channels: " +
            settings.allow_list + ".",
        15);
  if (finding.why.empty()) return;
  finding.attack = {"T1210"};
  finding.benign = {"Old devices may need it, and the list may name no more than those."};
  finding.not_checked = {
      "Whether anybody made use of it.",
      "Which updates are installed, but for the number of the build of Windows Server 2016 and "
      "later."};
  finding.next = {"The version of netlogon.dll, and the events 5827 to 5831 of System."};
  finding.innocent_explanation_unchecked = true;
  context.report(std::move(finding));
}

Result<void> run(ModuleContext& context) {
  std::vector<NetlogonSettings> all;
  HOZEN_CHECK(read_netlogon_settings(context, all));
  for (const NetlogonSettings& settings : all)
    report_exposed(context, settings,
                   context.emit(kSettings, kNetlogonSettingsFields, settings, settings.envelope));
  each_netlogon_file(context, [&](NetlogonFile& file) {
    context.emit(kLog, kNetlogonFileFields, file, file.envelope);
    for (const NetlogonBurst& burst : file.log.bursts) {
      const DatedBurst dated = file.dated(burst);
      const std::string record =
          context.emit(kBurstKind, kNetlogonBurstFields, dated, dated.envelope);
      context.state(fact_of_burst(dated, record));
    }
  });
  return {};
}

Result<void> judge(ModuleContext& context) {
  judge_zerologon(context);
  return {};
}

}  // namespace

extern const ModuleSpec zerologon;
const ModuleSpec zerologon{
    "zerologon",
    "Traces of ZeroLogon on a domain controller: in events, in netlogon.log, in its settings.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
