// The files that a domain controller gives to all computers of its domain: scripts, policies, and
// what group policy preferences hold.
#pragma once

#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "collector/module/cells.h"
#include "collector/module/module.h"

namespace hozen {

enum class SysvolKind : std::uint8_t { script, policy, preferences, program, other };
std::string_view to_text(SysvolKind kind);
/// By the file's name and extension.
SysvolKind sysvol_kind(std::string_view name);

/// How many passwords a file of group policy preferences holds: attributes `cpassword` with a
/// value. The key that opens them is public (Microsoft, MS-GPPREF 2.2.1.1.4), so each is known to
/// every account of the domain. Nothing else of them leaves this function.
std::uint32_t count_cpasswords(std::string_view xml);

struct SysvolFile {
  std::string path;
  std::uint64_t size = 0;
  SysvolKind kind = SysvolKind::other;
  bool is_recent = false;
  std::uint32_t passwords = 0;
  Envelope envelope{};
};

/// Files below `folder` (links to folders are followed within the evidence, each once): scripts,
/// policies, preferences and programs are queued for preservation, the newest first; of others only
/// those that were changed within a month are visited.
void each_sysvol_file(ModuleContext& context, const EvidencePath& folder,
                      const std::function<void(SysvolFile&)>& visit);

inline constexpr std::array kSysvolFileFields{
    Field<SysvolFile>{{"path", "The file."}, [](const SysvolFile& r, Cell& c) { c.text(r.path); }},
    Field<SysvolFile>{{"size", "Its bytes."},
                      [](const SysvolFile& r, Cell& c) { c.number(r.size); }},
    Field<SysvolFile>{{"file_kind",
                       "By its name: script, policy, preferences (of group policy), program or "
                       "other."},
                      [](const SysvolFile& r, Cell& c) { c.text(to_text(r.kind)); }},
    Field<SysvolFile>{{"is_recent", "Whether it was changed within the last 30 days."},
                      [](const SysvolFile& r, Cell& c) { c.boolean(r.is_recent); }},
    Field<SysvolFile>{{"passwords", "Passwords in it that anybody of the domain can read."},
                      [](const SysvolFile& r, Cell& c) { c.number(r.passwords); }},
};

}  // namespace hozen
