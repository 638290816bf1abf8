#include "collector/cli/parse.h"

#include <algorithm>
#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <memory>
#include <type_traits>

#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/cli/large_pages.h"
#include "collector/cli/parse_archive.h"
#include "collector/cli/parse_event_log.h"
#include "collector/cli/parse_evt.h"
#include "collector/cli/parse_execution.h"
#include "collector/cli/parse_hive.h"
#include "collector/cli/parse_ntfs.h"
#include "collector/cli/parse_ntfs_parts.h"
#include "collector/cli/parse_pe.h"
#include "collector/cli/parse_signature.h"
#include "collector/cli/parse_task.h"
#include "collector/cli/parse_weblog.h"
#include "collector/formats/archive.h"
#include "collector/formats/catalog.h"
#include "collector/formats/evt.h"
#include "collector/formats/evtx.h"
#include "collector/formats/job_file.h"
#include "collector/formats/ntfs_boot.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/partition_table.h"
#include "collector/formats/pe.h"
#include "collector/formats/prefetch.h"
#include "collector/formats/recent_file_cache.h"
#include "collector/formats/task_xml.h"
#include "collector/formats/volume_kind.h"
#include "collector/formats/web_log.h"
#include "collector/source/image_file.h"

namespace hozen::cli {
namespace {

namespace fs = boost::filesystem;

constexpr std::string_view kHiveFormat = "registry_hive", kTaskFormat = "task_xml",
                           kJobFormat = "job_file", kTableFormat = "mft",
                           kVolumeFormat = "ntfs_volume", kJournalFormat = "usn_journal",
                           kIndexFormat = "ntfs_index", kSecurityFormat = "ntfs_security",
                           kDiskFormat = "disk_image", kEventLogFormat = "event_log",
                           kPrefetchFormat = "prefetch", kJumpListFormat = "jump_list",
                           kLnkFormat = "lnk", kRecentFileFormat = "recent_file_cache",
                           kPeFormat = "pe", kArchiveFormat = "archive", kWebLogFormat = "web_log",
                           kCatalogFormat = "catalog";
/// What is read before the format is known.
constexpr std::size_t kHeadBytes = regf::kBaseBlockBytes + 8;
/// Jump lists and the like: the largest has some MiB.
constexpr std::uint64_t kMaxTraceBytes = 64u << 20;
/// Hives and logs address 32 bits; what is larger is not one.
constexpr std::uint64_t kMaxHiveBytes = std::uint64_t{4} << 30;

std::string format_list() {
  std::string list;
  for (const std::string& name : parse_formats()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

int complain(int code, const std::string& message) {
  print_error("hozen parse: " + message + "\n");
  return code;
}

/// All of a file, which may grow or shrink meanwhile.
Result<std::vector<std::byte>> read_whole(ByteSource& file) {
  constexpr std::size_t kPieceBytes = 1u << 20;
  if (file.size() > kMaxHiveBytes) return Error{Errc::limit, "file of 4 GiB or more"};
  std::vector<std::byte> bytes;
  std::size_t piece = static_cast<std::size_t>(file.size()) + 1;  // the byte more shows the end
  bytes.reserve(piece);
  prefer_large_pages({bytes.data(), bytes.capacity()});
  for (std::size_t size = 0;; piece = kPieceBytes) {
    bytes.resize(size + piece);
    while (size < bytes.size()) {
      HOZEN_TRY(const std::size_t count, file.read_some(size, std::span{bytes}.subspan(size)));
      size += count;
      if (count != 0) continue;
      bytes.resize(size);
      return bytes;
    }
    if (size > kMaxHiveBytes) return Error{Errc::limit, "file of 4 GiB or more"};
  }
}

Result<std::vector<std::byte>> read_head(ByteSource& file) {
  std::vector<std::byte> head(kHeadBytes);
  std::size_t size = 0;
  while (size < head.size()) {
    HOZEN_TRY(const std::size_t count, file.read_some(size, std::span{head}.subspan(size)));
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  return head;
}

/// A file table without its first records: most of the next ones are there.
bool is_damaged_table(ByteSource& file) {
  constexpr std::uint64_t kSlots = 16;
  const std::uint32_t record_bytes = ntfs::table_record_bytes(file);
  std::vector<std::byte> head(kHeadBytes);
  std::uint64_t records = 0;
  for (std::uint64_t slot = 0; record_bytes != 0 && slot < kSlots; ++slot)
    if (file.read(slot * record_bytes, std::span{head}.first(ntfs::kMinRecordBytes)))
      records += ntfs::table_record_bytes(Bytes{head}) == record_bytes ? 1u : 0u;
  return records >= kSlots / 2;
}

/// Text from which `native_path` makes the same name: elsewhere than on Windows its bytes.
template <class Path>
std::string name_text(const Path& name) {
  if constexpr (std::is_same_v<typename Path::string_type, std::string>)
    return name.native();
  else
    return native_text(name);
}

/// The logs beside a hive: NAME.LOG1, NAME.LOG2, NAME.LOG in any case, in this order, as paths.
std::vector<std::string> find_logs(const std::string& hive) {
  const NativePath path = native_path(hive);
  const std::string name = name_text(path.filename());
  const NativePath folder = path.has_parent_path() ? path.parent_path() : NativePath{"."};
  std::vector<std::string> names;
  boost::system::error_code failed;
  for (fs::directory_iterator at{folder, failed}, end; !failed && at != end; at.increment(failed))
    names.push_back(name_text(at->path().filename()));
  std::sort(names.begin(), names.end());
  std::vector<std::string> logs;
  for (const std::string_view suffix : {".LOG1", ".LOG2", ".LOG"}) {
    const std::string wanted = name + std::string{suffix};
    // On a system that knows case the one spelled like the hive comes first.
    auto found = std::find(names.begin(), names.end(), wanted);
    if (found == names.end())
      found = std::find_if(names.begin(), names.end(),
                           [&](const std::string& other) { return equals_fold(other, wanted); });
    if (found != names.end())
      logs.push_back(hive.substr(0, hive.size() - std::min(hive.size(), name.size())) + *found);
  }
  return logs;
}

class Parser {
 public:
  Parser(const ParseOptions& options, LineBuffer& lines) : options_{options}, lines_{lines} {}

  int parse_file(const std::string& name) {
    auto file = open(name);
    if (!file) return unreadable(name, file.error());
    const auto head = read_head(**file);
    if (!head) return unreadable(name, head.error());
    const Bytes start{*head};
    std::string_view format = options_.format.empty() ? format_of(start) : options_.format;
    if (format.empty()) format = image_format(**file);
    if (format.empty() && is_damaged_table(**file)) format = kTableFormat;
    if (format == kVolumeFormat || format == kDiskFormat) {
      // All parts of a split one.
      auto image = open_image_file(name);
      if (!image) return unreadable(name, image.error());
      *file = *std::move(image);
    }
    if (options_.headers_only && format != kPeFormat)
      return complain(kExitUsage,
                      hozen::quoted(name) + " is no executable: --headers-only is for those");
    if (options_.xml && format != kEventLogFormat)
      return complain(kExitUsage, hozen::quoted(name) + " is no event log: --xml is for those");
    if (format == kEventLogFormat) return parse_event_log(name, **file, start);
    if (format == kHiveFormat) return parse_hive(name, **file, start);
    if (const SmallFormat* small = small_format(format)) return parse_small(name, **file, *small);
    if (format == kTableFormat) return parse_table(name, **file);
    if (format == kVolumeFormat) return parse_volume(name, *std::move(file));
    if (format == kDiskFormat) return parse_disk(name, *std::move(file));
    if (format == kJournalFormat) return parse_part(name, **file, print_usn_journal);
    if (format == kIndexFormat) return parse_part(name, **file, print_index);
    if (format == kSecurityFormat) return parse_part(name, **file, print_security_stream);
    if (format == kPeFormat)
      return parse_part(name, **file, options_.headers_only ? print_pe_headers : print_pe);
    if (format == kWebLogFormat) return parse_part(name, **file, print_web_log);
    if (format == kArchiveFormat) return parse_part(name, **file, print_archive);
    return complain(kExitUsage, hozen::quoted(name) + " is of no format that is known here (" +
                                    format_list() +
                                    "); where its beginning is damaged, say with "
                                    "--format what it is");
  }

 private:
  /// A file, or a block device.
  static Result<std::unique_ptr<ByteSource>> open(const std::string& name) {
    auto file = open_native_file(name);
    if (file) return std::unique_ptr<ByteSource>{*std::move(file)};
    auto image = open_image_file(name);
    if (image) return std::unique_ptr<ByteSource>{*std::move(image)};
    return std::move(file).error();
  }

  /// Of what does not begin as a format does: a disk, a volume whose boot sector is damaged, ISO
  /// 9660.
  static std::string_view image_format(ByteSource& file) {
    if (read_partition_table(file).kind != PartitionTableKind::none) return kDiskFormat;
    const auto head = read_volume_kind(file);
    if (head && head->kind == VolumeKind::ntfs) return kVolumeFormat;
    const auto found = archive::find(file);
    return found && found->format != archive::Format::none ? kArchiveFormat : std::string_view{};
  }

  static int unreadable(const std::string& name, const Error& error) {
    return complain(kExitSource,
                    hozen::quoted(name) + " cannot be read: " + printable(error.text()));
  }

  /// A format whose files are read whole.
  struct SmallFormat {
    std::string_view name;
    Result<std::uint64_t> (*print)(Bytes, std::string_view, LineBuffer&);
    std::uint64_t max_bytes;
  };
  static const SmallFormat* small_format(std::string_view format) {
    static constexpr SmallFormat kSmallFormats[] = {
        {kTaskFormat, print_task_xml, kMaxTaskXmlBytes},
        {kJobFormat, print_job_file, kMaxTaskXmlBytes},
        {kPrefetchFormat, print_prefetch, kMaxPrefetchBytes},
        {kJumpListFormat, print_jump_list, kMaxTraceBytes},
        {kLnkFormat, print_lnk, kMaxTraceBytes},
        {kRecentFileFormat, print_recent_file_cache, kMaxTraceBytes},
        {kCatalogFormat, print_catalog, catalog::kMaxCatalogBytes},
    };
    for (const SmallFormat& small : kSmallFormats)
      if (small.name == format) return &small;
    return nullptr;
  }

  /// By content; "" for none that is known.
  static std::string_view format_of(Bytes head) {
    if (head.head(4).chars() == "regf" || head.tail(regf::kBaseBlockBytes).chars() == "hbin")
      return kHiveFormat;
    if (evtx::looks_like_event_log(head) || evt::looks_like_event_log(head)) return kEventLogFormat;
    if (ntfs::looks_like_ntfs(head)) return kVolumeFormat;
    if (ntfs::table_record_bytes(head) != 0) return kTableFormat;
    if (looks_like_index(head)) return kIndexFormat;
    if (looks_like_security_stream(head)) return kSecurityFormat;
    if (looks_like_usn_journal(head)) return kJournalFormat;
    if (pe::looks_like_pe(head)) return kPeFormat;
    if (catalog::looks_like_catalog(head)) return kCatalogFormat;
    if (looks_like_prefetch(head)) return kPrefetchFormat;
    if (looks_like_lnk(head)) return kLnkFormat;
    if (looks_like_recent_file_cache(head)) return kRecentFileFormat;
    if (looks_like_jump_list(head)) return kJumpListFormat;
    if (looks_like_job_file(head)) return kJobFormat;
    if (looks_like_task_xml(head)) return kTaskFormat;
    if (web_log::looks_like_web_log(head.span())) return kWebLogFormat;
    const bool is_archive = archive::format_of(head) != archive::Format::none;
    return is_archive ? kArchiveFormat : std::string_view{};
  }

  /// Of Windows Vista and later, or of those before.
  int parse_event_log(const std::string& name, ByteSource& file, Bytes head) {
    if (evt::looks_like_event_log(head))
      return parse_part(name, file, options_.xml ? print_evt_xml : print_evt);
    return parse_part(name, file, options_.xml ? print_event_log_xml : print_event_log);
  }

  int parse_table(const std::string& name, ByteSource& file) {
    constexpr std::uint32_t kUsualRecordBytes = 1024;
    std::uint32_t record_bytes = ntfs::table_record_bytes(file);
    if (record_bytes == 0) record_bytes = kUsualRecordBytes;  // the operator says that it is one
    return ended(name,
                 print_file_table(file, record_bytes, native_text(native_path(name)), lines_));
  }

  int parse_volume(const std::string& name, const std::shared_ptr<ByteSource>& file) {
    return ended(name, print_volume(file, native_text(native_path(name)), lines_));
  }

  int parse_disk(const std::string& name, const std::shared_ptr<ByteSource>& file) {
    return ended(name, print_disk(file, native_text(native_path(name)), lines_));
  }

  using PrintPart = Result<std::uint64_t> (*)(ByteSource&, std::string_view, LineBuffer&);
  int parse_part(const std::string& name, ByteSource& file, PrintPart print_part) {
    return ended(name, print_part(file, native_text(native_path(name)), lines_));
  }

  /// The code for what a printer returned; the problem of one that could not begin is printed.
  int ended(const std::string& name, const Result<std::uint64_t>& problems) {
    if (problems) return *problems == 0 ? kExitComplete : kExitIncomplete;
    const Error& error = problems.error();
    print_problem(native_text(native_path(name)), error, lines_);
    return complain(kExitIncomplete, hozen::quoted(name) + ": " + printable(error.text()));
  }

  int parse_small(const std::string& name, ByteSource& file, const SmallFormat& format) {
    const auto bytes = read_all(file, format.max_bytes);
    if (!bytes) return unreadable(name, bytes.error());
    const std::string source = native_text(native_path(name));
    return ended(name, format.print(Bytes{*bytes}, source, lines_));
  }

  int parse_hive(const std::string& name, ByteSource& file, Bytes head) {
    const std::string source = native_text(native_path(name));
    std::uint64_t log_problems = 0;
    std::vector<regf::Log> logs;
    const auto base = regf::read_base_block(head);
    const bool dirty = !base || base->is_dirty();
    if (options_.logs && dirty) logs = read_logs(name, source, log_problems);
    const bool had_logs = !logs.empty();
    auto bytes = read_whole(file);
    if (!bytes) return unreadable(name, bytes.error());
    const auto problems = print_hive(*std::move(bytes), std::move(logs), source, lines_);
    if (!problems) return ended(name, problems);
    if (dirty && options_.logs && !had_logs)
      complain(0, hozen::quoted(name) +
                      " is dirty, and no transaction log lies beside it: what was not yet written "
                      "to it is missing");
    return *problems + log_problems == 0 ? kExitComplete : kExitIncomplete;
  }

  std::vector<regf::Log> read_logs(const std::string& hive, const std::string& source,
                                   std::uint64_t& problems) {
    std::vector<regf::Log> logs;
    for (const std::string& path : find_logs(hive)) {
      auto bytes = read_log(path);
      const std::string name = native_text(native_path(path).filename());
      if (bytes) {
        logs.push_back({*std::move(bytes), name});
        continue;
      }
      ++problems;
      print_problem(source, Error{bytes.error().code, "transaction log " + name}, lines_);
      complain(0, "transaction log " + hozen::quoted(name) +
                      " cannot be read: " + printable(bytes.error().text()));
    }
    return logs;
  }

  static Result<std::vector<std::byte>> read_log(const std::string& path) {
    HOZEN_TRY(const auto file, open_native_file(path));
    return read_whole(*file);
  }

  const ParseOptions& options_;
  LineBuffer& lines_;
};

/// The code that says more: unreadable before unknown before damaged.
int graver(int a, int b) {
  constexpr int kOrder[] = {kExitSource, kExitUsage, kExitIncomplete};
  for (const int code : kOrder)
    if (a == code || b == code) return code;
  return kExitComplete;
}

}  // namespace

std::vector<std::string> parse_formats() {
  std::vector<std::string> names;
  for (const std::string_view name :
       {kHiveFormat, kTaskFormat, kJobFormat, kTableFormat, kVolumeFormat, kJournalFormat,
        kIndexFormat, kSecurityFormat, kDiskFormat, kEventLogFormat, kPrefetchFormat,
        kJumpListFormat, kLnkFormat, kRecentFileFormat, kPeFormat, kArchiveFormat, kWebLogFormat,
        kCatalogFormat})
    names.emplace_back(name);
  return names;
}

int run_parse(const ParseOptions& options) {
  if (options.files.empty()) return complain(kExitUsage, "no file given");
  const auto formats = parse_formats();
  if (!options.format.empty() &&
      std::find(formats.begin(), formats.end(), options.format) == formats.end())
    return complain(kExitUsage, "no format is called " + hozen::quoted(options.format) +
                                    "; known: " + format_list());
  const auto write = [](std::string_view text) { return print(text); };
  LineBuffer lines{write};
  Parser parser{options, lines};
  int code = kExitComplete;
  if (options.xml) lines.text() += kEventsXmlBegin;
  for (const std::string& file : options.files) {
    code = graver(code, parser.parse_file(file));
    if (!lines.flush()) return complain(kExitOutput, "standard output cannot be written");
  }
  if (options.xml) lines.text() += kEventsXmlEnd;
  if (!lines.flush()) return complain(kExitOutput, "standard output cannot be written");
  return code;
}

}  // namespace hozen::cli
