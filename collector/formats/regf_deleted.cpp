// Deleted keys and values: what lies in free cells, in slack, behind the bins, and in allocated
// cells to which nothing leads.
//
// Windows joins neighbouring free cells and leaves their contents, so a deleted cell begins at any
// multiple of 8 inside a free one. What is found is believed when its fields are possible.
#include <algorithm>

#include "collector/formats/regf_impl.h"

namespace hozen::regf {
namespace {

constexpr std::string_view kUnknownParent = "$deleted";
constexpr std::uint32_t kMaxNameBytes = 2 * 255;  ///< of a key: the registry's own limit
constexpr std::uint64_t kYear1980 = 119'600'064'000'000'000, kYear2100 = 157'469'184'000'000'000;
constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

class DeletedScan {
 public:
  explicit DeletedScan(Hive::Impl& hive)
      : hive_{hive}, allowance_{4 * std::uint64_t{hive.area.size()} + (1u << 20)} {}

  void run(FunctionRef<void(const DeletedKey&)> on_key,
           FunctionRef<void(const DeletedValue&)> on_value) {
    if (hive_.root && hive_.unread != 0) read_rest(*hive_.root, 0);
    collect_regions();
    for (const Region& region : regions_) search(region);
    link_values();
    for (const std::uint32_t key : keys_) on_key(describe_key(key));
    for (std::size_t i = 0; i < values_.size(); ++i) on_value(describe_value(i));
  }

 private:
  /// Reads what the tree holds and nobody has read, so that all its cells are known.
  void read_rest(std::uint32_t key, std::uint16_t depth) {
    if (!hive_.values_read.test(key))
      hive_.visit_values(key, [](const ValueView&) { return true; });
    hive_.each_child(key, depth, [&](std::uint32_t child) {
      read_rest(child, static_cast<std::uint16_t>(depth + 1));
      return true;
    });
  }

  void add_region(std::uint64_t begin, std::uint64_t end) {
    if (end - begin < kCellAlignment) return;
    if (!regions_.empty() && regions_.back().offset + regions_.back().length == begin)
      regions_.back().length += static_cast<std::uint32_t>(end - begin);
    else
      regions_.push_back(
          {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
  }

  void collect_regions() {
    std::uint64_t covered = 0;
    for (const Region& bin : hive_.bins) {
      add_region(covered, bin.offset);
      covered = std::uint64_t{bin.offset} + bin.length;
      collect_cells(bin.offset + kBinHeaderBytes, covered);
    }
    add_region(covered, std::max<std::uint64_t>(covered, hive_.area.size()));
    regions_.insert(regions_.end(), hive_.slack.begin(), hive_.slack.end());
    separate_regions();
  }

  /// In order, and where cells overlap (damage) each byte in one region only.
  void separate_regions() {
    std::sort(regions_.begin(), regions_.end(),
              [](const Region& a, const Region& b) { return a.offset < b.offset; });
    std::uint64_t covered = 0;
    for (Region& region : regions_) {
      const std::uint64_t end = std::uint64_t{region.offset} + region.length;
      const std::uint64_t begin = std::max<std::uint64_t>(region.offset, covered);
      region = {static_cast<std::uint32_t>(begin),
                static_cast<std::uint32_t>(end > begin ? end - begin : 0)};
      covered = std::max(covered, end);
    }
    std::erase_if(regions_, [](const Region& region) { return region.length == 0; });
  }

  void collect_cells(std::uint64_t at, std::uint64_t end) {
    while (at < end) {
      const auto offset = static_cast<std::uint32_t>(at);
      const auto found = hive_.cell(offset);
      const std::uint64_t next = found ? at + found->data.size() + 4 : 0;
      if (!found || next > end) {
        hive_.note_cell(Errc::malformed, "size of a cell", offset, hive_.root.value_or(0));
        return add_region(at, end);
      }
      if (!hive_.claimed.test(offset)) add_region(at, next);
      at = next;
    }
  }

  /// What follows the size field of the cell that may begin at `offset`, up to the region's end.
  Bytes remnant(const Region& region, std::uint64_t offset) const {
    const std::uint64_t end = std::uint64_t{region.offset} + region.length;
    return hive_.area.head(end).tail(offset + 4);
  }

  void search(const Region& region) {
    const Bytes data = hive_.area.tail(region.offset).head(region.length);
    for (std::uint64_t at = 0; at + kMinRemnantBytes <= data.size(); at += kCellAlignment) {
      const std::uint16_t sign = *data.get<std::uint16_t>(at + 4);
      const auto offset = static_cast<std::uint32_t>(region.offset + at);
      if (sign == signature('n', 'k') && is_key(remnant(region, offset))) keys_.push_back(offset);
      if (sign == signature('v', 'k') && is_value(remnant(region, offset)))
        values_.push_back({offset, {}});
    }
  }

  bool is_place(std::uint32_t offset) const {
    return offset % kCellAlignment == 0 && hive_.area.contains(offset, kCellAlignment);
  }

  bool is_list(std::uint32_t count, std::uint32_t offset) const {
    return count == 0 || (count < hive_.area.size() / 4 && is_place(offset));
  }

  bool is_key(Bytes data) const {
    const auto node = parse_key_node(data);
    if (!node || node->name_cut || node->name.empty() || node->name.size() > kMaxNameBytes)
      return false;
    if (!node->has_latin1_name() && node->name.size() % 2 != 0) return false;
    const std::uint64_t ticks = node->last_written.ticks;
    if (ticks != 0 && (ticks < kYear1980 || ticks > kYear2100)) return false;
    return is_place(node->parent) && is_list(node->subkeys, node->subkey_list) &&
           is_list(node->values, node->value_list);
  }

  bool is_value(Bytes data) const {
    constexpr std::uint16_t kKnownFlags = 3;  // Latin-1 name, tombstone
    const auto value = parse_key_value(data);
    if (!value || value->name_cut || (value->flags & ~kKnownFlags) != 0) return false;
    if (!value->has_latin1_name() && value->name.size() % 2 != 0) return false;
    if (value->is_inline()) return value->length() <= 4;
    return value->length() == 0 || (value->length() < hive_.area.size() && is_place(value->data));
  }

  const Region* region_of(std::uint32_t offset) const {
    const auto after = std::upper_bound(
        regions_.begin(), regions_.end(), offset,
        [](std::uint32_t wanted, const Region& region) { return wanted < region.offset; });
    if (after == regions_.begin()) return nullptr;
    const Region& region = *(after - 1);
    return offset - region.offset < region.length ? &region : nullptr;
  }

  std::size_t value_at(std::uint32_t offset) const {
    const auto at = std::lower_bound(
        values_.begin(), values_.end(), offset,
        [](const Found& found, std::uint32_t wanted) { return found.offset < wanted; });
    if (at == values_.end() || at->offset != offset) return kNotFound;
    return static_cast<std::size_t>(at - values_.begin());
  }

  bool is_deleted_key(std::uint32_t offset) const {
    return std::binary_search(keys_.begin(), keys_.end(), offset);
  }

  std::optional<KeyNode> deleted_node(std::uint32_t offset) const {
    const Region* region = region_of(offset);
    return region ? parse_key_node(remnant(*region, offset)) : std::nullopt;
  }

  void link(std::uint32_t value, std::uint32_t key) {
    const std::size_t index = value_at(value);
    if (index == kNotFound || values_[index].owner) return;
    values_[index].owner = key;
  }

  void link_values() {
    for (const std::uint32_t key : keys_) {
      const auto node = deleted_node(key);
      const Region* region = node && node->values != 0 ? region_of(node->value_list) : nullptr;
      if (!region) continue;
      const Bytes list = remnant(*region, node->value_list);
      for (std::uint32_t i = 0; i < node->values; ++i) {
        const auto entry = list.get<std::uint32_t>(std::uint64_t{i} * 4);
        if (!entry || !spend(sizeof *entry)) break;
        link(*entry, key);
      }
    }
    for (const SpareEntry& spare : hive_.spare_entries) link(spare.value, spare.key);
  }

  bool spend(std::uint64_t bytes) {
    if (bytes > allowance_) {
      hive_.note(Errc::limit, "deleted cells that share lists, data or parents", 0);
      return false;
    }
    allowance_ -= bytes;
    return true;
  }

  struct Path {
    std::string text;
    bool known = false;
  };

  Path path_of(std::uint32_t key) {
    std::vector<std::string> names;
    Path path;
    while (names.size() <= kMaxKeyDepth && is_deleted_key(key)) {
      const auto node = deleted_node(key);
      if (!spend(node->name.size())) break;
      names.emplace_back();
      append_registry_name(names.back(), node->name, node->has_latin1_name());
      key = node->parent;
    }
    if (hive_.claimed.test(key) && hive_.key_node(key) && names.size() <= kMaxKeyDepth) {
      if (key != live_parent_) live_path_ = hive_.path_of(key);
      live_parent_ = key;
      path.known = spend(live_path_.size());
    }
    path.text = path.known ? live_path_ : std::string{kUnknownParent};
    for (std::size_t i = names.size(); i-- > 0;) {
      if (!path.text.empty()) path.text += '\\';
      path.text += names[i];
    }
    return path;
  }

  DeletedKey describe_key(std::uint32_t key) {
    Path path = path_of(key);
    return {std::move(path.text), path.known, deleted_node(key)->last_written,
            hive_.area.base() + key};
  }

  DeletedValue describe_value(std::size_t index) {
    const Found& found = values_[index];
    const Region* region = region_of(found.offset);
    const KeyValue fields = *parse_key_value(remnant(*region, found.offset));
    DeletedValue result;
    result.key_path = kUnknownParent;
    if (found.owner) {
      Path path = path_of(*found.owner);
      const auto node =
          is_deleted_key(*found.owner) ? deleted_node(*found.owner) : hive_.key_node(*found.owner);
      result.key_path = std::move(path.text);
      result.key_known = path.known;
      if (node) result.key_last_written = node->last_written;
    }
    Value& value = result.value;
    append_registry_name(value.name, fields.name, fields.has_latin1_name());
    value.type = fields.type;
    value.stated_size = fields.length();
    value.deleted = true;
    value.file_offset = hive_.area.base() + found.offset;
    value.data = fields.is_inline() ? copy(fields.inline_data.head(fields.length()))
                                    : read_data(fields.data, fields.length());
    value.incomplete = value.data.size() < value.stated_size;
    return result;
  }

  std::vector<std::byte> copy(Bytes bytes) {
    if (!spend(bytes.size())) return {};
    return {bytes.span().begin(), bytes.span().end()};
  }

  /// The bytes of the deleted cell at `offset`: empty when a live cell has taken its place, cut
  /// when a smaller one has.
  Bytes deleted_cell(std::uint32_t offset) const {
    const Region* region = is_place(offset) ? region_of(offset) : nullptr;
    if (!region) return {};
    const Bytes data = remnant(*region, offset);
    const auto stored = hive_.area.get<std::int32_t>(offset).value_or(0);
    const std::uint64_t size =
        static_cast<std::uint64_t>(stored < 0 ? -std::int64_t{stored} : stored);
    const bool is_size = size >= kCellAlignment && size % kCellAlignment == 0;
    return is_size ? data.head(size - 4) : data;
  }

  std::vector<std::byte> read_data(std::uint32_t offset, std::uint32_t length) {
    if (length == 0) return {};
    const Bytes data = deleted_cell(offset);
    const auto count = data.get<std::uint16_t>(2);
    const auto list_offset = data.get<std::uint32_t>(4);
    if (length <= kBigDataSegmentBytes || data.size() >= length || !list_offset ||
        data.get<std::uint16_t>(0) != signature('d', 'b'))
      return copy(data.head(length));
    std::vector<std::byte> all;
    const Bytes list = deleted_cell(*list_offset);
    for (std::uint32_t i = 0; i < *count && all.size() < length; ++i) {
      const auto segment = list.get<std::uint32_t>(std::uint64_t{i} * 4);
      if (!segment) break;
      const std::size_t wanted = std::min<std::size_t>(kBigDataSegmentBytes, length - all.size());
      const auto part = copy(deleted_cell(*segment).head(wanted));
      all.insert(all.end(), part.begin(), part.end());
      if (part.size() < wanted) break;  // what follows would stand in the wrong place
    }
    return all;
  }

  struct Found {
    std::uint32_t offset;
    std::optional<std::uint32_t> owner;  // nk cell, live or deleted
  };
  Hive::Impl& hive_;
  std::uint64_t allowance_;  // bytes that may be read or written more than once
  std::vector<Region> regions_;
  std::vector<std::uint32_t> keys_;
  std::vector<Found> values_;
  std::uint32_t live_parent_ = kNoCell;
  std::string live_path_;
};

}  // namespace

void Hive::each_deleted(FunctionRef<void(const DeletedKey&)> key,
                        FunctionRef<void(const DeletedValue&)> value) const {
  DeletedScan{*impl_}.run(key, value);
}

}  // namespace hozen::regf
