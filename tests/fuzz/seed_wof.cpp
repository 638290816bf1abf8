// Seeds of fuzz_wof: a reparse point, a stream of each algorithm.
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
  done &= write(folder + "point", 0, 0, wof_reparse_point(1, 2, 1, 1));
  for (unsigned algorithm = 0; algorithm < 4; ++algorithm)
    for (const std::uint64_t size : {1u, 5000u, 40000u})
      done &= write(folder + std::to_string(algorithm) + "-" + std::to_string(size),
                    size * 8 << 8 | algorithm, 5,
                    wof_stream(lz_text(size), static_cast<hozen::WofAlgorithm>(algorithm)));
  return done ? 0 : 1;
}
