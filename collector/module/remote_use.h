// Uses of PsExec and of tools like it, put together from facts of all kinds: one use is one time
// that somebody ran something through a service.
#pragma once

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
  std::string service;   ///< as it was called where it was installed, or its program
  std::string stem;      ///< name of its program without extension, upper case
  std::string image;     ///< its path
  bool renamed = false;  ///< PsExec whose service is called otherwise
  FileTime started{}, ended{};
  std::string source_host, source_address, account;
  std::vector<std::string> commands{};  ///< what was run, as far as anything tells
  std::string client;                   ///< program that asked for it, when it ran on this host
  FileTime prefetch_run{};
  std::vector<Why> why{};              ///< the story
  std::vector<std::string> missing{};  ///< what could have told more and is not there
  bool installed = false, logged_on = false;
};

/// In the order of their starts; at most kMaxRemoteUses.
std::vector<RemoteUse> find_remote_uses(const FactBook& book);
inline constexpr std::size_t kMaxRemoteUses = 20'000;

/// PsExec or PAExec started on this host to run something on another.
struct RemoteStart {
  FileTime time{};
  std::string record, image, account;
  ClientCommand command;
  bool renamed = false;  ///< its file is called otherwise
};
std::vector<RemoteStart> find_remote_starts(const FactBook& book);

}  // namespace hozen
