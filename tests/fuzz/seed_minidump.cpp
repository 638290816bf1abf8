// Seeds of fuzz_minidump.
#include <fstream>
#include <string>

#include "tests/builders/minidump_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto bytes = hozen::builders::minidump({"C:\\a.exe", "C:\\日本.dll"});
  std::ofstream file{std::string{argv[1]} + "/minidump", std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return file ? 0 : 1;
}
