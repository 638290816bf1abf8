// Jump lists of both kinds, and the compound file that the automatic ones are.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/compound_file.h"
#include "collector/module/jump_list_row.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Result<JumpList>& list, std::size_t size) {
  if (!list) return;
  require(list->entries.size() <= kMaxJumpListEntries);
  for (const JumpListEntry& entry : list->entries) {
    require(is_wtf8(entry.category));
    if (entry.destination) {
      require(is_wtf8(entry.destination->path) && is_wtf8(entry.destination->host_name));
      require(entry.destination->path.size() <= 2 * size);
    }
    std::string json;
    write_fields(kJumpListFields, jump_list_row(entry, *list, "1b4dd67f29cb1962.x"), json);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  check(parse_automatic_destinations(bytes), size);
  check(parse_custom_destinations(bytes), size);
  const auto list = parse_dest_list(bytes);
  if (list) require(list->entries.size() <= size);
  auto file = CompoundFile::open(bytes);
  if (!file) return 0;
  std::size_t total = 0;
  for (const CompoundStream& stream : file->streams()) {
    require(is_wtf8(stream.name));
    if (const auto content = file->read(stream)) total += content->size();
  }
  require(total <= 4 * size);
  return 0;
}
