// An NTFS volume: its file table, found by itself, and the files and attributes in it.
//
// Source: Linux NTFS documentation ("$MFT", "$MFTMirr"), libyal/libfsntfs; compared with sleuthkit
// and ntfs-3g over volumes of Windows and mkntfs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/ntfs_boot.h"
#include "collector/formats/ntfs_file.h"
#include "collector/formats/ntfs_kept_files.h"

namespace hozen::ntfs {

/// Not safe for two threads at once.
class Volume {
 public:
  /// While it lives, base record `number` is read once: several questions about one file cost one
  /// read, and their answers are of one moment. Inside another look at the same volume it does
  /// nothing.
  class Look {
   public:
    Look(Volume& volume, std::uint64_t number)
        : volume_{volume}, begun_{!volume.looked_at_.has_value()} {
      if (begun_) volume_.looked_at_ = number;
    }
    ~Look() {
      if (begun_) volume_.end_look();
    }
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

   private:
    Volume& volume_;
    const bool begun_;
  };

  /// `bytes`: the volume from its boot sector on. Where the boot sector is damaged its copies are
  /// tried (ntfs_boot_search.h), where the first record of $MFT is damaged that of $MFTMirr; both
  /// are told in problems(), and so is a volume that ends early. Errc::malformed when there is no
  /// file table to be found.
  static Result<std::shared_ptr<Volume>> open(const std::shared_ptr<ByteSource>& bytes);

  const BootSector& boot() const { return boot_; }
  std::uint64_t record_count() const { return mft_->size() / boot_.record_bytes; }
  /// The file table as one stream. Where a record that says where a part of it lies is lost, that
  /// part is there and cannot be read (Errc::malformed), and problems() names its records.
  ByteSource& mft() { return *mft_; }
  /// The same, for a reader of its own: never larger than the volume, whatever its record says.
  std::unique_ptr<ByteSource> open_mft() const {
    return std::make_unique<RunSource>(bytes_, boot_.cluster_bytes, mft_->layout());
  }
  const StreamLayout& mft_layout() const { return mft_->layout(); }
  const std::vector<Error>& problems() const { return problems_; }

  /// Reads record `number` into `buffer`, which the slot's record views; one of the first four that
  /// is damaged from $MFTMirr. Errc::not_found behind the end of the table, Errc::io.
  Result<Slot> read_record(std::uint64_t number, std::vector<std::byte>& buffer);
  /// Visits the base record `number` and those that extend it, as its attribute list says, and
  /// those that know_extensions() told of. What
  /// cannot be read is told to `problem`. Errc::not_found when there is no record in that place,
  /// Errc::malformed when it is damaged or extends another.
  Result<void> each_record_of(std::uint64_t number, FunctionRef<void(const FileRecord&)> visit,
                              FunctionRef<void(Error)> problem);
  /// From now on these records are looked at too when file `number` is read, as far as they name it
  /// as their base: where its attribute list is lost. Of the last call only; none ends it.
  void also_look_at(std::uint64_t number, std::vector<std::uint64_t> extensions);
  /// Base and extension of each record of the table that extends another, sorted: looked at with
  /// those that attribute lists name, which may be damaged. From now on these files are read once
  /// and kept for a while: of a volume that does not change. A file may have thousands of names and
  /// streams in as many records, and each is asked for.
  void know_extensions(std::vector<std::pair<std::uint64_t, std::uint64_t>> known) {
    known_extensions_ = std::move(known);
  }
  Result<File> read_file(std::uint64_t number);
  /// The same without a copy of what is kept.
  Result<std::shared_ptr<const File>> share_file(std::uint64_t number);
  /// Another number each time a look is at another record than the one before it.
  std::uint64_t looks_in_turn() const { return turn_; }
  /// True when base record `number`, read anew, is byte for byte what every look since
  /// looks_in_turn() was `turn` found: the file is surely as it was. Never for a file of several
  /// records.
  bool is_as_looked(std::uint64_t number, std::uint64_t turn);
  /// The content of an attribute; `problems` gets what is wrong with its layout and the file's
  /// records. Errc::not_found when the file has no such attribute, Errc::malformed when it may have
  /// one in a record that cannot be read, or the beginning of it is gone.
  Result<std::unique_ptr<ByteSource>> open_attribute(std::uint64_t number, std::uint32_t type,
                                                     std::string_view name,
                                                     std::vector<Error>* problems = nullptr);

 private:
  Volume(std::shared_ptr<ByteSource> bytes, BootSector boot)
      : bytes_{std::move(bytes)}, boot_{boot} {}
  Result<void> find_table();
  void tell_cut();
  void end_look() {
    looked_at_.reset();
    looked_slot_.reset();
  }
  Result<Slot> read_base(std::uint64_t number, std::vector<std::byte>& buffer);
  Result<Slot> read_mirrored(std::uint64_t number, std::vector<std::byte>& buffer);
  void bound_table(StreamLayout& table, bool is_partial);
  void tell_gaps(const StreamLayout& table);
  Result<void> read_first_record(std::vector<std::byte>& buffer, FileRecord& record);
  bool add_table_extensions(const FileRecord& first, LayoutCollector& layout);
  Result<std::vector<std::byte>> read_attribute_list(const FileRecord& base);
  struct Extension {
    std::uint64_t record = 0;
    bool is_listed = true;  // by the attribute list
  };
  std::vector<Extension> list_extensions(const FileRecord& base, std::uint64_t number,
                                         FunctionRef<void(Error)> problem);
  void visit_extensions(const FileRecord& base, std::uint64_t number,
                        FunctionRef<void(const FileRecord&)> visit,
                        FunctionRef<void(Error)> problem);
  bool may_be_extended(const FileRecord& base, std::uint64_t number) const;
  bool has_known_extensions(std::uint64_t number) const;
  bool has_more(std::uint64_t number) const {
    return number == more_of_ && !more_extensions_.empty();
  }
  bool is_kept(std::uint64_t number) const;
  Result<File> read_file_anew(std::uint64_t number);
  Result<std::shared_ptr<const KeptFile>> keep(std::uint64_t number);
  Result<void> collect_pieces(std::uint64_t number, std::uint32_t type, std::string_view name,
                              LayoutCollector& layout, std::vector<Error>& problems);

  std::shared_ptr<ByteSource> bytes_;
  BootSector boot_;
  std::unique_ptr<RunSource> mft_;
  std::vector<Error> problems_;
  // Of a Look: the number, and once that was read, how and what it is with its fixup undone.
  std::optional<std::uint64_t> looked_at_{};
  std::optional<Slot> looked_slot_{};  // a view of looked_bytes_
  std::vector<std::byte> looked_bytes_;
  // Of the last looks, at one record, whose bytes looked_bytes_ still has: the record's number, if
  // it is alone in telling its file, and whether those looks found different bytes.
  std::optional<std::uint64_t> known_{};
  bool known_changed_ = false;
  std::uint64_t turn_ = 0;
  std::vector<std::byte> other_bytes_;  // of the same record, to compare with
  std::uint64_t more_of_ = 0;
  std::vector<std::uint64_t> more_extensions_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> known_extensions_;
  KeptFiles kept_;
  // The file that was looked at with more than its own list says, and what that was.
  std::pair<std::uint64_t, std::vector<std::uint64_t>> more_kept_for_;
  std::shared_ptr<const KeptFile> more_kept_;
};

}  // namespace hozen::ntfs
