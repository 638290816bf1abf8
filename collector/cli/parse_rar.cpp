#include "collector/cli/parse_rar.h"

#include "collector/cli/print_record.h"
#include "collector/module/rar_rows.h"

namespace hozen::cli {

Result<std::uint64_t> print_rar(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const rar::Archive archive, rar::read(file, [&](const rar::Entry& entry) {
              print_record("archive_entry", kRarEntryFields, entry, source, out);
              return true;
            }));
  print_record("archive", kRarArchiveFields, archive, source, out);
  return print_problems(archive.problems, source, out);
}

}  // namespace hozen::cli
