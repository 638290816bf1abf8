#include "collector/engine/path_index.h"

#include <cstring>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/hash.h"

namespace hozen {
namespace {

constexpr std::size_t kFirstSlots = 1024;

}  // namespace

std::array<std::uint32_t, 4> PathIndex::digest_of(std::string_view path_key) {
  const Sha256Digest digest = sha256(bytes_of(path_key).span());
  std::array<std::uint32_t, 4> key{};
  std::memcpy(key.data(), digest.data(), sizeof key);
  return key;
}

/// The slot that holds `key`, or the free one where it belongs. There is always a free one.
std::size_t PathIndex::slot_for(const std::array<std::uint32_t, 4>& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = key[0] & mask;
  while (slots_[at].artifact != 0 && slots_[at].key != key) at = (at + 1) & mask;
  return at;
}

std::uint32_t PathIndex::find(std::string_view path_key) const {
  return slots_.empty() ? 0 : slots_[slot_for(digest_of(path_key))].artifact;
}

void PathIndex::insert(std::string_view path_key, std::uint32_t artifact) {
  if (count_ + 1 > slots_.size() / 4 * 3) grow();
  const auto key = digest_of(path_key);
  slots_[slot_for(key)] = {key, artifact};
  ++count_;
}

void PathIndex::grow() {
  const std::vector<Slot> old =
      std::exchange(slots_, std::vector<Slot>(slots_.empty() ? kFirstSlots : slots_.size() * 2));
  for (const Slot& slot : old)
    if (slot.artifact != 0) slots_[slot_for(slot.key)] = slot;
}

}  // namespace hozen
