#include "collector/formats/ntfs_volume.h"

#include <algorithm>
#include <set>
#include <utility>

#include "collector/formats/ntfs_boot_search.h"

namespace hozen::ntfs {
namespace {

using attribute_type::kAttributeList;
using attribute_type::kData;

/// The first records of $MFT, which $MFTMirr holds too, whatever the size of a cluster.
constexpr std::uint64_t kMirroredRecords = 4;
/// All records of a file together: those of 4 KiB, the largest that Windows makes, are cut by their
/// number.
constexpr std::size_t kMaxFileBytes = 64u << 20;
/// Records that should extend a file and do not, told one by one.
constexpr std::size_t kMaxUnfitTold = 100;

/// Whether `other` belongs to the base record `number`. Freeing that raised its sequence number:
/// what extended it still names the old one.
bool extends(const FileRecord& other, std::uint64_t number, const FileRecord& base) {
  const FileReference named = other.base();
  if (named.record != number) return false;
  return named.sequence == base.sequence() ||
         (!base.in_use() && FileReference::next_sequence(named.sequence) == base.sequence());
}

}  // namespace

Result<std::shared_ptr<Volume>> Volume::open(const std::shared_ptr<ByteSource>& bytes) {
  std::optional<Error> failed;
  std::shared_ptr<Volume> found;
  const auto try_with = [&](const BootSector& boot) {
    std::shared_ptr<Volume> volume{new Volume{bytes, boot}};
    if (failed) volume->problems_.push_back(*failed);
    if (auto table = volume->find_table(); !table) {
      if (!failed) failed = std::move(table).error();
      return false;
    }
    volume->tell_cut();
    found = std::move(volume);
    return true;
  };
  const auto boot = read_boot_at(*bytes, 0);
  if (!boot) failed = boot.error();
  if (boot && try_with(*boot)) return found;
  // One that can be read may be damaged too.
  const Error first = *failed;
  each_boot_copy(*bytes, [&](const BootSector& copy, std::uint64_t offset) {
    failed = first;
    failed->detail =
        "the copy of the boot sector at byte " + std::to_string(offset) + " of the volume was used";
    return !try_with(copy);
  });
  if (found) return found;
  return first;
}

void Volume::tell_cut() {
  if (boot_.volume_bytes() > bytes_->size())
    problems_.push_back({Errc::truncated,
                         "ntfs volume of " + std::to_string(boot_.volume_bytes()) +
                             " bytes, as its boot sector says, that ends here",
                         bytes_->size()});
}

/// As read_record(), but while there is a look at this record the answer views `looked_bytes_`.
Result<Slot> Volume::read_base(std::uint64_t number, std::vector<std::byte>& buffer) {
  if (looked_at_ != number) return read_record(number, buffer);
  if (looked_slot_) return *looked_slot_;
  const bool again = std::exchange(known_, std::nullopt) == number;
  if (again)
    other_bytes_.swap(looked_bytes_);
  else
    ++turn_;
  HOZEN_TRY(looked_slot_, read_record(number, looked_bytes_));
  known_changed_ = again && (known_changed_ || other_bytes_ != looked_bytes_);
  if (looked_slot_->state == SlotState::record && !may_be_extended(looked_slot_->record, number))
    known_ = number;
  return *looked_slot_;
}

bool Volume::is_as_looked(std::uint64_t number, std::uint64_t turn) {
  if (turn != turn_ || known_ != number || known_changed_ || looked_at_ || number == more_of_)
    return false;
  const auto slot = read_record(number, other_bytes_);
  return slot && slot->state == SlotState::record && other_bytes_ == looked_bytes_;
}

Result<Slot> Volume::read_record(std::uint64_t number, std::vector<std::byte>& buffer) {
  if (number >= record_count()) return Error{Errc::not_found, "ntfs file record", std::nullopt};
  buffer.resize(boot_.record_bytes);
  const std::uint64_t offset = number * boot_.record_bytes;
  const auto read = mft_->read(offset, buffer);
  const Slot slot = read ? read_slot(buffer, offset) : Slot{};
  const bool is_intact = read && slot.state == SlotState::record;
  if (!is_intact && number < kMirroredRecords)
    if (auto copy = read_mirrored(number, buffer)) return copy;
  if (!read) return read.error();
  return slot;
}

/// Into `buffer` only where the copy is intact.
Result<Slot> Volume::read_mirrored(std::uint64_t number, std::vector<std::byte>& buffer) {
  const Error absent{Errc::not_found, "ntfs record in $MFTMirr"};
  if (boot_.mirror_lcn >= boot_.total_clusters()) return absent;
  std::vector<std::byte> copy(boot_.record_bytes);
  const std::uint64_t offset = boot_.mirror_lcn * boot_.cluster_bytes + number * boot_.record_bytes;
  HOZEN_CHECK(bytes_->read(offset, copy));
  Slot slot = read_slot(copy, offset);
  const bool is_meant = slot.state == SlotState::record && slot.record.in_use() &&
                        slot.record.stored_number().value_or(number) == number;
  if (!is_meant) return absent;
  buffer.swap(copy);  // the slot's views go with it
  return slot;
}

Result<std::vector<std::byte>> Volume::read_attribute_list(const FileRecord& base) {
  LayoutCollector list{kAttributeList, "", boot_.total_clusters()};
  list.add(base);
  if (!list.found()) return std::vector<std::byte>{};
  if (list.value()) return *std::move(list.value());
  RunSource source{bytes_, boot_.cluster_bytes, list.take_layout()};
  if (source.size() > kMaxAttributeListBytes)
    return Error{Errc::limit, "ntfs attribute list of more than 256 KiB"};
  return read_all(source, kMaxAttributeListBytes);
}

bool Volume::may_be_extended(const FileRecord& base, std::uint64_t number) const {
  return base.may_hold(kAttributeList) || number == more_of_ || has_known_extensions(number);
}

std::vector<Volume::Extension> Volume::list_extensions(const FileRecord& base, std::uint64_t number,
                                                       FunctionRef<void(Error)> problem) {
  std::vector<Extension> extensions;
  if (!may_be_extended(base, number)) return extensions;
  const std::size_t max_extensions = std::min(kMaxExtensions, kMaxFileBytes / boot_.record_bytes);
  std::set<std::uint64_t> seen{number};
  bool is_cut = false;
  const auto add = [&](std::uint64_t record, bool is_listed) {
    if (seen.contains(record)) return;
    is_cut = is_cut || extensions.size() == max_extensions;
    if (is_cut) return;
    seen.insert(record);
    extensions.push_back({record, is_listed});
  };
  if (!base.may_hold(kAttributeList)) {
    // Nothing is listed.
  } else if (const auto list = read_attribute_list(base)) {
    const auto read = each_attribute_list_entry(
        Bytes{*list}, [&](const AttributeListEntry& entry) { add(entry.record.record, true); });
    if (!read) problem(read.error());
  } else {
    problem(list.error());
  }
  if (number == more_of_)
    for (const std::uint64_t more : more_extensions_) add(more, true);
  // Those of a deleted file may long be another's: only who asks for them gets them.
  auto known = std::lower_bound(known_extensions_.begin(), known_extensions_.end(),
                                std::pair{number, std::uint64_t{0}});
  for (; base.in_use() && known != known_extensions_.end() && known->first == number; ++known)
    add(known->second, false);
  if (is_cut)
    problem({Errc::limit, "ntfs records that extend a file", number * boot_.record_bytes});
  return extensions;
}

Result<void> Volume::each_record_of(std::uint64_t number,
                                    FunctionRef<void(const FileRecord&)> visit,
                                    FunctionRef<void(Error)> problem) {
  std::vector<std::byte> buffer;
  HOZEN_TRY(const Slot slot, read_base(number, buffer));
  const std::uint64_t offset = number * boot_.record_bytes;
  if (slot.state == SlotState::unused) return Error{Errc::not_found, "ntfs file record", offset};
  if (slot.state == SlotState::torn) {
    problem({Errc::malformed, "ntfs file record whose fixup does not match", offset});
  } else if (slot.state != SlotState::record) {
    return Error{Errc::malformed, "ntfs file record", offset};
  }
  if (slot.record.is_extension())
    return Error{Errc::malformed, "ntfs file record that extends another", offset};
  visit(slot.record);
  visit_extensions(slot.record, number, visit, problem);
  return {};
}

void Volume::visit_extensions(const FileRecord& base, std::uint64_t number,
                              FunctionRef<void(const FileRecord&)> visit,
                              FunctionRef<void(Error)> problem) {
  std::vector<std::byte> buffer;
  std::size_t unfit = 0, unlisted = 0;
  for (const Extension& extension : list_extensions(base, number, problem)) {
    const std::uint64_t offset = extension.record * boot_.record_bytes;
    const auto other = read_record(extension.record, buffer);
    const bool fits = other && other->state == SlotState::record && other->record.is_extension() &&
                      extends(other->record, number, base);
    if (!extension.is_listed) {
      // What was known of a table that changes need not be so any more.
      if (!fits || !other->record.in_use()) continue;
      if (unlisted++ == 0)
        problem({Errc::malformed,
                 "ntfs extension record that the attribute list of its file does not name",
                 offset});
      visit(other->record);
    } else if (fits) {
      visit(other->record);
    } else if (base.in_use() && unfit++ < kMaxUnfitTold) {
      problem(other ? Error{Errc::malformed,
                            "ntfs extension record that is damaged or another file's", offset}
                    : other.error());
    }
  }
}

}  // namespace hozen::ntfs
