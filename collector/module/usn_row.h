// One record of an NTFS change journal: what the module usn_journal and `hozen parse` write.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "collector/formats/ntfs_table.h"
#include "collector/formats/usn_journal.h"
#include "collector/module/record.h"

namespace hozen {

/// Views: whoever makes a row keeps what it shows until it is written.
struct UsnRow {
  const ntfs::UsnRecord* record = nullptr;
  std::string_view path{};  ///< "" when there is no file table to find it in
  ntfs::PathState path_state = ntfs::PathState::exact;

  bool has_name() const { return record->major_version < 4; }
};

namespace usn_fields {

void write_extents(const UsnRow& row, Cell& cell);

}  // namespace usn_fields

inline constexpr std::array kUsnFields{
    Field<UsnRow>{{"usn", "Offset of the record in the whole journal: later ones are larger."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->usn); }},
    Field<UsnRow>{{"time", "When the change was recorded; records of version 4 do not say."},
                  [](const UsnRow& r, Cell& c) {
                    r.has_name() ? c.time(r.record->time) : c.absent(Absent::not_present);
                  }},
    Field<UsnRow>{{"reasons", "What changed since the file was opened, added up until it closes."},
                  [](const UsnRow& r, Cell& c) { c.texts(ntfs::usn_reasons(r.record->reason)); }},
    Field<UsnRow>{{"name", "Name of the file or folder at that time."},
                  [](const UsnRow& r, Cell& c) {
                    r.has_name() ? c.text(r.record->name) : c.absent(Absent::not_present);
                  }},
    Field<UsnRow>{{"path", "The same in its folder, where the file table still knows the folder."},
                  [](const UsnRow& r, Cell& c) {
                    r.path.empty() ? c.absent(Absent::not_present) : c.text(r.path);
                  }},
    Field<UsnRow>{
        {"path_state",
         "Whether the folders of the path, called as they are now, are those meant: exact, "
         "deleted_parent, orphan, limit."},
        [](const UsnRow& r, Cell& c) {
          r.path.empty() ? c.absent(Absent::not_applicable) : c.text(to_text(r.path_state));
        }},
    Field<UsnRow>{{"mft_record", "Number of the file's record in $MFT."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->file.reference().record); }},
    Field<UsnRow>{{"sequence", "Sequence number of that record at that time."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->file.reference().sequence); }},
    Field<UsnRow>{{"parent_record", "Number of its folder's record in $MFT."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->parent.reference().record); }},
    Field<UsnRow>{
        {"parent_sequence", "Sequence number of that record at that time."},
        [](const UsnRow& r, Cell& c) { c.number(r.record->parent.reference().sequence); }},
    Field<UsnRow>{{"attributes", "FILE_ATTRIBUTE_ flags at that time, as a number."},
                  [](const UsnRow& r, Cell& c) {
                    r.has_name() ? c.number(r.record->attributes) : c.absent(Absent::not_present);
                  }},
    Field<UsnRow>{
        {"sources", "Who changed it, where that was not a user's program."},
        [](const UsnRow& r, Cell& c) { c.texts(ntfs::usn_sources(r.record->source_info)); }},
    Field<UsnRow>{{"extents", "Of version 4: the parts written, a list of offset and length."},
                  usn_fields::write_extents},
    Field<UsnRow>{{"version", "Version of the record: 2, 3 or 4."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->major_version); }},
    Field<UsnRow>{{"offset", "Bytes from the start of the stream as it was read."},
                  [](const UsnRow& r, Cell& c) { c.number(r.record->offset); }},
};

/// Puts rows together. `table` may be nullptr; its index() must have been done.
class UsnRowMaker {
 public:
  UsnRowMaker(ntfs::FileTable* table, std::string volume)
      : table_{table}, volume_{std::move(volume)} {}
  /// Valid until the next call.
  const UsnRow& make(const ntfs::UsnRecord& record);

 private:
  ntfs::FileTable* table_;
  std::string volume_, path_;
  UsnRow row_;
};

}  // namespace hozen
