// Seeds of fuzz_prefetch: each version, plain and packed.
#include <fstream>
#include <string>

#include "tests/builders/prefetch_builder.h"

namespace {

bool write(const std::string& path, const hozen::builders::PrefetchBuilder& prefetch) {
  const auto bytes = prefetch.bytes();
  std::ofstream file{path, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/prefetch_";
  bool done = true;
  for (const std::uint32_t version : {17u, 23u, 26u, 30u, 31u})
    for (const bool first_form : {false, true}) {
      auto prefetch = hozen::builders::PrefetchBuilder{version, first_form}
                          .program("\\VOLUME{01-02}\\A.EXE", "A.EXE")
                          .run(hozen::FileTime{132'000'000'000'000'000})
                          .file("\\VOLUME{01-02}\\日本.DLL", 5)
                          .hash_text("-a")
                          .volume("\\VOLUME{01-02}", hozen::FileTime{1}, 2, {"\\A", "\\B"});
      const std::string name = folder + std::to_string(version) + (first_form ? "a" : "b");
      done &= write(name, prefetch);
      done &= write(name + "_packed", prefetch.packed());
      done &= write(name + "_checked", prefetch.packed(true));
    }
  return done ? 0 : 1;
}
