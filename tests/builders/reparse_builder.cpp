#include "tests/builders/reparse_builder.h"

#include "collector/base/text.h"
#include "collector/formats/reparse_point.h"

namespace hozen::builders {
namespace {

void put_u16(std::vector<std::byte>& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value & 0xFF));
  out.push_back(static_cast<std::byte>(value >> 8 & 0xFF));
}

void put_u32(std::vector<std::byte>& out, std::uint32_t value) {
  put_u16(out, value & 0xFFFF);
  put_u16(out, value >> 16);
}

void put_text(std::vector<std::byte>& out, std::string_view text) {
  for (const char16_t unit : utf16_from_wtf8(text)) put_u16(out, unit);
}

/// Substitute name and an empty print name, each with its terminator.
std::vector<std::byte> names(std::string_view target, bool symbolic, bool relative) {
  const std::size_t length = utf16_from_wtf8(target).size() * 2;
  std::vector<std::byte> data;
  put_u16(data, 0);
  put_u16(data, length);
  put_u16(data, length + 2);
  put_u16(data, 0);
  if (symbolic) put_u32(data, relative ? 1 : 0);
  put_text(data, target);
  put_u16(data, 0);
  put_u16(data, 0);
  return data;
}

}  // namespace

std::vector<std::byte> reparse_point(std::uint32_t tag, const std::vector<std::byte>& data) {
  std::vector<std::byte> point;
  put_u32(point, tag);
  put_u16(point, data.size());
  put_u16(point, 0);
  point.insert(point.end(), data.begin(), data.end());
  return point;
}

std::vector<std::byte> junction(std::string_view target) {
  return reparse_point(kReparseTagMountPoint, names(target, false, false));
}

std::vector<std::byte> symbolic_link(std::string_view target, bool relative) {
  return reparse_point(kReparseTagSymbolicLink, names(target, true, relative));
}

}  // namespace hozen::builders
