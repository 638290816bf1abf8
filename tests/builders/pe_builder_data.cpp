#include <algorithm>
#include <map>

#include "collector/base/text.h"
#include "tests/builders/pe_builder_part.h"

namespace hozen::builders {
namespace {

/// Of .rdata: 0x400 bytes of headers and one sector of code lie before it.
constexpr std::uint32_t kDataRva = 0x2000, kDataOffset = 0x600;

/// A structure of version information; lengths are set when its content is there.
class Node {
 public:
  Node(PeBytes& out, std::string_view key, std::uint16_t value_length, std::uint16_t type)
      : out_{out} {
    align();
    begin_ = out_.size();
    put(0);
    put(value_length);
    put(type);
    put_text(key);
    align();
  }
  ~Node() {
    const auto length = static_cast<std::uint16_t>(out_.size() - begin_);
    std::memcpy(out_.data() + begin_, &length, sizeof length);
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void put(std::uint16_t value) {
    out_.push_back(static_cast<std::byte>(value & 0xFF));
    out_.push_back(static_cast<std::byte>(value >> 8));
  }
  void put_text(std::string_view text) {
    for (const char16_t unit : utf16_from_wtf8(text)) put(unit);
    put(0);
  }

 private:
  void align() { out_.resize((out_.size() + 3) / 4 * 4); }
  PeBytes& out_;
  std::size_t begin_ = 0;
};

}  // namespace

std::uint32_t PeBuilder::put_thunks(Part& part, const std::vector<std::string>& functions,
                                    std::uint64_t base) const {
  std::vector<std::uint64_t> thunks;
  for (const std::string& function : functions) {
    if (function.starts_with('#')) {
      thunks.push_back(std::stoull(function.substr(1)) | (is_64_ ? 1ull << 63 : 1ull << 31));
      continue;
    }
    part.align(2);
    thunks.push_back(base + part.at());
    part.put<std::uint16_t>(7);  // hint
    part.put_text(function);
  }
  thunks.push_back(0);
  part.align(8);
  const std::uint32_t place = part.at();
  for (const std::uint64_t thunk : thunks)
    is_64_ ? part.put(thunk) : part.put(static_cast<std::uint32_t>(thunk));
  return place;
}

void PeBuilder::put_imports(Part& part, Directories& directories) const {
  if (imports_.empty()) return;
  const std::size_t size = (imports_.size() + 1) * 20;
  std::uint32_t entry = part.room(size);
  directories.entries[1] = {entry, static_cast<std::uint32_t>(size)};
  for (const Library& library : imports_) {
    const std::uint32_t names = put_thunks(part, library.functions, 0);
    const std::uint32_t addresses = put_thunks(part, library.functions, 0);
    part.set(entry, name_tables_ ? names : 0);
    part.set(entry + 12, part.at());
    part.set(entry + 16, addresses);
    part.put_text(library.name);
    entry += 20;
  }
}

void PeBuilder::put_delay_imports(Part& part, Directories& directories) const {
  if (delay_imports_.empty()) return;
  const std::size_t size = (delay_imports_.size() + 1) * 32;
  std::uint32_t entry = part.room(size);
  directories.entries[13] = {entry, static_cast<std::uint32_t>(size)};
  const auto base = absolute_delay_ ? static_cast<std::uint32_t>(image_base_) : 0;
  for (const Library& library : delay_imports_) {
    const std::uint32_t names = put_thunks(part, library.functions, base);
    part.set<std::uint32_t>(entry, absolute_delay_ ? 0 : 1);
    part.set(entry + 4, base + part.at());
    part.set(entry + 16, base + names);
    part.put_text(library.name);
    entry += 32;
  }
}

void PeBuilder::put_exports(Part& part, Directories& directories) const {
  if (!export_library_) return;
  std::vector<std::uint32_t> named;
  for (std::uint32_t i = 0; i < exports_.size(); ++i)
    if (!exports_[i].first.empty()) named.push_back(i);
  std::ranges::sort(named, {}, [this](std::uint32_t i) { return exports_[i].first; });
  const std::uint32_t directory = part.room(40);
  const std::uint32_t functions = part.room(4 * exports_.size());
  const std::uint32_t names = part.room(4 * named.size());
  const std::uint32_t ordinals = part.room(2 * named.size());
  part.set(directory + 4, timestamp_);
  part.set(directory + 12, part.at());
  part.put_text(*export_library_);
  part.set(directory + 16, ordinal_base_);
  part.set(directory + 20, static_cast<std::uint32_t>(exports_.size()));
  part.set(directory + 24, static_cast<std::uint32_t>(named.size()));
  part.set(directory + 28, functions);
  part.set(directory + 32, names);
  part.set(directory + 36, ordinals);
  for (std::uint32_t i = 0; i < exports_.size(); ++i) {
    const std::string& forwarder = exports_[i].second;
    part.set(functions + 4 * i, forwarder.empty() ? 0x1000 + i : part.at());
    if (!forwarder.empty()) part.put_text(forwarder);
  }
  for (std::uint32_t i = 0; i < named.size(); ++i) {
    part.set(names + 4 * i, part.at());
    part.put_text(exports_[named[i]].first);
    part.set(ordinals + 2 * i, static_cast<std::uint16_t>(named[i]));
  }
  directories.entries[0] = {directory, part.at() - directory};
}

void PeBuilder::put_details(Part& part, Directories& directories) const {
  const std::uint32_t debug_entries = (pdb_ ? 1u : 0u) + (reproducible_ ? 1u : 0u);
  if (debug_entries != 0) {
    const std::uint32_t debug = part.room(std::size_t{debug_entries} * 28);
    directories.entries[6] = {debug, debug_entries * 28};
    if (reproducible_) part.set<std::uint32_t>(debug + (debug_entries - 1) * 28 + 12, 16);
    if (pdb_) {
      const std::uint32_t place = part.at();
      part.put_text(pdb_time_ ? "NB10" : "RSDS", false);
      if (pdb_time_) {
        part.put<std::uint32_t>(0);  // offset, of no use where the symbols are in another file
        part.put(*pdb_time_);
      } else {
        for (const std::byte one : guid_.bytes) part.put(one);
      }
      part.put(age_);
      part.put_text(*pdb_);
      part.set<std::uint32_t>(debug + 12, 2);
      part.set(debug + 16, part.at() - place);
      part.set(debug + 20, place);
      part.set(debug + 24, place - kDataRva + kDataOffset);
    }
  }
  if (tls_callbacks_) {
    const std::uint32_t width = is_64_ ? 8 : 4;
    const std::uint32_t tls = part.room(4 * width + 8);
    directories.entries[9] = {tls, 4 * width + 8};
    const std::uint32_t list = part.room((*tls_callbacks_ + 1) * width);
    const auto set_address = [&](std::uint32_t place, std::uint64_t address) {
      is_64_ ? part.set(place, address) : part.set(place, static_cast<std::uint32_t>(address));
    };
    set_address(tls + 3 * width, image_base_ + list);
    for (std::uint32_t i = 0; i < *tls_callbacks_; ++i)
      set_address(list + i * width, image_base_ + 0x1000 + i);
  }
  if (clr_) {
    const std::uint32_t header = part.room(72);
    directories.entries[14] = {header, 72};
    part.set<std::uint32_t>(header, 72);
    part.set<std::uint32_t>(header + 4, 0x0005'0002);
    part.align(4);
    part.set(header + 8, part.at());
    part.set<std::uint32_t>(header + 16, 1);
    part.put_text("BSJB", false);
    part.put<std::uint32_t>(0x0001'0001);
    part.put<std::uint32_t>(0);
    part.put(static_cast<std::uint32_t>((clr_->size() + 4) / 4 * 4));
    part.put_text(*clr_);
    part.align(4);
  }
}

PeBytes PeBuilder::version_resource() const {
  PeBytes out;
  if (numbers_ || !tables_.empty()) put_version(out);
  return out;
}

void PeBuilder::put_version(PeBytes& out) const {
  Node root{out, "VS_VERSION_INFO", static_cast<std::uint16_t>(numbers_ ? 52 : 0), 0};
  if (numbers_) {
    const auto put = [&](std::uint32_t value) {
      root.put(static_cast<std::uint16_t>(value));
      root.put(static_cast<std::uint16_t>(value >> 16));
    };
    put(0xFEEF'04BD);
    put(0x0001'0000);
    for (const auto& version : {numbers_->first, numbers_->second})
      for (const std::size_t i : {1u, 0u, 3u, 2u}) root.put(version[i]);
    put(0x3F);
    put(0x1);  // debug
    put(0x0004'0004);
    put(1);
    for (int i = 0; i < 3; ++i) put(0);
  }
  if (tables_.empty()) return;
  {
    Node block{out, "StringFileInfo", 0, 1};
    for (const auto& [language, strings] : tables_) {
      Node table{out, language, 0, 1};
      for (const auto& [name, value] : strings) {
        const auto units = static_cast<std::uint16_t>(utf16_length(value));
        Node text{out, name, static_cast<std::uint16_t>(units == 0 ? 0 : units + 1), 1};
        if (units != 0) text.put_text(value);
      }
    }
  }
  Node block{out, "VarFileInfo", 0, 1};
  Node translation{out, "Translation", static_cast<std::uint16_t>(4 * tables_.size()), 0};
  for (const auto& [language, strings] : tables_) {
    translation.put(static_cast<std::uint16_t>(std::stoul(language.substr(0, 4), nullptr, 16)));
    translation.put(static_cast<std::uint16_t>(std::stoul(language.substr(4), nullptr, 16)));
  }
}

void PeBuilder::put_resources(Part& part, Directories& directories) const {
  std::vector<Resource> all = resources_;
  if (const PeBytes version = version_resource(); !version.empty())
    all.push_back({16, 1, 0x409, std::string{Bytes{version}.chars()}});
  if (manifest_) all.push_back({24, 1, 0x409, *manifest_});
  if (all.empty()) return;
  std::map<std::uint16_t, std::map<std::uint16_t, std::map<std::uint16_t, const Resource*>>> tree;
  for (const Resource& one : all) tree[one.type][one.name][one.language] = &one;

  const auto put_folder = [&](std::size_t count) {
    const std::uint32_t folder = part.room(16 + 8 * count);
    part.set(folder + 14, static_cast<std::uint16_t>(count));
    return folder + 16;
  };
  std::uint32_t type_entry = put_folder(tree.size());
  for (const auto& [type, names] : tree) {
    part.set<std::uint32_t>(type_entry, type);
    std::uint32_t name_entry = put_folder(names.size());
    part.set(type_entry + 4, 0x8000'0000 | (name_entry - 16 - part.rva));
    type_entry += 8;
    for (const auto& [name, languages] : names) {
      part.set<std::uint32_t>(name_entry, name);
      std::uint32_t language_entry = put_folder(languages.size());
      part.set(name_entry + 4, 0x8000'0000 | (language_entry - 16 - part.rva));
      name_entry += 8;
      for (const auto& [language, resource] : languages) {
        part.set<std::uint32_t>(language_entry, language);
        const std::uint32_t data = part.room(16);
        part.set(language_entry + 4, data - part.rva);
        language_entry += 8;
        part.set(data, part.at());
        part.set(data + 4, static_cast<std::uint32_t>(resource->content.size()));
        part.put_text(resource->content, false);
      }
    }
  }
  directories.entries[2] = {part.rva, static_cast<std::uint32_t>(part.bytes.size())};
}

}  // namespace hozen::builders
