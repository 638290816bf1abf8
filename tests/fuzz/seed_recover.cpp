// Seed corpus of fuzz_recover: what interrupted runs leave, cut at several places.
#include <filesystem>
#include <fstream>
#include <string>

#include "collector/engine/manifest.h"
#include "tests/builders/bundle_builder.h"

namespace {

void write(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file{path, std::ios::binary};
  for (const std::byte byte : bytes) file.put(static_cast<char>(byte));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder{argv[1]};
  hozen::Manifest manifest;
  manifest.tool.name = "hozen";
  manifest.collection.id = "0";
  hozen::test::BundleBuilder builder;
  builder.entry("start.json", hozen::start_json(manifest, {{"run_keys"}, {"C:\\x"}}))
      .file("C:\\a", hozen::test::compressible_bytes(3000, 1))
      .line("artifacts", "{\"path\":\"C:\\\\a\"}\n")
      .line("records/steps",
            "{\"step\":\"module\",\"name\":\"run_keys\",\"outcome\":\"complete\"}\n")
      .file("C:\\b", std::vector<std::byte>(1'100'000));
  const auto bytes = builder.bytes();
  write(folder / "whole", bytes);
  for (const std::size_t part : {2u, 3u, 5u, 9u})
    write(folder / ("cut" + std::to_string(part)),
          std::span{bytes}.first(bytes.size() - bytes.size() / part));
  return 0;
}
