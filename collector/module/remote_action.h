// Things done on this host for another one, or from here on another, by Windows' own means:
// scheduled tasks, WMI, DCOM, WinRM, shares.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/remote_use.h"

namespace hozen {

struct RemoteAction {
  std::string rule;    ///< part of the finding's rule after the module
  std::string title;   ///< of the finding
  std::string name{};  ///< task, consumer, share, host
  std::string account{}, address{}, host{}, command{};
  FileTime first{}, last{};
  std::vector<Why> why{};
  std::vector<std::string> attack{}, benign{}, missing{};

  /// At most kMaxWhy sentences; what comes later is only counted into `last`. The same sentence of
  /// another record is told once, with both.
  void tell(const Fact& fact, std::string sentence, int weight, Family family);
};
inline constexpr std::size_t kMaxWhy = 30, kMaxActions = 5'000;

/// Tasks made and deleted at once, or made over the network.
std::vector<RemoteAction> find_remote_tasks(const FactBook& book);
/// Programs that WMI, DCOM and WinRM started, WMI asked for by other hosts.
std::vector<RemoteAction> find_remote_processes(const FactBook& book);
/// Services that were installed from other hosts and are none of `told`, joined by stages whatever
/// they are called: a logon, a program written to a share, the pipe of the services, the service
/// whose program that is.
std::vector<RemoteAction> find_remote_services(const FactBook& book,
                                               const std::vector<RemoteUse>& told);
/// A use of a service for another host that has a finding: the pipe of the services is part of it.
struct ToldService {
  FileTime first{}, last{};
  std::string account, address;  ///< "" when not known
};
std::vector<ToldService> told_services(const std::vector<RemoteUse>& uses,
                                       const std::vector<RemoteAction>& services);
/// Permanent subscriptions of WMI.
std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book);
/// Shares, remote control of services and the registry, commands against other hosts. `told` must
/// be there meanwhile.
std::vector<RemoteAction> find_share_actions(const FactBook& book,
                                             const std::vector<ToldService>& told);

}  // namespace hozen
