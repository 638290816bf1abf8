// What processes of a running system and the images in them say by themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/signature.h"
#include "collector/source/evidence_path.h"
#include "collector/source/live_state.h"

namespace hozen {

/// One process and what is known beside it.
struct ProcessCase {
  const LiveProcess* process = nullptr;
  const LiveProcess* parent =
      nullptr;               ///< nullptr when it has ended, or its number was given again
  EvidencePath windows{};    ///< empty when not known
  bool is_emulated = false;  ///< not Windows itself: its programs lie and begin otherwise
  std::string record{}, parent_record{};
};

/// Hidden from a list; its file gone; a name of Windows in another place, or one that imitates it;
/// started by another than Windows starts it with. At most one finding of each.
std::vector<Finding> judge_process(const ProcessCase& one, SignatureBook& signatures);

/// One image, as one or more processes have it mapped.
struct ModuleCase {
  const LiveModule* module = nullptr;
  const LiveProcess* process = nullptr;  ///< the first of them
  std::size_t processes = 1;
  bool is_main = false;     ///< it is the program itself
  bool lists_whole = true;  ///< both lists of the process are whole, so that they can be compared
  EvidencePath windows{};
  std::string record{};
};

/// In no list of the loader although it was loaded to run; its file gone; another file than the
/// loader's list names. At most one finding of each.
std::vector<Finding> judge_module(const ModuleCase& one, SignatureBook& signatures);

/// Mapped from elsewhere, and one of Windows' own by the loader's list: an emulator has its
/// libraries so.
bool stands_for_windows(const LiveModule& module, const EvidencePath& windows);

using ProcessesByPid = std::map<std::uint32_t, const LiveProcess*>;
/// The process that started `process` of those with that number: it began before it.
const LiveProcess* parent_of(const LiveProcess& process, const ProcessesByPid& all);

}  // namespace hozen
