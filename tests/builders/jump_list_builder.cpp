#include "tests/builders/jump_list_builder.h"

#include <cstring>

#include "collector/base/text.h"
#include "tests/builders/task_builder.h"

namespace hozen::builders {
namespace {

constexpr std::size_t kSector = 512, kSmall = 64, kLimit = 4096;
constexpr std::uint32_t kEnd = 0xFFFF'FFFE, kFree = 0xFFFF'FFFF, kTable = 0xFFFF'FFFD;

/// Sectors of a file and the table of what follows each.
class Sectors {
 public:
  explicit Sectors(std::size_t size) : size_{size} {}
  /// Appends `bytes` as a chain; its first sector, kEnd for none.
  std::uint32_t add(const ListBytes& bytes) {
    if (bytes.empty()) return kEnd;
    const auto first = static_cast<std::uint32_t>(next.size());
    data.insert(data.end(), bytes.begin(), bytes.end());
    data.resize((data.size() + size_ - 1) / size_ * size_);
    while (next.size() < data.size() / size_)
      next.push_back(static_cast<std::uint32_t>(next.size() + 1));
    next.back() = kEnd;
    return first;
  }
  ListBytes data;
  std::vector<std::uint32_t> next;

 private:
  std::size_t size_;
};

void add_entry(TaskBlob& directory, const std::string& name, std::uint8_t type, std::uint32_t start,
               std::uint64_t size) {
  TaskBlob text;
  text.utf16(name);
  const auto name_bytes = static_cast<std::uint16_t>(text.size() + 2);
  while (text.size() < 64) text.u8(0);
  directory.raw(text.bytes()).u16(name_bytes).u8(type).u8(1);
  directory.u32(kFree).u32(kFree).u32(type == 5 ? 1 : kFree);
  for (int i = 0; i < 9; ++i) directory.u32(0);
  directory.u32(start).u64(size);
}

ListBytes numbers(const std::vector<std::uint32_t>& values) {
  TaskBlob blob;
  for (const std::uint32_t value : values) blob.u32(value);
  while (blob.size() % kSector != 0) blob.u32(kFree);
  return blob.bytes();
}

}  // namespace

ListBytes compound_file(const std::vector<std::pair<std::string, ListBytes>>& streams) {
  Sectors sectors{kSector}, small{kSmall};
  std::vector<std::uint32_t> starts;
  starts.reserve(streams.size());
  for (const auto& [name, bytes] : streams)
    starts.push_back(bytes.size() < kLimit ? small.add(bytes) : sectors.add(bytes));
  const std::uint32_t small_start = sectors.add(small.data);
  const std::uint32_t small_table = small.next.empty() ? kEnd : sectors.add(numbers(small.next));
  TaskBlob directory;
  add_entry(directory, "Root Entry", 5, small_start, small.data.size());
  for (std::size_t i = 0; i < streams.size(); ++i)
    add_entry(directory, streams[i].first, 2, starts[i], streams[i].second.size());
  while (directory.size() % kSector != 0) directory.u8(0);
  const std::uint32_t directory_start = sectors.add(directory.bytes());
  // The table holds its own sectors too.
  std::size_t table_sectors = 1;
  while ((sectors.next.size() + table_sectors) * 4 > table_sectors * kSector) ++table_sectors;
  const auto table_start = static_cast<std::uint32_t>(sectors.next.size());
  std::vector<std::uint32_t> table = sectors.next;
  table.resize(table.size() + table_sectors, kTable);
  const ListBytes table_bytes = numbers(table);
  TaskBlob header;
  header.u64(0xE11AB1A1E011CFD0).u64(0).u64(0);
  header.u16(0x3E).u16(3).u16(0xFFFE).u16(9).u16(6).u16(0).u32(0).u32(0);
  header.u32(static_cast<std::uint32_t>(table_sectors)).u32(directory_start).u32(0);
  header.u32(kLimit).u32(small_table).u32(1).u32(kEnd).u32(0);
  for (std::uint32_t i = 0; i < 109; ++i) header.u32(i < table_sectors ? table_start + i : kFree);
  ListBytes out = header.bytes();
  out.insert(out.end(), sectors.data.begin(), sectors.data.end());
  out.insert(out.end(), table_bytes.begin(), table_bytes.end());
  return out;
}

ListBytes dest_list(std::uint32_t version, const std::vector<DestListItem>& items) {
  TaskBlob blob;
  blob.u32(version).u32(static_cast<std::uint32_t>(items.size())).u32(0).u32(0).u64(0).u64(0);
  for (const DestListItem& item : items) {
    blob.u64(0x1122'3344'5566'7788);
    for (std::uint64_t i = 1; i <= 8; ++i) blob.u64(i);  // identifiers
    TaskBlob host;
    for (const char c : item.host) host.u8(static_cast<std::uint8_t>(c));
    while (host.size() < 16) host.u8(0);
    blob.raw(host.bytes()).u32(item.number).u32(0).u32(0);
    blob.u64(item.last_used.ticks).u32(item.is_pinned ? 0 : 0xFFFF'FFFF);
    if (version != 1) blob.u32(0xFFFF'FFFF).u32(item.use_count).u64(0);
    blob.u16(static_cast<std::uint16_t>(utf16_length(item.path))).utf16(item.path);
    if (version != 1) blob.u32(0);
  }
  return blob.bytes();
}

ListBytes custom_destinations(const std::vector<CustomCategory>& categories) {
  TaskBlob blob;
  blob.u32(2).u32(static_cast<std::uint32_t>(categories.size())).u32(0);
  for (const CustomCategory& category : categories) {
    const auto count = static_cast<std::uint32_t>(category.links.size());
    if (category.name.empty()) {
      blob.u32(2).u32(count);
    } else {
      blob.u32(0).u16(static_cast<std::uint16_t>(utf16_length(category.name)));
      blob.utf16(category.name).u32(count);
    }
    for (const ListBytes& link : category.links)
      blob.u64(0x0000'0000'0002'1401).u64(0x4600'0000'0000'00C0).raw(link);
    blob.u32(0xBABFFBAB);
  }
  return blob.bytes();
}

}  // namespace hozen::builders
