#include "collector/module/file_row.h"

#include <algorithm>

#include "collector/base/json_text.h"

namespace hozen {
namespace {

using ntfs::FileName;
using ntfs::FileStream;
namespace type = ntfs::attribute_type;

void write_times(std::string& json, FileTime created, FileTime modified, FileTime changed,
                 FileTime accessed) {
  json += "{\"created\":";
  append_json_time(json, created);
  json += ",\"modified\":";
  append_json_time(json, modified);
  json += ",\"changed\":";
  append_json_time(json, changed);
  json += ",\"accessed\":";
  append_json_time(json, accessed);
  json += '}';
}

void write_si(const FileRow& row, Cell& cell) {
  const auto& si = row.file->standard;
  if (!si) return cell.absent(Absent::not_present);
  write_times(cell.raw(), si->created, si->modified, si->changed, si->accessed);
}

void write_fn(const FileRow& row, Cell& cell) {
  if (row.name == nullptr) return cell.absent(Absent::not_present);
  write_times(cell.raw(), row.name->created, row.name->modified, row.name->record_changed,
              row.name->accessed);
}

template <class T>
void number_or_absent(Cell& cell, const std::optional<T>& value) {
  value ? cell.number(*value) : cell.absent(Absent::not_present);
}

void append_flags(std::string& json, const FileStream& stream) {
  json += '[';
  const auto add = [&](bool set, std::string_view name) {
    if (!set) return;
    if (json.back() != '[') json += ',';
    json += name;
  };
  add(stream.resident, "\"resident\"");
  add((stream.flags & ntfs::kAttributeCompressionMask) != 0, "\"compressed\"");
  add((stream.flags & ntfs::kAttributeEncrypted) != 0, "\"encrypted\"");
  add((stream.flags & ntfs::kAttributeSparse) != 0, "\"sparse\"");
  add(!stream.has_start, "\"beginning_missing\"");
  json += ']';
}

/// Alternate data streams; the unnamed one stands in the row itself.
void write_streams(const FileRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  bool first = true;
  for (const FileStream& stream : row.file->streams) {
    if (stream.type != type::kData || stream.name.empty()) continue;
    if (!first) json += ',';
    first = false;
    json += "{\"name\":";
    if (!append_json_string(json, stream.name)) {
      json += ",\"name_utf16\":";
      append_json_utf16_hex(json, stream.name);
    }
    json += ",\"size\":";
    append_json_number(json, stream.size_bytes);
    json += ",\"allocated_size\":";
    append_json_number(json, stream.allocated_bytes);
    json += ",\"flags\":";
    append_flags(json, stream);
    json += '}';
  }
  json += ']';
}

using F = Field<FileRow>;
constexpr std::array kFields{
    F{{"path", "Path from the volume's root; below \\$Orphan where its folder is not known."},
      [](const FileRow& r, Cell& c) {
        r.name == nullptr ? c.absent(Absent::not_present) : c.text(r.path);
      }},
    F{{"path_state",
       "Whether the folders of the path are those meant: exact, deleted_parent, orphan, limit."},
      [](const FileRow& r, Cell& c) {
        r.name == nullptr ? c.absent(Absent::not_applicable) : c.text(to_text(r.path_state));
      }},
    F{{"other_paths", "Paths of its further hard links."},
      [](const FileRow& r, Cell& c) { c.texts(r.other_paths); }},
    F{{"short_name", "Its name in 8.3 form, where it has one beside the long name."},
      [](const FileRow& r, Cell& c) {
        r.short_name.empty() ? c.absent(Absent::not_present) : c.text(r.short_name);
      }},
    F{{"mft_record", "Number of its base record in $MFT."},
      [](const FileRow& r, Cell& c) { c.number(r.file->number); }},
    F{{"sequence", "How often that record was used; raised when a file is deleted."},
      [](const FileRow& r, Cell& c) { c.number(r.file->sequence); }},
    F{{"record_state", "Whether the record is intact: record, or torn when its fixup is not."},
      [](const FileRow& r, Cell& c) { c.text(to_text(r.file->state)); }},
    F{{"allocated", "Whether the record is in use; otherwise the file is deleted."},
      [](const FileRow& r, Cell& c) { c.boolean(r.file->in_use()); }},
    F{{"directory", "Whether it is a folder."},
      [](const FileRow& r, Cell& c) { c.boolean(r.file->is_directory()); }},
    F{{"size", "Bytes of its unnamed stream; absent when it has none."},
      [](const FileRow& r, Cell& c) {
        const FileStream* data = r.file->data();
        data == nullptr ? c.absent(Absent::not_present) : c.number(data->size_bytes);
      }},
    F{{"allocated_size", "Bytes that its unnamed stream takes on the volume."},
      [](const FileRow& r, Cell& c) {
        const FileStream* data = r.file->data();
        data == nullptr ? c.absent(Absent::not_present) : c.number(data->allocated_bytes);
      }},
    F{{"data_flags", "How the unnamed stream is stored: resident, compressed, encrypted, sparse."},
      [](const FileRow& r, Cell& c) {
        const FileStream* data = r.file->data();
        data == nullptr ? c.absent(Absent::not_present) : append_flags(c.raw(), *data);
      }},
    F{{"first_cluster", "First cluster of the unnamed stream."},
      [](const FileRow& r, Cell& c) {
        const FileStream* data = r.file->data();
        data == nullptr || !data->first_lcn ? c.absent(Absent::not_present)
                                            : c.number(*data->first_lcn);
      }},
    F{{"si", "Times of $STANDARD_INFORMATION, which programs can set."}, write_si},
    F{{"fn", "Times of $FILE_NAME, set when the name was made, moved or renamed."}, write_fn},
    F{{"attributes", "FILE_ATTRIBUTE_ flags of $STANDARD_INFORMATION, as a number."},
      [](const FileRow& r, Cell& c) {
        r.file->standard ? c.number(r.file->standard->attributes) : c.absent(Absent::not_present);
      }},
    F{{"links", "Number of names as the record counts them, short names included."},
      [](const FileRow& r, Cell& c) { c.number(r.file->links); }},
    F{{"streams", "Alternate data streams: name, size, allocated_size, flags."}, write_streams},
    F{{"reparse_tag", "Tag of its reparse point, as a number."},
      [](const FileRow& r, Cell& c) { number_or_absent(c, r.file->reparse_tag); }},
    F{{"ea_size", "Bytes of its extended attributes, unpacked."},
      [](const FileRow& r, Cell& c) { number_or_absent(c, r.file->ea_bytes); }},
    F{{"security_id", "Number of its security descriptor in $Secure."},
      [](const FileRow& r, Cell& c) {
        r.file->standard ? number_or_absent(c, r.file->standard->security_id)
                         : c.absent(Absent::not_present);
      }},
    F{{"owner_sid", "Owner as its security descriptor says."},
      [](const FileRow& r, Cell& c) {
        r.owner_sid ? c.text(*r.owner_sid) : c.absent(Absent::not_present);
      }},
    F{{"usn", "Position in the change journal of its last entry there."},
      [](const FileRow& r, Cell& c) {
        r.file->standard ? number_or_absent(c, r.file->standard->usn)
                         : c.absent(Absent::not_present);
      }},
    F{{"lsn", "Sequence number in $LogFile of the record's last change."},
      [](const FileRow& r, Cell& c) { c.number(r.file->lsn); }},
    F{{"offset", "Bytes from the start of $MFT to its base record."},
      [](const FileRow& r, Cell& c) { c.number(r.offset); }},
};
constexpr auto kColumns = columns_of(kFields);

}  // namespace

std::span<const Column> file_columns() { return kColumns; }

void write_file_fields(const FileRow& row, std::string& json) { write_fields(kFields, row, json); }

void FileRowMaker::add_path(const FileName& name) {
  row_.path_state = table_.append_path(path_, name);
  if (path_.size() > path_budget_) {
    row_.path_state = ntfs::PathState::limit;
    path_.assign(ntfs::kOrphanFolder);
    path_ += '\\';
    path_ += name.name;
    return;
  }
  path_budget_ -= path_.size();
}

void FileRowMaker::add_other_names(const ntfs::File& file) {
  std::uint64_t left = std::min(link_budget_, kMaxLinkBytesOfAFile);
  const std::uint64_t before = left;
  for (const FileName& name : file.names) {
    if (&name == row_.name) continue;
    if (name.name_space == ntfs::NameSpace::dos) {
      if (row_.short_name.empty()) row_.short_name = name.name;
      continue;
    }
    std::string path;
    if (row_.names_left_out == 0) table_.append_path(path, name);
    if (row_.names_left_out != 0 || path.size() > left) {
      ++row_.names_left_out;
      continue;
    }
    left -= path.size();
    other_paths_.push_back(std::move(path));
  }
  link_budget_ -= before - left;
}

const FileRow& FileRowMaker::make(const ntfs::File& file) {
  row_ = FileRow{};
  row_.file = &file;
  row_.offset = file.number * record_bytes_;
  row_.name = file.best_name();
  path_.clear();
  other_paths_.clear();
  if (row_.name == nullptr) return row_;
  if (file.number == ntfs::record_number::kRoot) {
    path_.assign(1, '\\');
  } else {
    add_path(*row_.name);
    add_other_names(file);
  }
  row_.path = path_;
  row_.other_paths = other_paths_;
  return row_;
}

}  // namespace hozen
