// A hint about memory that will hold a whole file.
#pragma once

#include <cstddef>
#include <span>

namespace hozen::cli {

/// Asks the system to back `memory`, which nobody has written to yet, with large pages: a hive is
/// read in no order, and small pages cost a third of the time then. Nothing happens where there are
/// none.
void prefer_large_pages(std::span<std::byte> memory);

}  // namespace hozen::cli
