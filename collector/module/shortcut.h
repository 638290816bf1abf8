// What opening a shortcut (.lnk) or an address file (.url) starts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/formats/lnk.h"
#include "collector/source/evidence_path.h"

namespace hozen {

/// What is read of one. Windows' own are a few KiB; one that carries more than that is read as far
/// as this, for what it starts stands at its beginning.
constexpr std::uint64_t kMaxShortcutBytes = 8u << 20;
/// More than any that Windows makes.
constexpr std::uint64_t kLargeShortcutBytes = 256u << 10;

/// A shortcut or address file that an entry is, or leads to.
struct Shortcut {
  EvidencePath file{};
  std::string command{};             ///< as a command line; "" when it points nowhere
  std::uint64_t size = 0;            ///< bytes of the file
  std::uint64_t trailing_bytes = 0;  ///< of these, behind the end of a shortcut
  std::vector<Error> problems{};     ///< what could not be read; the rest was
};

bool is_shortcut_name(std::string_view file_name);  ///< *.lnk, *.url

/// `beginning`: of a file of `size` bytes. Errors as of parse_lnk.
Result<Shortcut> read_shortcut(const EvidencePath& file, Bytes beginning, std::uint64_t size);

}  // namespace hozen
