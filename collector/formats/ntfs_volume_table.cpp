// The part of an ntfs::Volume that finds its file table.
#include <algorithm>
#include <set>
#include <utility>

#include "collector/formats/ntfs_volume.h"

namespace hozen::ntfs {
namespace {

using attribute_type::kAttributeList;
using attribute_type::kData;

/// A table of 64 GiB in fragments of 64 KiB needs about that many.
constexpr std::size_t kMaxTableExtensions = 4096;
/// Runs that are put in order to find the table's own records, all times together: each record may
/// lie in what the one before it told, and then the runs known so far are gone through anew.
constexpr std::size_t kMaxOrderedRuns = 16'000'000;
/// Of records that should extend the table, and of parts of it that are lost, told one by one.
constexpr std::size_t kMaxTableProblems = 100;

}  // namespace

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
/// more known. False when one of them, or the list, could not be read.
bool Volume::add_table_extensions(const FileRecord& first, LayoutCollector& layout) {
  const auto list = read_attribute_list(first);
  if (!list) {
    problems_.push_back(list.error());
    return false;
  }
  std::vector<AttributeListEntry> entries;
  const auto read = each_attribute_list_entry(Bytes{*list}, [&](const AttributeListEntry& entry) {
    if (entry.type == kData && entry.name.empty() && entry.first_vcn != 0 &&
        entry.record.record != record_number::kMft)
      entries.push_back(entry);
  });
  bool is_whole = static_cast<bool>(read);
  if (!read) problems_.push_back(read.error());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first_vcn < b.first_vcn; });
  if (entries.size() > kMaxTableExtensions) {
    problems_.push_back({Errc::limit, "ntfs records that extend $MFT"});
    entries.resize(kMaxTableExtensions);
    is_whole = false;
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
      is_whole = false;
      if (problems_.size() < kMaxTableProblems)
        problems_.push_back({Errc::malformed, "ntfs record that extends $MFT",
                             entry.record.record * boot_.record_bytes});
      continue;
    }
    layout.add(slot->record);
    is_current = false;
  }
  return is_whole;
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
  const bool is_partial = has_list && !add_table_extensions(first, layout);
  StreamLayout whole = layout.take_layout();
  for (const Error& problem : layout.problems()) problems_.push_back(problem);
  bound_table(whole, is_partial || !layout.problems().empty());
  tell_gaps(whole);
  mft_ = std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, std::move(whole));
  return {};
}

/// Only what has clusters can be read of the table: Windows never makes it sparse, and it cannot be
/// larger than the volume, nor than what there is of it. `is_partial`: some of its runs could not
/// be read, so that its size may be right although its last clusters are not known.
void Volume::bound_table(StreamLayout& table, bool is_partial) {
  std::erase_if(table.runs, [](const Run& run) { return run.is_sparse(); });
  const std::uint64_t there =
      std::min(boot_.total_clusters(), bytes_->size() / boot_.cluster_bytes);
  const std::uint64_t reach = table.runs.empty() ? 0 : table.runs.back().end_vcn();
  const std::uint64_t known = std::min(reach, there) * boot_.cluster_bytes;
  const bool is_end_lost =
      is_partial && reach != 0 && table.size_bytes <= there * boot_.cluster_bytes;
  if (table.size_bytes > known && !is_end_lost) {
    problems_.push_back({Errc::malformed, "ntfs $MFT larger than its clusters", known});
    table.size_bytes = known;
  }
  table.initialized_bytes = std::min(table.initialized_bytes, table.size_bytes);
}

/// The records whose place is not known: what reads them gets an error.
void Volume::tell_gaps(const StreamLayout& table) {
  const auto tell = [&](std::uint64_t first_vcn, std::uint64_t end_vcn) {
    const std::uint64_t end = std::min(end_vcn * boot_.cluster_bytes, table.size_bytes);
    const std::uint64_t first = first_vcn * boot_.cluster_bytes / boot_.record_bytes;
    const std::uint64_t last = (end - 1) / boot_.record_bytes;
    if (problems_.size() < kMaxTableProblems)
      problems_.push_back({Errc::malformed,
                           "ntfs file records " + std::to_string(first) + " to " +
                               std::to_string(last) + " cannot be read",
                           first * boot_.record_bytes,
                           "what says where they lie, a record or a runlist of $MFT, is damaged"});
  };
  const std::uint64_t clusters = table.size_bytes / boot_.cluster_bytes +
                                 (table.size_bytes % boot_.cluster_bytes != 0 ? 1 : 0);
  std::uint64_t vcn = 0;
  for (const Run& run : table.runs) {
    if (run.vcn > vcn && vcn < clusters) tell(vcn, std::min(run.vcn, clusters));
    vcn = run.end_vcn();
  }
  if (vcn < clusters) tell(vcn, clusters);
}

}  // namespace hozen::ntfs
