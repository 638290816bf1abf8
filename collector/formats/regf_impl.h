// Inside of the registry hive reader, shared by regf*.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/formats/regf.h"

namespace hozen::regf {

constexpr std::uint32_t kBinHeaderBytes = 32;
constexpr std::uint32_t kBinAlignment = 4096;
constexpr std::uint32_t kCellAlignment = 8;
constexpr std::uint32_t kKeyNodeBytes = 76;    ///< nk up to the name
constexpr std::uint32_t kKeyValueBytes = 20;   ///< vk up to the name
constexpr std::uint32_t kSecurityBytes = 20;   ///< sk up to the descriptor
constexpr std::uint32_t kBigDataBytes = 8;     ///< db: signature, count, offset of the list
constexpr std::uint32_t kListHeaderBytes = 4;  ///< lf, lh, li, ri up to the first element
/// Bytes of one segment of a db cell; a value longer than that may be big data.
constexpr std::uint32_t kBigDataSegmentBytes = 16344;
/// Windows accepts 1 MiB in a value and hardware lists hold a few; far above both.
constexpr std::uint32_t kMaxValueBytes = 64u << 20;
/// A path longer than any that Windows can open (UNICODE_STRING: 32,767 units).
constexpr std::size_t kMaxPathBytes = 96u << 10;
/// Slack that could hold a whole vk cell is worth searching.
constexpr std::uint32_t kMinRemnantBytes = 4 + kKeyValueBytes;

constexpr std::uint16_t kFlagHiveEntry = 0x0004;
constexpr std::uint16_t kFlagSymbolicLink = 0x0010;
constexpr std::uint16_t kFlagLatin1Name = 0x0020;
constexpr std::uint16_t kFlagPredefinedHandle = 0x0040;
constexpr std::uint16_t kKeyFlagsMask = 0x0FFF;  ///< the rest are user flags of XP and 2003

constexpr std::uint16_t signature(char a, char b) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(a) | static_cast<unsigned char>(b)
                                                                        << 8);
}

/// One bit for each place where a cell may begin.
class CellBits {
 public:
  explicit CellBits(std::size_t area_bytes) : words_(area_bytes / (kCellAlignment * 64) + 1) {}
  bool test(std::uint32_t cell) const { return (words_[cell / 512] >> (cell / 8 % 64) & 1) != 0; }
  void reset(std::uint32_t cell) { words_[cell / 512] &= ~(std::uint64_t{1} << (cell / 8 % 64)); }
  /// Sets the bit; true when it was not set before.
  bool set(std::uint32_t cell) {
    std::uint64_t& word = words_[cell / 512];
    const std::uint64_t bit = std::uint64_t{1} << (cell / 8 % 64);
    const bool first = (word & bit) == 0;
    word |= bit;
    return first;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// The fields of an nk cell that are read, its name as a view.
struct KeyNode {
  std::uint16_t flags = 0;
  FileTime last_written{};
  std::uint32_t parent = 0, subkeys = 0, subkey_list = 0, values = 0, value_list = 0;
  std::uint32_t security = 0, class_name = 0;
  std::uint16_t class_length = 0;  ///< bytes
  Bytes name;                      ///< cut at the end of the cell
  bool name_cut = false;

  bool has_latin1_name() const { return (flags & kFlagLatin1Name) != 0; }
  /// A predefined handle keeps the handle where other keys keep the count.
  bool has_values() const { return values != 0 && (flags & kFlagPredefinedHandle) == 0; }
};

/// The nk fields in `data` (a cell behind its size field, or a remnant of one).
inline std::optional<KeyNode> parse_key_node(Bytes data) {
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

struct KeyValue {
  std::uint32_t size = 0;  ///< with the bit that says "inline"
  std::uint32_t data = 0;  ///< offset of the data cell, or the data
  std::uint32_t type = 0;
  std::uint16_t flags = 0;
  Bytes inline_data;  ///< the four bytes of the offset field
  Bytes name;         ///< cut at the end of the cell
  bool name_cut = false;

  bool is_inline() const { return (size & 0x8000'0000u) != 0; }
  std::uint32_t length() const { return size & 0x7FFF'FFFFu; }
  bool has_latin1_name() const { return (flags & 1) != 0; }
};
inline std::optional<KeyValue> parse_key_value(Bytes data) {
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

Value to_value(const ValueView& view);
void append_registry_name(std::string& out, Bytes name, bool latin1);

struct Cell {
  Bytes data;  ///< behind the size field
  bool allocated = false;
};

/// A stretch of the area in which deleted cells may lie, from the first hbin.
struct Region {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

/// An entry behind the counted ones of a key's value list: a value that was deleted.
struct SpareEntry {
  std::uint32_t key = 0;
  std::uint32_t value = 0;
};

struct Hive::Impl {
  explicit Impl(std::vector<std::byte> file);

  // What is open.
  std::vector<std::byte> bytes;
  Bytes area;  ///< everything behind the base block; base() is its file offset
  BaseBlock base;
  BaseBlock effective;  ///< after replay
  State state = State::clean;
  std::optional<Replay> replay;
  std::optional<std::uint32_t> root;
  std::uint32_t bins_end = 0;  ///< end of the last sound hbin
  std::vector<Region> bins;    ///< sound hbins in order

  // Problems. Equal ones (what and where) are kept once.
  std::vector<Problem> problems;
  std::uint64_t problem_count = 0;
  std::unordered_set<std::uint64_t> reported;

  // What has been read. A cell read for the second reader is charged to `budget`.
  CellBits claimed;                 ///< cells that something in the tree uses
  CellBits subkeys_read;            ///< nk cells whose list was read to its end
  CellBits values_read;             ///< nk cells whose values, and vk cells whose data, were read
  std::optional<CellBits> refused;  ///< vk cells that were shared too often
  CellBits listed;                  ///< scratch while one list is read
  std::uint64_t unread = 0;         ///< lists of keys of the tree that were not read to their end
  std::uint64_t budget = 0;         ///< bytes that may still be read for a second reader
  std::vector<std::uint32_t> children;  ///< stack of the lists that are being visited
  std::vector<SpareEntry> spare_entries;
  std::vector<Region> slack;  ///< behind the used part of claimed cells

  // Keys whose parent field does not name the key that lists them: who may hand them out.
  bool owners_known = false;
  std::unordered_map<std::uint32_t, std::uint32_t> owners;

  void attach_area();  ///< after `bytes` has its final size
  void note(Errc code, std::string_view what, std::uint64_t file_offset);
  void note_cell(Errc code, std::string_view what, std::uint32_t cell, std::uint32_t key);
  void note_problem(Problem problem);
  bool charge(std::uint64_t count);

  // Cells (regf_cell.cpp).
  std::optional<Cell> cell(std::uint32_t offset) const {
    if (offset % kCellAlignment != 0) return std::nullopt;
    const auto stored = area.get<std::int32_t>(offset);
    if (!stored) return std::nullopt;
    const std::int64_t size = *stored < 0 ? -std::int64_t{*stored} : std::int64_t{*stored};
    if (size < kCellAlignment || !area.contains(offset, static_cast<std::uint64_t>(size)))
      return std::nullopt;
    const Bytes whole = area.tail(offset).head(static_cast<std::uint64_t>(size));
    return Cell{whole.tail(4), *stored < 0};
  }
  std::optional<KeyNode> key_node(std::uint32_t offset) const {
    const auto found = cell(offset);
    return found ? parse_key_node(found->data) : std::nullopt;
  }
  /// Marks a cell as used up to `used` bytes of its data; true for its first user.
  bool claim(std::uint32_t offset, Bytes data, std::uint64_t used);
  std::string path_of(std::uint32_t key) const;
  std::uint32_t parent_of(std::uint32_t key, const KeyNode& node) const;

  // Subkeys (regf_subkeys.cpp).
  bool each_child(std::uint32_t key, std::uint16_t depth, FunctionRef<bool(std::uint32_t)> visit);
  void prefetch_lists(std::uint32_t key) const;
  void gather_children(std::uint32_t key, const KeyNode& node);
  bool gather_list(std::uint32_t key, std::uint32_t list, bool nested, bool first_read);
  void gather_child(std::uint32_t key, std::uint32_t child, std::size_t begin, bool first_read,
                    bool& stop);
  bool accepts(std::uint32_t key, std::uint32_t child, const KeyNode& node);
  void find_owners();
  /// Before a key is handed out: what is `unread` counts on it.
  void claim_key(std::uint32_t key, const KeyNode& node, Bytes data);
  std::optional<std::uint32_t> find_child(std::uint32_t key, std::uint16_t depth,
                                          std::string_view name);

  // Values (regf_values.cpp).
  bool visit_values(std::uint32_t key, FunctionRef<bool(const ValueView&)> visit);
  void note_spare_entries(std::uint32_t key, Bytes list, std::uint32_t count);
  bool read_value(std::uint32_t key, std::uint32_t value, bool first_read, ValueView& out,
                  std::vector<std::byte>& assembled);
  void read_data(std::uint32_t key, std::uint32_t value, const KeyValue& fields, ValueView& out,
                 std::vector<std::byte>& assembled);
  bool assemble(std::uint32_t key, std::uint32_t data_cell, Bytes db, std::uint32_t length,
                bool first_read, std::vector<std::byte>& assembled);

  // Opening (regf_open.cpp).
  void assess();
  void scan_bins();
  void find_root();
};

}  // namespace hozen::regf
