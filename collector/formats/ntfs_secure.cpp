#include "collector/formats/ntfs_secure.h"

#include <algorithm>
#include <bit>

#include "collector/formats/ntfs_zeros.h"

namespace hozen::ntfs {
namespace {

constexpr std::size_t kEntryAlignment = 16;
constexpr std::size_t kMinDescriptorBytes = 20;  ///< its header (MS-DTYP 2.4.6)
/// A descriptor has at most two ACLs of 64 KiB and two SIDs.
constexpr std::size_t kMaxDescriptorBytes = 2 * 65'536 + 4096;

/// Bytes that are hashed for one part: twice itself when nothing is wrong. Headers made to overlap
/// would have each of 16,384 places hash half of it; what is left then counts as damage.
constexpr std::size_t kHashedBytes = 16 * kSecurityPartBytes;

constexpr std::uint64_t align_up(std::uint64_t offset) {
  return (offset + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}

/// What stands at one place of a part, by one of the copies.
struct Candidate {
  SecurityEntry entry{};
  std::size_t length = 0;  ///< of the entry
  bool whole = false;      ///< the hash is right
};

/// The entry at `at` of `part`, whose first copy begins at `first` in the stream; nothing when the
/// header is not one of an entry of this place. Takes what is hashed from `budget`.
std::optional<Candidate> candidate_at(Bytes part, std::size_t at, std::uint64_t first,
                                      std::size_t& budget) {
  const auto header = part.fixed<kSecurityHeaderBytes>(at, "");
  if (!header || header->u64<8>() != first + at) return std::nullopt;
  const std::size_t length = header->u32<16>();
  if (length < kSecurityHeaderBytes + kMinDescriptorBytes ||
      length > kSecurityHeaderBytes + kMaxDescriptorBytes || length > budget)
    return std::nullopt;
  const auto descriptor = part.slice(at + kSecurityHeaderBytes, length - kSecurityHeaderBytes, "");
  if (!descriptor) return std::nullopt;
  budget -= length;
  Candidate found;
  found.length = length;
  found.entry = {header->u32<4>(), header->u32<0>(), SecurityCopy::first, first + at, *descriptor};
  found.whole = security_hash(*descriptor) == found.entry.hash;
  return found;
}

/// One part and its copy.
class Part {
 public:
  Part(Bytes first, Bytes mirror, Problems& problems)
      : first_{first}, mirror_{mirror}, problems_{problems} {}

  bool each(const SecurityVisit& visit) {
    const std::size_t size = std::max(first_.size(), mirror_.size());
    std::size_t at = 0;
    while (at + kSecurityHeaderBytes <= size) {
      auto found = entry_at(at);
      if (!found) {
        skip(at);
        continue;
      }
      end_damage();
      note_copy(*found);
      if (!visit(found->entry)) return false;
      at = static_cast<std::size_t>(align_up(at + found->length));
    }
    end_damage();
    return true;
  }

 private:
  std::optional<Candidate> entry_at(std::size_t at) {
    auto first = candidate_at(first_, at, first_.base(), budget_);
    if (first && first->whole) return first;
    auto mirror = candidate_at(mirror_, at, first_.base(), budget_);
    if (mirror && mirror->whole) {
      mirror->entry.copy = SecurityCopy::mirror;
      return mirror;
    }
    // In a stretch of damage only a right hash tells an entry from garbage.
    if (!first) first = std::move(mirror);
    if (!first || damage_) return std::nullopt;
    first->entry.copy = SecurityCopy::damaged;
    return first;
  }

  /// Over what is no entry: the zeros behind the last one, or 16 bytes of damage.
  void skip(std::size_t& at) {
    const std::size_t end = std::max(first_.size(), mirror_.size());
    const std::size_t zeros = std::min(zeros_of(first_, at, end), zeros_of(mirror_, at, end));
    at += std::max(zeros / kEntryAlignment * kEntryAlignment, kEntryAlignment);
    if (zeros >= kEntryAlignment) return;
    if (!damage_) damage_ = at - kEntryAlignment;
    damage_end_ = at;
  }

  /// Zeros from `at` on; a copy that is not there, or ends, has nothing else up to `end`.
  static std::size_t zeros_of(Bytes copy, std::size_t at, std::size_t end) {
    const std::size_t zeros = zeros_at(copy, at);
    return at + zeros < copy.size() ? zeros : end - at;
  }

  void end_damage() {
    if (damage_)
      problems_.add({Errc::malformed, "ntfs security entries", first_.base() + *damage_,
                     std::to_string(damage_end_ - *damage_) + " bytes"});
    damage_.reset();
  }

  void note_copy(const Candidate& found) {
    if (found.entry.copy == SecurityCopy::first) return;
    const bool damaged = found.entry.copy == SecurityCopy::damaged;
    problems_.add({Errc::malformed, damaged ? "ntfs security hash" : "ntfs security first copy",
                   found.entry.offset});
  }

  Bytes first_, mirror_;
  Problems& problems_;
  std::size_t budget_ = kHashedBytes;
  std::optional<std::size_t> damage_{};  ///< where the stretch that is passed over begins
  std::size_t damage_end_ = 0;           ///< behind its last byte that is not zero
};

/// Fills `buffer` with up to one part from `offset`; what cannot be read is a problem.
Bytes read_part(ByteSource& sds, std::uint64_t offset, std::uint64_t end,
                std::vector<std::byte>& buffer, Problems& problems) {
  const std::uint64_t length = offset < end ? std::min(kSecurityPartBytes, end - offset) : 0;
  buffer.resize(static_cast<std::size_t>(length));
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto count = sds.read_some(offset + filled, std::span{buffer}.subspan(filled));
    if (!count) problems.add(count.error());
    if (!count || *count == 0) break;
    filled += *count;
  }
  return Bytes{std::span{buffer}.first(filled), offset};
}

}  // namespace

std::string_view to_text(SecurityCopy copy) {
  switch (copy) {
    case SecurityCopy::first:
      return "first";
    case SecurityCopy::mirror:
      return "mirror";
    case SecurityCopy::damaged:
      return "damaged";
  }
  return "";
}

std::uint32_t security_hash(Bytes descriptor) {
  constexpr int kRotation = 3;
  std::uint32_t hash = 0;
  for (std::size_t at = 0; at + sizeof hash <= descriptor.size(); at += sizeof hash)
    hash = *descriptor.get<std::uint32_t>(at) + std::rotl(hash, kRotation);
  return hash;
}

void each_security_entry(ByteSource& sds, Problems& problems, const SecurityVisit& visit) {
  const std::uint64_t end = std::min(sds.size(), kMaxSecurityStreamBytes);
  if (end < sds.size())
    problems.add({Errc::limit, "ntfs security stream", kMaxSecurityStreamBytes});
  std::vector<std::byte> first_buffer, mirror_buffer;
  for (std::uint64_t offset = 0; offset < end; offset += 2 * kSecurityPartBytes) {
    const Bytes first = read_part(sds, offset, end, first_buffer, problems);
    const Bytes mirror = read_part(sds, offset + kSecurityPartBytes, end, mirror_buffer, problems);
    if (!Part{first, mirror, problems}.each(visit)) return;
  }
}

SecurityTable SecurityTable::build(ByteSource& sds, Problems& problems) {
  SecurityTable table;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    if (table.places_.size() == kMaxSecurityIds) {
      problems.add({Errc::limit, "ntfs security ids", entry.offset});
      return false;
    }
    table.places_.push_back({entry.descriptor.base(), entry.id,
                             static_cast<std::uint32_t>(entry.descriptor.size()),
                             entry.copy == SecurityCopy::damaged});
    return true;
  });
  std::stable_sort(table.places_.begin(), table.places_.end(), [](const Place& a, const Place& b) {
    return a.id != b.id ? a.id < b.id : a.damaged < b.damaged;
  });
  const auto same = std::unique(table.places_.begin(), table.places_.end(),
                                [](const Place& a, const Place& b) { return a.id == b.id; });
  table.places_.erase(same, table.places_.end());
  return table;
}

const SecurityTable::Place* SecurityTable::find(std::uint32_t id) const {
  const auto at =
      std::lower_bound(places_.begin(), places_.end(), id,
                       [](const Place& place, std::uint32_t wanted) { return place.id < wanted; });
  return at != places_.end() && at->id == id ? &*at : nullptr;
}

Result<std::vector<std::byte>> SecurityTable::read(ByteSource& sds, std::uint32_t id) const {
  const Place* const place = find(id);
  if (place == nullptr)
    return Error{Errc::not_found, "ntfs security id", std::nullopt, std::to_string(id)};
  std::vector<std::byte> bytes(place->bytes);
  HOZEN_CHECK(sds.read(place->offset, bytes));
  return bytes;
}

}  // namespace hozen::ntfs
