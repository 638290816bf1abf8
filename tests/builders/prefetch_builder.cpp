#include "tests/builders/prefetch_builder.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "collector/base/text.h"
#include "collector/formats/prefetch.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/task_builder.h"

namespace hozen::builders {
namespace {

struct Sizes {
  std::size_t info, runs_offset, runs, count_offset, file, volume, hash_text_offset;
};

Sizes sizes_of(std::uint32_t version, bool first_form) {
  switch (version) {
    case 17:
      return {68, 36, 1, 60, 20, 40, 0};
    case 23:
      return {156, 44, 1, 68, 32, 104, 0};
    case 26:
      return {220, 44, 8, 124, 32, 104, 0};
    default:
      return first_form ? Sizes{220, 44, 8, 124, 32, 96, 136} : Sizes{212, 44, 8, 116, 32, 96, 128};
  }
}

void put(PrefetchBytes& bytes, std::size_t offset, std::uint64_t value, std::size_t size = 4) {
  std::memcpy(bytes.data() + offset, &value, size);
}

std::uint32_t size_of(const PrefetchBytes& bytes) {
  return static_cast<std::uint32_t>(bytes.size());
}

}  // namespace

PrefetchBuilder::PrefetchBuilder(std::uint32_t version, bool first_form)
    : version_{version}, first_form_{first_form} {}

PrefetchBuilder& PrefetchBuilder::program(std::string_view path, std::string_view executable,
                                          std::string_view hashed) {
  executable_ = executable;
  const std::u16string text = utf16_from_wtf8(hashed.empty() ? path : hashed);
  hash_ = version_ == 17 ? prefetch_hash_xp(text) : prefetch_hash_2008(text);
  return file(path, 0x0001'0000'0000'0042);
}

PrefetchBuilder& PrefetchBuilder::hash(std::uint32_t hash) {
  hash_ = hash;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::boot() {
  boot_ = true;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::run(FileTime time) {
  runs_.push_back(time);
  ++run_count_;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::run_count(std::uint32_t count) {
  run_count_ = count;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::file(std::string_view path, std::uint64_t reference) {
  files_.emplace_back(path, reference);
  return *this;
}

PrefetchBuilder& PrefetchBuilder::volume(std::string_view device, FileTime created,
                                         std::uint32_t serial,
                                         const std::vector<std::string>& directories) {
  volumes_.push_back({std::string{device}, created, serial, directories});
  return *this;
}

PrefetchBuilder& PrefetchBuilder::hash_text(std::string_view text) {
  hash_text_ = text;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::packed(bool checksum) {
  packed_ = true;
  checksum_ = checksum;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::truncate_at(std::size_t size) {
  truncate_at_ = size;
  return *this;
}

PrefetchBuilder& PrefetchBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  patches_.emplace_back(offset, value);
  return *this;
}

PrefetchBytes PrefetchBuilder::volume_area() const {
  const std::size_t entry = sizes_of(version_, first_form_).volume;
  PrefetchBytes area(entry * volumes_.size());
  for (std::size_t i = 0; i < volumes_.size(); ++i) {
    const Volume& volume = volumes_[i];
    put(area, i * entry, area.size());
    put(area, i * entry + 4, utf16_length(volume.device));
    put(area, i * entry + 8, volume.created.ticks, 8);
    put(area, i * entry + 16, volume.serial);
    TaskBlob rest;
    rest.utf16(volume.device).u16(0);
    while (rest.size() % 8 != 0) rest.u8(0);
    put(area, i * entry + 20, area.size() + rest.size());
    put(area, i * entry + 24, 24);
    rest.u32(3).u32(2).u64(0).u64(0x0001'0000'0000'0042);
    put(area, i * entry + 28, area.size() + rest.size());
    put(area, i * entry + 32, volume.directories.size());
    for (const std::string& name : volume.directories)
      rest.u16(static_cast<std::uint16_t>(utf16_length(name))).utf16(name).u16(0);
    area.insert(area.end(), rest.bytes().begin(), rest.bytes().end());
  }
  return area;
}

PrefetchBytes PrefetchBuilder::unpacked() const {
  const Sizes sizes = sizes_of(version_, first_form_);
  PrefetchBytes out(kInfoOffset + sizes.info);
  put(out, 0, version_);
  put(out, 4, 0x41434353);
  put(out, 8, 0x11);
  const TaskBytes name = utf16_file(executable_, false);
  std::copy_n(name.begin(), std::min<std::size_t>(name.size(), 60), out.begin() + 16);
  put(out, 76, hash_);
  put(out, 80, boot_ ? 1 : 0);
  for (std::size_t i = 0; i < std::min(runs_.size(), sizes.runs); ++i)
    put(out, kInfoOffset + sizes.runs_offset + 8 * i, runs_[i].ticks, 8);
  put(out, kInfoOffset + sizes.count_offset, run_count_);
  put(out, kInfoOffset, out.size());
  put(out, kInfoOffset + 4, files_.size());
  TaskBlob strings;
  const std::size_t list = out.size();
  out.resize(list + files_.size() * sizes.file);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const std::size_t at = list + i * sizes.file + (version_ == 17 ? 8 : 12);
    put(out, at, strings.size());
    put(out, at + 4, utf16_length(files_[i].first));
    if (version_ != 17) put(out, list + i * sizes.file + 24, files_[i].second, 8);
    strings.utf16(files_[i].first).u16(0);
  }
  put(out, kInfoOffset + 8, out.size());  // no trace chains
  put(out, kInfoOffset + 16, out.size());
  put(out, kInfoOffset + 20, strings.size());
  out.insert(out.end(), strings.bytes().begin(), strings.bytes().end());
  if (!hash_text_.empty() && sizes.hash_text_offset != 0) {
    const TaskBytes text = utf16_file(hash_text_, false);
    put(out, kInfoOffset + sizes.hash_text_offset, out.size());
    put(out, kInfoOffset + sizes.hash_text_offset + 4, text.size());
    out.insert(out.end(), text.begin(), text.end());
  }
  const PrefetchBytes volumes = volume_area();
  put(out, kInfoOffset + 24, out.size());
  put(out, kInfoOffset + 28, volumes_.size());
  put(out, kInfoOffset + 32, volumes.size());
  out.insert(out.end(), volumes.begin(), volumes.end());
  put(out, 12, out.size());
  return out;
}

PrefetchBytes PrefetchBuilder::bytes() const {
  PrefetchBytes content = unpacked();
  for (const auto& [offset, value] : patches_) put(content, offset, value);
  content.resize(std::min(content.size(), truncate_at_));
  if (!packed_) return content;
  PrefetchBytes out{std::byte{'M'}, std::byte{'A'}, std::byte{'M'},
                    std::byte{checksum_ ? std::uint8_t{0x84} : std::uint8_t{0x04}}};
  out.resize(checksum_ ? 12 : 8);
  put(out, 4, size_of(content));
  const LzBytes packed = xpress_huffman(xpress_matches(content));
  out.insert(out.end(), packed.begin(), packed.end());
  if (checksum_)
    put(out, 8,
        crc32_z(0, static_cast<const Bytef*>(static_cast<const void*>(out.data())), out.size()));
  return out;
}

}  // namespace hozen::builders
