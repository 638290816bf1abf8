// Any text as a profile: reads it and asks every pattern about a path.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/engine/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  static constexpr std::string_view kValues[] = {"used", "all"};
  static constexpr ModuleOption kOptions[] = {{"clusters", "Which clusters.", kValues}};
  const std::vector<KnownModule> modules{{"run_keys"}, {"autostarts"}, {"copy", kOptions}};
  const std::vector<ProfileText> texts{
      {"fuzz", "fuzz.xml",
       std::string{static_cast<const char*>(static_cast<const void*>(data)), size}}};
  const ProfileReading reading = read_profiles(texts, embedded_profiles(), modules);
  const std::vector<std::string> path{"Users", "a", "AppData", "Local", "x.exe"};
  std::size_t used = 0;
  for (const auto& target : reading.profile.targets) {
    used += pattern_matches(target.pattern, path) ? 1 : 0;
    used += pattern_may_match_below(target.pattern, path) ? 1 : 0;
  }
  for (const auto& problem : reading.problems) used += problem.text().size();
  return used == ~std::size_t{0} ? 1 : 0;
}
