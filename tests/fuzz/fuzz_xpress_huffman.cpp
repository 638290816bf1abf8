// XPRESS with Huffman codes. The first three bytes say how large the output is, up to three blocks.
#include "collector/formats/xpress_huffman.h"
#include "tests/fuzz/decompression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const hozen::Bytes all{std::as_bytes(std::span{data, size})};
  const std::size_t room = all.get<std::uint16_t>(0).value_or(0) +
                           all.get<std::uint8_t>(2).value_or(0) % std::size_t{3} * 65536;
  hozen::fuzz::check_decompression(all.tail(3), room, hozen::decompress_xpress_huffman);
  return 0;
}
