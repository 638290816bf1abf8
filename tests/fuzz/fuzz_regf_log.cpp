// A transaction log beside a dirty hive. The first byte says how the rest is taken: bit 0 mends the
// checksums, so that what lies behind them is reached; bit 1 cuts the rest into two logs; bit 2
// damages the base block of the hive.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "collector/formats/regf_log.h"
#include "tests/builders/regf_builder.h"
#include "tests/fuzz/hive_reading.h"

namespace {

using namespace hozen;

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t at, T value) {
  if (at + sizeof value <= bytes.size()) std::memcpy(bytes.data() + at, &value, sizeof value);
}

void mend(std::vector<std::byte>& log) {
  if (log.size() < 512) return;
  put(log, 508, regf::base_block_checksum(Bytes{log}));
  for (std::size_t at = 512; at + 40 <= log.size();) {
    const Bytes entry = Bytes{log}.tail(at);
    if (entry.head(4).chars() != "HvLE") break;
    const std::uint32_t size = *entry.get<std::uint32_t>(4);
    if (size < 40 || size > entry.size()) break;
    put(log, at + 24, regf::log_checksum(entry.head(size).tail(40)));
    put(log, at + 32, regf::log_checksum(Bytes{log}.tail(at).head(32)));
    at += size;
  }
}

std::vector<std::byte> dirty_hive() {
  static const auto bytes = builders::RegfBuilder{}
                                .sequences(6, 5)
                                .key("A\\B")
                                .value("v", builders::sz("text of it"))
                                .key("C")
                                .bytes();
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t how = data[0];
  const auto rest = std::as_bytes(std::span{data, size}).subspan(1);
  const std::size_t cut = (how & 2) != 0 ? rest.size() / 2 / 512 * 512 : rest.size();
  std::vector<regf::Log> logs{
      {{rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(cut)}, "1"},
      {{rest.begin() + static_cast<std::ptrdiff_t>(cut), rest.end()}, "2"}};
  if ((how & 1) != 0)
    for (regf::Log& log : logs) mend(log.bytes);
  std::vector<std::byte> hive = dirty_hive();
  if ((how & 4) != 0) hive[508] ^= std::byte{1};
  const std::vector<std::byte> before = hive;
  const auto opened = regf::Hive::open(std::move(hive), logs);
  if (!opened) return 0;
  const regf::Hive& read = **opened;
  if (!read.replay() && read.bytes() != before) std::abort();
  if (read.bytes().size() > before.size() + rest.size()) std::abort();
  regf::HiveReading{read}.run();
  return 0;
}
