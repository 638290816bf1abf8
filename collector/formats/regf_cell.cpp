// Cells of a hive: bounds, key nodes, values, who uses them.
#include "collector/base/text.h"
#include "collector/formats/regf_impl.h"

namespace hozen::regf {

std::optional<KeyNode> parse_key_node(Bytes data) {
  if (!data.contains(0, kKeyNodeBytes)) return std::nullopt;
  const Fixed<kKeyNodeBytes> nk{data.span().first<kKeyNodeBytes>()};
  if (nk.u16<0>() != signature('n', 'k')) return std::nullopt;
  KeyNode node;
  node.flags = nk.u16<2>() & kKeyFlagsMask;
  node.last_written = FileTime{nk.u64<4>()};
  node.parent = nk.u32<16>();
  node.subkeys = nk.u32<20>();
  node.subkey_list = nk.u32<28>();
  node.values = nk.u32<36>();
  node.value_list = nk.u32<40>();
  node.security = nk.u32<44>();
  node.class_name = nk.u32<48>();
  node.class_length = nk.u16<74>();
  const std::uint16_t name_length = nk.u16<72>();
  node.name = data.tail(kKeyNodeBytes).head(name_length);
  node.name_cut = node.name.size() < name_length;
  return node;
}

std::optional<KeyValue> parse_key_value(Bytes data) {
  if (!data.contains(0, kKeyValueBytes)) return std::nullopt;
  const Fixed<kKeyValueBytes> vk{data.span().first<kKeyValueBytes>()};
  if (vk.u16<0>() != signature('v', 'k')) return std::nullopt;
  KeyValue value;
  value.size = vk.u32<4>();
  value.data = vk.u32<8>();
  value.type = vk.u32<12>();
  value.flags = vk.u16<16>();
  value.inline_data = data.tail(8).head(4);
  const std::uint16_t name_length = vk.u16<2>();
  value.name = data.tail(kKeyValueBytes).head(name_length);
  value.name_cut = value.name.size() < name_length;
  return value;
}

void append_registry_name(std::string& out, Bytes name, bool latin1) {
  if (latin1)
    append_wtf8_from_latin1(out, name);
  else
    append_wtf8_from_utf16le(out, name);
}

void ValueView::append_name(std::string& out) const {
  append_registry_name(out, name, latin1_name);
}

Value to_value(const ValueView& view) {
  Value value;
  view.append_name(value.name);
  value.type = view.type;
  value.stated_size = view.stated_size;
  value.data.assign(view.data.span().begin(), view.data.span().end());
  value.incomplete = view.incomplete;
  value.file_offset = view.file_offset;
  return value;
}

Hive::Impl::Impl(std::vector<std::byte> file)
    : bytes{std::move(file)}, claimed{0}, subkeys_read{0}, values_read{0}, listed{0} {}

void Hive::Impl::attach_area() {
  area = Bytes{bytes}.tail(kBaseBlockBytes);
  claimed = subkeys_read = values_read = listed = CellBits{area.size()};
  budget = area.size() + (std::uint64_t{1} << 20);
}

void Hive::Impl::note(Errc code, std::string_view what, std::uint64_t file_offset) {
  constexpr std::size_t kMaxRemembered = 1u << 16;
  const std::uint64_t id = std::hash<std::string_view>{}(what) ^ (file_offset << 8);
  if (reported.size() < kMaxRemembered && !reported.insert(id).second) return;
  ++problem_count;
  if (problems.size() < kMaxStoredProblems)
    problems.push_back({code, std::string{what}, file_offset, {}});
}

void Hive::Impl::note_problem(Problem problem) {
  ++problem_count;
  if (problems.size() < kMaxStoredProblems) problems.push_back(std::move(problem));
}

void Hive::Impl::note_cell(Errc code, std::string_view what, std::uint32_t cell,
                           std::uint32_t key) {
  const std::size_t before = problems.size();
  note(code, what, std::uint64_t{kBaseBlockBytes} + cell);
  if (problems.size() != before) problems.back().key_path = path_of(key);
}

bool Hive::Impl::charge(std::uint64_t count) {
  if (count > budget) return false;
  budget -= count;
  return true;
}

std::optional<Cell> Hive::Impl::cell(std::uint32_t offset) const {
  if (offset % kCellAlignment != 0) return std::nullopt;
  const auto stored = area.get<std::int32_t>(offset);
  if (!stored) return std::nullopt;
  const std::int64_t size = *stored < 0 ? -std::int64_t{*stored} : std::int64_t{*stored};
  if (size < kCellAlignment || !area.contains(offset, static_cast<std::uint64_t>(size)))
    return std::nullopt;
  const Bytes whole = area.tail(offset).head(static_cast<std::uint64_t>(size));
  return Cell{whole.tail(4), *stored < 0};
}

std::optional<KeyNode> Hive::Impl::key_node(std::uint32_t offset) const {
  const auto found = cell(offset);
  return found ? parse_key_node(found->data) : std::nullopt;
}

bool Hive::Impl::claim(std::uint32_t offset, Bytes data, std::uint64_t used) {
  if (!claimed.set(offset)) return false;
  const std::uint64_t padded = (4 + used + kCellAlignment - 1) / kCellAlignment * kCellAlignment;
  const std::uint64_t size = data.size() + 4;
  if (size >= padded + kMinRemnantBytes)
    slack.push_back(
        {static_cast<std::uint32_t>(offset + padded), static_cast<std::uint32_t>(size - padded)});
  return true;
}

std::uint32_t Hive::Impl::parent_of(std::uint32_t key, const KeyNode& node) const {
  const auto owner_of = owners.find(key);
  return owner_of == owners.end() ? node.parent : owner_of->second;
}

std::string Hive::Impl::path_of(std::uint32_t key) const {
  std::vector<Bytes> names;
  std::vector<bool> latin1;
  std::size_t total = 0;
  while (root && key != *root && names.size() <= kMaxKeyDepth) {
    const auto node = key_node(key);
    if (!node) break;
    total += node->name.size();
    if (total > kMaxPathBytes) break;
    names.push_back(node->name);
    latin1.push_back(node->has_latin1_name());
    key = parent_of(key, *node);
  }
  std::string path;
  for (std::size_t i = names.size(); i-- > 0;) {
    append_registry_name(path, names[i], latin1[i]);
    if (i != 0) path += '\\';
  }
  return path;
}

}  // namespace hozen::regf
