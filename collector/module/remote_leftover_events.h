// Events that tell of services and programs of PsExec and tools like it, and belong to no use: for
// remote_leftovers.cpp.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/remote_use.h"

namespace hozen {

/// Events that tell the same of one service or program.
struct LooseEvents {
  const RemoteTool* tool = nullptr;
  std::string name{};  ///< of the service or program, upper case
  std::string what{};  ///< a clause without its times
  int weight = 0;
  Family family{};
  std::set<FileTime> times{};
  std::vector<std::string> records{};  ///< the first of them
};

/// The tool whose program lies at a path; nullptr for others.
using ToolOfProgram = std::function<const RemoteTool*(std::string_view path)>;

/// States and keys of services that are known by their names, processes that known programs
/// started, their connections: those that no use of `uses`, which stand in the order of their
/// starts, may have brought with it. In the order of their first times.
std::vector<LooseEvents> find_loose_events(const FactBook& book, std::span<const RemoteUse> uses,
                                           const ToolOfProgram& tool_of_program);

}  // namespace hozen
