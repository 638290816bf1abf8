#include "collector/engine/bodyfile.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/engine/json_read.h"

namespace hozen {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::int64_t kLastSecond = 9'999'999'999;
constexpr std::uint64_t kReadOnly = 1;  ///< FILE_ATTRIBUTE_READONLY

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// As append_bodyfile_lines() says.
void append_name(std::string& out, std::string_view name) {
  const std::string shown = printable(name);
  // printable() writes its escapes with backslashes; a name has none of its own.
  for (std::size_t at = 0; at < shown.size(); ++at) {
    const bool decoded = shown[at] == '%' && at + 2 < shown.size() && is_hex_digit(shown[at + 1]) &&
                         is_hex_digit(shown[at + 2]);
    if (shown[at] == '|') {
      out += "%7C";
    } else if (decoded) {
      out += "%25";
    } else {
      out += shown[at];
    }
  }
}

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

void append_seconds(std::string& out, const Json& times, const char* name) {
  const FileTime time = json_time(times, name);
  const auto seconds = static_cast<std::int64_t>(time.ticks / kTicksPerSecond) - kUnixEpochSeconds;
  out += '|';
  append_json_number(out, time.is_set() && seconds >= 0 && seconds <= kLastSecond ? seconds : 0);
}

/// Records that were never used have neither name nor time, and every table holds some.
bool is_blank(const Json& record, const Json& times) {
  return json_text(record, "path").empty() && !json_time(times, "created").is_set() &&
         !json_time(times, "modified").is_set() && !json_time(times, "changed").is_set() &&
         !json_time(times, "accessed").is_set();
}

/// What all lines of one record have in common.
class RecordLines {
 public:
  RecordLines(std::string& out, const Json& record) : out_{out} {
    const auto flag = [&](const char* name) {
      const Json* value = json_member(record, name);
      return value != nullptr && value->is_boolean() && value->get<bool>();
    };
    deleted_ = !flag("allocated");
    const bool read_only = (json_number(record, "attributes").value_or(0) & kReadOnly) != 0;
    const char type = flag("directory") ? 'd' : 'r';
    append_json_number(head_, json_number(record, "mft_record").value_or(0));
    head_ += '|';
    head_ += deleted_ ? '-' : type;
    head_ += '/';
    head_ += type;
    head_ += read_only ? "r-xr-xr-x|0|0|" : "rwxrwxrwx|0|0|";
  }

  void add(std::string_view path, std::string_view suffix, std::uint64_t size, const Json& times) {
    out_ += "0|";
    append_name(out_, path);
    out_ += suffix;
    if (deleted_) out_ += " (deleted)";
    out_ += '|';
    out_ += head_;
    append_json_number(out_, size);
    for (const char* name : {"accessed", "modified", "changed", "created"})
      append_seconds(out_, times, name);
    out_ += '\n';
  }

 private:
  std::string& out_;
  std::string head_;
  bool deleted_ = false;
};

void append_streams(RecordLines& lines, const std::string& path, const Json& record,
                    const Json& times) {
  const Json* streams = json_member(record, "streams");
  if (streams == nullptr || !streams->is_array()) return;
  for (const Json& stream : *streams)
    lines.add(path + ":" + json_text(stream, "name"), "", json_number(stream, "size").value_or(0),
              times);
}

/// "C:/", or nothing where the record does not tell.
std::string volume_of(const Json& record, const TableVolumes& volumes) {
  const Json* source = json_member(record, "source");
  const auto artifact = source != nullptr ? json_number(*source, "artifact") : std::nullopt;
  const auto found = artifact ? volumes.find(*artifact) : volumes.end();
  return found == volumes.end() ? "" : found->second + "/";
}

TableVolumes volumes_of(const BundleReader& bundle) {
  TableVolumes volumes;
  // What cannot be read of it is told by `hozen verify`; a prefix is all that is lost.
  (void)bundle
      .each_line("artifacts",
                 [&](std::string_view line) -> Result<void> {
                   if (line.find("$MFT") == std::string_view::npos) return {};
                   const Json row = parse_json(line);
                   const auto id = json_number(row, "id");
                   const std::string path = json_text(row, "path");
                   if (id && path.ends_with("\\$MFT") && path.find('\\') + 5 == path.size())
                     volumes[*id] = path.substr(0, path.size() - 5);
                   return {};
                 })
      .has_value();
  return volumes;
}

}  // namespace

BodyfileRecord append_bodyfile_lines(std::string& out, std::string_view record_json,
                                     const TableVolumes& volumes) {
  const Json record = parse_json(record_json);
  const auto number = json_number(record, "mft_record");
  const std::string kind = json_text(record, "kind");
  if (!kind.empty() && kind != "file") return BodyfileRecord::other;
  if (kind.empty() || !number) return BodyfileRecord::unreadable;
  std::string path = with_slashes(json_text(record, "path"));
  if (path.empty())
    path = volume_of(record, volumes) + "$Orphan/OrphanFile-" + std::to_string(*number);
  const Json none;
  const Json* si = json_member(record, "si");
  const Json& times = si != nullptr ? *si : none;
  const std::uint64_t size = json_number(record, "size").value_or(0);
  if (is_blank(record, times)) return BodyfileRecord::file;

  RecordLines lines{out, record};
  lines.add(path, "", size, times);
  append_streams(lines, path, record, times);
  if (const Json* fn = json_member(record, "fn"); fn != nullptr && fn->is_object())
    lines.add(path, " ($FILE_NAME)", size, *fn);
  for (const std::string& other : json_texts(record, "other_paths"))
    lines.add(with_slashes(other), "", size, times);
  return BodyfileRecord::file;
}

Result<BodyfileCounts> write_bodyfile(const BundleReader& bundle,
                                      FunctionRef<Result<void>(std::string_view lines)> write) {
  BodyfileCounts counts;
  const TableVolumes volumes = volumes_of(bundle);
  std::string buffer;
  std::optional<Error> unwritten;
  const auto flush = [&]() -> Result<void> {
    auto written = write(buffer);
    buffer.clear();
    if (!written) unwritten = written.error();
    return written;
  };
  const auto line = [&](std::string_view text) -> Result<void> {
    const BodyfileRecord taken = append_bodyfile_lines(buffer, text, volumes);
    counts.files += taken == BodyfileRecord::file ? 1u : 0u;
    counts.unreadable += taken == BodyfileRecord::unreadable ? 1u : 0u;
    return buffer.size() < kBufferBytes ? Result<void>{} : flush();
  };
  for (const BundleReader::Entry* segment : bundle.segments(kFileTableStream)) {
    const auto read = bundle.each_line(*segment, line);
    if (unwritten) return *unwritten;
    if (read) continue;
    Error damage = read.error();
    damage.what = segment->facts.name + ": " + damage.what;
    counts.damaged.push_back(std::move(damage));
  }
  HOZEN_CHECK(flush());
  return counts;
}

}  // namespace hozen
