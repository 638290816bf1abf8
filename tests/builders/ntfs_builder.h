// Small NTFS volumes made by code: what Windows writes, as far as our reader looks at it. There are
// no directory indexes and no journal in them, and a $Bitmap only when asked for: volumes that
// other programs read too are made with mkntfs (tests/oracle).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/ntfs_file_name.h"
#include "collector/formats/ntfs_record.h"
#include "collector/formats/ntfs_runlist.h"
#include "collector/source/source.h"

namespace hozen::builders {

using NtfsBytes = std::vector<std::byte>;

/// The encoded runlist of `runs`, with its end mark.
NtfsBytes encode_runs(const std::vector<ntfs::Run>& runs);

/// The attributes of one file record, appended in the order of the calls.
class NtfsRecordBuilder {
 public:
  struct Resident {
    std::uint32_t type = ntfs::attribute_type::kData;
    std::string name{};
    NtfsBytes value{};
    std::uint16_t flags = 0, id = 0;
  };
  struct NonResident {
    std::uint32_t type = ntfs::attribute_type::kData;
    std::string name{};
    std::vector<ntfs::Run> runs{};
    std::uint64_t size = 0, initialized = 0, allocated = 0, first_vcn = 0;
    std::uint16_t flags = 0, unit_log2 = 0, id = 0;
    std::optional<std::uint64_t> total{};  ///< allocated without holes, where that field is there
  };

  NtfsRecordBuilder& standard(FileTime time, std::uint32_t attributes = 0x20,
                              std::uint32_t security_id = 256);
  NtfsRecordBuilder& standard(const Times& times, std::uint32_t attributes = 0x20,
                              std::uint32_t security_id = 256);
  NtfsRecordBuilder& name(ntfs::FileReference parent, const std::string& name,
                          ntfs::NameSpace name_space = ntfs::NameSpace::win32_and_dos,
                          FileTime time = FileTime{1});
  NtfsRecordBuilder& resident(const Resident& attribute);
  NtfsRecordBuilder& non_resident(const NonResident& attribute);
  NtfsRecordBuilder& flags(std::uint16_t flags) { return flags_ = flags, *this; }
  NtfsRecordBuilder& sequence(std::uint16_t sequence) { return sequence_ = sequence, *this; }
  NtfsRecordBuilder& base(ntfs::FileReference base) { return base_ = base, *this; }
  std::uint16_t flags() const { return flags_; }
  std::uint16_t sequence() const { return sequence_; }
  std::size_t size() const { return attributes_.size(); }

  /// With its fixup done.
  NtfsBytes bytes(std::uint64_t number, std::uint32_t record_bytes = 1024) const;

 private:
  NtfsBytes attributes_;
  std::uint16_t flags_ = ntfs::FileRecord::kInUse, sequence_ = 1, links_ = 0;
  ntfs::FileReference base_{};
};

/// A whole volume. Numbers of records count from 24 on; those of NTFS itself are there.
class NtfsBuilder {
 public:
  static constexpr std::uint32_t kClusterBytes = 1024, kSectorBytes = 512;
  static constexpr std::uint64_t kMftLcn = 16, kMirrorLcn = 8;

  /// `table_records`: so many records fit before the clusters of files.
  explicit NtfsBuilder(std::uint64_t table_records = 256);

  ntfs::FileReference root() const { return {ntfs::record_number::kRoot, 5}; }
  ntfs::FileReference folder(ntfs::FileReference parent, const std::string& name);
  /// Content of up to 500 bytes is resident.
  ntfs::FileReference file(ntfs::FileReference parent, const std::string& name,
                           std::string_view content);
  /// In pieces of one cluster that do not lie together.
  ntfs::FileReference fragmented(ntfs::FileReference parent, const std::string& name,
                                 std::string_view content);
  NtfsBuilder& stream(ntfs::FileReference file, const std::string& name, std::string_view content);
  NtfsBuilder& hard_link(ntfs::FileReference file, ntfs::FileReference parent,
                         const std::string& name,
                         ntfs::NameSpace name_space = ntfs::NameSpace::win32);
  /// A reparse point with this data behind its header; sets the attribute flag too.
  ntfs::FileReference link(ntfs::FileReference parent, const std::string& name,
                           const NtfsBytes& reparse_point, bool directory = true);
  /// Deletes as Windows does: the record is no longer in use and its sequence number one higher.
  NtfsBuilder& remove(ntfs::FileReference file);
  /// A record of its own making in the next place; to it may be added afterwards.
  ntfs::FileReference add(NtfsRecordBuilder record);
  NtfsRecordBuilder& record(ntfs::FileReference file) { return records_.at(file.record); }
  /// Puts content on clusters of their own; in one piece or one cluster each.
  std::vector<ntfs::Run> store(std::string_view content, bool scattered = false);
  /// Splits $MFT: the records from `first` on are told by an extension record, which lies in the
  /// first part.
  NtfsBuilder& split_table(std::uint64_t first);

  /// Gives the volume a $Bitmap in which these runs are in use, and nothing else; once. The volume
  /// may have 4,000 clusters then.
  NtfsBuilder& bitmap(const std::vector<ntfs::Run>& in_use);

  NtfsBytes volume() const;
  NtfsBytes table() const;  ///< $MFT alone
  std::uint64_t mft_offset() const { return kMftLcn * kClusterBytes; }

 private:
  void reserve(std::uint64_t number, const std::string& name);
  std::uint64_t record_count() const;

  std::map<std::uint64_t, NtfsRecordBuilder> records_;
  std::uint64_t first_data_lcn_;
  NtfsBytes data_;  // clusters behind the table
  std::optional<std::uint64_t> split_;
};

}  // namespace hozen::builders
