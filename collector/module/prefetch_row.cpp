#include "collector/module/prefetch_row.h"

#include <charconv>
#include <cstdio>

#include "collector/base/json_object.h"
#include "collector/base/text.h"
#include "collector/formats/ntfs_reference.h"

namespace hozen::prefetch_fields {
namespace {

constexpr std::size_t kHashDigits = 8;

/// "name":"text", with the exact form beside it where the text is not UTF-8.
void append_text(std::string& json, Bytes utf16) {
  if (append_json_utf16le(json, utf16, false).exact) return;
  json += ",\"path_utf16\":";
  append_json_hex(json, utf16.span());
}

}  // namespace

std::string hash_text(std::uint32_t hash) {
  char text[kHashDigits + 1];
  std::snprintf(text, sizeof text, "%08X", static_cast<unsigned>(hash));
  return text;
}

std::optional<std::uint32_t> hash_in_name(std::string_view file_name) {
  constexpr std::string_view kEnd = ".pf";
  if (!ends_with_fold(file_name, kEnd)) return std::nullopt;
  file_name.remove_suffix(kEnd.size());
  const std::size_t dash = file_name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = file_name.substr(dash + 1);
  std::uint32_t hash = 0;
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
  if (failed != std::errc{} || end != digits.data() + digits.size() || digits.size() > kHashDigits)
    return std::nullopt;
  return hash;
}

void write_hash_in_name(const PrefetchRow& row, Cell& cell) {
  const auto hash = hash_in_name(row.name);
  hash ? cell.boolean(*hash == row.file.hash) : cell.absent(Absent::not_applicable);
}

void write_runs(const PrefetchRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  for (const FileTime& time : row.file.runs) {
    if (json.back() != '[') json += ',';
    append_json_time(json, time);
  }
  json += ']';
}

void write_volumes(const PrefetchRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  for (const PrefetchVolume& volume : row.file.volumes) {
    if (json.back() != '[') json += ',';
    JsonObject object{json};
    object.text("device", volume.device_path);
    object.text("serial", hash_text(volume.serial));
    object.time("created", volume.created);
    object.number("file_references", volume.file_references);
    std::string& list = object.key("directories");
    list += '[';
    for (const Bytes& directory : volume.directories) {
      if (list.back() != '[') list += ',';
      append_json_utf16le(list, directory, false);
    }
    list += ']';
  }
  json += ']';
}

void write_files(const PrefetchRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  for (const PrefetchedFile& file : row.file.files) {
    if (json.back() != '[') json += ',';
    json += "{\"path\":";
    append_text(json, file.path);
    if (file.reference != 0) {
      const auto reference = ntfs::FileReference::from_u64(file.reference);
      json += ",\"mft_record\":";
      append_json_number(json, reference.record);
      json += ",\"sequence\":";
      append_json_number(json, std::uint64_t{reference.sequence});
    }
    json += '}';
  }
  json += ']';
}

}  // namespace hozen::prefetch_fields
