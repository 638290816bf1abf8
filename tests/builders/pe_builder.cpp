#include "tests/builders/pe_builder.h"

#include <algorithm>
#include <bit>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/pe_builder_part.h"

namespace hozen::builders {
namespace {

constexpr std::uint32_t kPage = 0x1000, kSector = 0x200, kHeaderBytes = 0x400;

std::uint32_t round_up(std::size_t value, std::uint32_t unit) {
  return static_cast<std::uint32_t>((value + unit - 1) / unit * unit);
}

}  // namespace

PeBuilder::PeBuilder(bool is_64)
    : is_64_{is_64},
      machine_{static_cast<std::uint16_t>(is_64 ? 0x8664 : 0x014C)},
      image_base_{is_64 ? 0x1'8000'0000u : 0x1000'0000u} {}

PeBuilder& PeBuilder::machine(std::uint16_t machine) {
  machine_ = machine;
  return *this;
}
PeBuilder& PeBuilder::dll() {
  characteristics_ = static_cast<std::uint16_t>(characteristics_ | 0x2000);
  return *this;
}
PeBuilder& PeBuilder::timestamp(std::uint32_t seconds) {
  timestamp_ = seconds;
  return *this;
}
PeBuilder& PeBuilder::section(std::string_view name, std::string_view content,
                              std::uint32_t virtual_size) {
  sections_.push_back({std::string{name}, std::string{content}, virtual_size});
  return *this;
}
PeBuilder& PeBuilder::import(std::string_view library, const std::vector<std::string>& functions) {
  imports_.push_back({std::string{library}, functions});
  return *this;
}
PeBuilder& PeBuilder::delay_import(std::string_view library,
                                   const std::vector<std::string>& functions) {
  delay_imports_.push_back({std::string{library}, functions});
  return *this;
}
PeBuilder& PeBuilder::absolute_delay_imports() {
  absolute_delay_ = true;
  return *this;
}
PeBuilder& PeBuilder::without_name_tables() {
  name_tables_ = false;
  return *this;
}
PeBuilder& PeBuilder::export_library(std::string_view name, std::uint32_t ordinal_base) {
  export_library_ = name;
  ordinal_base_ = ordinal_base;
  return *this;
}
PeBuilder& PeBuilder::exported(std::string_view name, std::string_view forwarder) {
  if (!export_library_) export_library_ = "a.dll";
  exports_.emplace_back(name, forwarder);
  return *this;
}
PeBuilder& PeBuilder::version_numbers(std::array<std::uint16_t, 4> file,
                                      std::array<std::uint16_t, 4> product) {
  numbers_.emplace(file, product);
  return *this;
}
PeBuilder& PeBuilder::version_string(std::string_view name, std::string_view value,
                                     std::string_view language) {
  auto at = std::ranges::find(tables_, language, [](const auto& table) { return table.first; });
  if (at == tables_.end()) at = tables_.insert(at, {std::string{language}, {}});
  at->second.emplace_back(name, value);
  return *this;
}
PeBuilder& PeBuilder::manifest(std::string_view text) {
  manifest_ = text;
  return *this;
}
PeBuilder& PeBuilder::resource(std::uint16_t type, std::uint16_t name, std::uint16_t language,
                               std::string_view content) {
  resources_.push_back({type, name, language, std::string{content}});
  return *this;
}
PeBuilder& PeBuilder::pdb(std::string_view path, const Guid& guid, std::uint32_t age) {
  pdb_ = path;
  guid_ = guid;
  age_ = age;
  return *this;
}
PeBuilder& PeBuilder::old_pdb(std::string_view path, std::uint32_t time, std::uint32_t age) {
  pdb_ = path;
  pdb_time_ = time;
  age_ = age;
  return *this;
}
PeBuilder& PeBuilder::reproducible() {
  reproducible_ = true;
  return *this;
}
PeBuilder& PeBuilder::tls_callbacks(std::size_t count) {
  tls_callbacks_ = count;
  return *this;
}
PeBuilder& PeBuilder::clr(std::string_view metadata_version) {
  clr_ = metadata_version;
  return *this;
}
PeBuilder& PeBuilder::rich() {
  rich_ = true;
  return *this;
}
PeBuilder& PeBuilder::certificate(std::size_t content_bytes) {
  certificates_.push_back(content_bytes);
  return *this;
}
PeBuilder& PeBuilder::overlay(std::string_view content) {
  overlay_ = content;
  return *this;
}
PeBuilder& PeBuilder::truncate_at(std::size_t size) {
  truncate_at_ = size;
  return *this;
}
PeBuilder& PeBuilder::set_u16(std::size_t offset, std::uint16_t value) {
  patches16_.emplace_back(offset, value);
  return *this;
}
PeBuilder& PeBuilder::set_u32(std::size_t offset, std::uint32_t value) {
  patches32_.emplace_back(offset, value);
  return *this;
}

void PeBuilder::put_rich(Part& file) const {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 2> kTools{
      {{0x0104'6D8F, 3}, {0x0102'6D8F, 41}}};
  constexpr std::uint32_t kOffset = 0x80;
  std::uint32_t key = kOffset;
  for (std::uint32_t i = 0; i < kOffset; ++i)
    if (i < 0x3C || i >= 0x40)
      key += std::rotl(static_cast<std::uint32_t>(file.bytes[i]), static_cast<int>(i % 32));
  for (const auto& [tool, count] : kTools) key += std::rotl(tool, static_cast<int>(count % 32));
  std::uint32_t at = kOffset;
  const auto put = [&](std::uint32_t word) { file.set(std::exchange(at, at + 4), word); };
  put(0x536E'6144 ^ key);  // DanS
  for (int i = 0; i < 3; ++i) put(key);
  for (const auto& [tool, count] : kTools) {
    put(tool ^ key);
    put(count ^ key);
  }
  put(0x6863'6952);  // Rich
  put(key);
}

void PeBuilder::put_headers(Part& file, const Directories& directories,
                            const std::vector<Placed>& sections) const {
  file.put_text("MZ", false);
  file.bytes.resize(kPeOffset);
  file.set<std::uint32_t>(0x3C, kPeOffset);
  if (rich_) put_rich(file);
  file.put<std::uint32_t>(0x4550);  // PE
  file.put(machine_);
  file.put(static_cast<std::uint16_t>(sections.size()));
  file.put(timestamp_);
  file.put<std::uint64_t>(0);  // symbols
  file.put<std::uint16_t>(is_64_ ? 240 : 224);
  file.put(characteristics_);
  file.put<std::uint16_t>(is_64_ ? 0x20B : 0x10B);
  file.put<std::uint16_t>(0x000E);  // linker 14.0
  for (int i = 0; i < 3; ++i) file.put<std::uint32_t>(0);
  file.put(kPage);  // entry point
  file.put(kPage);  // base of code
  if (!is_64_) file.put(kPage);
  is_64_ ? file.put(image_base_) : file.put(static_cast<std::uint32_t>(image_base_));
  file.put(kPage);
  file.put(kSector);
  for (const int version : {6, 0, 0, 0, 6, 1}) file.put(static_cast<std::uint16_t>(version));
  file.put<std::uint32_t>(0);
  const Placed& last = sections.back();
  file.put(last.rva + round_up(last.virtual_size, kPage));
  file.put(kHeaderBytes);
  file.put<std::uint32_t>(0xABCD);  // checksum
  file.put<std::uint16_t>(3);       // console
  file.put<std::uint16_t>(0x8160);
  for (int i = 0; i < 4; ++i)
    is_64_ ? file.put<std::uint64_t>(0x1000) : file.put<std::uint32_t>(0x1000);
  file.put<std::uint32_t>(0);
  file.put<std::uint32_t>(16);
  for (const auto& [rva, size] : directories.entries) {
    file.put(rva);
    file.put(size);
  }
  for (const Placed& one : sections) {
    std::string name = one.section.name;
    name.resize(8);
    file.put_text(name, false);
    for (const std::uint32_t value : {one.virtual_size, one.rva, one.raw_size, one.raw_offset})
      file.put(value);
    file.put<std::uint64_t>(0);
    file.put<std::uint32_t>(0);
    file.put<std::uint32_t>(one.section.name == ".text" ? 0x6000'0020 : 0x4000'0040);
  }
  file.bytes.resize(kHeaderBytes);
}

PeBytes PeBuilder::bytes() const {
  Directories directories;
  Part data{2 * kPage};
  data.put_text("rdata");
  put_imports(data, directories);
  put_delay_imports(data, directories);
  put_exports(data, directories);
  put_details(data, directories);
  Part resources{data.rva + round_up(data.bytes.size(), kPage)};
  put_resources(resources, directories);

  const auto content = [](const Part& part) { return std::string{Bytes{part.bytes}.chars()}; };
  std::vector<Section> all{{".text", std::string(16, '\xC3'), 0}, {".rdata", content(data), 0}};
  if (!resources.bytes.empty()) all.push_back({".rsrc", content(resources), 0});
  all.insert(all.end(), sections_.begin(), sections_.end());
  std::vector<Placed> placed;
  std::uint32_t rva = kPage, offset = kHeaderBytes;
  for (const Section& one : all) {
    const std::uint32_t raw = round_up(one.content.size(), kSector);
    const std::uint32_t size =
        one.virtual_size != 0 ? one.virtual_size : static_cast<std::uint32_t>(one.content.size());
    placed.push_back({one, rva, size, raw == 0 ? 0 : offset, raw});
    rva += round_up(size, kPage);
    offset += raw;
  }
  const std::size_t overlay_end = offset + overlay_.size();
  const std::uint32_t certificates = round_up(overlay_end, 8);
  std::uint32_t certificate_bytes = 0;
  for (const std::size_t one : certificates_) certificate_bytes += round_up(one + 8, 8);
  if (certificate_bytes != 0) directories.entries[4] = {certificates, certificate_bytes};

  Part file;
  put_headers(file, directories, placed);
  for (const Placed& one : placed) {
    file.put_text(one.section.content, false);
    file.align(kSector);
  }
  file.put_text(overlay_, false);
  if (certificate_bytes != 0) file.align(8);
  for (const std::size_t one : certificates_) {
    file.put(static_cast<std::uint32_t>(one + 8));
    file.put<std::uint32_t>(0x0002'0200);
    file.bytes.resize(file.bytes.size() + round_up(one, 8));
  }
  for (const auto& [at, value] : patches16_) {
    const auto half = static_cast<std::uint16_t>(value);
    std::memcpy(file.bytes.data() + at, &half, sizeof half);
  }
  for (const auto& [at, value] : patches32_)
    std::memcpy(file.bytes.data() + at, &value, sizeof value);
  if (truncate_at_ < file.bytes.size()) file.bytes.resize(truncate_at_);
  return file.bytes;
}

}  // namespace hozen::builders
