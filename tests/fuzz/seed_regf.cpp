// Seed corpus of fuzz_regf: hives of every form, sound and damaged.
#include <filesystem>
#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/regf_builder.h"

namespace {

using namespace hozen;
using namespace hozen::builders;

RegfBuilder sample() {
  return RegfBuilder{}
      .key("A\\B")
      .value("sz", sz("C:\\a.exe"))
      .value("multi", multi_sz({"one", "two"}))
      .value("gone", sz("deleted text"))
      .deleted_value()
      .key("A\\C")
      .class_name("class")
      .key("\u00E4\u2122")
      .value("\u00E4\u2122", qword(1))
      .key("E\\F")
      .value("v", dword(1))
      .key("E")
      .deleted()
      .key("L")
      .symbolic_link("\\Registry\\Machine");
}

RegfBuilder listed(SubkeyList kind) {
  auto builder = sample();
  for (int i = 0; i < 9; ++i) builder.key("K\\" + std::to_string(i));
  return builder.key("K").subkey_list(kind, 3);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  int number = 0;
  const auto save = [&](const RegfBuilder& builder) {
    const auto bytes = builder.bytes();
    std::ofstream file{folder / ("seed_" + std::to_string(number++)), std::ios::binary};
    file << Bytes{bytes}.chars();
  };
  save(RegfBuilder{});
  save(sample());
  save(sample().version(1, 3));
  save(sample().sequences(2, 1));
  for (const SubkeyList kind :
       {SubkeyList::lf, SubkeyList::lh, SubkeyList::li, SubkeyList::ri_of_lf, SubkeyList::ri_of_lh,
        SubkeyList::ri_of_li, SubkeyList::ri_of_ri})
    save(listed(kind));
  save(sample().key("D").value("big", binary(std::vector<std::byte>(20'000, std::byte{2}))));
  save(sample().cycle("A", ""));
  save(sample().key("A\\lost").value("v", dword(2)).unlisted());
  save(sample().behind_the_bins(sample().bytes()));
  save(sample().set_u32(508, 0));
  return 0;
}
