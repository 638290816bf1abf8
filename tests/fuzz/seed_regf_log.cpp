// Seed corpus of fuzz_regf_log: a byte that says how to take it, then a log of either format.
#include <filesystem>
#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/regf_builder.h"

int main(int count, char** arguments) {
  using namespace hozen;
  using namespace hozen::builders;
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  const auto base = [] {
    return RegfBuilder{}.sequences(6, 5).key("A\\B").value("v", sz("text of it")).key("C");
  };
  const auto before = base().bytes();
  const auto two = base().key("D\\E").value("new", dword(2)).bytes();
  auto grown = base();
  for (int i = 0; i < 60; ++i) grown.key("G\\" + std::to_string(i));
  const auto three = grown.bytes();
  int number = 0;
  for (const auto& log : {log_new(before, {two}, 5), log_new(before, {two, three}, 5),
                          log_old(before, two), log_old(before, three)})
    for (const char how : {'\0', '\1', '\3', '\5'}) {
      std::ofstream file{folder / ("seed_" + std::to_string(number++)), std::ios::binary};
      file << how << Bytes{log}.chars();
    }
  return 0;
}
