// Seeds of fuzz_lzx: each kind of block, and several.
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
  for (const std::size_t size : {30u, 300u, 5000u}) {
    const std::string name = folder + std::to_string(size);
    const LzBytes data = lz_text(size);
    const LzTokens tokens = lzx_matches(data);
    done &= write(name + "literals", size, 2, LzxBuilder{}.verbatim(lz_literals(data)).bytes());
    done &= write(name + "verbatim", size, 2, LzxBuilder{}.verbatim(tokens).bytes());
    done &= write(name + "aligned", size, 2, LzxBuilder{}.aligned(tokens).bytes());
    done &= write(name + "uncompressed", size, 2, LzxBuilder{}.uncompressed(data).bytes());
    done &= write(name + "all", 3 * size, 2,
                  LzxBuilder{}.uncompressed(data).verbatim(tokens).aligned(tokens).bytes());
  }
  return done ? 0 : 1;
}
