#include "collector/source/ntfs_volume_files.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/formats/ntfs_index.h"
#include "collector/formats/reparse_point.h"
#include "collector/formats/security_descriptor.h"
#include "collector/formats/wof.h"
#include "collector/source/ntfs_content.h"

namespace hozen {
namespace {

using ntfs::File;
using ntfs::FileStream;
namespace type = ntfs::attribute_type;

Error unsupported(const EvidencePath& path, std::string why) {
  return {Errc::unsupported, path.text(), std::nullopt, std::move(why)};
}

Times times_of(const ntfs::StandardInformation& si) {
  return {si.created, si.modified, si.changed, si.accessed};
}

Times times_of(const ntfs::FileName& name) {
  return {name.created, name.modified, name.record_changed, name.accessed};
}

/// The name that the path ends with, else the best one;
/// nullptr where the folder is known and the file has no such name there.
const ntfs::FileName* name_used(const File& file, std::string_view name,
                                std::optional<std::uint32_t> parent) {
  const bool is_orphan = parent == NtfsNames::kOrphanRecord;  // which no name tells
  const auto record = static_cast<std::uint32_t>(file.number);
  const bool may_be_marked = name.find('<') != std::string_view::npos;
  for (const ntfs::FileName& known : file.names)
    if ((!parent || known.parent.record == *parent || is_orphan) &&
        (known.name == name ||
         (may_be_marked && NtfsNames::with_record(known.name, record) == name)))
      return &known;
  return parent ? nullptr : file.best_name();
}

/// Names as a listing counts them: short ones are second names of a long one.
std::uint32_t count_links(const File& file) {
  return static_cast<std::uint32_t>(std::count_if(
      file.names.begin(), file.names.end(),
      [](const ntfs::FileName& name) { return name.name_space != ntfs::NameSpace::dos; }));
}

/// Number of the file of NTFS itself that the path's first component names.
std::optional<std::uint32_t> internal_number(const EvidencePath& path) {
  constexpr std::array<std::string_view, 12> kNames{"$MFT",     "$MFTMirr", "$LogFile", "$Volume",
                                                    "$AttrDef", "",         "$Bitmap",  "$Boot",
                                                    "$BadClus", "$Secure",  "$UpCase",  "$Extend"};
  if (path.is_root() || path.components().front().empty()) return std::nullopt;
  const auto known = std::find_if(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return equals_fold(name, path.components().front());
  });
  if (known == kNames.end()) return std::nullopt;
  return static_cast<std::uint32_t>(known - kNames.begin());
}

/// $Extend\$RmMetadata\$TxfLog\$TxfLog.blf has four.
constexpr std::size_t kMaxExtendDepth = 8;

/// What lies in the root can be reached although its own record is damaged; the folder of what no
/// folder has has none.
FileInfo bare_folder(const EvidencePath& path) {
  FileInfo info;
  info.path = path.with_stream("");
  info.is_directory = true;
  return info;
}

/// Alternate data streams, as the user has them: not the one that holds the compacted content.
void list_streams(const File& file, FileInfo& info) {
  const bool is_compacted = info.reparse_tag == kReparseTagWof;
  for (const FileStream& stream : file.streams)
    if (stream.type == type::kData && !stream.name.empty() &&
        !(is_compacted && stream.name == kWofStream))
      info.streams.push_back(stream.name);
}

}  // namespace

bool is_ntfs_internal(const EvidencePath& path) {
  const auto number = internal_number(path);
  const std::size_t depth = path.components().size();
  const bool is_extend = number == ntfs::record_number::kExtend;
  return number && (depth == 1 || (is_extend && depth <= kMaxExtendDepth));
}

void NtfsVolumeFiles::load(FunctionRef<void(Error)> problem) {
  ntfs::FileTable table{volume_->mft(), volume_->boot().record_bytes};
  table.index(problem);
  if (const auto read = names_.read(table); !read) problem(read.error());
  const ntfs::TableCounts& counts = table.counts();
  const auto tell = [&](std::uint64_t count, const char* what) {
    if (count != 0) problem({Errc::malformed, std::to_string(count) + what, std::nullopt});
  };
  tell(counts.torn, " ntfs file records whose fixup does not match");
  tell(counts.bad + counts.malformed, " ntfs file records that cannot be read");
  if (const auto misplaced = counts.misplaced_problem()) problem(*misplaced);
  if (const auto unclaimed = counts.unclaimed_problem()) problem(*unclaimed);
  tell(names_.lost_names(),
       " ntfs names of files in use to which the root does not lead: what lies below folders that "
       "are not there is found below $Orphan");
  tell(names_.nameless_files(), " ntfs files in use without a name");
  if (names_.first_damage())
    problem({names_.first_damage()->code,
             std::to_string(names_.damaged_files()) +
                 " ntfs files in use with damage in their records, by which names or streams may "
                 "be lost",
             names_.first_damage()->offset, names_.first_damage()->text()});
  if (const auto lost = counts.system_problem()) problem(*lost);
  volume_->know_extensions(table.extensions());
}

/// By its id in $Secure; files of Windows NT 4, and those that other systems made, have a
/// descriptor of their own.
std::optional<std::string> NtfsVolumeFiles::owner_of(const File& file) {
  if (file.standard && file.standard->security_id.value_or(0) != 0)
    return owner_of_id(*file.standard->security_id);
  constexpr std::uint64_t kMaxDescriptorBytes = 64u << 10;
  const auto content = volume_->open_attribute(file.number, type::kSecurityDescriptor, "");
  if (!content) return std::nullopt;
  const auto bytes = read_all(**content, kMaxDescriptorBytes);
  const auto descriptor = bytes ? parse_security_descriptor(Bytes{*bytes}) : bytes.error();
  return descriptor ? descriptor->owner : std::nullopt;
}

std::optional<std::string> NtfsVolumeFiles::owner_of_id(std::uint32_t security_id) {
  if (!has_looked_for_owners_) {
    has_looked_for_owners_ = true;
    auto stream = volume_->open_attribute(ntfs::record_number::kSecure, type::kData, "$SDS");
    if (stream) {
      ntfs::Problems problems;
      descriptors_ = *std::move(stream);
      security_ = ntfs::SecurityTable::build(*descriptors_, problems);
    }
  }
  if (!descriptors_) return std::nullopt;
  const auto [place, is_new] = owners_.try_emplace(security_id);
  if (!is_new) return place->second;
  const auto bytes = security_.read(*descriptors_, security_id);
  if (!bytes) return std::nullopt;
  if (const auto descriptor = parse_security_descriptor(Bytes{*bytes}))
    place->second = descriptor->owner;
  return place->second;
}

Result<std::uint32_t> NtfsVolumeFiles::internal_record(const EvidencePath& path) {
  const Error absent{Errc::not_found, path.text(), std::nullopt, "not a file of NTFS itself"};
  const auto number = internal_number(path);
  const std::vector<std::string>& names = path.components();
  if (!number) return absent;
  if (names.size() == 1) return *number;
  if (*number != ntfs::record_number::kExtend || names.size() > kMaxExtendDepth) return absent;
  std::uint32_t record = *number;
  for (std::size_t depth = 1; depth < names.size(); ++depth) {
    const auto found = find_in_folder(record, names[depth]);
    if (!found) return found.error().code == Errc::not_found ? absent : found.error();
    record = *found;
  }
  return record;
}

/// Entries are looked at one by one: the order of a damaged index says nothing. Of an index larger
/// than `max_bytes` only the root is read.
Result<void> NtfsVolumeFiles::each_in_index(
    std::uint64_t folder, std::uint64_t max_bytes,
    FunctionRef<bool(std::uint64_t, std::string_view)> visit) {
  constexpr std::uint64_t kMaxRootBytes = 64u << 10;
  HOZEN_TRY(const auto root, volume_->open_attribute(folder, type::kIndexRoot, "$I30"));
  HOZEN_TRY(const auto root_bytes, read_all(*root, kMaxRootBytes));
  HOZEN_TRY(const ntfs::IndexRoot parsed, ntfs::parse_index_root(Bytes{root_bytes}));
  const auto blocks = volume_->open_attribute(folder, type::kIndexAllocation, "$I30");
  ntfs::IndexParts parts;
  parts.root = parsed;
  if (blocks && (*blocks)->size() <= max_bytes) parts.blocks = blocks->get();
  HOZEN_TRY(auto index, ntfs::DirectoryIndex::open(parts));
  index.each_entry([&](const ntfs::IndexEntry& entry) {
    return !entry.file || visit(entry.file->record, entry.name.name);
  });
  return {};
}

Result<std::uint32_t> NtfsVolumeFiles::find_in_folder(std::uint32_t folder, std::string_view name) {
  constexpr std::uint64_t kMaxExtendBytes = 1u << 20;  // $Extend has some ten entries
  std::optional<std::uint64_t> found;
  HOZEN_CHECK(
      each_in_index(folder, kMaxExtendBytes, [&](std::uint64_t record, std::string_view entry) {
        if (equals_fold(entry, name)) found = record;
        return !found;
      }));
  if (!found || *found > 0xFFFF'FFFF) return Error{Errc::not_found, "ntfs index entry"};
  return static_cast<std::uint32_t>(*found);
}

bool NtfsVolumeFiles::is_in_index(std::uint32_t folder, std::string_view name) {
  const auto [place, is_new] = index_names_.try_emplace(folder);
  std::unordered_set<std::string>& names = place->second;
  if (is_new) {
    const auto blocks = volume_->open_attribute(folder, type::kIndexAllocation, "$I30");
    const std::uint64_t bytes = blocks ? (*blocks)->size() : 0;
    const std::uint64_t allowed = bytes <= index_budget_ ? bytes : 0;
    index_budget_ -= allowed;
    // What cannot be read names nothing.
    (void)each_in_index(folder, allowed, [&](std::uint64_t /*record*/, std::string_view entry) {
      names.insert(fold_case(entry));
      return true;
    }).has_value();
  }
  return names.contains(fold_case(name));
}

const Result<ntfs::UsedClusters>& NtfsVolumeFiles::used_clusters() {
  const ntfs::BootSector& boot = volume_->boot();
  if (!used_clusters_)
    used_clusters_ =
        ntfs::list_used_clusters(volume_->mft(), boot.record_bytes, boot.total_clusters());
  return *used_clusters_;
}

std::uint64_t NtfsVolumeFiles::sparse_head(const EvidencePath& path,
                                           const ByteSource& content) const {
  const auto* const stream = dynamic_cast<const ntfs::RunSource*>(&content);
  const std::vector<std::string>& names = path.components();
  const bool is_journal = names.size() == 2 && equals_fold(names[0], "$Extend") &&
                          equals_fold(names[1], "$UsnJrnl") && equals_fold(path.stream(), "$J");
  if (stream == nullptr || !is_journal) return 0;
  std::uint64_t clusters = 0;
  for (const ntfs::Run& run : stream->layout().runs) {
    if (!run.is_sparse() || run.vcn != clusters) break;
    clusters += run.clusters;
  }
  constexpr std::uint64_t kMaxClusters = std::uint64_t{1} << 40;
  return std::min(std::min(clusters, kMaxClusters) * volume_->boot().cluster_bytes, stream->size());
}

Result<std::shared_ptr<const File>> NtfsVolumeFiles::read_file(std::uint32_t record,
                                                               const EvidencePath& path) {
  auto file = volume_->share_file(record);
  // Every volume has the files of NTFS itself: an empty place in the table is damage.
  if (!file && file.error().code == Errc::not_found && record <= ntfs::record_number::kExtend)
    return Error{Errc::malformed, path.text(), file.error().offset,
                 "its file record is not there, though every volume has one"};
  return file;
}

Result<FileInfo> NtfsVolumeFiles::info(std::uint32_t record, const EvidencePath& path,
                                       std::optional<std::uint32_t> parent) {
  if (record == NtfsNames::kOrphanRecord) return bare_folder(path);
  const ntfs::Volume::Look look{*volume_, record};
  const auto read = read_file(record, path);
  if (!read && record == ntfs::record_number::kRoot) return bare_folder(path);
  if (!read) return read.error();
  const File& file = **read;
  FileInfo info;
  info.path = path.with_stream("");
  info.is_directory = file.is_directory() && !file.is_called_folder();
  const FileStream* const data = file.data();
  if (data != nullptr) info.size = data->size_bytes;
  if (record == ntfs::record_number::kMft) info.size = volume_->mft().size();
  if (data != nullptr && data->first_lcn)
    info.disk_offset = *data->first_lcn * volume_->boot().cluster_bytes;
  if (file.standard) {
    info.si = times_of(*file.standard);
    info.attributes =
        file.standard->attributes | (info.is_directory ? kAttributeDirectory : std::uint32_t{0});
    info.owner_sid = owner_of(file);
  }
  if (const ntfs::FileName* const name = name_used(file, path.name(), parent))
    info.fn = times_of(*name);
  info.file_reference = file.reference().to_u64();
  info.link_count = count_links(file);
  if (info.attributes && (*info.attributes & kAttributeReparsePoint) != 0) {
    const auto point = read_reparse_point(*volume_, file);
    if (point) info.reparse_tag = Bytes{*point}.get<std::uint32_t>(0);
    info.is_link = info.reparse_tag && is_name_surrogate(*info.reparse_tag) &&
                   (info.is_directory || !holds_content(file));
    const auto parsed = point ? parse_reparse_point(Bytes{*point}) : point.error();
    if (info.is_link && parsed && !parsed->target.empty()) info.link_target = parsed->target;
  }
  list_streams(file, info);
  return info;
}

bool NtfsVolumeFiles::has_stream_twins(std::uint32_t record, std::string_view stream) {
  const auto file = volume_->share_file(record);
  if (!file) return false;
  if (*file != counted_file_) {
    counted_file_ = *file;
    counted_streams_.clear();
    for (const FileStream& other : (*file)->streams)
      if (other.type == type::kData) ++counted_streams_[fold_case(other.name)];
  }
  const auto counted = counted_streams_.find(fold_case(stream));
  return counted != counted_streams_.end() && counted->second > 1;
}

Result<std::unique_ptr<ByteSource>> NtfsVolumeFiles::open(std::uint32_t record,
                                                          const EvidencePath& path) {
  last_problems_.clear();
  if (record == NtfsNames::kOrphanRecord) return unsupported(path, "a folder");
  const ntfs::Volume::Look look{*volume_, record};
  HOZEN_TRY(const auto shared, read_file(record, path));
  const File& file = *shared;
  NtfsContent opener{*volume_, last_problems_};
  if (path.stream().empty()) {
    if (record == ntfs::record_number::kMft) return volume_->open_mft();
    if (file.is_called_folder())
      last_problems_.push_back(
          {Errc::malformed, "its record calls it a folder: it has content and no index"});
    else if (file.is_directory())
      return unsupported(path, "a folder");
    auto content = opener.open_unnamed(file, path);
    if (!content && content.error().what != path.text()) {
      Error error = content.error();
      error.detail = error.what + (error.detail.empty() ? "" : ": " + error.detail);
      error.what = path.text();
      return error;
    }
    return content;
  }
  if (const FileStream* const stream = find_data_stream(file, path.stream()))
    return opener.open_data(file.number, stream->name);
  if (const auto part = attribute_part(path.stream()))
    return volume_->open_attribute(file.number, part->type, part->name, &last_problems_);
  if (!file.problems.empty())
    return Error{
        Errc::malformed, path.text(), file.problems.front().offset,
        "the stream may lie in a record that cannot be read: " + file.problems.front().text()};
  return Error{Errc::not_found, path.text(), std::nullopt, "no such stream"};
}

}  // namespace hozen
