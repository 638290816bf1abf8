#include "collector/cli/parse_ntfs.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/json_text.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/formats/partition_table.h"
#include "collector/formats/volume_kind.h"
#include "collector/module/file_row.h"
#include "collector/source/section_source.h"

namespace hozen::cli {
namespace {

constexpr std::size_t kMaxListedProblems = 1000;

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_number(out, value);
}

class TablePrinter {
 public:
  TablePrinter(ByteSource& table, std::uint32_t record_bytes, std::string_view source,
               LineBuffer& lines, const std::string& volume = {}, AttributeReader reader = {})
      : table_{table, record_bytes},
        rows_{table_, table.size(), record_bytes, volume, std::move(reader)},
        source_{source},
        lines_{lines} {
    prefix_ = "{\"kind\":\"file\",\"source\":";
    append_json_string(prefix_, source);
  }

  void tell(const Error& error) {
    if (++problems_ <= kMaxListedProblems) print_problem(source_, error, lines_);
  }

  /// `is_volume`: the whole table of a volume, in which the files of NTFS itself must be.
  std::uint64_t run(bool is_volume) {
    const auto tell_it = [&](const Error& error) { tell(error); };
    table_.index(tell_it);
    table_.each_file([&](const ntfs::File& file) { return print_file(file); });
    print_end(is_volume);
    return problems_;
  }

 private:
  bool print_file(const ntfs::File& file) {
    const FileRow& row = rows_.make(file);
    lines_.text() += prefix_;
    write_fields(kFileFields, row, lines_.text());
    lines_.text() += '}';
    lines_.end_line();
    ++files_;
    if (file.state == ntfs::SlotState::torn)
      tell({Errc::malformed, "ntfs file record whose fixup does not match", row.offset});
    for (const Error& problem : file.problems) tell(problem);
    for (const Error& problem : row.problems) tell(problem);
    const bool is_orphan = row.path_state != ntfs::PathState::exact && row.name != nullptr;
    if (file.in_use() && is_orphan) ++orphans_;
    if (row.names_left_out != 0)
      tell({Errc::limit,
            std::to_string(row.names_left_out) + " ntfs hard links whose paths are left out",
            row.offset});
    return !lines_.failed();
  }

  void print_end(bool is_volume) {
    const ntfs::TableCounts& counts = table_.counts();
    if (counts.bad != 0 || counts.malformed != 0) tell_damaged(counts);
    if (const auto misplaced = counts.misplaced_problem()) tell(*misplaced);
    if (const auto unclaimed = counts.unclaimed_problem()) tell(*unclaimed);
    if (const auto lost = counts.system_problem(); lost && is_volume) tell(*lost);
    if (orphans_ != 0)
      tell({Errc::malformed,
            std::to_string(orphans_) + " ntfs files in use whose folder is not there",
            std::nullopt});
    if (problems_ > kMaxListedProblems)
      print_problem(source_,
                    Error{Errc::limit, std::to_string(problems_ - kMaxListedProblems) +
                                           " further problems, not listed"},
                    lines_);
    std::string& out = lines_.text();
    out += "{\"kind\":\"file_table_end\",\"source\":";
    append_json_string(out, source_);
    const auto number = [&](std::string_view name, std::uint64_t value) {
      append_number(out, name, value);
    };
    number("files", files_);
    number("slots", counts.slots);
    number("records", counts.records);
    number("in_use", counts.in_use);
    number("directories", counts.directories);
    number("extension_records", counts.extensions);
    number("torn_records", counts.torn);
    number("bad_records", counts.bad);
    number("malformed_records", counts.malformed);
    number("problems", problems_);
    out += '}';
    lines_.end_line();
  }

  void tell_damaged(const ntfs::TableCounts& counts) {
    tell({Errc::malformed,
          std::to_string(counts.bad + counts.malformed) + " ntfs file records that cannot be read",
          std::nullopt});
  }

  ntfs::FileTable table_;
  FileRowMaker rows_;
  std::string_view source_;
  LineBuffer& lines_;
  std::string prefix_;
  std::uint64_t files_ = 0, problems_ = 0, orphans_ = 0;
};

Result<std::uint64_t> print_named_volume(const std::shared_ptr<ByteSource>& bytes,
                                         std::string_view source, LineBuffer& out,
                                         const std::string& name) {
  HOZEN_TRY(const auto volume, ntfs::Volume::open(bytes));
  const auto read = [&](const FileRow& row, std::uint32_t type) -> Result<std::vector<std::byte>> {
    HOZEN_TRY(const auto content, volume->open_attribute(row.file->number, type, ""));
    return read_all(*content, ntfs::kMaxEaBytes);
  };
  TablePrinter printer{volume->mft(), volume->boot().record_bytes, source, out, name, read};
  for (const Error& problem : volume->problems()) printer.tell(problem);
  return printer.run(true);
}

void print_partition(const Partition& partition, std::string_view file_system,
                     std::string_view source, LineBuffer& lines) {
  std::string& out = lines.text();
  out += "{\"kind\":\"partition\",\"source\":";
  append_json_string(out, source);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    append_number(out, name, value);
  };
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += ",\"";
    out += name;
    out += "\":";
    append_json_string(out, value);
  };
  number("number", partition.number);
  number("offset_bytes", partition.offset_bytes);
  number("size_bytes", partition.size_bytes);
  number("available_bytes", partition.available_bytes);
  text("type", partition.type);
  text("type_id", partition.type_id);
  text("role", to_text(partition.role));
  text("origin", to_text(partition.origin));
  text("name", partition.name);
  text("file_system", file_system);
  out += '}';
  lines.end_line();
}

}  // namespace

Result<std::uint64_t> print_file_table(ByteSource& table, std::uint32_t record_bytes,
                                       std::string_view source, LineBuffer& out) {
  TablePrinter printer{table, record_bytes, source, out};
  if (table.size() % record_bytes != 0)
    printer.tell({Errc::truncated, "ntfs file table ends within a record",
                  table.size() / record_bytes * record_bytes});
  return printer.run(false);
}

Result<std::uint64_t> print_volume(const std::shared_ptr<ByteSource>& bytes,
                                   std::string_view source, LineBuffer& out) {
  return print_named_volume(bytes, source, out, {});
}

Result<std::uint64_t> print_disk(const std::shared_ptr<ByteSource>& disk, std::string_view source,
                                 LineBuffer& out) {
  const PartitionTable table = read_partition_table(*disk);
  if (table.kind == PartitionTableKind::none)
    return Error{Errc::malformed, "partition table", 0, "the disk has none"};
  std::uint64_t problems = 0;
  const auto tell = [&](const Error& error) {
    ++problems;
    print_problem(source, error, out);
  };
  for (const Error& problem : table.problems) tell(problem);
  for (const Partition& partition : table.partitions) {
    const auto bytes =
        std::make_shared<SectionSource>(disk, partition.offset_bytes, partition.size_bytes);
    std::optional<VolumeKind> kind;
    if (partition.may_hold_volume()) {
      const auto head = read_volume_kind(*bytes);
      if (head) kind = head->kind;
      if (!head) tell(head.error());
    }
    print_partition(partition, kind ? to_text(*kind) : std::string_view{}, source, out);
    if (kind != VolumeKind::ntfs) continue;
    const auto volume =
        print_named_volume(bytes, source, out, "volume" + std::to_string(partition.number));
    if (volume)
      problems += *volume;
    else
      tell(volume.error());
    if (out.failed()) break;
  }
  return problems;
}

}  // namespace hozen::cli
