#include "collector/base/result.h"

#include <cstdio>

namespace hozen {

std::string_view to_text(Errc code) {
  switch (code) {
    case Errc::io:
      return "io";
    case Errc::not_found:
      return "not_found";
    case Errc::truncated:
      return "truncated";
    case Errc::malformed:
      return "malformed";
    case Errc::unsupported:
      return "unsupported";
    case Errc::limit:
      return "limit";
    case Errc::cancelled:
      return "cancelled";
  }
  return "io";
}

std::string Error::text() const {
  std::string line = what;
  line += ": ";
  line += to_text(code);
  if (offset) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, " at offset 0x%llx",
                  static_cast<unsigned long long>(*offset));
    line += buffer;
  }
  if (!detail.empty()) {
    line += " (";
    line += detail;
    line += ')';
  }
  return line;
}

}  // namespace hozen
