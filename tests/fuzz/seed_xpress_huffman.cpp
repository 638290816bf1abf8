// Seeds of fuzz_xpress_huffman: literals, matches, several blocks.
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
  for (const std::size_t size : {1u, 300u, 5000u, 70000u}) {
    const std::string name = folder + std::to_string(size);
    const LzBytes data = lz_text(size), runs(size);
    done &= write(name + "literals", size, 3, xpress_huffman(lz_literals(data)));
    done &= write(name + "matches", size, 3, xpress_huffman(xpress_matches(data)));
    done &= write(name + "runs", size, 3, xpress_huffman(xpress_matches(runs)));
  }
  return done ? 0 : 1;
}
