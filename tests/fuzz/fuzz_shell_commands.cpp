// Lines of shells and scripts, as logs and histories have them: what packs and what sends away, and
// the passwords in them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collector/base/text.h"
#include "collector/module/passwords.h"
#include "collector/module/rar_command.h"
#include "collector/module/shell_commands.h"
#include "collector/module/transfer_command.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view archiver_of(std::string_view program) {
  return ends_with_fold(program, "r.exe") ? "RAR" : ends_with_fold(program, "7") ? "7-Zip" : "";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{static_cast<const char*>(static_cast<const void*>(data)), size};
  std::size_t commands = 0;
  each_shell_command(text, [&](const ShellCommand& one) {
    ++commands;
    require(!one.words.empty());
    (void)changed_folder(one.words, one.folder);
  });
  require(commands <= kMaxShellCommands);
  const auto archives = archive_commands(text, archiver_of);
  require(archives.size() <= kMaxArchiveCommands);
  for (const ArchiveCommand& one : archives) require(!one.archive.empty());
  const auto transfers = transfer_commands(text);
  require(transfers.size() <= kMaxTransferCommands);
  for (const TransferCommand& one : transfers) {
    require(one.files.size() <= kMaxTransferFiles);
    (void)is_bare_public_address(one.destination);
  }
  const std::string shown = without_passwords(text);
  require(!is_wtf8(text) || is_wtf8(shown));
  return 0;
}
