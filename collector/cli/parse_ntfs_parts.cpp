#include "collector/cli/parse_ntfs_parts.h"

#include <array>

#include "collector/base/json_text.h"
#include "collector/formats/ntfs_index.h"
#include "collector/formats/ntfs_secure.h"
#include "collector/formats/security_descriptor.h"
#include "collector/module/usn_row.h"

namespace hozen::cli {
namespace {

std::string line_start(std::string_view kind, std::string_view source) {
  std::string text = "{\"kind\":\"";
  text += kind;
  text += "\",\"source\":";
  append_json_string(text, source);
  return text;
}

std::uint64_t print_problems(const ntfs::Problems& problems, std::string_view source,
                             LineBuffer& out) {
  for (const Error& problem : problems.kept()) print_problem(source, problem, out);
  if (const auto further = problems.count() - problems.kept().size(); further != 0)
    print_problem(
        source, Error{Errc::limit, std::to_string(further) + " further problems, not listed"}, out);
  return problems.count();
}

/// The same of a file of which `rows` were printed: nothing at all is no answer.
std::uint64_t print_problems(const ntfs::Problems& problems, std::uint64_t rows,
                             std::string_view what, std::string_view source, LineBuffer& out) {
  if (rows != 0 || problems.count() != 0) return print_problems(problems, source, out);
  print_problem(source,
                Error{Errc::malformed, std::string{what}, std::nullopt, "no record is in the file"},
                out);
  return 1;
}

template <class Row, std::size_t N>
void print_row(const std::string& start, const std::array<Field<Row>, N>& fields, const Row& row,
               LineBuffer& out) {
  out.text() += start;
  write_fields(fields, row, out.text());
  out.text() += '}';
  out.end_line();
}

using ntfs::IndexEntry;
constexpr std::array kIndexFields{
    Field<IndexEntry>{{"name", "Name in the directory."},
                      [](const IndexEntry& e, Cell& c) { c.text(e.name.name); }},
    Field<IndexEntry>{{"name_space", "Rules that the name follows: posix, win32, dos, both."},
                      [](const IndexEntry& e, Cell& c) { c.text(to_text(e.name.name_space)); }},
    Field<IndexEntry>{
        {"state", "in_use, or where else it was found: slack, unused_block, damaged."},
        [](const IndexEntry& e, Cell& c) { c.text(to_text(e.state)); }},
    Field<IndexEntry>{{"mft_record", "Number of the file's record in $MFT."},
                      [](const IndexEntry& e, Cell& c) {
                        e.file ? c.number(e.file->record) : c.absent(Absent::not_present);
                      }},
    Field<IndexEntry>{{"sequence", "Sequence number of that record."},
                      [](const IndexEntry& e, Cell& c) {
                        e.file ? c.number(e.file->sequence) : c.absent(Absent::not_present);
                      }},
    Field<IndexEntry>{{"parent_record", "Number of the directory's record."},
                      [](const IndexEntry& e, Cell& c) { c.number(e.name.parent.record); }},
    Field<IndexEntry>{{"directory", "Whether it is a folder."},
                      [](const IndexEntry& e, Cell& c) { c.boolean(e.name.is_directory()); }},
    Field<IndexEntry>{{"size", "Bytes of the unnamed stream."},
                      [](const IndexEntry& e, Cell& c) { c.number(e.name.size_bytes); }},
    Field<IndexEntry>{{"allocated_size", "Bytes that it takes on the volume."},
                      [](const IndexEntry& e, Cell& c) { c.number(e.name.allocated_bytes); }},
    Field<IndexEntry>{{"created", "Time of the same name in $STANDARD_INFORMATION."},
                      [](const IndexEntry& e, Cell& c) { c.time(e.name.created); }},
    Field<IndexEntry>{{"modified", "Time of the same name in $STANDARD_INFORMATION."},
                      [](const IndexEntry& e, Cell& c) { c.time(e.name.modified); }},
    Field<IndexEntry>{{"changed", "Time of the same name in $STANDARD_INFORMATION."},
                      [](const IndexEntry& e, Cell& c) { c.time(e.name.record_changed); }},
    Field<IndexEntry>{{"accessed", "Time of the same name in $STANDARD_INFORMATION."},
                      [](const IndexEntry& e, Cell& c) { c.time(e.name.accessed); }},
    Field<IndexEntry>{{"offset", "Bytes from the start of the file."},
                      [](const IndexEntry& e, Cell& c) { c.number(e.offset); }},
};

struct SecurityRow {
  const ntfs::SecurityEntry* entry;
  const Result<SecurityDescriptor>* descriptor;
};
constexpr std::array kSecurityFields{
    Field<SecurityRow>{{"security_id", "Number by which files name it."},
                       [](const SecurityRow& r, Cell& c) { c.number(r.entry->id); }},
    Field<SecurityRow>{{"copy", "Which copy is whole: first, mirror, or damaged for neither."},
                       [](const SecurityRow& r, Cell& c) { c.text(to_text(r.entry->copy)); }},
    Field<SecurityRow>{{"owner", "SID of the owner."},
                       [](const SecurityRow& r, Cell& c) {
                         *r.descriptor ? c.optional_text((**r.descriptor).owner)
                                       : c.absent(Absent::unparsable);
                       }},
    Field<SecurityRow>{{"sddl", "The descriptor as Windows prints it."},
                       [](const SecurityRow& r, Cell& c) {
                         *r.descriptor ? c.text((**r.descriptor).sddl())
                                       : c.absent(Absent::unparsable);
                       }},
    Field<SecurityRow>{{"offset", "Bytes from the start of the file."},
                       [](const SecurityRow& r, Cell& c) { c.number(r.entry->offset); }},
};

}  // namespace

Result<std::uint64_t> print_usn_journal(ByteSource& journal, std::string_view source,
                                        LineBuffer& out) {
  const std::string start = line_start("usn", source);
  ntfs::Problems problems;
  std::uint64_t count = 0;
  UsnRowMaker rows{nullptr, {}};
  ntfs::each_usn_record(journal, 0, problems, [&](const ntfs::UsnRecord& record) {
    print_row(start, kUsnFields, rows.make(record), out);
    ++count;
    return !out.failed();
  });
  return print_problems(problems, count, "usn journal", source, out);
}

Result<std::uint64_t> print_index(ByteSource& blocks, std::string_view source, LineBuffer& out) {
  const std::string start = line_start("index_entry", source);
  ntfs::IndexParts parts;
  parts.blocks = &blocks;
  HOZEN_TRY(auto index, ntfs::DirectoryIndex::open(parts));
  index.each_entry_with_deleted([&](const IndexEntry& entry) {
    print_row(start, kIndexFields, entry, out);
    return !out.failed();
  });
  return print_problems(index.problems(), source, out);
}

Result<std::uint64_t> print_security_stream(ByteSource& sds, std::string_view source,
                                            LineBuffer& out) {
  const std::string start = line_start("security_descriptor", source);
  ntfs::Problems problems;
  std::uint64_t count = 0;
  ntfs::each_security_entry(sds, problems, [&](const ntfs::SecurityEntry& entry) {
    const auto descriptor = parse_security_descriptor(entry.descriptor);
    print_row(start, kSecurityFields, SecurityRow{&entry, &descriptor}, out);
    ++count;
    return !out.failed();
  });
  return print_problems(problems, count, "ntfs security stream", source, out);
}

bool looks_like_usn_journal(Bytes head) {
  constexpr std::uint64_t kMaxPage = 4096;
  const auto record = ntfs::parse_usn_record(head);
  return record && record->minor_version == 0 && record->length_bytes <= kMaxPage &&
         record->usn % 8 == 0;
}

bool looks_like_index(Bytes head) { return head.head(4).chars() == "INDX"; }

bool looks_like_security_stream(Bytes head) {
  const auto fields = head.fixed<ntfs::kSecurityHeaderBytes>(0, "ntfs security entry");
  if (!fields || fields->u64<8>() != 0) return false;
  const std::uint32_t size = fields->u32<16>();
  if (size <= ntfs::kSecurityHeaderBytes || size > head.size()) return false;
  return ntfs::security_hash(head.head(size).tail(ntfs::kSecurityHeaderBytes)) == fields->u32<0>();
}

}  // namespace hozen::cli
