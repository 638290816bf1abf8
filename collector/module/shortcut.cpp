#include "collector/module/shortcut.h"

#include "collector/base/text.h"
#include "collector/module/asep_files.h"

namespace hozen {
namespace {

std::string command_of(const Link& link) {
  const LinkTarget target = target_of(link);
  if (target.path.empty()) return {};
  std::string command = '"' + target.path + '"';
  if (link.arguments && !link.arguments->text.empty()) command += ' ' + link.arguments->text;
  return command;
}

Result<void> read_link(Bytes beginning, Shortcut& shortcut) {
  HOZEN_TRY(Link link, parse_lnk(beginning));
  shortcut.command = command_of(link);
  shortcut.problems = std::move(link.problems);
  if (link.trailing_offset != 0) shortcut.trailing_bytes = shortcut.size - link.trailing_offset;
  return {};
}

/// Windows reads the address from one section only, whatever stands in others.
void read_address(Bytes beginning, Shortcut& shortcut) {
  for (const auto& setting : ini_settings(beginning.span(), "URL")) {
    if (!equals_fold(setting.section, "InternetShortcut")) continue;
    shortcut.command = setting.text;
    return;
  }
}

}  // namespace

bool is_shortcut_name(std::string_view file_name) {
  return ends_with_fold(file_name, ".lnk") || ends_with_fold(file_name, ".url");
}

Result<Shortcut> read_shortcut(const EvidencePath& file, Bytes beginning, std::uint64_t size) {
  Shortcut shortcut;
  shortcut.file = file;
  shortcut.size = size;
  if (ends_with_fold(file.name(), ".url")) {
    read_address(beginning, shortcut);
  } else {
    HOZEN_CHECK(read_link(beginning, shortcut));
  }
  return shortcut;
}

}  // namespace hozen
