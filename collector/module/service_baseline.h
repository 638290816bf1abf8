// What belongs to the services of Windows itself: a table of names and files by version, and the
// comparison of one service with it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/module/service_entry.h"

namespace hozen {

/// One row. Several rows of a name are versions of it.
struct InboxService {
  std::string_view name;  ///< `*` for the made-up part of a name
  /// Files, `|` between alternatives, relative to the Windows folder, or beginning with
  /// %ProgramFiles% (either) or %ProgramData%; `*` within one component. "" says nothing.
  std::string_view image, library;
  std::string_view failure_command;  ///< a file like those, or the very text of the command
  std::uint32_t first_build, last_build;
  /// What a program that does as it is told (msiexec.exe, dllhost.exe) is told, in these versions;
  /// `<guid>` at the end is any one. "" says nothing.
  std::string_view arguments{};
};
constexpr std::uint32_t kNewestBuild = 0xFFFF'FFFF;

/// How one file of a service compares with the table.
struct InboxMatch {
  InboxState state = InboxState::unknown;
  std::vector<std::string> expected{};  ///< what the table has for this version, else for any
  bool version_known = true;            ///< the table covers the service for this build
  bool told_otherwise = false;          ///< the file is right, its arguments are not
};

class ServiceBaseline {
 public:
  /// The rows must outlive the object.
  explicit ServiceBaseline(std::span<const InboxService> rows);
  /// More rows, of a system that is not Windows itself.
  void add(std::span<const InboxService> rows);

  bool knows(std::string_view name) const;
  /// `windows`: folder of the installation; `build` 0 when not known. Instances of user services
  /// are compared as their templates.
  InboxMatch image(const ServiceEntry& entry, const EvidencePath& windows,
                   std::uint32_t build) const;
  InboxMatch library(const ServiceEntry& entry, const EvidencePath& windows,
                     std::uint32_t build) const;
  /// Whether every row for this build has a library.
  bool expects_library(const ServiceEntry& entry, std::uint32_t build) const;
  /// Whether a row of any version has a library of this file name.
  bool names_library(const EvidencePath& file) const;
  /// True when the failure command is the one that Windows itself sets.
  bool is_usual_failure_command(const ServiceEntry& entry, const EvidencePath& windows) const;

 private:
  using Rows = std::vector<const InboxService*>;

  Rows rows_named(std::string_view name) const;
  Rows rows_of(const ServiceEntry& entry) const;
  InboxMatch compare(const ServiceEntry& entry, const ServiceFile& file,
                     std::string_view InboxService::*part, const EvidencePath& windows,
                     std::uint32_t build) const;

  std::unordered_map<std::string, Rows> by_name_;  // folded names without `*`
  Rows patterns_;                                  // the others
  std::unordered_set<std::string> libraries_;      // folded file names
};

/// One file against one alternative of a row (see InboxService). A missing ".exe" does not count.
/// Exposed for its tests.
bool matches_inbox_path(std::string_view pattern, const EvidencePath& file,
                        const EvidencePath& windows);

}  // namespace hozen
