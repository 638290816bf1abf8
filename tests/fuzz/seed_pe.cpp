// Seeds of fuzz_pe: both forms with everything, and parts of it; version information by itself.
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/pe_builder.h"

namespace {

using hozen::builders::PeBuilder;
using hozen::builders::PeBytes;

bool write(const std::string& path, const PeBytes& bytes) {
  std::ofstream file{path, std::ios::binary};
  file << hozen::Bytes{bytes}.chars();
  return static_cast<bool>(file);
}

PeBuilder full(bool is_64) {
  return PeBuilder{is_64}
      .dll()
      .import("KERNEL32.dll", {"CreateFileW", "#35"})
      .import("WS2_32.dll", {"#3"})
      .delay_import("ole32.dll", {"CoInitialize"})
      .exported("Own")
      .exported("Alloc", "NTDLL.RtlAllocateHeap")
      .exported("")
      .version_numbers({1, 2, 3, 4}, {5, 6, 7, 8})
      .version_string("OriginalFilename", "日本.dll")
      .version_string("OriginalFilename", "b.dll", "041104b0")
      .manifest("<assembly/>")
      .resource(10, 5, 0, "data")
      .pdb("C:\\a.pdb", {}, 1)
      .reproducible()
      .tls_callbacks(2)
      .clr("v4.0.30319")
      .rich()
      .overlay("behind")
      .certificate(20)
      .section(".bss", "x", 0x1800);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/pe_";
  bool done = true;
  for (const bool is_64 : {false, true}) {
    const std::string form = is_64 ? "64_" : "32_";
    done &= write(folder + form + "full", full(is_64).bytes());
    done &= write(folder + form + "old",
                  full(is_64).absolute_delay_imports().without_name_tables().bytes());
    done &= write(folder + form + "flat",
                  full(is_64).set_u32(PeBuilder::kOptionalOffset + 32, 16).bytes());
    done &= write(folder + form + "empty", PeBuilder{is_64}.bytes());
  }
  done &= write(folder + "version", full(true).version_resource());
  return done ? 0 : 1;
}
