// Seeds of fuzz_authenticode: signatures with everything, a certificate, a signed executable.
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/signature_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream file{path, std::ios::binary};
  file << hozen::Bytes{bytes}.chars();
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/authenticode_";
  const Identity root = Identity::root("Root");
  const Identity signer = root.issue({"Signer"});
  const Identity clock =
      root.issue({"Clock", "20100101000000Z", "20400101000000Z", {std::string{kTimestamping}}});
  const auto file = PeBuilder{}.bytes();
  const auto make = [&](bool page_hashes) {
    SignatureBuilder builder{signer};
    builder.of_file(image_digest(file), page_hashes).with(root).program("Tool", "http://a/");
    return builder;
  };
  const Der inner = make(true).bytes();
  const Der outer = make(false)
                        .rfc3161_timestamp(clock, "20230701101112Z")
                        .pkcs9_timestamp(clock, "230701101112Z")
                        .nested(inner)
                        .unsigned_attribute("1.2.3.4", octets({std::byte{1}}))
                        .bytes();
  bool done = write(folder + "signature", outer);
  done &= write(folder + "page_hashes", inner);
  done &= write(folder + "certificate", root.certificate());
  done &= write(folder + "image", add_table(file, {inner}, "hidden"));
  return done ? 0 : 1;
}
