#include "collector/formats/ntfs_file_name.h"

#include "collector/base/text.h"

namespace hozen::ntfs {
namespace {

constexpr std::size_t kNameUnitsOffset = 64;

}  // namespace

std::string_view to_text(NameSpace name_space) {
  switch (name_space) {
    case NameSpace::posix:
      return "posix";
    case NameSpace::win32:
      return "win32";
    case NameSpace::dos:
      return "dos";
    case NameSpace::win32_and_dos:
      return "win32_and_dos";
  }
  return "";
}

std::size_t file_name_bytes(Bytes body) {
  const auto units = body.get<std::uint8_t>(kNameUnitsOffset);
  return units ? kFileNameHeaderBytes + std::size_t{*units} * 2 : 0;
}

Result<FileName> parse_file_name(Bytes body) {
  HOZEN_TRY(const auto header, body.fixed<kFileNameHeaderBytes>(0, "ntfs file name"));
  HOZEN_TRY(const Bytes units,
            body.slice(kFileNameHeaderBytes, std::uint64_t{header.u8<kNameUnitsOffset>()} * 2,
                       "ntfs file name text"));
  FileName name;
  name.parent = FileReference::from_u64(header.u64<0>());
  name.created = {header.u64<8>()};
  name.modified = {header.u64<16>()};
  name.record_changed = {header.u64<24>()};
  name.accessed = {header.u64<32>()};
  name.allocated_bytes = header.u64<40>();
  name.size_bytes = header.u64<48>();
  name.flags = header.u32<56>();
  name.ea_or_reparse_tag = header.u32<60>();
  name.name_space = static_cast<NameSpace>(header.u8<65>());
  append_wtf8_from_utf16le(name.name, units);
  return name;
}

}  // namespace hozen::ntfs
