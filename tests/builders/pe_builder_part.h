// Bytes of an executable that is being written, and what both files of its builder share.
#pragma once

#include <array>
#include <cstring>

#include "collector/base/bytes.h"
#include "tests/builders/pe_builder.h"

namespace hozen::builders {

struct PeBuilder::Part {
  std::uint32_t rva = 0;  ///< of the first byte
  PeBytes bytes{};

  std::uint32_t at() const { return rva + static_cast<std::uint32_t>(bytes.size()); }
  template <class T>
  void put(T value) {
    const std::size_t size = bytes.size();
    bytes.resize(size + sizeof value);
    std::memcpy(bytes.data() + size, &value, sizeof value);
  }
  void put_text(std::string_view text, bool with_nul = true) {
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    if (with_nul) bytes.push_back(std::byte{0});
  }
  void align(std::size_t unit) { bytes.resize((bytes.size() + unit - 1) / unit * unit); }
  /// Room for `count` bytes, written later: returns its RVA.
  std::uint32_t room(std::size_t count) {
    align(8);
    const std::uint32_t place = at();
    bytes.resize(bytes.size() + count);
    return place;
  }
  template <class T>
  void set(std::uint32_t place, T value) {
    std::memcpy(bytes.data() + (place - rva), &value, sizeof value);
  }
};

struct PeBuilder::Directories {
  std::array<std::pair<std::uint32_t, std::uint32_t>, 16> entries{};
};

struct PeBuilder::Placed {
  Section section;
  std::uint32_t rva, virtual_size, raw_offset, raw_size;
};

}  // namespace hozen::builders
