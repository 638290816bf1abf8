#include "tests/builders/ntfs_side_builder.h"

#include <algorithm>
#include <cstring>

namespace hozen::builders {
namespace {

constexpr std::size_t kPart = 0x40000;

template <class T>
void put(NtfsBytes& bytes, std::size_t offset, T value) {
  if (bytes.size() < offset + sizeof value) bytes.resize(offset + sizeof value);
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

void put_text(NtfsBytes& bytes, std::size_t offset, std::u16string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    put_u16(bytes, offset + i * 2, static_cast<std::uint16_t>(text[i]));
}

void append_to(NtfsBytes& bytes, const NtfsBytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

constexpr std::size_t up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

NtfsBytes index_entry(std::uint64_t file, const NtfsBytes& key, std::uint32_t flags,
                      std::optional<std::uint64_t> subnode) {
  NtfsBytes entry(16);
  append_to(entry, key);
  entry.resize(up(entry.size(), 8));
  if (subnode) put_u64(entry, entry.size(), *subnode);
  put_u64(entry, 0, file);
  put_u16(entry, 8, static_cast<std::uint16_t>(entry.size()));
  put_u16(entry, 10, static_cast<std::uint16_t>(key.size()));
  put_u32(entry, 12, flags | (subnode ? 1u : 0u));
  return entry;
}

}  // namespace

void put_u16(NtfsBytes& bytes, std::size_t offset, std::uint16_t value) {
  put(bytes, offset, value);
}
void put_u32(NtfsBytes& bytes, std::size_t offset, std::uint32_t value) {
  put(bytes, offset, value);
}
void put_u64(NtfsBytes& bytes, std::size_t offset, std::uint64_t value) {
  put(bytes, offset, value);
}

NtfsBytes ntfs_file_name(const FileNameSpec& spec) {
  NtfsBytes out(66);
  put_u64(out, 0, spec.parent);
  put_u64(out, 8, spec.created.ticks);
  put_u64(out, 16, spec.modified.ticks);
  put_u64(out, 24, spec.record_changed.ticks);
  put_u64(out, 32, spec.accessed.ticks);
  put_u64(out, 40, spec.allocated);
  put_u64(out, 48, spec.size);
  put_u32(out, 56, spec.flags);
  put_u32(out, 60, spec.tag);
  out[64] = static_cast<std::byte>(spec.name.size());
  out[65] = static_cast<std::byte>(spec.name_space);
  put_text(out, 66, spec.name);
  return out;
}

void IndexListBuilder::append(const NtfsBytes& entry) {
  last_ = used_;
  if (bytes_.size() < used_ + entry.size()) bytes_.resize(used_ + entry.size());
  std::memcpy(bytes_.data() + used_, entry.data(), entry.size());
  used_ += entry.size();
}

IndexListBuilder& IndexListBuilder::entry(std::uint64_t file, const FileNameSpec& name,
                                          std::optional<std::uint64_t> subnode) {
  append(index_entry(file, ntfs_file_name(name), 0, subnode));
  return *this;
}

IndexListBuilder& IndexListBuilder::name(std::uint64_t record, std::u16string_view name,
                                         std::optional<std::uint64_t> subnode) {
  return entry(ntfs_reference(record, 1), {.name = std::u16string{name}}, subnode);
}

IndexListBuilder& IndexListBuilder::end(std::optional<std::uint64_t> subnode) {
  append(index_entry(0, {}, 2, subnode));
  return *this;
}

IndexListBuilder& IndexListBuilder::delete_last() {
  used_ = last_;
  return end();
}

NtfsBytes ntfs_index_block(const IndexBlockSpec& spec, const IndexListBuilder& list) {
  constexpr std::size_t kNode = 24, kArray = 40;
  const std::size_t strides = spec.bytes / 512;
  const std::size_t first = up(kArray + (strides + 1) * 2, 8);
  NtfsBytes out(spec.bytes);
  std::memcpy(out.data(), "INDX", 4);
  put_u16(out, 4, kArray);
  put_u16(out, 6, static_cast<std::uint16_t>(strides + 1));
  put_u64(out, 8, 0x1234);  // LSN
  put_u64(out, 16, spec.vcn);
  put_u32(out, kNode, static_cast<std::uint32_t>(first - kNode));
  put_u32(out, kNode + 4, static_cast<std::uint32_t>(first - kNode + list.used()));
  put_u32(out, kNode + 8, static_cast<std::uint32_t>(spec.bytes - kNode));
  put_u32(out, kNode + 12, spec.has_subnodes ? 1 : 0);
  std::memcpy(out.data() + first, list.bytes().data(), list.bytes().size());
  put_u16(out, kArray, 7);  // the update sequence number
  ntfs_protect(out, spec.bytes);
  return out;
}

void ntfs_protect(NtfsBytes& blocks, std::size_t block_bytes) {
  constexpr std::size_t kStride = 512;
  for (std::size_t block = 0; block + block_bytes <= blocks.size(); block += block_bytes) {
    std::uint16_t offset = 0;
    std::memcpy(&offset, blocks.data() + block + 4, sizeof offset);
    std::byte* const array = blocks.data() + block + offset;
    for (std::size_t stride = 1; stride <= block_bytes / kStride; ++stride) {
      std::byte* const last = blocks.data() + block + stride * kStride - 2;
      std::memcpy(array + stride * 2, last, 2);
      std::memcpy(last, array, 2);
    }
  }
}

NtfsBytes ntfs_index_root(const IndexListBuilder& list, bool has_blocks, std::uint32_t block_bytes,
                          std::uint8_t clusters) {
  NtfsBytes out(32);
  put_u32(out, 0, 0x30);
  put_u32(out, 4, 1);
  put_u32(out, 8, block_bytes);
  out[12] = static_cast<std::byte>(clusters);
  put_u32(out, 16, 16);
  put_u32(out, 20, static_cast<std::uint32_t>(16 + list.used()));
  put_u32(out, 24, static_cast<std::uint32_t>(16 + list.bytes().size()));
  put_u32(out, 28, has_blocks ? 1 : 0);
  append_to(out, list.bytes());
  return out;
}

NtfsBytes joined(const std::vector<NtfsBytes>& parts) {
  NtfsBytes out;
  for (const NtfsBytes& part : parts) append_to(out, part);
  return out;
}

SecureBuilder& SecureBuilder::add(std::uint32_t id, const NtfsBytes& descriptor) {
  const std::size_t length = 20 + descriptor.size();
  std::size_t at = up(end_, 16);
  if (at / kPart != (at + length - 1) / kPart) at = up(at, kPart);
  const std::size_t offset = at / kPart * 2 * kPart + at % kPart;
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i + 4 <= descriptor.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, descriptor.data() + i, sizeof word);
    hash = word + ((hash << 3) | (hash >> 29));
  }
  put_u32(first_, at, hash);
  put_u32(first_, at + 4, id);
  put_u64(first_, at + 8, offset);
  put_u32(first_, at + 16, static_cast<std::uint32_t>(length));
  append_to(first_, descriptor);
  offsets_.push_back(offset);
  end_ = at + length;
  return *this;
}

NtfsBytes SecureBuilder::bytes() const {
  NtfsBytes out;
  for (std::size_t at = 0; at < first_.size(); at += kPart) {
    NtfsBytes part(kPart);
    const std::size_t length = std::min(kPart, first_.size() - at);
    std::memcpy(part.data(), first_.data() + at, length);
    append_to(out, part);
    part.resize(length);
    append_to(out, part);
    if (at + length < first_.size()) out.resize(up(out.size(), kPart));
  }
  return out;
}

NtfsBytes extended_attribute(std::string_view name, std::uint16_t size) {
  constexpr std::size_t kHeader = 8;
  NtfsBytes entry(kHeader);
  for (const char c : name) entry.push_back(static_cast<std::byte>(c));
  entry.push_back(std::byte{0});
  entry.insert(entry.end(), size, std::byte{0x65});
  entry.resize((entry.size() + 3) / 4 * 4);
  put_u32(entry, 0, static_cast<std::uint32_t>(entry.size()));
  entry[5] = static_cast<std::byte>(name.size());
  put_u16(entry, 6, size);
  return entry;
}

NtfsBytes small_descriptor(std::uint32_t authority) {
  NtfsBytes out(32);
  out[0] = std::byte{1};    // revision
  put_u16(out, 2, 0x8000);  // self-relative
  put_u32(out, 4, 20);      // owner
  out[20] = std::byte{1};   // SID revision
  out[21] = std::byte{1};   // one sub-authority
  out[27] = std::byte{5};   // NT authority
  put_u32(out, 28, authority);
  return out;
}

std::size_t UsnBuilder::start(std::size_t length, std::uint16_t version) {
  constexpr std::size_t kPage = 4096;
  length = up(length, 8);
  std::size_t at = bytes_.size();
  if (at / kPage != (at + length - 1) / kPage) at = up(at, kPage);
  bytes_.resize(at + length);
  put_u32(bytes_, at, static_cast<std::uint32_t>(length));
  put_u16(bytes_, at + 4, version);
  return at;
}

void UsnBuilder::put_name(std::size_t record, std::size_t fields, std::size_t header,
                          std::u16string_view name) {
  put_u16(bytes_, record + fields, static_cast<std::uint16_t>(name.size() * 2));
  put_u16(bytes_, record + fields + 2, static_cast<std::uint16_t>(header));
  put_text(bytes_, record + header, name);
}

UsnBuilder& UsnBuilder::v2(const Spec& spec) {
  const std::size_t at = start(60 + spec.name.size() * 2, 2);
  put_u64(bytes_, at + 8, spec.file);
  put_u64(bytes_, at + 16, spec.parent);
  put_u64(bytes_, at + 24, first_usn_ + at);
  put_u64(bytes_, at + 32, spec.time.ticks);
  put_u32(bytes_, at + 40, spec.reason);
  put_u32(bytes_, at + 44, spec.source);
  put_u32(bytes_, at + 48, spec.security_id);
  put_u32(bytes_, at + 52, spec.attributes);
  put_name(at, 56, 60, spec.name);
  return *this;
}

UsnBuilder& UsnBuilder::v3(const Spec& spec) {
  const std::size_t at = start(76 + spec.name.size() * 2, 3);
  put_u64(bytes_, at + 8, spec.file);
  put_u64(bytes_, at + 16, spec.file_high);
  put_u64(bytes_, at + 24, spec.parent);
  put_u64(bytes_, at + 32, spec.parent_high);
  put_u64(bytes_, at + 40, first_usn_ + at);
  put_u64(bytes_, at + 48, spec.time.ticks);
  put_u32(bytes_, at + 56, spec.reason);
  put_u32(bytes_, at + 60, spec.source);
  put_u32(bytes_, at + 64, spec.security_id);
  put_u32(bytes_, at + 68, spec.attributes);
  put_name(at, 72, 76, spec.name);
  return *this;
}

UsnBuilder& UsnBuilder::v4(const Spec& spec,
                           const std::vector<std::pair<std::int64_t, std::int64_t>>& extents,
                           std::uint32_t remaining) {
  const std::size_t at = start(64 + extents.size() * 16, 4);
  put_u64(bytes_, at + 8, spec.file);
  put_u64(bytes_, at + 16, spec.file_high);
  put_u64(bytes_, at + 24, spec.parent);
  put_u64(bytes_, at + 32, spec.parent_high);
  put_u64(bytes_, at + 40, first_usn_ + at);
  put_u32(bytes_, at + 48, spec.reason);
  put_u32(bytes_, at + 52, spec.source);
  put_u32(bytes_, at + 56, remaining);
  put_u16(bytes_, at + 60, static_cast<std::uint16_t>(extents.size()));
  put_u16(bytes_, at + 62, 16);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    put_u64(bytes_, at + 64 + i * 16, static_cast<std::uint64_t>(extents[i].first));
    put_u64(bytes_, at + 72 + i * 16, static_cast<std::uint64_t>(extents[i].second));
  }
  return *this;
}

UsnBuilder& UsnBuilder::zeros(std::size_t count) {
  bytes_.resize(bytes_.size() + count);
  return *this;
}

UsnBuilder& UsnBuilder::raw(const NtfsBytes& bytes) {
  append_to(bytes_, bytes);
  return *this;
}

}  // namespace hozen::builders
