// Seeds of fuzz_shimcache: one of each form.
#include <fstream>
#include <string>

#include "tests/builders/shimcache_builder.h"

int main(int argc, char** argv) {
  using hozen::ShimCacheForm;
  if (argc != 2) return 2;
  bool done = true;
  for (unsigned form = 0; form <= static_cast<unsigned>(ShimCacheForm::windows_10_1703); ++form)
    for (const bool is_64_bit : {false, true}) {
      const auto data = hozen::builders::shimcache(
          static_cast<ShimCacheForm>(form), is_64_bit,
          {{.path = "C:\\a.exe", .modified = {1}, .insert_flags = 2, .file_size = 70'000},
           {.path = "00\t日本", .modified = {2}, .package = "p"}});
      std::ofstream file{
          std::string{argv[1]} + "/shimcache_" + std::to_string(form) + (is_64_bit ? "_64" : "_32"),
          std::ios::binary};
      file.write(static_cast<const char*>(static_cast<const void*>(data.data())),
                 static_cast<std::streamsize>(data.size()));
      done &= static_cast<bool>(file);
    }
  return done ? 0 : 1;
}
