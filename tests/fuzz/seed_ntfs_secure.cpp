// Seeds of fuzz_ntfs_secure: entries alone, and with their copy.
#include <fstream>
#include <string>

#include "tests/builders/ntfs_side_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& folder, const char* name, const NtfsBytes& bytes) {
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  constexpr std::size_t kUnit = 16, kUnits = 12;  // three entries of 52 bytes, each on 64
  NtfsBytes entries = SecureBuilder{}
                          .add(256, small_descriptor(18))
                          .add(257, small_descriptor(19))
                          .add(258, small_descriptor(20))
                          .bytes();
  entries.resize(kUnits * kUnit);
  NtfsBytes damaged = entries;
  put_u32(damaged, 64 + 4, 1);
  put_u32(damaged, 128 + 48, 1);
  bool done = write(folder, "alone", joined({{std::byte{0}}, entries}));
  done &= write(folder, "copy", joined({{std::byte{kUnits}}, entries, entries}));
  done &= write(folder, "damaged", joined({{std::byte{kUnits}}, damaged, entries}));
  done &= write(folder, "both", joined({{std::byte{kUnits}}, damaged, damaged}));
  return done ? 0 : 1;
}
