// Uses of PsExec and of tools like it, put together from facts of all kinds: one use is one time
// that somebody ran something through a service.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/remote_tools.h"

namespace hozen {

/// What joined one use. Names as they stand in the evidence.
struct RemoteUse {
  const RemoteTool* tool = nullptr;
  std::string service;       ///< as it was called where it was installed, or its program
  std::string stem;          ///< name of its program without extension, upper case
  std::string image;         ///< its path
  bool renamed = false;      ///< PsExec whose service is called otherwise
  bool is_doubtful = false;  ///< nothing but the form of a pipe's name tells of it
  FileTime started{}, ended{};
  std::string source_host, source_address, account;
  std::vector<std::string> commands{};  ///< what was run, as far as anything tells
  std::string client;                   ///< program that asked for it, when it ran on this host
  FileTime prefetch_run{};
  std::vector<Why> why{};              ///< the story
  std::set<std::string> records{};     ///< all that belong to it, also where `why` is full
  std::vector<std::string> missing{};  ///< what could have told more and is not there
  bool installed = false;
  bool logged_on = false;    ///< a logon belongs to it for sure
  bool is_remote = false;    ///< something shows that it came over the network
  bool is_own = false;       ///< what names the host it came from names this one
  bool is_ordinary = false;  ///< others set up such services too
};

/// In the order of their starts; at most kMaxRemoteUses.
std::vector<RemoteUse> find_remote_uses(const FactBook& book);
inline constexpr std::size_t kMaxRemoteUses = 20'000;

/// What a tool left that belongs to no use that events tell of.
struct RemoteLeftover {
  const RemoteTool* tool = nullptr;
  std::set<std::string> names{};   ///< of its programs, upper case
  std::set<std::string> hosts{};   ///< that key files name
  std::set<FileTime> runs{};       ///< in prefetch files
  std::uint64_t runs_untimed = 0;  ///< counted there without a time
  std::vector<Why> why{};
  std::vector<std::string> missing{};
};
/// One a tool. `uses` as find_remote_uses() gave them.
std::vector<RemoteLeftover> find_remote_leftovers(const FactBook& book,
                                                  const std::vector<RemoteUse>& uses);

/// Access that such a tool needs, asked for and refused: by one account from one address.
struct RemoteAttempt {
  const RemoteTool* tool = nullptr;
  std::string account{}, address{};
  std::set<std::string> names{};  ///< files and pipes, at most kMaxAttemptNames
  FileTime first{}, last{};
  std::uint64_t count = 0;
  std::vector<std::string> records{};
};
std::vector<RemoteAttempt> find_remote_attempts(const FactBook& book);
inline constexpr std::size_t kMaxAttemptNames = 20;

/// PsExec or PAExec started on this host to run something on others.
struct RemoteStart {
  FileTime time{};
  std::uint32_t event_id = 0;
  std::string image{}, account{};
  std::vector<std::string> records{};  ///< of the process, in one log or two
  ClientCommand command{};
  bool renamed = false;  ///< its file is called otherwise
};
std::vector<RemoteStart> find_remote_starts(const FactBook& book);

}  // namespace hozen
