// The images of another process by two lists: what its loader keeps (which the process can change)
// and what the memory manager has mapped.
//
// Source: the layout of PEB, PEB_LDR_DATA and LDR_DATA_TABLE_ENTRY of ntdll's public symbols, the
// same from Windows XP x64 to 11; observed under Wine 8. What is read is the memory of a process
// that may be hostile: lists are bounded, and a loop in one ends it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/source/live_state.h"

namespace hozen {

/// Reads exactly so many bytes of the process at that address.
using ReadMemory =
    FunctionRef<Result<std::vector<std::byte>>(std::uint64_t address, std::size_t size)>;

enum class PointerSize : std::uint8_t { four = 4, eight = 8 };

struct ImageRange {
  std::uint64_t base = 0, size_bytes = 0;
  std::string path{};  ///< as the list has it
};

/// Adds what the loader's list of the process environment block at `peb` has, in the order in which
/// it was loaded. Of a WOW64 process there are two blocks, each with its list. Errc::malformed for
/// a list that is none (a process that has just begun has none yet), Errc::limit, and what
/// `read` failed with; what was read before that is added.
Result<void> read_loader_list(ReadMemory read, std::uint64_t peb, PointerSize size,
                              std::vector<ImageRange>& list);

/// The command line in the process's parameters, which it can change.
Result<std::string> read_command_line(ReadMemory read, std::uint64_t peb);

/// Whether the first imports of the image at `base` lead to functions; nothing for an image that
/// does not tell, as it has none or they were bound when it was linked.
std::optional<bool> has_bound_imports(ReadMemory read, std::uint64_t base);

/// Puts the two lists together, in the order of their addresses. `mapped` has paths of Windows,
/// `listed` as the loader has them.
std::vector<LiveModule> merge_modules(const std::vector<ImageRange>& listed,
                                      const std::vector<ImageRange>& mapped);

}  // namespace hozen
