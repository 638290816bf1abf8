// How the text of a task definition is encoded, and the digests that the registry keeps of it.
#include "collector/base/ansi_text.h"
#include "collector/base/crc32.h"
#include "collector/base/text.h"
#include "collector/formats/task_xml.h"
#include "collector/formats/task_xml_impl.h"

namespace hozen {
namespace {

std::string swapped(Bytes text) {
  std::string bytes{text.head(text.size() & ~std::size_t{1}).chars()};
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) std::swap(bytes[i], bytes[i + 1]);
  return bytes;
}

}  // namespace

DecodedTaskXml decode_task_xml(Bytes file) {
  const std::string_view start = file.head(4).chars();
  using namespace std::string_view_literals;
  if (start.starts_with("\xFF\xFE"))
    return {wtf8_from_utf16le(file.tail(2)), "utf-16le", true, false};
  if (start.starts_with("\xFE\xFF"))
    return {wtf8_from_utf16le(bytes_of(swapped(file.tail(2)))), "utf-16be", true, false};
  if (start.starts_with("\xEF\xBB\xBF"sv)) {
    const std::string_view text = file.tail(3).chars();
    if (is_wtf8(text)) return {std::string{text}, "utf-8", true, false};
    return {decode_ansi(file.tail(3), false).text, "ansi", true, true};
  }
  if (start.size() >= 2 && start[0] != '\0' && start[1] == '\0')
    return {wtf8_from_utf16le(file), "utf-16le", false, false};
  if (start.size() >= 2 && start[0] == '\0' && start[1] != '\0')
    return {wtf8_from_utf16le(bytes_of(swapped(file))), "utf-16be", false, false};
  if (is_wtf8(file.chars())) return {std::string{file.chars()}, "utf-8", false, false};
  return {decode_ansi(file, false).text, "ansi", false, true};
}

Bytes hashed_part(Bytes task_xml) {
  const std::string_view start = task_xml.head(3).chars();
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return task_xml.tail(2);
  return start == "\xEF\xBB\xBF" ? task_xml.tail(3) : task_xml;
}

std::uint32_t task_crc32(Bytes task_xml) { return ~crc32_of(hashed_part(task_xml).span()); }

}  // namespace hozen
