// Cells of a hive: bounds, key nodes, values, who uses them.
#include "collector/base/text.h"
#include "collector/formats/regf_impl.h"

namespace hozen::regf {

void append_registry_name(std::string& out, Bytes name, bool latin1) {
  if (latin1)
    append_wtf8_from_latin1(out, name);
  else
    append_wtf8_from_utf16le(out, name);
}

void ValueView::append_name(std::string& out) const {
  append_registry_name(out, name, latin1_name);
}

void KeyView::append_name(std::string& out) const { append_registry_name(out, name, latin1_name); }

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
  note_problem({code, std::string{what}, file_offset, {}});
}

void Hive::Impl::note_problem(Problem problem) {
  // A limit that was reached must be known even when everything else is wrong as well.
  constexpr std::size_t kReservedForLimits = 64;
  const std::size_t most =
      kMaxStoredProblems - (problem.code == Errc::limit ? 0 : kReservedForLimits);
  ++problem_count;
  if (problems.size() < most) problems.push_back(std::move(problem));
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
