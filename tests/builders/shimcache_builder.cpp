#include "tests/builders/shimcache_builder.h"

#include <algorithm>

#include "collector/base/text.h"
#include "tests/builders/task_builder.h"

namespace hozen::builders {
namespace {

using Items = std::vector<ShimCacheItem>;
using Form = ShimCacheForm;

std::uint32_t count_of(const Items& items) { return static_cast<std::uint32_t>(items.size()); }

/// The last item lies first in the file; the list of indexes puts that right.
TaskBytes form_xp(const Items& items) {
  TaskBlob blob;
  blob.u32(0xDEADBEEF).u32(96).u32(count_of(items)).u32(0);
  for (std::uint32_t i = 0; i < 96; ++i)
    blob.u32(i < count_of(items) ? count_of(items) - 1 - i : 0xFFFF'FFFF);
  for (std::size_t i = 0; i < 96; ++i) {
    const ShimCacheItem item = i < items.size() ? items[items.size() - 1 - i] : ShimCacheItem{};
    TaskBlob path;
    path.utf16(item.path);
    while (path.size() < 528) path.u8(0);
    blob.raw(path.bytes()).u64(item.modified.ticks).u64(item.file_size).u64(item.updated.ticks);
  }
  return blob.bytes();
}

/// Fixed entries, then the paths that they point to.
TaskBytes form_with_offsets(Form form, bool wide, const Items& items) {
  TaskBlob blob, paths;
  const bool is_7 = form == Form::windows_7;
  blob.u32(is_7 ? 0xBADC0FEE : 0xBADC0FFE).u32(count_of(items));
  while (is_7 && blob.size() < 128) blob.u8(0);
  const std::size_t entry = is_7 ? (wide ? 48 : 32) : (wide ? 32 : 24);
  const std::size_t first = blob.size() + entry * items.size();
  for (const ShimCacheItem& item : items) {
    const auto size = static_cast<std::uint16_t>(2 * utf16_length(item.path));
    const std::uint64_t offset = first + paths.size();
    blob.u16(size).u16(static_cast<std::uint16_t>(size + 2));
    wide ? blob.u32(0).u64(offset) : blob.u32(static_cast<std::uint32_t>(offset));
    blob.u64(item.modified.ticks);
    if (form == Form::windows_2003)
      blob.u64(item.file_size);
    else
      blob.u32(item.insert_flags).u32(item.shim_flags);
    if (is_7) wide ? blob.u64(0).u64(0) : blob.u32(0).u32(0);
    paths.utf16(item.path).u16(0);
  }
  return blob.raw(paths.bytes()).bytes();
}

TaskBlob sized_text(std::string_view text) {
  TaskBlob blob;
  blob.u16(static_cast<std::uint16_t>(2 * utf16_length(text))).utf16(text);
  return blob;
}

TaskBytes form_signed(Form form, const Items& items) {
  TaskBlob blob;
  const std::size_t header = form == Form::windows_10        ? 0x30
                             : form == Form::windows_10_1703 ? 0x34
                                                             : 0x80;
  blob.u32(static_cast<std::uint32_t>(header));
  while (blob.size() < header) blob.u32(header == 0x34 && blob.size() == 40 ? count_of(items) : 0);
  for (const ShimCacheItem& item : items) {
    TaskBlob body;
    body.raw(sized_text(item.path).bytes());
    if (form == Form::windows_8_1) body.raw(sized_text(item.package).bytes());
    if (header == 0x80) body.u32(item.insert_flags).u32(item.shim_flags);
    body.u64(item.modified.ticks);
    if (header == 0x80)
      body.u32(0);
    else
      body.u32(8).u32(0).u32(item.last_number);
    blob.u8(form == Form::windows_8 ? '0' : '1').u8('0').u8('t').u8('s').u32(0x12345678);
    blob.u32(static_cast<std::uint32_t>(body.size())).raw(body.bytes());
  }
  return blob.bytes();
}

}  // namespace

std::vector<std::byte> shimcache(Form form, bool is_64_bit, const Items& items) {
  switch (form) {
    case Form::windows_xp:
      return form_xp(items);
    case Form::windows_2003:
    case Form::windows_vista:
    case Form::windows_7:
      return form_with_offsets(form, is_64_bit, items);
    default:
      return form_signed(form, items);
  }
}

}  // namespace hozen::builders
