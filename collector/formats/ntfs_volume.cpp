#include "collector/formats/ntfs_volume.h"

#include <algorithm>
#include <set>
#include <utility>

namespace hozen::ntfs {
namespace {

using attribute_type::kAttributeList;
using attribute_type::kData;

/// A table of 64 GiB in fragments of 64 KiB needs about that many.
constexpr std::size_t kMaxTableExtensions = 4096;
/// Runs that are put in order to find the table's own records, all times together: each record may
/// lie in what the one before it told, and then the runs known so far are gone through anew.
constexpr std::size_t kMaxOrderedRuns = 16'000'000;
/// The first records of $MFT, which $MFTMirr holds too, whatever the size of a cluster.
constexpr std::uint64_t kMirroredRecords = 4;
/// All records of a file together: those of 4 KiB, the largest that Windows makes, are cut by their
/// number.
constexpr std::size_t kMaxFileBytes = 64u << 20;
/// Of such records, told one by one.
constexpr std::size_t kMaxTableProblems = 100;

/// Of disks: the last sector of a volume holds a copy of its boot sector.
constexpr std::uint64_t kSectorSizes[] = {512, 4096};

Result<BootSector> read_boot_at(ByteSource& bytes, std::uint64_t offset) {
  std::vector<std::byte> sector(kBootSectorBytes);
  HOZEN_CHECK(bytes.read(offset, sector));
  return read_boot_sector(Bytes{sector, offset});
}

/// The boot sector, or its copy in the last sector, of 512 or 4096 bytes.
Result<BootSector> find_boot(ByteSource& bytes, std::vector<Error>& problems) {
  auto boot = read_boot_at(bytes, 0);
  if (boot) return boot;
  for (const std::uint64_t sector : kSectorSizes) {
    if (bytes.size() < 2 * sector) continue;
    auto copy = read_boot_at(bytes, bytes.size() / sector * sector - sector);
    if (!copy) continue;
    Error told = boot.error();
    told.detail = "its copy in the last sector of the volume was used";
    problems.push_back(std::move(told));
    return copy;
  }
  return boot;
}

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
  std::vector<Error> problems;
  HOZEN_TRY(const BootSector boot, find_boot(*bytes, problems));
  std::shared_ptr<Volume> volume{new Volume{bytes, boot}};
  volume->problems_ = std::move(problems);
  auto found = volume->find_table();
  if (found) {
    volume->tell_cut();
    return volume;
  }
  // A boot sector that can be read may be damaged too.
  for (const std::uint64_t sector : kSectorSizes) {
    if (bytes->size() < 2 * sector) continue;
    const auto copy = read_boot_at(*bytes, bytes->size() / sector * sector - sector);
    if (!copy) continue;
    std::shared_ptr<Volume> other{new Volume{bytes, *copy}};
    Error told = found.error();
    told.detail = "the copy of the boot sector in the last sector of the volume was used";
    other->problems_.push_back(std::move(told));
    if (other->find_table()) {
      other->tell_cut();
      return other;
    }
  }
  return std::move(found).error();
}

void Volume::tell_cut() {
  if (boot_.volume_bytes() > bytes_->size())
    problems_.push_back({Errc::truncated,
                         "ntfs volume of " + std::to_string(boot_.volume_bytes()) +
                             " bytes, as its boot sector says, that ends here",
                         bytes_->size()});
}

Result<void> Volume::read_first_record(std::vector<std::byte>& buffer, FileRecord& record) {
  std::optional<Error> failed;
  for (const std::uint64_t lcn : {boot_.mft_lcn, boot_.mirror_lcn}) {
    buffer.assign(boot_.record_bytes, std::byte{0});
    if (lcn >= boot_.total_clusters()) {
      if (!failed) failed = Error{Errc::malformed, "ntfs $MFT outside the volume", 48};
      continue;
    }
    const std::uint64_t offset = lcn * boot_.cluster_bytes;
    const auto read = bytes_->read(offset, buffer);
    const Slot slot = read ? read_slot(buffer, offset) : Slot{};
    // Where the boot sector is damaged, another file's record may lie there.
    const bool is_first =
        slot.record.stored_number().value_or(record_number::kMft) == record_number::kMft;
    if (read && slot.state == SlotState::record && slot.record.in_use() && is_first) {
      if (failed) {
        failed->detail = "the copy in $MFTMirr was used";
        problems_.push_back(*std::move(failed));
      }
      record = slot.record;
      return {};
    }
    if (!failed) {
      failed = read ? Error{Errc::malformed, "ntfs first record of $MFT", offset} : read.error();
    }
  }
  return *std::move(failed);
}

/// The table's own extension records lie in the part of it that is known already; each may make
/// more known.
void Volume::add_table_extensions(const FileRecord& first, LayoutCollector& layout) {
  const auto list = read_attribute_list(first);
  if (!list) {
    problems_.push_back(list.error());
    return;
  }
  std::vector<AttributeListEntry> entries;
  const auto read = each_attribute_list_entry(Bytes{*list}, [&](const AttributeListEntry& entry) {
    if (entry.type == kData && entry.name.empty() && entry.first_vcn != 0 &&
        entry.record.record != record_number::kMft)
      entries.push_back(entry);
  });
  if (!read) problems_.push_back(read.error());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first_vcn < b.first_vcn; });
  if (entries.size() > kMaxTableExtensions) {
    problems_.push_back({Errc::limit, "ntfs records that extend $MFT"});
    entries.resize(kMaxTableExtensions);
  }
  std::set<std::uint64_t> visited;
  std::vector<std::byte> buffer;
  std::size_t ordered = 0;
  bool is_current = true;
  for (const AttributeListEntry& entry : entries) {
    if (!visited.insert(entry.record.record).second) continue;
    auto slot = read_record(entry.record.record, buffer);
    if (!slot && !is_current && ordered + layout.run_count() <= kMaxOrderedRuns) {
      ordered += layout.run_count();
      LayoutCollector so_far = layout;
      mft_ = std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, so_far.take_layout());
      is_current = true;
      slot = read_record(entry.record.record, buffer);
    }
    if (!slot || slot->state != SlotState::record || !slot->record.is_extension() ||
        slot->record.base().record != record_number::kMft) {
      if (problems_.size() < kMaxTableProblems)
        problems_.push_back({Errc::malformed, "ntfs record that extends $MFT",
                             entry.record.record * boot_.record_bytes});
      continue;
    }
    layout.add(slot->record);
    is_current = false;
  }
}

/// How much of the table has clusters of its own: Windows never makes it sparse, and it cannot be
/// larger than the volume, nor than what there is of it.
std::uint64_t Volume::table_bytes(const StreamLayout& layout) const {
  std::uint64_t clusters = 0;
  for (const Run& run : layout.runs) {
    if (run.is_sparse() || run.vcn != clusters) break;
    clusters += run.clusters;
  }
  const std::uint64_t there = bytes_->size() / boot_.cluster_bytes;
  return std::min({clusters, boot_.total_clusters(), there}) * boot_.cluster_bytes;
}

Result<void> Volume::find_table() {
  std::vector<std::byte> buffer;
  FileRecord first;
  HOZEN_CHECK(read_first_record(buffer, first));
  LayoutCollector layout{kData, "", boot_.total_clusters()};
  layout.add(first);
  if (!layout.found() || layout.value())
    return Error{Errc::malformed, "ntfs $MFT without data", boot_.mft_lcn * boot_.cluster_bytes};
  LayoutCollector start = layout;
  mft_ = std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, start.take_layout());
  bool has_list = false;
  first.each_attribute([&](const Attribute& a) { has_list = has_list || a.type == kAttributeList; },
                       [](const Error&) {});  // those are the layout's too
  if (has_list) add_table_extensions(first, layout);
  StreamLayout whole = layout.take_layout();
  for (const Error& problem : layout.problems()) problems_.push_back(problem);
  const std::uint64_t known = table_bytes(whole);
  if (whole.size_bytes > known) {
    problems_.push_back({Errc::malformed, "ntfs $MFT larger than its clusters", known});
    whole.size_bytes = known;
  }
  whole.initialized_bytes = std::min(whole.initialized_bytes, whole.size_bytes);
  mft_ = std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, std::move(whole));
  return {};
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
    } else if (base.in_use() && unfit++ < kMaxTableProblems) {
      problem(other ? Error{Errc::malformed,
                            "ntfs extension record that is damaged or another file's", offset}
                    : other.error());
    }
  }
}

}  // namespace hozen::ntfs
