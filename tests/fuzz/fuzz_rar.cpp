// RAR archives: headers of both generations, behind a program too.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/rar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto bytes = std::as_bytes(std::span{data, size});
  MemorySource file{{bytes.begin(), bytes.end()}};
  std::uint64_t last = 0, text = 0, entries = 0;
  const auto archive = rar::read(file, [&](const rar::Entry& entry) {
    // Each entry lies behind the one before it, in the file, and says nothing that it does not
    // hold.
    if (entry.offset >= size || (entries != 0 && entry.offset <= last)) std::abort();
    if (!is_wtf8(entry.name) || !is_wtf8(entry.link_target) || !is_wtf8(entry.user)) std::abort();
    last = entry.offset;
    ++entries;
    text += entry.name.size() + entry.link_target.size() + entry.user.size() + entry.group.size();
    for (const rar::Stream& stream : entry.streams) text += stream.name.size();
    return true;
  });
  if (!archive) return 0;
  if (archive->entries != entries || archive->end > size || archive->offset > size) std::abort();
  // Three bytes of text for a byte that is none of an encoding; runs in encoded names repeat
  // others.
  if (text > 8 * size + 64) std::abort();
  return 0;
}
