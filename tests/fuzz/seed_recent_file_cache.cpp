// Seeds of fuzz_recent_file_cache.
#include <fstream>
#include <string>

#include "tests/builders/recent_file_builder.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto bytes = hozen::builders::recent_file_cache({"c:\\a.exe", "", "c:\\日本.exe"});
  std::ofstream file{std::string{argv[1]} + "/recent_file_cache", std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return file ? 0 : 1;
}
