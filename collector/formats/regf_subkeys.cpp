// Subkey lists: lf, lh, li and ri, and which keys belong to the tree.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/regf_impl.h"

namespace hozen::regf {
namespace {

/// How the elements of a list lie behind its header; 0 when the cell is no leaf.
std::uint32_t leaf_stride(std::uint16_t sign) {
  if (sign == signature('l', 'f') || sign == signature('l', 'h')) return 8;
  return sign == signature('l', 'i') ? 4 : 0;
}

struct ListCell {
  std::uint16_t sign = 0;
  std::uint32_t stride = 0;  ///< bytes an element
  std::uint32_t count = 0;   ///< elements that are there
  bool cut = false;          ///< the cell holds fewer than it says
  Bytes data;
};

std::optional<ListCell> parse_list(Bytes data) {
  const auto sign = data.get<std::uint16_t>(0);
  const auto count = data.get<std::uint16_t>(2);
  if (!sign || !count) return std::nullopt;
  const std::uint32_t stride = *sign == signature('r', 'i') ? 4 : leaf_stride(*sign);
  if (stride == 0) return std::nullopt;
  const auto room = static_cast<std::uint32_t>((data.size() - kListHeaderBytes) / stride);
  return ListCell{*sign, stride, std::min<std::uint32_t>(*count, room), *count > room, data};
}

std::uint32_t element(const ListCell& list, std::uint32_t index) {
  return *list.data.get<std::uint32_t>(kListHeaderBytes + std::uint64_t{index} * list.stride);
}

/// The hash of an lh element: 37 * h + unit over the upper-cased UTF-16 units of the name.
std::uint32_t leaf_hash(std::u16string_view upper) {
  std::uint32_t hash = 0;
  for (const char16_t unit : upper) hash = hash * 37 + unit;
  return hash;
}

bool is_ascii(std::u16string_view text) {
  return std::all_of(text.begin(), text.end(), [](char16_t unit) { return unit < 0x80; });
}

/// A name to look for, in the forms that the comparisons need.
struct WantedName {
  explicit WantedName(std::string_view name)
      : text{name}, upper{utf16_from_wtf8(fold_case(name))}, ascii{is_ascii(upper)} {}

  std::string_view text;
  std::u16string upper;
  bool ascii;
};

/// Compares an ASCII name unit by unit; nothing when the stored name holds other characters.
std::optional<bool> equals_ascii(const WantedName& wanted, Bytes name, bool latin1) {
  const std::size_t width = latin1 ? 1 : 2;
  if (name.size() / width != wanted.upper.size()) return false;
  for (std::size_t i = 0; i < wanted.upper.size(); ++i) {
    const std::uint16_t unit =
        latin1 ? *name.get<std::uint8_t>(i) : *name.get<std::uint16_t>(2 * i);
    if (unit >= 0x80) return std::nullopt;
    const bool lower = unit >= 'a' && unit <= 'z';
    if ((lower ? unit - ('a' - 'A') : unit) != wanted.upper[i]) return false;
  }
  return true;
}

bool has_name(const WantedName& wanted, const KeyNode& node) {
  if (wanted.ascii) {
    if (const auto equal = equals_ascii(wanted, node.name, node.has_latin1_name())) return *equal;
  }
  std::string name;
  append_registry_name(name, node.name, node.has_latin1_name());
  return equals_fold(name, wanted.text);
}

/// Neighbours of a sorted list: ASCII letters in any case, other characters as they are.
bool same_name(const KeyNode& a, const KeyNode& b) {
  if (a.has_latin1_name() != b.has_latin1_name() || a.name.size() != b.name.size()) return false;
  const auto upper = [](std::byte byte) {
    const auto c = std::to_integer<unsigned>(byte);
    return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
  };
  return std::equal(a.name.span().begin(), a.name.span().end(), b.name.span().begin(),
                    [&](std::byte x, std::byte y) { return upper(x) == upper(y); });
}

}  // namespace

bool Hive::Impl::each_child(std::uint32_t key, std::uint16_t depth,
                            FunctionRef<bool(std::uint32_t)> visit) {
  const auto node = key_node(key);
  if (!node || node->subkeys == 0) return true;
  if (depth >= kMaxKeyDepth) {
    note_cell(Errc::limit, "key depth", key, key);
    return true;
  }
  const std::size_t begin = children.size();
  gather_children(key, *node);
  const std::size_t end = children.size();
  bool go_on = true;
  for (std::size_t i = begin; i < end && go_on; ++i) {
    if (i + 2 < end) area.prefetch(children[i + 2]);
    if (i + 1 < end) prefetch_lists(children[i + 1]);
    go_on = visit(children[i]);
  }
  children.resize(begin);
  return go_on;
}

// The cells of a key lie apart: the next key's lists come while this one is being read.
void Hive::Impl::prefetch_lists(std::uint32_t key) const {
  constexpr std::uint64_t kSubkeyList = 4 + 28, kValueList = 4 + 40;  // in the nk cell
  const Bytes nk = area.tail(key);
  for (const std::uint64_t field : {kSubkeyList, kValueList})
    if (const auto list = nk.get<std::uint32_t>(field)) area.prefetch(*list);
}

void Hive::Impl::gather_children(std::uint32_t key, const KeyNode& node) {
  const std::size_t begin = children.size();
  const bool first_read = !subkeys_read.test(key);
  const std::uint64_t problems_before = problem_count;
  const bool complete = gather_list(key, node.subkey_list, false, first_read);
  for (std::size_t i = begin; i < children.size(); ++i) listed.reset(children[i]);
  if (first_read && problem_count == problems_before && children.size() - begin != node.subkeys)
    note_cell(Errc::malformed, "count of subkeys", key, key);
  if (complete && subkeys_read.set(key)) --unread;
}

// False when the budget ended it: the key then stays unread, so that it is charged again.
bool Hive::Impl::gather_list(std::uint32_t key, std::uint32_t list_offset, bool nested,
                             bool first_read) {
  const std::size_t begin = children.size();
  const auto found = cell(list_offset);
  const auto list = found ? parse_list(found->data) : std::nullopt;
  if (!list) {
    note_cell(found ? Errc::malformed : Errc::truncated, "subkey list", list_offset, key);
    return true;
  }
  const bool is_root = list->sign == signature('r', 'i');
  if (is_root && nested) {
    note_cell(Errc::malformed, "index root inside an index root", list_offset, key);
    return true;
  }
  const std::uint64_t used = kListHeaderBytes + std::uint64_t{list->count} * list->stride;
  if (!claim(list_offset, found->data, used) && first_read && !charge(used)) {
    note_cell(Errc::limit, "subkey list that several keys use", list_offset, key);
    return false;
  }
  constexpr std::uint32_t kAhead = 8;  // elements whose cells are on their way
  bool stop = false;
  for (std::uint32_t i = 0; i < list->count && !stop; ++i) {
    if (i + kAhead < list->count) area.prefetch(element(*list, i + kAhead));
    if (is_root)
      stop = !gather_list(key, element(*list, i), true, first_read);
    else
      gather_child(key, element(*list, i), begin, first_read, stop);
  }
  if (list->cut) note_cell(Errc::truncated, "subkey list", list_offset, key);
  if (stop && !is_root) note_cell(Errc::limit, "subkey list", list_offset, key);
  return !stop;
}

void Hive::Impl::gather_child(std::uint32_t key, std::uint32_t child, std::size_t begin,
                              bool first_read, bool& stop) {
  const auto found = cell(child);
  const auto node = found ? parse_key_node(found->data) : std::nullopt;
  bool accepted = false;
  if (!node) {
    note_cell(found ? Errc::malformed : Errc::truncated, "key node", child, key);
  } else if (listed.test(child)) {
    note_cell(Errc::malformed, "key listed twice", child, key);
  } else {
    accepted = accepts(key, child, *node);
  }
  if (!accepted) {
    stop = first_read && !charge(kCellAlignment);
    return;
  }
  if (children.size() > begin && same_name(*key_node(children.back()), *node))
    note_cell(Errc::malformed, "two keys of one name", child, key);
  listed.set(child);
  children.push_back(child);
  if (!found->allocated) note_cell(Errc::malformed, "key in a free cell", child, key);
  claim_key(child, *node, found->data);
}

void Hive::Impl::claim_key(std::uint32_t key, const KeyNode& node, Bytes data) {
  if (!claim(key, data, kKeyNodeBytes + node.name.size())) return;
  if (node.name_cut) note_cell(Errc::truncated, "key name", key, key);
  if (node.subkeys != 0) ++unread;
  if (node.has_values()) ++unread;
  if (node.class_length != 0 && node.class_name != kNoCell) {
    if (const auto text = cell(node.class_name))
      claim(node.class_name, text->data, node.class_length);
  }
  if (node.security != kNoCell && node.security % kCellAlignment == 0 &&
      area.contains(node.security, kCellAlignment) && !claimed.test(node.security)) {
    if (const auto descriptor = cell(node.security)) {
      const auto size = descriptor->data.get<std::uint32_t>(16);
      claim(node.security, descriptor->data, std::uint64_t{kSecurityBytes} + size.value_or(0));
    }
  }
}

bool Hive::Impl::accepts(std::uint32_t key, std::uint32_t child, const KeyNode& node) {
  if (node.parent == key && child != root) return true;
  if (!owners_known) find_owners();
  const auto owner_of = owners.find(child);
  if (owner_of != owners.end() && owner_of->second == key) {
    note_cell(Errc::malformed, "parent of the key", child, key);
    return true;
  }
  note_cell(Errc::malformed, "key of another parent", child, key);
  return false;
}

// Who hands out a key that a list names although the key's own parent field names another: nobody
// when the key is reached through its parent as well (then this is a second way to it, perhaps a
// cycle), else the first list that names it. Every key so has exactly one parent.
void Hive::Impl::find_owners() {
  owners_known = true;
  if (!root) return;
  struct Stray {
    std::uint32_t child, parent;
  };
  CellBits in_tree{area.size()};
  std::vector<std::uint32_t> pending{*root};
  std::vector<Stray> strays;
  std::size_t next_stray = 0;
  std::uint64_t allowance = area.size() + (std::uint64_t{1} << 20);
  in_tree.set(*root);
  const auto visit_leaf = [&](std::uint32_t key, const ListCell& leaf) {
    for (std::uint32_t i = 0; i < leaf.count; ++i) {
      const std::uint32_t child = element(leaf, i);
      const auto node = key_node(child);
      if (node && node->parent == key && in_tree.set(child)) {
        pending.push_back(child);
        continue;
      }
      constexpr std::uint64_t kCostOfStray = 2 * sizeof(Stray);
      if (allowance < kCostOfStray) return;
      allowance -= kCostOfStray;
      if (node && node->parent != key && !in_tree.test(child)) strays.push_back({child, key});
    }
  };
  const auto list_at = [&](std::uint32_t offset) {
    const auto found = cell(offset);
    return found ? parse_list(found->data) : std::nullopt;
  };
  while (!pending.empty() || next_stray < strays.size()) {
    if (pending.empty()) {
      const Stray stray = strays[next_stray++];
      if (!in_tree.set(stray.child)) continue;
      owners.emplace(stray.child, stray.parent);
      pending.push_back(stray.child);
    }
    const std::uint32_t key = pending.back();
    pending.pop_back();
    const auto node = key_node(key);
    const auto list = node && node->subkeys != 0 ? list_at(node->subkey_list) : std::nullopt;
    if (!list) continue;
    if (list->sign != signature('r', 'i')) {
      visit_leaf(key, *list);
      continue;
    }
    for (std::uint32_t i = 0; i < list->count; ++i) {
      const auto leaf = list_at(element(*list, i));
      if (leaf && leaf->sign != signature('r', 'i')) visit_leaf(key, *leaf);
    }
  }
}

// The hashes of an lh list only order the search: they may lie, so every candidate's name is
// compared, and when no hash fits every name of the list is.
std::optional<std::uint32_t> Hive::Impl::find_child(std::uint32_t key, std::uint16_t depth,
                                                    std::string_view name) {
  const auto node = key_node(key);
  if (!node || node->subkeys == 0 || depth >= kMaxKeyDepth) return std::nullopt;
  const WantedName wanted{name};
  const std::uint32_t hash = leaf_hash(wanted.upper);
  std::uint64_t allowance = area.size() / 4;  // elements: no sound hive holds more
  const auto by_hash = [&](std::uint32_t list_offset) -> std::optional<std::uint32_t> {
    const auto found = cell(list_offset);
    const auto list = found ? parse_list(found->data) : std::nullopt;
    if (!list || list->sign != signature('l', 'h')) return std::nullopt;
    for (std::uint32_t i = 0; i < list->count && allowance != 0; ++i, --allowance) {
      const std::uint64_t at = kListHeaderBytes + std::uint64_t{i} * list->stride;
      if (*list->data.get<std::uint32_t>(at + 4) != hash) continue;
      const std::uint32_t child = element(*list, i);
      const auto candidate = cell(child);
      const auto fields = candidate ? parse_key_node(candidate->data) : std::nullopt;
      if (!fields || !has_name(wanted, *fields) || !accepts(key, child, *fields)) continue;
      claim_key(child, *fields, candidate->data);
      return child;
    }
    return std::nullopt;
  };
  if (const auto found = by_hash(node->subkey_list)) return found;
  if (const auto top = cell(node->subkey_list)) {
    const auto list = parse_list(top->data);
    for (std::uint32_t i = 0; list && list->sign == signature('r', 'i') && i < list->count; ++i)
      if (const auto found = by_hash(element(*list, i))) return found;
  }
  std::optional<std::uint32_t> result;
  each_child(key, depth, [&](std::uint32_t child) {
    const auto fields = key_node(child);
    if (fields && has_name(wanted, *fields)) result = child;
    return !result;
  });
  return result;
}

}  // namespace hozen::regf
