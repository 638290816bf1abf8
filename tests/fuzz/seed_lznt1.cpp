// Seeds of fuzz_lznt1: each form of chunk.
#include <fstream>
#include <string>

#include "tests/builders/compression_builder.h"

namespace {

using namespace hozen::builders;

/// `head`: what the target reads before the data, its lowest byte first.
bool write(const std::string& path, std::uint64_t head, unsigned head_bytes, const LzBytes& data) {
  std::ofstream file{path, std::ios::binary};
  for (unsigned i = 0; i < head_bytes; ++i) file.put(static_cast<char>(head >> (8 * i) & 0xFF));
  file.write(static_cast<const char*>(static_cast<const void*>(data.data())),
             static_cast<std::streamsize>(data.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1] + std::string{"/"};
  bool done = true;
  for (const std::size_t size : {1u, 300u, 5000u}) {
    const std::string name = folder + std::to_string(size);
    done &= write(name + "stored", size + 9, 2, lznt1(lz_text(size), Lznt1Chunks::stored));
    done &= write(name + "literals", size - 1, 2, lznt1(lz_text(size), Lznt1Chunks::literals));
    done &= write(name + "matches", size - 1, 2, lznt1(lz_text(size), Lznt1Chunks::matches));
    done &= write(name + "runs", 65535, 2, lznt1(LzBytes(size), Lznt1Chunks::matches));
  }
  return done ? 0 : 1;
}
