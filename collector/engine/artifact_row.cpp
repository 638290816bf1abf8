#include "collector/engine/artifact_row.h"

#include "collector/base/json_text.h"
#include "collector/engine/byte_size.h"

namespace hozen {
namespace {

/// An NTFS file reference: 48 bits of record number, 16 bits of sequence.
constexpr std::uint64_t kRecordNumberMask = 0xFFFF'FFFF'FFFF;

void append_member(std::string& json, std::string_view name) {
  json += ",\"";
  json += name;
  json += "\":";
}

void append_number_member(std::string& json, std::string_view name, std::uint64_t value) {
  append_member(json, name);
  append_json_number(json, value);
}

template <std::size_t N>
void append_digest(std::string& json, std::string_view name,
                   const std::array<std::byte, N>& value) {
  append_member(json, name);
  append_json_hex(json, value);
}

void append_times(std::string& json, std::string_view name, const Times& times) {
  append_member(json, name);
  json += "{\"created\":";
  append_json_time(json, times.created);
  json += ",\"modified\":";
  append_json_time(json, times.modified);
  json += ",\"changed\":";
  append_json_time(json, times.changed);
  json += ",\"accessed\":";
  append_json_time(json, times.accessed);
  json += '}';
}

void append_info(std::string& json, const FileInfo& info) {
  append_times(json, "si", info.si);
  if (info.fn) append_times(json, "fn", *info.fn);
  if (info.attributes) append_number_member(json, "attributes", *info.attributes);
  if (info.owner_sid) append_text_member(json, "owner", *info.owner_sid);
  if (info.file_reference)
    append_number_member(json, "mft_record", *info.file_reference & kRecordNumberMask);
  if (info.host_name_hex) append_text_member(json, "host_name_hex", *info.host_name_hex);
  if (info.sparse_head_bytes != 0)
    append_number_member(json, "sparse_head_bytes", info.sparse_head_bytes);
  append_member(json, "deleted");
  json += info.deleted ? "true" : "false";
}

/// What tells one deleted file from others of its path.
void append_deleted(std::string& json, const ArtifactRow& row) {
  if (!row.info) {
    append_number_member(json, "mft_record", row.deleted->record());
    json += ",\"deleted\":true";
  }
  append_number_member(json, "mft_sequence", row.deleted->sequence());
  if (!row.info) return;
  append_member(json, "possibly_overwritten");
  json += row.info->possibly_overwritten ? "true" : "false";
}

void append_unreadable(std::string& json, const std::vector<FileGap>& gaps) {
  append_member(json, "unreadable");
  json += '[';
  for (const FileGap& gap : gaps) {
    json += json.back() == '[' ? "{\"offset\":" : ",{\"offset\":";
    append_json_number(json, gap.offset);
    append_number_member(json, "size", gap.size);
    json += '}';
  }
  json += ']';
}

}  // namespace

std::string_view to_text(SkipReason reason) {
  switch (reason) {
    case SkipReason::limit:
      return "limit";
    case SkipReason::placeholder:
      return "placeholder";
    case SkipReason::policy:
      return "policy";
    case SkipReason::interrupted:
      return "interrupted";
    case SkipReason::own_output:
      return "own_output";
  }
  return "policy";
}

std::string unreadable_text(const ArtifactRow& row) {
  std::uint64_t bytes = 0;
  for (const FileGap& gap : row.unreadable) bytes += gap.size;
  const std::size_t places = row.unreadable.size();
  return "zeros stand for " + byte_size_text(bytes) + " in " + std::to_string(places) +
         (places == 1 ? " place" : " places") + " that could not be read";
}

void append_text_member(std::string& json, std::string_view name, std::string_view wtf8) {
  append_member(json, name);
  if (append_json_string(json, wtf8)) return;
  append_member(json, std::string{name} + "_utf16");
  append_json_utf16_hex(json, wtf8);
}

void append_error(std::string& json, const Error& error) {
  json += "{\"what\":";
  append_json_string(json, error.what);
  append_text_member(json, "kind", to_text(error.code));
  if (error.offset) append_number_member(json, "offset", *error.offset);
  const std::string_view detail = error.detail;
  // A call of the system is one word; other reasons may have a colon too.
  const std::size_t colon = detail.find(": ");
  if (error.code == Errc::io && colon != std::string_view::npos && detail.find(' ') == colon + 1) {
    append_text_member(json, "call", detail.substr(0, colon));
    append_text_member(json, "code", detail.substr(colon + 2));
  } else if (!detail.empty()) {
    append_text_member(json, "detail", detail);
  }
  json += '}';
}

void append_artifact_row(std::string& json, const ArtifactRow& row) {
  json += "{\"id\":";
  append_json_number(json, std::uint64_t{row.id});
  append_text_member(json, "path", row.path.text());
  if (!row.stored.entry.empty()) append_text_member(json, "entry", row.stored.entry);
  append_text_member(json, "method", row.method);
  if (!row.module.empty()) append_text_member(json, "module", row.module);
  if (!row.category.empty()) append_text_member(json, "category", row.category);
  append_text_member(json, "reason", row.reason);
  if (row.info) append_number_member(json, "size", row.info->size);
  append_number_member(json, "stored", row.stored.size);
  if (row.stored.digests) {
    append_digest(json, "sha256", row.stored.digests->sha256);
    append_digest(json, "sha1", row.stored.digests->sha1);
    append_digest(json, "md5", row.stored.digests->md5);
  }
  if (row.info) append_info(json, *row.info);
  if (row.deleted) append_deleted(json, row);
  append_text_member(json, "outcome", to_text(row.stored.outcome));
  if (row.skipped) append_text_member(json, "skipped", to_text(*row.skipped));
  if (row.other_way) {
    append_member(json, "other_way");
    json += "{\"method\":";
    append_json_string(json, row.other_way->method);
    append_digest(json, "sha256", row.other_way->sha256);
    append_member(json, "same");
    json += row.other_way->same ? "true}" : "false}";
  }
  if (!row.unreadable.empty()) append_unreadable(json, row.unreadable);
  if (const auto& error = row.stored.error ? row.stored.error : row.why_unreadable) {
    append_member(json, "error");
    append_error(json, *error);
  }
  json += '}';
}

}  // namespace hozen
