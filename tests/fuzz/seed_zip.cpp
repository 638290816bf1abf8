// Seed corpus of fuzz_zip: small bundles with entries of every form.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/builders/bundle_builder.h"

namespace {

void write(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::ofstream file{path, std::ios::binary};
  for (const std::byte byte : bytes) file.put(static_cast<char>(byte));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder{argv[1]};
  using hozen::test::BundleBuilder;
  write(folder / "empty", BundleBuilder{}.bytes());
  write(folder / "one", BundleBuilder{}.entry("start.json", "{}").bytes());
  write(folder / "lines", BundleBuilder{}.line("artifacts", "{\"path\":\"C:\\\\a\"}\n").bytes());
  write(folder / "file",
        BundleBuilder{}.file("C:\\a", hozen::test::compressible_bytes(3000, 1)).bytes());
  write(folder / "streamed",
        BundleBuilder{}.file("C:\\a", std::vector<std::byte>(1'100'000)).bytes());
  BundleBuilder sample;
  write(folder / "sample", add_sample(sample).bytes());
  return 0;
}
