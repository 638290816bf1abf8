// Things done on this host for another one, or from here on another, by Windows' own means:
// scheduled tasks, WMI, DCOM, WinRM, shares.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

struct RemoteAction {
  std::string rule;    ///< part of the finding's rule after the module
  std::string title;   ///< of the finding
  std::string name{};  ///< task, consumer, share, host
  std::string account{}, address{}, host{}, command{};
  FileTime first{}, last{};
  std::vector<Why> why{};
  std::vector<std::string> attack{}, benign{}, missing{};

  /// At most kMaxWhy sentences; what comes later is only counted into `last`.
  void tell(const Fact& fact, std::string sentence, int weight, Family family);
};
inline constexpr std::size_t kMaxWhy = 30, kMaxActions = 5'000;

/// Tasks made and deleted at once, or made over the network.
std::vector<RemoteAction> find_remote_tasks(const FactBook& book);
/// Programs that WMI, DCOM and WinRM started, WMI asked for by other hosts.
std::vector<RemoteAction> find_remote_processes(const FactBook& book);
/// Permanent subscriptions of WMI.
std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book);
/// Shares, remote control of services and the registry, commands against other hosts.
std::vector<RemoteAction> find_share_actions(const FactBook& book);

}  // namespace hozen
