// LZX. The first two bytes say how large the output is.
#include "collector/formats/lzx.h"
#include "tests/fuzz/decompression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hozen::Bytes all{std::as_bytes(std::span{data, size})};
  const std::size_t room = all.get<std::uint16_t>(0).value_or(0) % (hozen::kLzxWindow + 1);
  hozen::fuzz::check_decompression(all.tail(2), room, hozen::decompress_lzx);
  return 0;
}
