// Structures of NTFS beside file records, written from a description: names, directory indexes,
// security descriptors' stream, change journal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using NtfsBytes = std::vector<std::byte>;

/// 2026-01-02T03:04:05Z: a time for those who do not care.
constexpr FileTime kNtfsTime{134'117'966'450'000'000};

void put_u16(NtfsBytes& bytes, std::size_t offset, std::uint16_t value);
void put_u32(NtfsBytes& bytes, std::size_t offset, std::uint32_t value);
void put_u64(NtfsBytes& bytes, std::size_t offset, std::uint64_t value);
/// Record and sequence in one number.
constexpr std::uint64_t ntfs_reference(std::uint64_t record, std::uint16_t sequence) {
  return record | std::uint64_t{sequence} << 48;
}

struct FileNameSpec {
  std::u16string name{};
  std::uint8_t name_space = 1;
  std::uint64_t parent = ntfs_reference(5, 5);
  FileTime created = kNtfsTime, modified = kNtfsTime, record_changed = kNtfsTime,
           accessed = kNtfsTime;
  std::uint64_t allocated = 0, size = 0;
  std::uint32_t flags = 0x20, tag = 0;
};
NtfsBytes ntfs_file_name(const FileNameSpec& spec);

/// The list of a node: `.entry(ref, key).end()`.
class IndexListBuilder {
 public:
  IndexListBuilder& entry(std::uint64_t file, const FileNameSpec& name,
                          std::optional<std::uint64_t> subnode = std::nullopt);
  IndexListBuilder& name(std::uint64_t record, std::u16string_view name,
                         std::optional<std::uint64_t> subnode = std::nullopt);
  IndexListBuilder& end(std::optional<std::uint64_t> subnode = std::nullopt);
  /// Takes the last entry out as Windows does: the end of the list is written over it.
  IndexListBuilder& delete_last();

  std::size_t used() const { return used_; }
  const NtfsBytes& bytes() const { return bytes_; }  ///< with what lies behind the end

 private:
  void append(const NtfsBytes& entry);

  NtfsBytes bytes_;
  std::size_t used_ = 0, last_ = 0;
};

struct IndexBlockSpec {
  std::uint64_t vcn = 0;
  std::uint32_t bytes = 4096;
  bool has_subnodes = false;
};
NtfsBytes ntfs_index_block(const IndexBlockSpec& spec, const IndexListBuilder& list);
NtfsBytes ntfs_index_root(const IndexListBuilder& list, bool has_blocks = false,
                          std::uint32_t block_bytes = 4096, std::uint8_t clusters = 1);
/// Puts the update sequence numbers of blocks back to the ends of their strides: for blocks from a
/// tool that took them out.
void ntfs_protect(NtfsBytes& blocks, std::size_t block_bytes);
NtfsBytes joined(const std::vector<NtfsBytes>& parts);

/// An entry of $EA whose value is `size` bytes of 0x65, with how long it is as its next offset.
NtfsBytes extended_attribute(std::string_view name, std::uint16_t size);

/// $SDS: entries in parts of 256 KiB, each with its copy.
class SecureBuilder {
 public:
  SecureBuilder& add(std::uint32_t id, const NtfsBytes& descriptor);
  std::size_t offset_of(std::size_t entry) const { return offsets_[entry]; }
  NtfsBytes bytes() const;  ///< ends with the copy of the last entry

 private:
  NtfsBytes first_;  ///< the stream without copies
  std::vector<std::size_t> offsets_;
  std::size_t end_ = 0;
};
/// A self-relative descriptor whose owner is S-1-5-`authority`.
NtfsBytes small_descriptor(std::uint32_t authority);

/// $J: records one behind the other, none across a page of 4096 bytes.
class UsnBuilder {
 public:
  struct Spec {
    std::u16string name = u"a.txt";
    std::uint64_t file = ntfs_reference(40, 1), parent = ntfs_reference(5, 5);
    std::uint64_t file_high = 0, parent_high = 0;  ///< versions 3 and 4
    FileTime time = kNtfsTime;
    std::uint32_t reason = 0x8000'0100, source = 0, security_id = 0, attributes = 0x20;
  };
  explicit UsnBuilder(std::uint64_t first_usn = 0) : first_usn_{first_usn} {}
  UsnBuilder& v2(const Spec& spec);
  UsnBuilder& v3(const Spec& spec);
  UsnBuilder& v4(const Spec& spec,
                 const std::vector<std::pair<std::int64_t, std::int64_t>>& extents,
                 std::uint32_t remaining = 0);
  UsnBuilder& zeros(std::size_t count);
  UsnBuilder& raw(const NtfsBytes& bytes);

  std::size_t size() const { return bytes_.size(); }
  NtfsBytes bytes() const { return bytes_; }

 private:
  std::size_t start(std::size_t length, std::uint16_t version);
  void put_name(std::size_t record, std::size_t fields, std::size_t header,
                std::u16string_view name);

  std::uint64_t first_usn_;
  NtfsBytes bytes_;
};

}  // namespace hozen::builders
