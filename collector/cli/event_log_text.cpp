#include "collector/cli/event_log_text.h"

#include "collector/base/text.h"
#include "collector/formats/binxml_value.h"

namespace hozen::cli {

std::string further_problems(std::uint64_t problems) {
  return std::to_string(problems - kMaxListedProblems) + " further problems, not listed";
}

void append_xml_comment(TextOut& out, std::string_view text) {
  out.append("<!-- ");
  std::string safe = printable(text);
  for (std::size_t at = 0; (at = safe.find("--", at)) != std::string::npos;)
    safe.insert(++at, 1, ' ');
  evtx::append_xml_text(out, safe, evtx::XmlPlace::text);
  out.append(" -->");
}

}  // namespace hozen::cli
