// Seeds of fuzz_rar.
#include <fstream>
#include <string>

#include "tests/builders/rar_builder.h"

namespace {

using hozen::builders::RarBuilder;
using hozen::builders::RarBytes;

bool write(const std::string& path, const RarBytes& bytes) {
  std::ofstream file{path, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string{argv[1]} + "/";
  hozen::builders::RarFile file;
  file.name = "docs/報告.xls";
  file.size = 40;
  file.packed = 20;
  file.modified = {133'500'000'012'345'678};
  file.created = {133'400'000'001'234'567};
  file.link = "..\\x";
  file.user = "alice";
  file.streams = {":Zone.Identifier"};
  RarBytes program(200);
  program[0] = std::byte{'M'};
  program[1] = std::byte{'Z'};
  bool written = true;
  for (const auto generation : {RarBuilder::Generation::rar4, RarBuilder::Generation::rar5}) {
    const std::string name = generation == RarBuilder::Generation::rar4 ? "rar4" : "rar5";
    const auto plain = RarBuilder{generation}.comment("note").file(file);
    auto secret = file;
    secret.encrypted = true;
    written = write(folder + name, plain.bytes()) &&
              write(folder + name + "_volume",
                    RarBuilder{generation}.volume(3, true).file(secret).bytes()) &&
              write(folder + name + "_program", RarBuilder{plain}.behind(program).bytes()) &&
              write(folder + name + "_headers", RarBuilder{generation}.encrypt_headers().bytes()) &&
              write(folder + name + "_made",
                    RarBuilder{generation}.made_as("C:\\a.rar", file.created).bytes()) &&
              written;
  }
  return written ? 0 : 1;
}
