// The security descriptor parser: everything it reads, and the text it prints.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/security_descriptor.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::optional<std::vector<AccessEntry>>& list, std::size_t size) {
  if (!list) return;
  require(list->size() <= kMaxAccessEntries);
  for (const auto& entry : *list) {
    require(!(entry.allows() && entry.denies()));
    require(entry.data.size() <= 65'536);
    require(entry.offset < size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto descriptor = parse_security_descriptor(Bytes{std::as_bytes(std::span{data, size})});
  if (!descriptor) return 0;
  check(descriptor->dacl, size);
  check(descriptor->sacl, size);
  const std::string text = descriptor->sddl();
  require(is_utf8(text));
  require(text.size() <= 64 + 16 * size);
  for (const Error& problem : descriptor->problems) require(problem.offset.has_value());
  return 0;
}
