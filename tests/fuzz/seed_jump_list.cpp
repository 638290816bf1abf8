// Seeds of fuzz_jump_list: automatic lists of each version, custom lists.
#include <fstream>
#include <string>

#include "tests/builders/jump_list_builder.h"
#include "tests/builders/lnk_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& path, const ListBytes& bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/jump_list_";
  const ListBytes link = LnkBuilder{}.local_path("C:\\a").arguments("-x").bytes();
  bool done = true;
  for (const std::uint32_t version : {1u, 3u, 4u}) {
    const ListBytes list = dest_list(
        version, {{.number = 1, .path = "C:\\a", .host = "pc"}, {.number = 2, .path = "日本"}});
    const std::string name = folder + std::to_string(version);
    done &= write(name, compound_file({{"1", link}, {"2", link}, {"DestList", list}}));
    done &= write(name + "_long", compound_file({{"1", ListBytes(5000)}, {"DestList", list}}));
    done &= write(name + "_stream", list);
  }
  done &= write(folder + "custom", custom_destinations({{"A", {link, link}}, {"", {link}}}));
  return done ? 0 : 1;
}
