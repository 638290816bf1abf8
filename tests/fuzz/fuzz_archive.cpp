// Archives of all formats: found at the beginning or behind a program, and listed.
#include <array>
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/archive.h"

namespace {

using namespace hozen;

void check(const archive::Entry& entry, std::size_t size) {
  if (entry.offset >= size || entry.name.size() > 3 * archive::kMaxNameBytes) std::abort();
  for (const std::string* text :
       {&entry.name, &entry.link_target, &entry.user, &entry.group, &entry.method, &entry.host_os})
    if (!is_wtf8(*text)) std::abort();
}

void list(ByteSource& file, const archive::Found& found) {
  std::uint64_t last = 0, entries = 0;
  const auto archive = archive::read(file, found, [&](const archive::Entry& entry) {
    check(entry, file.size());
    // Each lies behind the one before it: nothing is read twice.
    if (entries != 0 && entry.offset <= last) std::abort();
    last = entry.offset;
    ++entries;
    return true;
  });
  if (!archive) return;
  if (archive->entries != entries || archive->end > file.size() || archive->offset > file.size())
    std::abort();
  if (!is_wtf8(archive->comment) || !is_wtf8(archive->original_name) ||
      !is_wtf8(archive->next_volume) || !is_wtf8(archive->previous_volume))
    std::abort();
  if (archive->problems.size() > 200) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  MemorySource file{{bytes.begin(), bytes.end()}};
  (void)archive::format_of(Bytes{bytes}.head(archive::kKindBytes));
  const auto found = archive::find(file);
  if (!found) return 0;
  list(file, *found);
  // What a signature or checksum would keep out.
  constexpr std::array kFormats{
      archive::Format::zip, archive::Format::seven_zip, archive::Format::cab, archive::Format::arj,
      archive::Format::tar, archive::Format::gzip,      archive::Format::lzh};
  if (size != 0) list(file, {kFormats[data[size - 1] % kFormats.size()], 0});
  return 0;
}
