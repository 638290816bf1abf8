// Seeds of fuzz_catalog: members of each kind, signed, and an empty list.
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/signature_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& path, const Identity& signer,
           const std::vector<CatalogEntry>& entries) {
  SignatureBuilder builder{signer};
  const Der bytes = builder.of_content(kCatalogType, catalog_list(entries)).bytes();
  std::ofstream file{path, std::ios::binary};
  file << hozen::Bytes{bytes}.chars();
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  using hozen::authenticode::Algorithm;
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/catalog_";
  const Identity signer = Identity::root("Root");
  const auto file = PeBuilder{}.bytes();
  const auto old = image_digest(file, Algorithm::sha1), now = image_digest(file);
  const bool done =
      write(folder + "members", signer, {{old, "a.sys"}, {now, "b.sys"}, {now, "", true}}) &&
      write(folder + "empty", signer, {});
  return done ? 0 : 1;
}
