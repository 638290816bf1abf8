// Seeds of fuzz_security_descriptor: every form of entry.
#include <fstream>
#include <string>

#include "tests/builders/security_builder.h"

namespace {

using hozen::builders::SecurityBuilder;
using hozen::builders::SecurityBytes;

bool write(const std::string& folder, const char* name, const SecurityBuilder& descriptor) {
  const auto bytes = descriptor.bytes();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  hozen::Guid guid;
  guid.bytes.fill(std::byte{7});
  bool done = write(folder, "service",
                    SecurityBuilder{}
                        .owner("S-1-5-18")
                        .group("S-1-5-18")
                        .allow("S-1-5-18", 0x2019D)
                        .deny("S-1-5-32-544", 0x1F)
                        .audit("S-1-1-0", 0xF01FF, 0x80));
  done &= write(folder, "objects",
                SecurityBuilder{}
                    .object_entry(5, "S-1-5-21-1-2-3-500", 0x100, guid, guid)
                    .object_entry(6, "S-1-5-11", 0x10, {}, guid)
                    .entry(9, "S-1-1-0", 1, 3, SecurityBytes(8, std::byte{0x61}))
                    .label("S-1-16-12288", 1));
  done &= write(folder, "null_dacl", SecurityBuilder{}.owner("S-1-5-18").null_dacl());
  done &= write(folder, "empty", SecurityBuilder{}.empty_dacl());
  return done ? 0 : 1;
}
