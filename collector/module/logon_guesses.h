// Attempts to guess passwords: refused logons of one source that follow one another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// Refusals of one source with less than an hour between them.
struct GuessBurst {
  /// Address, else name of the workstation, "" where the log names none; "this host itself".
  std::string source;
  FileTime first{}, last{};
  std::map<std::string, std::uint64_t> accounts{};  ///< refusals by account, folded names
  std::map<std::uint32_t, std::uint64_t> events{};  ///< refusals by event
  std::uint64_t unnamed_accounts = 0;  ///< refusals of accounts beyond kMaxGuessAccounts
  std::vector<std::string> records{};  ///< of the first refusals
  /// An account of them that was logged on from there afterwards, until an hour after the last.
  const Fact* success = nullptr;

  /// One attempt may be told by several events (4625 and 4776): the most of any.
  std::uint64_t attempts() const;
  /// The most refusals of one account.
  std::pair<std::string, std::uint64_t> most_tried() const;
};
inline constexpr std::size_t kMaxGuessAccounts = 5'000, kMaxGuessBursts = 5'000;

/// Bursts of at least five accounts or ten attempts, in the order of their beginnings; of a hundred
/// attempts where the source is the host's own screen, services or tasks.
std::vector<GuessBurst> find_guesses(const FactBook& book);

/// What such a burst says: rules remote_logons.password_spraying and password_guessing.
Finding guess_finding(const GuessBurst& burst);

/// 4625, 4771 for a wrong password, 4768 for an account that is not there, 4776 that failed.
bool is_refused_logon(const Fact& fact);

}  // namespace hozen
