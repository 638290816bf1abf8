// Seeds of fuzz_usn_journal: records of each version, zeros and damage between them.
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
  bool done = write(folder, "v2", UsnBuilder{}.v2({}).v2({.name = u"日本.txt"}).bytes());
  done &= write(folder, "v3", UsnBuilder{}.v3({.file_high = 1}).zeros(80).v3({}).bytes());
  done &= write(folder, "v4", UsnBuilder{}.v3({}).v4({}, {{0, 4096}, {8192, 1}}, 1).bytes());
  done &= write(folder, "damaged",
                UsnBuilder{}
                    .v2({})
                    .raw(NtfsBytes(24, std::byte{0xEE}))
                    .v2({})
                    .zeros(64)
                    .raw(NtfsBytes(16, std::byte{1}))
                    .v4({}, {})
                    .bytes());
  return done ? 0 : 1;
}
