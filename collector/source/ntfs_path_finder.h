// What a path means on NTFS volumes: names that differ in case only or not at all, links on the
// way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/source/file_tree.h"
#include "collector/source/ntfs_volume_files.h"
#include "collector/source/source.h"

namespace hozen {

struct NtfsMounted {
  std::string volume;
  std::shared_ptr<ntfs::Volume> ntfs;
  std::unique_ptr<NtfsVolumeFiles> files;
  std::vector<Error> problems{};  // of its file table, not yet told
  bool is_whole = true;           // every record of it could be read
  // Whether folders on the way are links, as they were when first passed: names are of one moment
  // too, and a folder is passed for every file below it.
  std::unordered_map<std::uint32_t, bool> links{};
};

/// Where a path leads.
struct NtfsPlace {
  NtfsMounted* mounted = nullptr;
  std::uint32_t record = ntfs::record_number::kRoot;
  EvidencePath path{};                    // as stored
  std::optional<std::uint32_t> parent{};  // the folder's record; nothing for a root
  bool exact = true;  // spelled as asked wherever entries on the way differ in case only
  bool alone = true;  // there were no such entries on the way
};

/// A folder on the way that a path takes.
struct NtfsStep {
  NtfsPlace place{};
  std::shared_ptr<const EvidencePath> path{};  // that is looked for: as asked, or behind a link
  std::size_t next = 0;                        // component that is looked for in it
  std::size_t fixed = 0;  // components of which only the one spelled as asked is looked at
  int hops = 0;           // links that may still be followed
  std::vector<std::uint32_t> entries{};  // not looked into yet, the last one first
  bool has_others = false;               // entries differ in case only
};

/// The search for what a path means.
struct NtfsSearch {
  bool all = false;  // every spelling, not only the one that is meant
  std::vector<NtfsPlace> found{};
  std::vector<NtfsStep> steps{};     // those with entries left, from the top down
  std::size_t left = kMaxSpellings;  // entries that differ in case only and may be looked into
  std::optional<Error> failed{};     // the first of what stood in the way

  bool is_over() const {
    if (found.size() >= kMaxSpellings) return true;
    return !all && !found.empty() && (found.front().exact || found.size() > 1);
  }
  void fail(Error error) {
    if (!failed) failed = std::move(error);
  }
};

class NtfsPathFinder {
 public:
  /// `mounts` must outlive it; `remark` is told what is odd about a path.
  NtfsPathFinder(std::vector<NtfsMounted>& mounts, std::function<void(Error)> remark)
      : mounts_{mounts}, remark_{std::move(remark)} {}

  /// nullptr for a volume that is not there.
  NtfsMounted* find_mounted(std::string_view volume);
  /// Finds what `path` means; of its first `fixed` components only what is spelled as asked.
  Result<void> find(const EvidencePath& path, std::size_t fixed, NtfsSearch& search);
  /// Where the link leads.
  static Result<EvidencePath> link_target(const NtfsPlace& link);

 private:
  Result<void> begin(EvidencePath path, std::size_t fixed, int hops, bool exact,
                     NtfsSearch& search);
  Result<void> descend(NtfsStep step, NtfsSearch& search);
  void go_on(NtfsStep step, NtfsSearch& search);
  Result<void> enter(const NtfsStep& link, NtfsSearch& search);
  static bool is_link(const NtfsPlace& place, bool directory);
  void tell_twice(const EvidencePath& path, const std::string& other);

  std::vector<NtfsMounted>& mounts_;
  std::function<void(Error)> remark_;
};

/// Errc::not_found.
Error no_such_path(const EvidencePath& path, std::string detail);

}  // namespace hozen
