#include "collector/cli/parse_archive.h"

#include "collector/cli/print_record.h"
#include "collector/module/archive_rows.h"

namespace hozen::cli {

Result<std::uint64_t> print_archive(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const archive::Archive archive, archive::read(file, [&](const archive::Entry& entry) {
              print_record("archive_entry", kArchiveEntryFields, entry, source, out);
              return true;
            }));
  print_record("archive", kArchiveFields, archive, source, out);
  return print_problems(archive.problems, source, out);
}

}  // namespace hozen::cli
