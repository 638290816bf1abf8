#include "collector/module/file_row.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/formats/reparse_point.h"

namespace hozen {
namespace {

using ntfs::FileName;
using ntfs::FileStream;
namespace type = ntfs::attribute_type;

/// {"created":…,"modified":…,"changed":…,"accessed":…}
class TimesText {
 public:
  template <std::size_t N>
  void add(const char (&name)[N], FileTime time) {
    put(name);
    if (!time.is_set()) return put("null");
    // Most files have one time two to four times: it is put into words once. All the bytes that it
    // could take are copied, which is faster than as many as it has.
    if (last_ != nullptr && time == last_time_) {
      static_assert(N - 1 >= FileTime::kIsoBytes - kUsualBytes, "nothing is copied onto itself");
      std::memcpy(end_, last_, FileTime::kIsoBytes + 2);
      end_ += last_size_;
      return;
    }
    last_ = end_;
    *end_++ = '"';
    end_ = time.write_iso8601(end_);
    *end_++ = '"';
    last_size_ = static_cast<std::size_t>(end_ - last_);
    last_time_ = time;
  }
  std::string_view end() {
    *end_++ = '}';
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  template <std::size_t N>
  void put(const char (&text)[N]) {
    std::memcpy(end_, text, N - 1);
    end_ += N - 1;
  }

  static constexpr std::size_t kUsualBytes = 28;  // up to the year 9999
  static constexpr std::size_t kNamesBytes = 64;  // all four with what stands around them
  std::array<char, kNamesBytes + 4 * (FileTime::kIsoBytes + 2)> text_;
  char* end_ = text_.data();
  const char* last_ = nullptr;
  std::size_t last_size_ = 0;
  FileTime last_time_{};
};

void put_times(RowText& row, FileTime created, FileTime modified, FileTime changed,
               FileTime accessed) {
  TimesText text;
  text.add("{\"created\":", created);
  text.add(",\"modified\":", modified);
  text.add(",\"changed\":", changed);
  text.add(",\"accessed\":", accessed);
  row.put(text.end());
}

}  // namespace

void file_fields::write_times(const std::optional<Times>& times, Cell& cell) {
  if (!times) return cell.absent(Absent::not_present);
  put_times(cell.row(), times->created, times->modified, times->changed, times->accessed);
}

void file_fields::write_si(const FileRow& row, Cell& cell) {
  const auto& si = row.file->standard;
  if (!si) return cell.absent(Absent::not_present);
  put_times(cell.row(), si->created, si->modified, si->changed, si->accessed);
}

void file_fields::write_fn(const FileRow& row, Cell& cell) {
  if (row.name == nullptr) return cell.absent(Absent::not_present);
  put_times(cell.row(), row.name->created, row.name->modified, row.name->record_changed,
            row.name->accessed);
}

void file_fields::put_flags(RowText& row, const FileStream& stream) {
  row.put('[');
  bool first = true;
  const auto add = [&](bool set, std::string_view name) {
    if (!set) return;
    if (!std::exchange(first, false)) row.put(',');
    row.put(name);
  };
  add(stream.resident, "\"resident\"");
  add((stream.flags & ntfs::kAttributeCompressionMask) != 0, "\"compressed\"");
  add((stream.flags & ntfs::kAttributeEncrypted) != 0, "\"encrypted\"");
  add((stream.flags & ntfs::kAttributeSparse) != 0, "\"sparse\"");
  add(!stream.has_start, "\"beginning_missing\"");
  row.put(']');
}

/// Alternate data streams; the unnamed one stands in the row itself.
void file_fields::write_streams(const FileRow& row, Cell& cell) {
  RowText& json = cell.row();
  json.put('[');
  bool first = true;
  for (const FileStream& stream : row.file->streams) {
    if (stream.type != type::kData || stream.name.empty()) continue;
    json.put(std::exchange(first, false) ? "{\"name\":" : ",{\"name\":");
    if (!json.put_string(stream.name)) {
      json.put(",\"name_utf16\":");
      append_json_utf16_hex(json.line(), stream.name);
    }
    json.put(",\"size\":");
    json.put_number(stream.size_bytes);
    json.put(",\"allocated_size\":");
    json.put_number(stream.allocated_bytes);
    json.put(",\"flags\":");
    put_flags(json, stream);
    json.put('}');
  }
  json.put(']');
}

void file_fields::write_extended_attributes(const FileRow& row, Cell& cell) {
  if (row.extended_attributes_unread) return cell.absent(Absent::unreadable);
  RowText& json = cell.row();
  json.put('[');
  bool first = true;
  for (const ntfs::ExtendedAttribute& attribute : row.extended_attributes) {
    json.put(std::exchange(first, false) ? "{\"name\":" : ",{\"name\":");
    json.put_string(attribute.name);
    json.put(",\"size\":");
    json.put_number(attribute.value_bytes);
    json.put('}');
  }
  json.put(']');
}

Absent file_fields::why_no_link(const FileRow& row) {
  return row.reparse_point_unread ? Absent::unreadable : Absent::not_present;
}

void FileRowMaker::add_path(const FileName& name) {
  row_.path_state = table_.append_path(path_, name);
  if (path_.size() > path_budget_) {
    row_.path_state = ntfs::PathState::limit;
    path_ = volume_;
    path_ += ntfs::kOrphanFolder;
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
    std::string path = volume_;
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
  row_.reparse_tag = file.known_reparse_tag();
  path_ = volume_;
  other_paths_.clear();
  problems_.clear();
  if (row_.name != nullptr) add_paths(file);
  if (row_.reparse_tag || file.has_reparse_outside) add_link(file);
  if (file.ea_stored) add_extended_attributes(file);
  row_.problems = problems_;
  return row_;
}

void FileRowMaker::add_paths(const ntfs::File& file) {
  if (file.number == ntfs::record_number::kRoot) {
    path_ += '\\';
  } else {
    add_path(*row_.name);
    add_other_names(file);
  }
  row_.path = path_;
  row_.other_paths = other_paths_;
}

/// Offsets in an attribute are of no use without the place of that.
void FileRowMaker::tell(const Error& problem) {
  problems_.push_back(problem);
  problems_.back().offset = row_.offset;
}

void FileRowMaker::add_link(const ntfs::File& file) {
  std::vector<std::byte> outside;
  row_.reparse_point_unread = file.has_reparse_outside;
  // The clusters of a deleted file may hold anything by now.
  if (file.has_reparse_outside && file.in_use() && reader_) {
    auto read = reader_(row_, type::kReparsePoint);
    if (!read) return tell(read.error());
    outside = *std::move(read);
    row_.reparse_tag = Bytes{outside}.get<std::uint32_t>(0);
    row_.reparse_point_unread = false;
  }
  const std::vector<std::byte>& data = outside.empty() ? file.reparse_data : outside;
  if (data.empty()) return;
  auto point = parse_reparse_point(Bytes{data});
  if (!point) return tell(point.error());
  link_target_ = std::move(point->target);
  row_.link_target = link_target_;
}

void FileRowMaker::add_extended_attributes(const ntfs::File& file) {
  std::vector<std::byte> outside;
  if (file.ea_data.size() < *file.ea_stored) {
    row_.extended_attributes_unread = true;
    if (!file.in_use() || !reader_) return;
    auto read = reader_(row_, type::kEa);
    if (!read) return tell(read.error());
    outside = *std::move(read);
    row_.extended_attributes_unread = false;
  }
  const std::vector<std::byte>& data = outside.empty() ? file.ea_data : outside;
  extended_attributes_ = ntfs::parse_extended_attributes(Bytes{data});
  if (extended_attributes_.problem) tell(*extended_attributes_.problem);
  row_.extended_attributes = extended_attributes_.entries;
}

}  // namespace hozen
