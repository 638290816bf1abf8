// Seeds of fuzz_amcache: both layouts.
#include <fstream>
#include <string>

#include "tests/builders/regf_builder.h"

int main(int argc, char** argv) {
  using namespace hozen::builders;
  if (argc != 2) return 2;
  const std::string id = "0000" + std::string(40, 'a');
  const auto bytes = RegfBuilder{}
                         .key("Root\\File\\{11111111-2222-3333-4444-555555555555}\\100002a3b")
                         .value("15", sz("C:\\a.exe"))
                         .value("101", sz(id))
                         .value("f", dword(0x5A000000))
                         .value("11", qword(132'000'000'000'000'000))
                         .key("Root\\InventoryApplicationFile\\b.exe|1234")
                         .value("LowerCaseLongPath", sz("c:\\b.exe"))
                         .value("FileId", sz(id))
                         .value("LinkDate", sz("03/01/2024 12:00:00"))
                         .value("Size", qword(5))
                         .key("Root\\InventoryDriverBinary\\c:/windows/x.sys")
                         .value("DriverId", sz(id))
                         .value("List", multi_sz({"a", "b"}))
                         .bytes();
  std::ofstream file{std::string{argv[1]} + "/amcache", std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return file ? 0 : 1;
}
