// Seed of fuzz_hijack_list: two entries with every field that is read.
#include <fstream>
#include <string>

namespace {

constexpr char kText[] = R"(---
Name: example.dll
Vendor: Example Co
ExpectedLocations:
- '%SYSTEM32%'
- "%PROGRAMFILES%\\Example"
ExpectedSignatureInformation:
- Subject: CN=Example, O=Example Co
  Type: Authenticode
VulnerableExecutables:
- Path: '%PROGRAMFILES%\Example\run.exe'  # a remark
  Type: Sideloading
  SHA256:
  - ABCDEF0123456789
- Path: '%SYSTEM32%\tool.exe'
  Type: Environment Variable
  Variable: SYSTEMROOT
---
Name: other.dll
ExpectedLocations:
  - 'c:\It''s'
)";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream file{std::string{argv[1]} + "/hijack_list_two", std::ios::binary};
  file << kText;
  return file ? 0 : 1;
}
