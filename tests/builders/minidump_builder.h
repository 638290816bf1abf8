// A memory dump of one process that has nothing but its list of modules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/text.h"

namespace hozen::builders {

/// `time_stamp` in seconds since 1970; at least `size` bytes long.
inline std::vector<std::byte> minidump(const std::vector<std::string>& modules,
                                       std::uint32_t time_stamp = 1'700'000'000,
                                       std::size_t size = 0) {
  std::vector<std::byte> out;
  const auto put = [&](std::uint64_t value, std::size_t bytes) {
    constexpr std::size_t kValueBytes = 8;  // zeros behind them
    for (std::size_t i = 0; i < bytes; ++i)
      out.push_back(static_cast<std::byte>(i < kValueBytes ? (value >> (8 * i)) & 0xFFU : 0U));
  };
  put(0x504D'444D, 4);  // "MDMP"
  put(0x0000'A793, 4);  // version
  put(2, 4);            // streams
  put(32, 4);           // their directory
  put(0, 4);            // checksum
  put(time_stamp, 4);
  put(0, 8);                         // flags
  put(7, 4), put(0, 4), put(0, 4);   // SystemInfoStream, empty
  put(4, 4), put(0, 4), put(56, 4);  // ModuleListStream
  put(modules.size(), 4);
  std::uint64_t name = 60 + 108 * modules.size();
  for (const std::string& module : modules) {
    put(0x7FF0'0000'0000, 8), put(0x1000, 4), put(0, 4), put(0, 4);
    put(name, 4);
    put(0, 84);
    name += 4 + 2 * utf16_length(module) + 2;
  }
  for (const std::string& module : modules) {
    const std::u16string text = utf16_from_wtf8(module);
    put(2 * text.size(), 4);
    for (const char16_t unit : text) put(unit, 2);
    put(0, 2);
  }
  if (out.size() < size) out.resize(size);
  return out;
}

}  // namespace hozen::builders
