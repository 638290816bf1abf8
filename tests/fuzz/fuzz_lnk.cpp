// The link parser: everything it reads, and every accessor.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/lnk.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const DecodedText& text) {
  require(is_wtf8(text.text));
  require(!to_text(text.encoding).empty());
}

void check(const std::optional<DecodedText>& text) {
  if (text) check(*text);
}

void check(const std::optional<ShellItemList>& list) {
  if (!list) return;
  require(list->items.size() <= kMaxShellItems);
  require(!list->is_file_path || list->path.size() >= 2);
  for (const ShellItem& item : list->items) {
    check(item.name);
    check(item.short_name);
    require(!to_text(item.kind).empty());
    item.created.iso8601();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  check(std::optional{parse_shell_items(bytes)});
  const auto link = parse_lnk(bytes);
  if (!link) return 0;
  check(link->id_list);
  check(link->vista_id_list);
  for (const auto* text : {&link->name, &link->relative_path, &link->working_directory,
                           &link->arguments, &link->icon_location, &link->environment_target,
                           &link->environment_icon, &link->installer_id, &link->shim_layer})
    check(*text);
  if (link->info) {
    check(link->info->local_path());
    check(link->info->network_path());
    if (link->info->volume) check(link->info->volume->label);
    if (link->info->share) check(link->info->share->device_name);
  }
  if (link->tracker) {
    check(link->tracker->machine_id);
    link->tracker->file.mac_address();
  }
  require(link->extra_blocks.size() <= kMaxExtraBlocks);
  require(link->trailing_offset + link->trailing_bytes <= size);
  target_of(*link);
  for (const Error& problem : link->problems) require(problem.offset.has_value());
  return 0;
}
