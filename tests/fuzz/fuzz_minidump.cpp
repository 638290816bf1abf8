// Memory dumps of one process: the list of modules.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/minidump.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto bytes = std::as_bytes(std::span{data, size});
  MemorySource file{{bytes.begin(), bytes.end()}};
  const auto dump = read_minidump(file);
  if (!dump) return 0;
  if (dump->modules.size() > kMaxDumpModules) std::abort();
  for (const std::string& module : dump->modules)
    if (!is_wtf8(module) || module.size() > 2 * size) std::abort();
  return 0;
}
