// Seeds of fuzz_lnk: one link of each form.
#include <fstream>
#include <string>

#include "tests/builders/lnk_builder.h"

namespace {

using hozen::builders::filled_guid;
using hozen::builders::LnkBuilder;

bool write(const std::string& folder, const char* name, const LnkBuilder& link) {
  const auto bytes = link.bytes();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  bool done = write(folder, "empty", LnkBuilder{});
  done &= write(folder, "full",
                LnkBuilder{}
                    .computer()
                    .drive("C:\\")
                    .file({.short_name = "A~1", .long_name = "a b", .directory = true})
                    .file({.short_name = "C.EXE", .long_name = "日本.exe", .version = 8})
                    .local_path("C:\\a b\\", "c.exe")
                    .unicode_info("C:\\a b\\", "日本.exe")
                    .volume(3, 1, "OS")
                    .name("n")
                    .relative_path("..\\c.exe")
                    .working_directory("C:\\")
                    .arguments("-x")
                    .icon_location("i")
                    .text_block(0xA0000001, "%a%", "%a%")
                    .tracker("m", {filled_guid(1), filled_guid(2), filled_guid(3), filled_guid(4)})
                    .list_block()
                    .trailing("MZ"));
  done &= write(folder, "share",
                LnkBuilder{}
                    .root(filled_guid(3))
                    .network("\\\\srv")
                    .network("\\\\srv\\s")
                    .file({.short_name = "a", .long_name = "ab", .version = 3, .unicode = true})
                    .share("\\\\SRV\\S", "Z:", "x")
                    .unicode_share("\\\\srv\\s", "Z:"));
  done &= write(folder, "ansi",
                LnkBuilder{}
                    .ansi()
                    .file({.short_name = "D", .long_name = "d", .version = 7, .delegate = true})
                    .local_path("C:\\\x83\x66")
                    .unicode_label("v")
                    .arguments("caf\xE9")
                    .block(0xA0000004, hozen::builders::LnkBytes(4))
                    .block(0xA0000005, hozen::builders::LnkBytes(8))
                    .block(0xA000000B, hozen::builders::LnkBytes(20))
                    .text_block(0xA0000006, "x", "")
                    .block(0xA0000008, hozen::builders::LnkBytes(6)));
  return done ? 0 : 1;
}
