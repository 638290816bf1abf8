// Inside of RegfBuilder: the description of a hive and how it is laid out in cells and bins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/builders/regf_builder.h"

namespace hozen::builders {

enum class Fate : std::uint8_t { live, deleted, unlisted };

struct ValueDescription {
  std::string name;
  RegData data;
  bool utf16_name = false;
  bool deleted = false;
};

struct KeyDescription {
  std::string name = "ROOT";
  FileTime written{};
  std::uint16_t flags = 0;
  std::string class_name{};
  std::vector<std::byte> security{};
  bool utf16_name = false;
  SubkeyList list = SubkeyList::automatic;
  std::size_t keys_a_leaf = 507;
  Fate fate = Fate::live;
  std::vector<ValueDescription> values{};
  std::vector<KeyDescription> subkeys{};
};

struct HiveDescription {
  std::uint32_t major = 1, minor = 5, sequence1 = 1, sequence2 = 1;
  FileTime written{132'500'000'000'000'000};  // 2020-11-16T11:33:20Z
  std::string embedded_name = "\\SystemRoot\\System32\\Config\\TEST";
  std::vector<std::byte> behind_the_bins{};
  KeyDescription root{};
};

/// File offsets of cell data.
struct KeyPlace {
  std::uint64_t key = 0, subkey_list = 0, value_list = 0;
  std::map<std::string, std::uint64_t> values{}, data{};  // by folded name
};

struct HiveImage {
  std::vector<std::byte> bytes;
  std::map<std::string, KeyPlace> places;  // by folded path
};

struct Damage {
  enum Kind : std::uint8_t { truncate, write, cycle, checksum } kind;
  std::uint64_t offset;
  std::uint32_t value;
  std::uint32_t width;
  std::string key, listed;
};

std::vector<std::string> split_path(std::string_view path);
std::string folded_path(std::string_view path);
HiveImage lay_out(const HiveDescription& hive);
void apply(const Damage& damage, HiveImage& image);
/// Writes the checksum of a base block into its place.
void write_base_checksum(std::vector<std::byte>& file);

template <class T>
void put(std::vector<std::byte>& bytes, std::uint64_t offset, T value) {
  if (bytes.size() < offset + sizeof value) bytes.resize(offset + sizeof value);
  const auto raw = std::as_bytes(std::span{&value, 1});
  std::copy(raw.begin(), raw.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace hozen::builders
