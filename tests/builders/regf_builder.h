// Registry hives and their transaction logs, written from a description.
//
//   RegfBuilder{}
//       .key("Microsoft\\Windows\\CurrentVersion\\Run")
//       .value("x", sz("C:\\a.exe"))
//       .written_at(t)
//       .bytes();
//
// key() makes the key with all above it and makes it current; what follows speaks of the current
// key. The image is laid out anew by each call of bytes(), always the same way; damage verbs are
// applied to the finished image, in their order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

/// Data of a registry value with its type.
struct RegData {
  std::uint32_t type = 0;
  std::vector<std::byte> bytes{};
};
RegData sz(std::string_view text);  ///< REG_SZ, UTF-16LE with its terminator
RegData expand_sz(std::string_view text);
RegData link(std::string_view target);  ///< REG_LINK, without terminator as Windows writes it
RegData multi_sz(const std::vector<std::string>& texts);
RegData dword(std::uint32_t value);
RegData dword_big_endian(std::uint32_t value);
RegData qword(std::uint64_t value);
RegData binary(std::vector<std::byte> bytes);
RegData binary(std::string_view hex);  ///< "01 02 ff"
RegData none();
RegData raw_data(std::uint32_t type, std::vector<std::byte> bytes);
std::vector<std::byte> utf16le(std::string_view wtf8);

/// How the subkeys of a key are listed.
enum class SubkeyList : std::uint8_t {
  automatic,  ///< lf before version 1.5, lh from it on; ri above 507 keys
  lf,
  lh,
  li,
  ri_of_lf,
  ri_of_lh,
  ri_of_li,
  ri_of_ri,  ///< not allowed: readers must refuse it
};

class RegfBuilder {
 public:
  RegfBuilder();
  ~RegfBuilder();
  RegfBuilder(const RegfBuilder& other);
  RegfBuilder& operator=(const RegfBuilder& other);
  RegfBuilder(RegfBuilder&&) noexcept;
  RegfBuilder& operator=(RegfBuilder&&) noexcept;

  // The hive.
  RegfBuilder& version(std::uint32_t major, std::uint32_t minor);          ///< 1.5
  RegfBuilder& sequences(std::uint32_t primary, std::uint32_t secondary);  ///< 1, 1
  RegfBuilder& hive_written_at(FileTime time);  ///< base block and first hbin
  RegfBuilder& embedded_name(std::string_view name);
  RegfBuilder& root_name(std::string_view name);  ///< "ROOT"
  /// Written into the file behind the last bin.
  RegfBuilder& behind_the_bins(std::vector<std::byte> bytes);

  // Keys.
  RegfBuilder& key(std::string_view path);  ///< components between backslashes; "" is the root
  RegfBuilder& key_at(const std::vector<std::string>& components);  ///< names may hold backslashes
  RegfBuilder& written_at(FileTime time);
  RegfBuilder& class_name(std::string_view name);
  RegfBuilder& key_flags(std::uint16_t flags);  ///< set beside those that follow from the rest
  RegfBuilder& symbolic_link(std::string_view target);       ///< flag and SymbolicLinkValue
  RegfBuilder& security(std::vector<std::byte> descriptor);  ///< default: of the whole hive
  RegfBuilder& utf16_name();                                 ///< even when Latin-1 would do
  RegfBuilder& subkey_list(SubkeyList kind, std::size_t keys_a_leaf = 507);
  /// The key is freed with all below it, as RegDeleteKey leaves it: nothing lists it.
  RegfBuilder& deleted();
  /// The key and all below it stay allocated, but nothing lists it.
  RegfBuilder& unlisted();

  // Values of the current key.
  RegfBuilder& value(std::string_view name, RegData data);
  RegfBuilder& value(std::string_view name, std::uint32_t type, std::vector<std::byte> data);
  RegfBuilder& utf16_value_name();  ///< of the last value
  /// Frees the last value; the list keeps its entry behind the counted ones, as Windows leaves it.
  RegfBuilder& deleted_value();

  // Damage, applied to the finished image.
  RegfBuilder& truncate_at(std::uint64_t size);
  RegfBuilder& set_u8(std::uint64_t file_offset, std::uint8_t value);
  RegfBuilder& set_u16(std::uint64_t file_offset, std::uint16_t value);
  RegfBuilder& set_u32(std::uint64_t file_offset, std::uint32_t value);
  /// The first entry of `key`'s subkey list becomes the key `listed`: a cycle when it lies above.
  RegfBuilder& cycle(std::string_view key, std::string_view listed);
  RegfBuilder& fix_checksum();  ///< after damage to the base block

  std::vector<std::byte> bytes() const;

  // Where things lie in the image before damage: bytes from the start of the file, of the cell's
  // data (its size field lies 4 bytes before). 0 when there is none.
  std::uint64_t offset_of_key(std::string_view path) const;
  std::uint64_t offset_of_subkey_list(std::string_view path) const;
  std::uint64_t offset_of_value_list(std::string_view path) const;
  std::uint64_t offset_of_value(std::string_view path, std::string_view name) const;
  std::uint64_t offset_of_data(std::string_view path, std::string_view name) const;

 private:
  struct State;
  std::unique_ptr<State> self_;
};

/// A log of the new format (HvLE) that takes the hive `before` to each image of `after` in turn, in
/// entries numbered from `first_sequence`.
std::vector<std::byte> log_new(const std::vector<std::byte>& before,
                               const std::vector<std::vector<std::byte>>& after,
                               std::uint32_t first_sequence);
/// A log of the old format (DIRT) that takes the hive `before` to `after`.
std::vector<std::byte> log_old(const std::vector<std::byte>& before,
                               const std::vector<std::byte>& after);

}  // namespace hozen::builders
