// Names of functions that programs import by their numbers: those of Windows Sockets and of OLE
// Automation, which import hashes name.
#include <algorithm>
#include <array>

#include "collector/formats/pe_imports.h"

namespace hozen::pe {
namespace {

struct OrdinalName {
  std::uint16_t ordinal;
  std::string_view name;
};

constexpr OrdinalName kSockets[] = {
#include "collector/formats/pe_ordinals_sockets.inc"
};
constexpr OrdinalName kAutomation[] = {
#include "collector/formats/pe_ordinals_automation.inc"
};

static_assert(std::ranges::is_sorted(kSockets, {}, &OrdinalName::ordinal));
static_assert(std::ranges::is_sorted(kAutomation, {}, &OrdinalName::ordinal));

template <std::size_t N>
std::string_view find(const OrdinalName (&names)[N], std::uint16_t ordinal) {
  const auto at = std::ranges::lower_bound(names, ordinal, {}, &OrdinalName::ordinal);
  return at != std::end(names) && at->ordinal == ordinal ? at->name : std::string_view{};
}

}  // namespace

std::string_view ordinal_name(std::string_view library, std::uint16_t ordinal) {
  // The table is that of ws2_32; common tools use it for wsock32, whose numbers differ above 23.
  if (library == "ws2_32.dll" || library == "wsock32.dll") return find(kSockets, ordinal);
  if (library == "oleaut32.dll") return find(kAutomation, ordinal);
  return {};
}

}  // namespace hozen::pe
