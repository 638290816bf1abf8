#include "collector/cli/large_pages.h"

namespace hozen::cli {

// Large pages need a privilege and memory that is never paged out: not worth it here.
void prefer_large_pages(std::span<std::byte>) {}

}  // namespace hozen::cli
