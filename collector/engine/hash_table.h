// Flat hash tables for bookkeeping that counts by the byte: about 12 to 24 bytes an element.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hozen {

/// FNV-1a, 64 bits: the same on every system. Not against an adversary; say so where it is used.
constexpr std::uint64_t hash_text(std::string_view text,
                                  std::uint64_t seed = 0xCBF2'9CE4'8422'2325u) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3u;
  return seed;
}

/// A set of 64-bit hashes.
class HashSet {
 public:
  bool contains(std::uint64_t hash) const { return !slots_.empty() && slots_[find(hash)] != 0; }
  void insert(std::uint64_t hash) {
    if (count_ * 4 >= slots_.size() * 3) grow();
    std::uint64_t& slot = slots_[find(hash)];
    if (slot == 0) ++count_;
    slot = nonzero(hash);
  }

 private:
  static std::uint64_t nonzero(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
  std::size_t find(std::uint64_t hash) const {
    const std::uint64_t wanted = nonzero(hash);
    std::size_t at = static_cast<std::size_t>(wanted ^ wanted >> 32) & (slots_.size() - 1);
    while (slots_[at] != 0 && slots_[at] != wanted) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const std::uint64_t hash : old)
      if (hash != 0) slots_[find(hash)] = hash;
  }

  std::vector<std::uint64_t> slots_;  // 0: empty; a power of two of them
  std::size_t count_ = 0;
};

/// Row numbers found by a 64-bit hash of the row; `matches(row)` decides among equal ones.
class RowIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFFu;

  template <class Matches>
  std::uint32_t find(std::uint64_t hash, Matches matches) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = start(hash); slots_[at].row != kNone; at = next(at))
      if (slots_[at].tag == tag(hash) && matches(slots_[at].row)) return slots_[at].row;
    return kNone;
  }
  void insert(std::uint64_t hash, std::uint32_t row) {
    if (count_ * 4 >= slots_.size() * 3) grow();
    put({tag(hash), row}, hash);
    ++count_;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0, row = kNone;
  };
  // The low bits choose the place; tag and place come from the same 32 bits so that growing needs
  // no other knowledge of the row.
  static std::uint32_t tag(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  }
  std::size_t start(std::uint64_t hash) const { return tag(hash) & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void put(Slot slot, std::uint64_t hash) {
    std::size_t at = start(hash);
    while (slots_[at].row != kNone) at = next(at);
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.row != kNone) put(slot, slot.tag);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace hozen
