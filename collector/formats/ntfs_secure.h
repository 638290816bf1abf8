// The security descriptors of an NTFS volume: the stream $SDS of $Secure, where each stands once
// and files name it by its id.
//
// Source: the documentation of the Linux NTFS project, "$Secure"; fox-it/dissect.ntfs for the
// fields' offsets (libyal/libfsntfs prints others, which no file has). Observed on a volume of
// Windows Server 2012 R2: 256 KiB of entries, then 256 KiB that repeat them, then the next.
// Not read: the indexes $SII and $SDH, which say where an entry lies by id and by hash.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/bytes.h"
#include "collector/formats/ntfs_problems.h"

namespace hozen::ntfs {

constexpr std::uint64_t kSecurityPartBytes = 0x40000;  ///< of entries, and of the copy behind them
constexpr std::size_t kSecurityHeaderBytes = 20;
/// The stream is read up to here. Windows volumes have a few MB; each entry takes at least 48
/// bytes.
constexpr std::uint64_t kMaxSecurityStreamBytes = std::uint64_t{2} << 30;
/// Ids that a table keeps (24 MB): a file server has some ten thousand.
constexpr std::size_t kMaxSecurityIds = 1'000'000;

/// Which of the two copies of an entry is whole.
enum class SecurityCopy : std::uint8_t {
  first,    ///< the one that its offset names
  mirror,   ///< only the second
  damaged,  ///< neither: the descriptor is not what its hash says
};

/// "first", "mirror", "damaged".
std::string_view to_text(SecurityCopy copy);

struct SecurityEntry {
  std::uint32_t id = 0;    ///< as in $STANDARD_INFORMATION; Windows starts at 256
  std::uint32_t hash = 0;  ///< as stored
  SecurityCopy copy = SecurityCopy::first;
  std::uint64_t offset = 0;  ///< of the entry's first copy, bytes from the start of $SDS
  Bytes descriptor{};        ///< for parse_security_descriptor(); based where it was read
};

/// The hash of a descriptor: each 32-bit word added to the sum rotated left by three.
std::uint32_t security_hash(Bytes descriptor);

using SecurityVisit = std::function<bool(const SecurityEntry&)>;  ///< false ends the visit

/// Visits every entry in the order they lie; the descriptor's bytes live as long as the call of
/// `visit`. What is damaged is found again at the next multiple of 16 bytes and is one problem for
/// each stretch of it. Memory: twice 256 KiB at most, less for a shorter stream.
void each_security_entry(ByteSource& sds, Problems& problems, const SecurityVisit& visit);

/// Where each id's descriptor lies: for looking them up for many files.
class SecurityTable {
 public:
  /// Reads the stream once. When an id stands twice, a whole entry goes before a damaged one, then
  /// the first before others. More than kMaxSecurityIds are a problem (Errc::limit).
  static SecurityTable build(ByteSource& sds, Problems& problems);

  std::size_t size() const { return places_.size(); }
  bool contains(std::uint32_t id) const { return find(id) != nullptr; }
  /// The descriptor's bytes, also of an entry that is damaged in both copies. Errc::not_found when
  /// no entry has the id.
  Result<std::vector<std::byte>> read(ByteSource& sds, std::uint32_t id) const;

 private:
  struct Place {
    std::uint64_t offset = 0;  ///< of the descriptor
    std::uint32_t id = 0, bytes = 0;
    bool damaged = false;
  };
  const Place* find(std::uint32_t id) const;

  std::vector<Place> places_;  ///< by id
};

}  // namespace hozen::ntfs
