// What a run collects: modules and file targets, read from XML and checked completely before
// anything runs. Format: docs/profiles.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/hash.h"
#include "collector/engine/embedded_profiles.h"
#include "collector/engine/path_pattern.h"
#include "collector/module/module.h"

namespace hozen {

/// In the order in which files are collected.
inline constexpr std::array kPriorities{Priority::volatile_state, Priority::crown_jewels,
                                        Priority::high, Priority::normal, Priority::bulk};

/// What bounds a run. A value that no profile gives is the default here.
struct Limits {
  std::uint64_t max_file_bytes = 1ull << 30;   ///< of one file; what is longer is stored truncated
  std::uint64_t max_total_bytes = 1ull << 36;  ///< of all files together, as read
  std::uint64_t max_files = 1'000'000;
};

struct ProfileModule {
  std::string name;
  Priority priority = Priority::high;  ///< modules run in this order
  std::uint64_t max_file_bytes = 0;    ///< of a file that the module asks for; 0: as the limits say
  /// Name and value, both among those that the module knows; one that is not here has its default.
  std::vector<std::pair<std::string, std::string>> options{};
};

/// A module as far as profiles are concerned.
struct KnownModule {
  std::string name;
  std::span<const ModuleOption> options{};
};

/// Files that are preserved for their own sake.
struct FileTarget {
  PathPattern pattern;
  std::string category;  ///< "event_logs": groups targets in lists and in artifacts.jsonl
  std::string reason;    ///< one sentence: why an examiner wants them
  Priority priority = Priority::normal;
  std::uint64_t max_file_bytes = 0;  ///< 0: as the limits say
  bool streams = false;              ///< alternate data streams of each file too
};

/// One XML text that went into a profile.
struct ProfileText {
  std::string name;    ///< "triage"; for a file its name without folder and ".xml"
  std::string origin;  ///< "embedded", or the path as the operator gave it
  std::string xml;
};

struct ProfileFile {
  std::string name, origin;
  Sha256Digest sha256{};  ///< of the XML, byte for byte
};

struct Profile {
  std::string summary;
  std::vector<ProfileFile> files;  ///< every text that contributed, includes among them
  Limits limits;
  std::vector<ProfileModule> modules;  ///< by priority, then in the order of the texts
  std::vector<FileTarget> targets;     ///< in the order of the texts
};

struct ProfileProblem {
  std::string file;
  std::size_t line = 0;  ///< from 1
  std::string message;
  std::string text() const;  ///< "triage.xml:12: unknown element <modul> (did you mean "module"?)"
};

/// A profile, or everything that is wrong with it.
struct ProfileReading {
  Profile profile;
  std::vector<ProfileProblem> problems;
};

/// Reads `texts` and what they include (embedded profiles only), checks everything, and unites
/// them: all modules and targets, the highest limits and priorities, of an option the first value
/// that is not its default. A limit that a text gives
/// itself goes before those of its includes. With a problem in the answer
/// the profile must not be used.
ProfileReading read_profiles(std::span<const ProfileText> texts,
                             std::span<const EmbeddedProfile> embedded,
                             std::span<const KnownModule> modules);

/// The embedded profile of that name as a text, if there is one.
std::optional<ProfileText> embedded_profile_text(std::span<const EmbeddedProfile> embedded,
                                                 std::string_view name);

std::vector<std::string> embedded_profile_names(std::span<const EmbeddedProfile> embedded);
std::vector<KnownModule> known_modules(std::span<const ModuleSpec* const> modules);
std::vector<std::string> module_names_of(std::span<const ModuleSpec* const> modules);

}  // namespace hozen
