// The command-line resolver: the first byte picks the context, the rest is the text.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "collector/base/text.h"
#include "collector/source/command_line.h"

namespace {

using namespace hozen;

constexpr std::string_view kFiles[] = {"C:\\WINDOWS\\SYSTEM32\\CMD.EXE",
                                       "C:\\WINDOWS\\SYSTEM32\\RUNDLL32.EXE",
                                       "C:\\WINDOWS\\SYSWOW64\\RUNDLL32.EXE",
                                       "C:\\WINDOWS\\SYSTEM32\\POWERSHELL.EXE",
                                       "C:\\PROGRAM FILES\\A B\\C.EXE",
                                       "C:\\TMP\\P.EXE",
                                       "C:\\TMP\\X.DLL"};

const Environment& environment() {
  static const Environment made = [] {
    Environment values;
    values.set("SystemRoot", "C:\\Windows");
    values.set("ProgramFiles", "C:\\Program Files");
    values.set("ProgramFiles(x86)", "C:\\Program Files (x86)");
    values.set("PATH", "%SystemRoot%\\system32;%SystemRoot%;C:\\TMP");
    values.set("a", "%b%%b%");
    values.set("b", "%a%c%%");
    return values;
  }();
  return made;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const ResolvedCommand& command, std::string_view text) {
  require(command.hosts.size() <= 16);
  require(command.flags.size() < 64);
  require(command.earlier_candidates.size() <= 32);
  require(command.image.size() <= 2 * 98'301 + 64);
  require(command.image_path.has_value() || command.image_existence != Existence::exists);
  require(command.payload_path.has_value() || command.payload_existence != Existence::exists);
  require(!command.steps.empty());
  require(command.others.size() <= 32 && command.others.size() == command.other_commands.size());
  for (const auto& other : command.others) require(other.others.empty());
  // What is well-formed stays so.
  if (is_wtf8(text)) require(is_wtf8(command.expanded) && is_wtf8(command.image));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{static_cast<const char*>(static_cast<const void*>(data + 1)),
                              size - 1};
  ResolverContext context;
  if ((data[0] & 1) == 0) context.environment = &environment();
  context.wow64 = (data[0] & 2) != 0;
  context.shell_execute = (data[0] & 4) != 0;
  context.driver = (data[0] & 8) != 0;
  context.file_exists = [](const EvidencePath& path) {
    const bool exists =
        std::find(std::begin(kFiles), std::end(kFiles), path.folded()) != std::end(kFiles);
    return exists ? Existence::exists : Existence::missing;
  };
  context.app_path = [](std::string_view name) -> std::optional<std::string> {
    return name.size() % 2 == 0 ? std::optional<std::string>{"%ProgramFiles%\\A B\\C.exe"}
                                : std::nullopt;
  };
  check(resolve_command_line(text, context), text);
  check(resolve_dll(text, context), text);
  for (const bool spaces : {false, true}) {
    std::size_t total = 0;
    for (const std::string& element : split_command_list(text, spaces)) total += element.size();
    require(total <= text.size());
  }
  return 0;
}
