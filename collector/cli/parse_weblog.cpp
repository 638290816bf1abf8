#include "collector/cli/parse_weblog.h"

#include "collector/cli/print_record.h"
#include "collector/module/web_log_rows.h"

namespace hozen::cli {

Result<std::uint64_t> print_web_log(ByteSource& file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const web_log::Summary log,
            web_log::read(file, {}, [&](const web_log::Request& request) {
              print_record("web_request", kWebRequestFields, request, source, out);
              return !out.failed();
            }));
  print_record("web_log", kWebLogFields, log, source, out);
  return print_problems(log.problems, source, out);
}

}  // namespace hozen::cli
