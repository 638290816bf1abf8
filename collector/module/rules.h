// Rules that every module which names a program shares: what a path, a name, a command line or a
// file's times say by themselves. Rules that need a signature or the content of the file do not
// score here; they are named in `not_checked`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/finding.h"
#include "collector/source/command_line.h"
#include "collector/source/source.h"

namespace hozen {

/// One shared rule that held.
struct RuleHit {
  std::string rule;      ///< "writable_location": the part of a finding's rule after the module
  std::string title;     ///< what a finding that rests on this rule alone is called
  Why why;               ///< `records` are the caller's to fill in
  std::string attack{};  ///< ATT&CK technique id, "" when none
  /// What would explain it innocently (a valid signature, software that was removed) has not been
  /// checked: alone it stays at low.
  bool innocent_unchecked = false;
};

/// What the shared rules look at. Only `command` must be there.
struct RuleInput {
  const ResolvedCommand* command = nullptr;
  const FileInfo* file = nullptr;  ///< of the target, nullptr when it could not be looked at
  EvidencePath windows{};          ///< Windows folder of the installation, empty when not known
  FileTime reference_time{};       ///< "now"
  FileTime written{};  ///< when the key that holds the entry was last written, unset when not known
};

struct Assessment {
  std::vector<RuleHit> hits;
  std::vector<std::string>
      not_checked;  ///< what could not be looked at, and what it would have changed
};

/// All shared rules over one resolved command line.
Assessment assess_command(const RuleInput& input);

// What follows asks about the folders of one Windows, which lies at `windows`: on its volume, or,
// where an upgrade moved it aside, beside it. The same names on another volume are nobody's.

/// The names of `file` below the root of this Windows: of its volume, or of the folder around it
/// where it was moved aside; nothing for a file of another volume.
std::optional<std::span<const std::string>> names_below_root(const EvidencePath& file,
                                                             const EvidencePath& windows);
/// A folder that ordinary users may write to: profiles, ProgramData down to its second level,
/// temporary folders, known writable folders below Windows, and what lies in or directly below the
/// root of a volume without being made by this Windows. nothing for protected folders; otherwise
/// what makes it writable.
std::optional<std::string> writable_because(const EvidencePath& file, const EvidencePath& windows);

/// System32, SysWOW64 and the other folders of Windows that only the system writes to.
bool is_windows_folder(const EvidencePath& file, const EvidencePath& windows);
/// Below a Program Files folder.
bool is_program_files(const EvidencePath& file, const EvidencePath& windows);

/// True when `written` is set and at most 30 days before `reference_time` (or after it).
bool is_recent(FileTime written, FileTime reference_time);

/// What is deceptive about a file name: bidi controls, zero-width characters, a trailing space or
/// dot, a document's extension before a program's. nothing for an honest name.
std::optional<std::string> deceptive_name(std::string_view file_name);

/// The share or web address that a text leads to ("\\host\share", "http://…"), nothing when it
/// stays on the host (also by its own address: \\localhost\C$).
std::optional<std::string> remote_target(std::string_view text);
/// The file on a share ("\\host\…") that a command leads to, in whatever form it was written; not
/// on one of this host's drives.
std::optional<std::string> remote_share(const ResolvedCommand& command);
/// The same of another machine.
std::optional<std::string> foreign_share(const ResolvedCommand& command);

}  // namespace hozen
