#include "tests/builders/regf_layout.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen::builders {
namespace {

constexpr std::uint32_t kBaseBlockBytes = 4096, kBinBytes = 4096, kBinHeaderBytes = 32;
constexpr std::uint32_t kNone = 0xFFFF'FFFF;
constexpr std::uint32_t kBigDataThreshold = 16344;

/// Owner and group SYSTEM, a DACL that gives everyone full access.
constexpr unsigned char kDefaultSecurity[] = {
    0x01, 0x00, 0x04, 0x80,                          // revision 1, self-relative, DACL
    0x14, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00,  // owner at 0x14, group at 0x20
    0x00, 0x00, 0x00, 0x00, 0x2C, 0x00, 0x00, 0x00,  // no SACL, DACL at 0x2C
    0x01, 0x01, 0,    0,    0,    0,    0,    0x05, 0x12, 0x00, 0x00, 0x00,  // S-1-5-18
    0x01, 0x01, 0,    0,    0,    0,    0,    0x05, 0x12, 0x00, 0x00, 0x00,  // S-1-5-18
    0x02, 0x00, 0x1C, 0x00, 0x01, 0x00, 0x00, 0x00,                          // ACL of one entry
    0x00, 0x02, 0x14, 0x00, 0x3F, 0x00, 0x0F, 0x00,                          // allow KEY_ALL_ACCESS
    0x01, 0x01, 0,    0,    0,    0,    0,    0x01, 0x00, 0x00, 0x00, 0x00,  // S-1-1-0
};

/// Hands out cells in bins that grow as needed. Offsets count from the first hbin.
class Cells {
 public:
  explicit Cells(FileTime written) : written_{written} {}

  std::uint32_t allocate(const std::vector<std::byte>& data) {
    const auto size = static_cast<std::uint32_t>((data.size() + 4 + 7) / 8 * 8);
    if (bin_end_ - bytes_.size() < size) open_bin(size);
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    put(bytes_, offset, -static_cast<std::int32_t>(size));
    bytes_.insert(bytes_.end(), data.begin(), data.end());
    bytes_.resize(offset + size);
    return offset;
  }
  void write_u32(std::uint32_t cell, std::uint32_t at, std::uint32_t value) {
    put(bytes_, std::uint64_t{cell} + 4 + at, value);
  }
  void free(std::uint32_t cell) { freed_.push_back(cell); }

  std::vector<std::byte> finish() {
    if (bytes_.empty()) open_bin(8);
    close_bin();
    merge_free_cells();
    return std::move(bytes_);
  }

 private:
  void open_bin(std::uint32_t cell_size) {
    close_bin();
    const std::uint32_t size =
        (cell_size + kBinHeaderBytes + kBinBytes - 1) / kBinBytes * kBinBytes;
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    put(bytes_, offset, std::uint32_t{0x6E696268});  // "hbin"
    put(bytes_, offset + 4, offset);
    put(bytes_, offset + 8, size);
    put(bytes_, offset + 12, std::uint64_t{0});
    put(bytes_, offset + 20, offset == 0 ? written_.ticks : std::uint64_t{0});
    put(bytes_, offset + 28, std::uint32_t{0});
    bin_end_ = offset + size;
    bins_.push_back(offset);
  }
  void close_bin() {
    const auto rest = static_cast<std::int32_t>(bin_end_ - bytes_.size());
    if (rest == 0) return;
    freed_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    put(bytes_, bytes_.size(), -rest);
    bytes_.resize(bin_end_);
  }
  // As Windows does: a run of free cells becomes one; the old contents stay, sizes included.
  void merge_free_cells() {
    std::sort(freed_.begin(), freed_.end());
    const auto is_free = [&](std::uint32_t cell) {
      return std::binary_search(freed_.begin(), freed_.end(), cell);
    };
    const Bytes all{bytes_};
    for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
      const std::uint64_t end = bin + 1 < bins_.size() ? bins_[bin + 1] : bytes_.size();
      std::uint64_t run = 0;
      for (std::uint64_t at = bins_[bin] + kBinHeaderBytes; at < end;) {
        const auto size = static_cast<std::uint64_t>(-*all.get<std::int32_t>(at));
        const bool free = is_free(static_cast<std::uint32_t>(at));
        if (!free) run = 0;
        if (free && run == 0) run = at;
        if (free) merged_.push_back({run, at + size - run});
        at += size;
      }
    }
    for (const auto& [start, length] : merged_)
      put(bytes_, start, static_cast<std::int32_t>(length));
  }

  struct Run {
    std::uint64_t start, length;
  };
  FileTime written_;
  std::vector<std::byte> bytes_;
  std::uint64_t bin_end_ = 0;
  std::vector<std::uint32_t> bins_, freed_;
  std::vector<Run> merged_;
};

struct Name {
  std::vector<std::byte> bytes;
  bool latin1 = false;
};

Name encode_name(std::string_view text, bool force_utf16) {
  const std::u16string units = utf16_from_wtf8(text);
  Name name;
  name.latin1 = !force_utf16 &&
                std::all_of(units.begin(), units.end(), [](char16_t unit) { return unit <= 0xFF; });
  if (!name.latin1) name.bytes = utf16le(text);
  if (name.latin1)
    for (const char16_t unit : units) name.bytes.push_back(static_cast<std::byte>(unit));
  return name;
}

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0;
  for (const char16_t unit : utf16_from_wtf8(fold_case(text))) hash = hash * 37 + unit;
  return hash;
}

std::vector<std::byte> tagged(std::string_view tag) {
  std::vector<std::byte> cell;
  for (const char c : tag) cell.push_back(static_cast<std::byte>(c));
  return cell;
}

class Layout {
 public:
  explicit Layout(const HiveDescription& hive) : hive_{hive}, cells_{hive.written} {}

  HiveImage run() {
    const std::uint32_t root = write_key(hive_.root, kNone, "", Fate::live, true);
    link_security();
    HiveImage image;
    const std::vector<std::byte> bins = cells_.finish();
    image.bytes = base_block(root, static_cast<std::uint32_t>(bins.size()));
    image.bytes.insert(image.bytes.end(), bins.begin(), bins.end());
    image.bytes.insert(image.bytes.end(), hive_.behind_the_bins.begin(),
                       hive_.behind_the_bins.end());
    image.places = std::move(places_);
    return image;
  }

 private:
  static std::uint64_t in_file(std::uint32_t cell) {
    return std::uint64_t{kBaseBlockBytes} + cell + 4;
  }

  std::uint32_t write_key(const KeyDescription& key, std::uint32_t parent, const std::string& path,
                          Fate fate, bool is_root) {
    if (key.fate != Fate::live) fate = key.fate;
    const Name name = encode_name(key.name, key.utf16_name);
    std::vector<std::byte> nk(76);
    put(nk, 0, std::uint16_t{0x6B6E});
    put(nk, 2,
        static_cast<std::uint16_t>(key.flags | (is_root ? 0x0C : 0) | (name.latin1 ? 0x20 : 0)));
    put(nk, 4, (is_root && key.written.ticks == 0 ? hive_.written : key.written).ticks);
    put(nk, 16, parent);
    for (const std::uint32_t at : {28u, 32u, 40u, 44u, 48u}) put(nk, at, kNone);
    put(nk, 72, static_cast<std::uint16_t>(name.bytes.size()));
    nk.insert(nk.end(), name.bytes.begin(), name.bytes.end());
    const std::uint32_t cell = cells_.allocate(nk);
    KeyPlace place;
    place.key = in_file(cell);
    write_class(key, cell, fate);
    cells_.write_u32(cell, 44, security_cell(key));
    write_values(key, cell, place, fate);
    write_subkeys(key, cell, place, path, fate);
    places_[path] = std::move(place);
    if (fate == Fate::deleted) cells_.free(cell);
    return cell;
  }

  std::uint32_t allocate(const std::vector<std::byte>& data, Fate fate) {
    const std::uint32_t cell = cells_.allocate(data);
    if (fate == Fate::deleted) cells_.free(cell);
    return cell;
  }

  void write_class(const KeyDescription& key, std::uint32_t cell, Fate fate) {
    if (key.class_name.empty()) return;
    const std::vector<std::byte> text = utf16le(key.class_name);
    cells_.write_u32(cell, 48, allocate(text, fate));
    cells_.write_u32(cell, 72,
                     static_cast<std::uint32_t>(encode_name(key.name, key.utf16_name).bytes.size() |
                                                text.size() << 16));
  }

  std::uint32_t security_cell(const KeyDescription& key) {
    std::vector<std::byte> descriptor = key.security;
    if (descriptor.empty())
      for (const unsigned char byte : kDefaultSecurity)
        descriptor.push_back(static_cast<std::byte>(byte));
    for (Security& known : security_)
      if (known.descriptor == descriptor) {
        ++known.references;
        return known.cell;
      }
    std::vector<std::byte> sk = tagged("sk");
    sk.resize(20);
    put(sk, 16, static_cast<std::uint32_t>(descriptor.size()));
    sk.insert(sk.end(), descriptor.begin(), descriptor.end());
    security_.push_back({descriptor, cells_.allocate(sk), 1});
    return security_.back().cell;
  }

  void link_security() {
    for (std::size_t i = 0; i < security_.size(); ++i) {
      const std::size_t count = security_.size();
      cells_.write_u32(security_[i].cell, 4, security_[(i + 1) % count].cell);
      cells_.write_u32(security_[i].cell, 8, security_[(i + count - 1) % count].cell);
      cells_.write_u32(security_[i].cell, 12, security_[i].references);
    }
  }

  void write_values(const KeyDescription& key, std::uint32_t cell, KeyPlace& place, Fate fate) {
    if (key.values.empty()) return;
    std::vector<std::uint32_t> live, deleted;
    std::size_t longest_name = 0, longest_data = 0;
    for (const ValueDescription& value : key.values) {
      const Fate own = value.deleted ? Fate::deleted : fate;
      (value.deleted ? deleted : live).push_back(write_value(value, place, own));
      longest_name = std::max(longest_name, utf16le(value.name).size());
      longest_data = std::max(longest_data, value.data.bytes.size());
    }
    std::vector<std::byte> list;
    for (const auto* part : {&live, &deleted})
      for (const std::uint32_t offset : *part) put(list, list.size(), offset);
    // With its last value a key loses its list.
    const std::uint32_t list_cell = allocate(list, live.empty() ? Fate::deleted : fate);
    place.value_list = in_file(list_cell);
    if (!live.empty()) {
      cells_.write_u32(cell, 36, static_cast<std::uint32_t>(live.size()));
      cells_.write_u32(cell, 40, list_cell);
    }
    cells_.write_u32(cell, 60, static_cast<std::uint32_t>(longest_name));
    cells_.write_u32(cell, 64, static_cast<std::uint32_t>(longest_data));
  }

  std::uint32_t write_value(const ValueDescription& value, KeyPlace& place, Fate fate) {
    const Name name = encode_name(value.name, value.utf16_name);
    const std::vector<std::byte>& data = value.data.bytes;
    std::vector<std::byte> vk = tagged("vk");
    vk.resize(20);
    put(vk, 2, static_cast<std::uint16_t>(name.bytes.size()));
    put(vk, 12, value.data.type);
    put(vk, 16, static_cast<std::uint16_t>(name.latin1 ? 1 : 0));
    if (data.size() <= 4) {
      put(vk, 4, static_cast<std::uint32_t>(data.size()) | 0x8000'0000u);
      std::copy(data.begin(), data.end(), vk.begin() + 8);
    } else {
      const std::uint32_t cell = write_data(data, fate);
      place.data[fold_case(value.name)] = in_file(cell);
      put(vk, 4, static_cast<std::uint32_t>(data.size()));
      put(vk, 8, cell);
    }
    vk.insert(vk.end(), name.bytes.begin(), name.bytes.end());
    const std::uint32_t cell = allocate(vk, fate);
    place.values[fold_case(value.name)] = in_file(cell);
    return cell;
  }

  std::uint32_t write_data(const std::vector<std::byte>& data, Fate fate) {
    if (hive_.minor <= 3 || data.size() <= kBigDataThreshold) return allocate(data, fate);
    std::vector<std::byte> list;
    for (std::size_t at = 0; at < data.size(); at += kBigDataThreshold) {
      const std::size_t length = std::min<std::size_t>(kBigDataThreshold, data.size() - at);
      const auto from = data.begin() + static_cast<std::ptrdiff_t>(at);
      std::vector<std::byte> segment{from, from + static_cast<std::ptrdiff_t>(length)};
      segment.resize(kBigDataThreshold);  // Windows gives the last one the full size too
      put(list, list.size(), allocate(segment, fate));
    }
    std::vector<std::byte> db = tagged("db");
    put(db, 2, static_cast<std::uint16_t>(list.size() / 4));
    put(db, 4, allocate(list, fate));
    return allocate(db, fate);
  }

  struct Child {
    std::string name;
    std::uint32_t cell;
  };

  void write_subkeys(const KeyDescription& key, std::uint32_t cell, KeyPlace& place,
                     const std::string& path, Fate fate) {
    std::vector<Child> children;
    std::size_t longest = 0;
    for (const KeyDescription& subkey : key.subkeys) {
      const std::string child_path =
          path.empty() ? fold_case(subkey.name) : path + "\\" + fold_case(subkey.name);
      const std::uint32_t child = write_key(subkey, cell, child_path, fate, false);
      if (subkey.fate != Fate::live) continue;
      children.push_back({subkey.name, child});
      longest = std::max(longest, utf16le(subkey.name).size());
    }
    if (children.empty()) return;
    std::sort(children.begin(), children.end(),
              [](const Child& a, const Child& b) { return compare_fold(a.name, b.name) < 0; });
    const std::uint32_t list = write_list(key, children, fate);
    place.subkey_list = in_file(list);
    cells_.write_u32(cell, 20, static_cast<std::uint32_t>(children.size()));
    cells_.write_u32(cell, 28, list);
    cells_.write_u32(cell, 52, static_cast<std::uint32_t>(longest));
  }

  std::uint32_t write_list(const KeyDescription& key, const std::vector<Child>& children,
                           Fate fate) {
    const SubkeyList kind = key.list;
    const bool lh = hive_.minor >= 5;
    switch (kind) {
      case SubkeyList::lf:
        return write_leaf("lf", children, fate);
      case SubkeyList::lh:
        return write_leaf("lh", children, fate);
      case SubkeyList::li:
        return write_leaf("li", children, fate);
      case SubkeyList::ri_of_lf:
        return write_root("lf", key, children, fate);
      case SubkeyList::ri_of_lh:
        return write_root("lh", key, children, fate);
      case SubkeyList::ri_of_li:
        return write_root("li", key, children, fate);
      case SubkeyList::ri_of_ri: {
        std::vector<std::byte> ri = tagged("ri");
        put(ri, 2, std::uint16_t{1});
        put(ri, 4, write_root("lh", key, children, fate));
        return allocate(ri, fate);
      }
      case SubkeyList::automatic:
        break;
    }
    if (children.size() > key.keys_a_leaf) return write_root(lh ? "lh" : "lf", key, children, fate);
    return write_leaf(lh ? "lh" : "lf", children, fate);
  }

  std::uint32_t write_root(std::string_view leaf, const KeyDescription& key,
                           const std::vector<Child>& children, Fate fate) {
    std::vector<std::byte> ri = tagged("ri");
    ri.resize(4);
    std::uint16_t leaves = 0;
    for (std::size_t at = 0; at < children.size(); at += key.keys_a_leaf, ++leaves) {
      const std::size_t end = std::min(at + key.keys_a_leaf, children.size());
      const auto first = children.begin();
      put(ri, ri.size(),
          write_leaf(
              leaf,
              {first + static_cast<std::ptrdiff_t>(at), first + static_cast<std::ptrdiff_t>(end)},
              fate));
    }
    put(ri, 2, leaves);
    return allocate(ri, fate);
  }

  std::uint32_t write_leaf(std::string_view tag, const std::vector<Child>& children, Fate fate) {
    std::vector<std::byte> leaf = tagged(tag);
    put(leaf, 2, static_cast<std::uint16_t>(children.size()));
    for (const Child& child : children) {
      put(leaf, leaf.size(), child.cell);
      if (tag == "lh") put(leaf, leaf.size(), hash_of(child.name));
      if (tag == "lf") {
        const Name name = encode_name(child.name, false);
        std::uint32_t hint = 0;
        std::memcpy(&hint, name.bytes.data(), std::min<std::size_t>(4, name.bytes.size()));
        put(leaf, leaf.size(), hint);
      }
    }
    return allocate(leaf, fate);
  }

  std::vector<std::byte> base_block(std::uint32_t root, std::uint32_t bins_size) const {
    std::vector<std::byte> base(kBaseBlockBytes);
    put(base, 0, std::uint32_t{0x66676572});  // "regf"
    put(base, 4, hive_.sequence1);
    put(base, 8, hive_.sequence2);
    put(base, 12, hive_.written.ticks);
    put(base, 20, hive_.major);
    put(base, 24, hive_.minor);
    put(base, 32, std::uint32_t{1});
    put(base, 36, root);
    put(base, 40, bins_size);
    put(base, 44, std::uint32_t{1});
    const std::vector<std::byte> name = utf16le(hive_.embedded_name);
    constexpr std::size_t kNameBytes = 64;
    const std::size_t kept = std::min(name.size(), kNameBytes);
    std::copy(name.end() - static_cast<std::ptrdiff_t>(kept), name.end(), base.begin() + 48);
    write_base_checksum(base);
    return base;
  }

  struct Security {
    std::vector<std::byte> descriptor;
    std::uint32_t cell;
    std::uint32_t references;
  };
  const HiveDescription& hive_;
  Cells cells_;
  std::vector<Security> security_;
  std::map<std::string, KeyPlace> places_;
};

}  // namespace

void write_base_checksum(std::vector<std::byte>& file) {
  std::uint32_t sum = 0;
  for (std::uint64_t at = 0; at < 508; at += 4)
    sum ^= Bytes{file}.get<std::uint32_t>(at).value_or(0);
  if (sum == 0xFFFF'FFFFu) sum = 0xFFFF'FFFEu;
  put(file, 508, sum == 0 ? 1u : sum);
}

std::string folded_path(std::string_view path) {
  std::string folded;
  for (const std::string& name : split_path(path))
    folded += (folded.empty() ? "" : "\\") + fold_case(name);
  return folded;
}

HiveImage lay_out(const HiveDescription& hive) { return Layout{hive}.run(); }

void apply(const Damage& damage, HiveImage& image) {
  switch (damage.kind) {
    case Damage::truncate:
      if (image.bytes.size() > damage.offset) image.bytes.resize(damage.offset);
      return;
    case Damage::write:
      for (std::uint32_t i = 0; i < damage.width && damage.offset + i < image.bytes.size(); ++i)
        image.bytes[damage.offset + i] = static_cast<std::byte>(damage.value >> (8 * i));
      return;
    case Damage::cycle: {
      const std::uint64_t list = image.places[folded_path(damage.key)].subkey_list;
      const std::uint64_t listed = image.places[folded_path(damage.listed)].key;
      put(image.bytes, list + 4, static_cast<std::uint32_t>(listed - 4 - kBaseBlockBytes));
      return;
    }
    case Damage::checksum:
      write_base_checksum(image.bytes);
      return;
  }
}

}  // namespace hozen::builders
