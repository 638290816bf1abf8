// Names of a POSIX file system as names of the evidence, and back: reversible, whatever the bytes.
#pragma once

#include <string>
#include <string_view>

namespace hozen {

/// A name as the evidence spells it. Valid WTF-8 without `\` and `:` is kept (ntfs-3g writes lone
/// surrogates of NTFS in that form). Any other name is written byte by byte: what is valid UTF-8
/// stays, every other byte and each `\` and `:` becomes the lone surrogate U+DC00 + byte (as
/// Python's surrogateescape does), so that no two names of a folder are spelled alike. The
/// surrogates used for that are themselves never "kept".
struct HostName {
  std::string text;
  bool escaped = false;  ///< `text` is not the name's own bytes
};
HostName name_from_host(std::string_view bytes);

/// The inverse: the exact bytes of a name that name_from_host() spelled.
std::string host_from_name(std::string_view text);

}  // namespace hozen
