// Seeds of fuzz_service_values: failure actions, and trigger data of each type.
#include <fstream>
#include <string>

#include "tests/builders/regf_builder.h"

namespace {

using hozen::builders::RegData;

bool write(const std::string& folder, const char* name, const RegData& data) {
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(data.bytes.data())),
             static_cast<std::streamsize>(data.bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  using namespace hozen::builders;
  bool done = write(folder, "failure",
                    binary("80 51 01 00 00 00 00 00 01 00 00 00 02 00 00 00 14 00 00 00 "
                           "01 00 00 00 60 ea 00 00 03 00 00 00 00 00 00 00"));
  done &= write(folder, "ports", multi_sz({"139", "TCP", "System"}));
  done &= write(folder, "guid", binary("07 9e 56 b7 21 84 e0 4e ad 10 86 91 5a fd ad 09"));
  done &= write(folder, "keyword", qword(16));
  return done ? 0 : 1;
}
