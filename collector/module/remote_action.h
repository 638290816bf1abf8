// Things done on this host for another one, or from here on another, by Windows' own means:
// scheduled tasks, WMI, DCOM, WinRM, shares.
#pragma once

#include <functional>
#include <set>
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
  std::uint64_t times = 1;  ///< how often, of those that are told together because they are alike
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
/// Records that a finding tells: no other tells them again.
using ToldRecords = std::set<std::string, std::less<>>;
/// What nothing but its time joins to a finding (Family::time) may be told by another.
void add_told(ToldRecords& told, const std::vector<Why>& story);
/// Services that were installed from other hosts and are none of `told`, joined by stages whatever
/// they are called: a logon, a program written to a share, the pipe of the services, the service
/// whose program that is. Installations that are alike are one action.
std::vector<RemoteAction> find_remote_services(const FactBook& book, const ToldRecords& told);
/// Permanent subscriptions of WMI.
std::vector<RemoteAction> find_wmi_subscriptions(const FactBook& book);
/// Shares, remote control of services and the registry, commands against other hosts. What is
/// `told` is left out.
std::vector<RemoteAction> find_share_actions(const FactBook& book, const ToldRecords& told);

}  // namespace hozen
