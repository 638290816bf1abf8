// A hive file: opened, everything read, printed as hozen parse does.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "collector/cli/parse_hive.h"
#include "tests/fuzz/hive_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto input = std::as_bytes(std::span{data, size});
  const std::vector<std::byte> file{input.begin(), input.end()};
  auto hive = regf::Hive::open(file);
  if (!hive) return 0;
  regf::HiveReading{**hive}.run();
  std::uint64_t printed = 0;
  const auto count = [&](std::string_view text) {
    printed += text.size();
    return true;
  };
  cli::LineBuffer lines{count};
  if (!cli::print_hive(file, {}, "hive", lines) || !lines.flush()) std::abort();
  if (printed > (std::uint64_t{size} + (1u << 20)) * 1000) std::abort();
  return 0;
}
