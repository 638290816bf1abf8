// The inside of the link parser: what its parts share.
#pragma once

#include "collector/formats/lnk.h"

namespace hozen::lnk {

/// The LinkInfo structure at the beginning of `data`, which it is the whole of.
LinkInfo read_link_info(Bytes data, std::vector<Error>& problems);
/// The blocks from `at` (bytes from the start of `file`) to the terminal block or the end.
void read_extra_data(Bytes file, std::uint64_t at, Link& link);

/// Text at `offset` of `data` up to its NUL; a problem when the offset lies outside or no NUL
/// comes.
DecodedText read_text(Bytes data, std::uint64_t offset, bool unicode, std::string_view what,
                      std::vector<Error>& problems);

}  // namespace hozen::lnk
