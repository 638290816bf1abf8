// Which paths are artifacts already: 40 bytes a path, however long it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace hozen {

/// Paths compare by their keys (EvidenceSource::key). Only a digest of each is kept, a
/// cryptographic one: names in evidence may be made to collide.
class PathIndex {
 public:
  /// The artifact of a path with this key; 0 when it has none.
  std::uint32_t find(std::string_view path_key) const;
  /// Sets the artifact (not 0) of a path that has none.
  void insert(std::string_view path_key, std::uint32_t artifact);
  std::size_t size() const { return count_; }

 private:
  struct Slot {
    std::array<std::uint32_t, 4> key{};  ///< first 128 bits of the SHA-256 of the path's key
    std::uint32_t artifact = 0;          ///< 0: free
  };
  static std::array<std::uint32_t, 4> digest_of(std::string_view path_key);
  std::size_t slot_for(const std::array<std::uint32_t, 4>& key) const;
  void grow();

  std::vector<Slot> slots_;  // open addressing; the size is a power of two, at most 3/4 full
  std::size_t count_ = 0;
};

}  // namespace hozen
