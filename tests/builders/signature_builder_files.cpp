// Catalogs, and executables with a certificate table.
#include <algorithm>
#include <cstring>

#include "collector/base/bytes.h"
#include "tests/builders/signature_builder_part.h"

namespace hozen::builders {

using namespace made;
using authenticode::Algorithm;
using authenticode::Digest;

Der catalog_list(const std::vector<CatalogEntry>& entries) {
  std::vector<Der> members;
  const auto name_value = [](std::string_view name, std::string_view value) {
    return sequence({tlv(0x1E, utf16_big(name)), tlv(0x02, {std::byte{1}}),
                     octets(utf16_little_with_nul(value))});
  };
  const Der image = sequence(
      {tlv(0x03, {std::byte{0}}), tlv(0xA0, tlv(0xA2, tlv(0x80, utf16_big("<<<Obsolete>>>"))))});
  for (const CatalogEntry& one : entries) {
    std::vector<Der> attributes;
    if (!one.file.empty())
      attributes.push_back(attribute("1.3.6.1.4.1.311.12.2.1", name_value("File", one.file)));
    if (!one.is_tag_only)
      attributes.push_back(
          attribute("1.3.6.1.4.1.311.2.1.4",
                    sequence({sequence({object("1.3.6.1.4.1.311.2.1.15"), image}),
                              sequence({algorithm_identifier(digest_object(one.digest.algorithm)),
                                        octets(one.digest.bytes)})})));
    std::string hex;
    for (const std::byte byte : one.digest.bytes) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      hex += kDigits[std::to_integer<unsigned>(byte) >> 4];
      hex += kDigits[std::to_integer<unsigned>(byte) & 0xF];
    }
    members.push_back(
        sequence({octets(one.is_tag_only ? one.digest.bytes : utf16_little_with_nul(hex)),
                  tlv(0x31, sorted(attributes))}));
  }
  const Der extension =
      sequence({object("1.3.6.1.4.1.311.12.2.1"), octets(name_value("OS", "_v100"))});
  return sequence({sequence({object("1.3.6.1.4.1.311.12.1.1")}), octets(Der(16, std::byte{5})),
                   tlv(0x17, bytes_of_text("220630072434Z")),
                   sequence({object("1.3.6.1.4.1.311.12.1.2"), tlv(0x05, {})}), sequence(members),
                   tlv(0xA0, sequence({extension}))});
}

namespace {

std::uint32_t read_u32(const PeBytes& file, std::size_t offset) {
  return Bytes{file}.get<std::uint32_t>(offset).value_or(0);
}

void put_u32(PeBytes& file, std::size_t offset, std::uint32_t value) {
  std::memcpy(&file.at(offset), &value, sizeof value);
}

std::size_t directory_at(const PeBytes& file) {
  const std::size_t optional = read_u32(file, 0x3C) + 24;
  const bool is_64 = Bytes{file}.get<std::uint16_t>(optional) == std::uint16_t{0x20B};
  return optional + (is_64 ? 112 : 96) + 4 * 8;
}

}  // namespace

Digest image_digest(PeBytes file, Algorithm algorithm) {
  file.resize((file.size() + 7) / 8 * 8);
  const std::size_t checksum = read_u32(file, 0x3C) + 24 + 64, directory = directory_at(file);
  const auto at = [&](std::size_t offset) {
    return file.begin() + static_cast<std::ptrdiff_t>(offset);
  };
  Der hashed{file.begin(), at(checksum)};
  hashed.insert(hashed.end(), at(checksum + 4), at(directory));
  hashed.insert(hashed.end(), at(directory + 8), file.end());
  return {algorithm, digest_bytes(algorithm, hashed)};
}

PeBytes add_table(PeBytes file, const std::vector<Der>& signatures, std::string_view hidden) {
  file.resize((file.size() + 7) / 8 * 8);
  const auto begin = static_cast<std::uint32_t>(file.size());
  for (const Der& one : signatures) {
    const std::size_t at = file.size();
    const std::size_t size = (8 + one.size() + hidden.size() + 7) / 8 * 8;
    file.resize(at + size);
    put_u32(file, at, static_cast<std::uint32_t>(size));
    put_u32(file, at + 4, 0x0002'0200);
    std::ranges::copy(one, file.begin() + static_cast<std::ptrdiff_t>(at + 8));
    std::ranges::copy(bytes_of_text(hidden),
                      file.begin() + static_cast<std::ptrdiff_t>(at + 8 + one.size()));
  }
  put_u32(file, directory_at(file), begin);
  put_u32(file, directory_at(file) + 4, static_cast<std::uint32_t>(file.size()) - begin);
  return file;
}

PeBytes sign(const PeBytes& file, const MakeSignature& make) {
  return add_table(file, {make(image_digest(file))});
}

}  // namespace hozen::builders
