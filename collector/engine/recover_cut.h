// What of an entry that is not whole an interrupted run left.
#pragma once

#include <optional>
#include <string_view>

#include "collector/base/byte_source.h"
#include "collector/formats/deflate_cut.h"

namespace hozen {

/// Whether the entry of that name holds a file of the evidence.
bool is_content(std::string_view name);

/// Whether a header of an entry of ours begins at `offset` or later: then nothing ends there.
bool has_entry_behind(ByteSource& partial, std::uint64_t offset);

/// Up to where the blocks of an entry of more than one block, whose data begin at `offset`, are
/// whole. Nothing where none is, and where the data end as they should and the file goes on
/// (`is_cut` false): which of the blocks does not have the CRC behind them cannot be told.
std::optional<DeflateCut> find_whole_blocks(ByteSource& partial, std::uint64_t offset, bool is_cut);

}  // namespace hozen
