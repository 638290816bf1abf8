// Runlists: where the clusters of a non-resident attribute lie.
//
// Source: Linux NTFS documentation ("Concept - Data Runs"), libyal/libfsntfs "Data runs"; compared
// with what istat of sleuthkit and ntfsinfo of ntfs-3g say of the same files.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen::ntfs {

constexpr std::uint64_t kSparseLcn = ~std::uint64_t{0};  ///< no clusters: the run reads as zeros

struct Run {
  std::uint64_t vcn = 0;
  std::uint64_t lcn = kSparseLcn;  ///< first cluster on the volume
  std::uint64_t clusters = 0;

  bool is_sparse() const { return lcn == kSparseLcn; }
  std::uint64_t end_vcn() const { return vcn + clusters; }
};

/// Reads one run after the other.
class RunReader {
 public:
  /// `encoded`: the mapping pairs; `first_vcn`: of the first run; `volume_clusters`: an upper bound
  /// of cluster numbers.
  RunReader(Bytes encoded, std::uint64_t first_vcn, std::uint64_t volume_clusters)
      : encoded_{encoded}, vcn_{first_vcn}, volume_clusters_{volume_clusters} {}

  /// The next run, or nothing at the end of the list and at the first fault, which error() tells:
  /// Errc::truncated for a run that leaves the list, Errc::malformed for a run of no
  /// length, a number of more than 8 bytes or clusters that the volume does not have.
  std::optional<Run> next();
  const std::optional<Error>& error() const { return error_; }
  std::uint64_t vcn() const { return vcn_; }  ///< behind the last run read

 private:
  std::optional<Run> fail(Errc code, const char* what);

  Bytes encoded_;
  std::uint64_t vcn_, volume_clusters_;
  std::uint64_t lcn_ = 0;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace hozen::ntfs
