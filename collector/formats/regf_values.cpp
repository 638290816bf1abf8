// Values: the list, vk cells, data in place, in a cell, or in the segments of a db cell.
#include <algorithm>

#include "collector/formats/regf_impl.h"

namespace hozen::regf {

bool Hive::Impl::visit_values(std::uint32_t key, FunctionRef<bool(const ValueView&)> visit) {
  const auto node = key_node(key);
  if (!node || !node->has_values()) return true;
  const auto list = cell(node->value_list);
  if (!list) {
    note_cell(Errc::truncated, "value list", node->value_list, key);
    return true;
  }
  const auto room = static_cast<std::uint32_t>(list->data.size() / 4);
  const std::uint32_t count = std::min(node->values, room);
  if (node->values > room) note_cell(Errc::truncated, "value list", node->value_list, key);
  // Set before the visits: a visitor may look up another value of the same key meanwhile.
  const bool first_read = values_read.set(key);
  if (!claim(node->value_list, list->data, std::uint64_t{count} * 4) && first_read &&
      !charge(std::uint64_t{count} * 4)) {
    note_cell(Errc::limit, "value list that several keys use", node->value_list, key);
    values_read.reset(key);
    return true;
  }
  if (first_read) note_spare_entries(key, list->data, count);
  // A first reading is always finished, so that all that belongs to the key is known to be its own.
  std::vector<std::byte> assembled;
  bool go_on = true;
  for (std::uint32_t i = 0; i < count && (go_on || first_read); ++i) {
    if (const auto next = list->data.get<std::uint32_t>(std::uint64_t{i} * 4 + 8))
      area.prefetch(*next);
    ValueView value;
    const std::uint32_t offset = *list->data.get<std::uint32_t>(std::uint64_t{i} * 4);
    if (read_value(key, offset, first_read, value, assembled) && go_on) go_on = visit(value);
  }
  if (first_read) --unread;
  return go_on;
}

// Windows moves the entries up when it deletes a value and leaves the list's cell as it is.
void Hive::Impl::note_spare_entries(std::uint32_t key, Bytes list, std::uint32_t count) {
  for (std::uint64_t at = std::uint64_t{count} * 4; at + 4 <= list.size(); at += 4) {
    const std::uint32_t offset = *list.get<std::uint32_t>(at);
    if (offset == 0 || offset % kCellAlignment != 0 || !area.contains(offset, kMinRemnantBytes) ||
        area.get<std::uint16_t>(std::uint64_t{offset} + 4) != signature('v', 'k') ||
        spare_entries.size() >= area.size() / sizeof(SpareEntry))
      continue;
    spare_entries.push_back({key, offset});
  }
}

bool Hive::Impl::read_value(std::uint32_t key, std::uint32_t value, bool first_read, ValueView& out,
                            std::vector<std::byte>& assembled) {
  const auto found = cell(value);
  const auto fields = found ? parse_key_value(found->data) : std::nullopt;
  if (!fields) {
    note_cell(found ? Errc::malformed : Errc::truncated, "value", value, key);
    return false;
  }
  if (refused && refused->test(value)) return false;
  if (first_read && !claim(value, found->data, kKeyValueBytes + fields->name.size())) {
    note_cell(Errc::malformed, "value used twice", value, key);
    if (!charge(kKeyValueBytes + std::uint64_t{fields->length()})) {
      note_cell(Errc::limit, "value that several keys use", value, key);
      if (!refused) refused.emplace(area.size());
      refused->set(value);
      return false;
    }
  }
  if (!found->allocated) note_cell(Errc::malformed, "value in a free cell", value, key);
  if (fields->name_cut) note_cell(Errc::truncated, "value name", value, key);
  out.name = fields->name;
  out.latin1_name = fields->has_latin1_name();
  out.type = fields->type;
  out.stated_size = fields->length();
  out.file_offset = std::uint64_t{kBaseBlockBytes} + value;
  read_data(key, value, *fields, out, assembled);
  return true;
}

void Hive::Impl::read_data(std::uint32_t key, std::uint32_t value, const KeyValue& fields,
                           ValueView& out, std::vector<std::byte>& assembled) {
  const bool first_read = !values_read.test(value);
  bool complete = true;
  std::uint32_t length = fields.length();
  if (fields.is_inline()) {
    out.data = fields.inline_data.head(length);
  } else if (length != 0) {
    if (length > kMaxValueBytes) {
      note_cell(Errc::limit, "value data", value, key);
      length = kMaxValueBytes;
    }
    const auto found = cell(fields.data);
    if (!found) {
      note_cell(Errc::truncated, "value data", fields.data, key);
    } else if (length > kBigDataSegmentBytes && found->data.size() < length &&
               found->data.get<std::uint16_t>(0) == signature('d', 'b')) {
      // By version (1.4 and later) the sources disagree; a cell too small for the data decides.
      complete = assemble(key, fields.data, found->data, length, first_read, assembled);
      out.data = Bytes{assembled};
    } else if (!claim(fields.data, found->data, length) && first_read && !charge(length)) {
      note_cell(Errc::limit, "value data that several values use", fields.data, key);
      complete = false;
    } else {
      out.data = found->data.head(length);
    }
  }
  if (complete) values_read.set(value);
  out.incomplete = out.data.size() < fields.length();
  if (out.incomplete) note_cell(Errc::truncated, "value data", value, key);
}

// False when the budget ended it: the value then stays unread, so that it is charged again.
bool Hive::Impl::assemble(std::uint32_t key, std::uint32_t data_cell, Bytes db,
                          std::uint32_t length, bool first_read,
                          std::vector<std::byte>& assembled) {
  assembled.clear();
  const auto count = db.get<std::uint16_t>(2);
  const auto list_offset = db.get<std::uint32_t>(4);
  const auto list = list_offset ? cell(*list_offset) : std::nullopt;
  if (!count || !list) {
    note_cell(Errc::truncated, "big data", data_cell, key);
    return true;
  }
  const bool shared = !claim(data_cell, db, kBigDataBytes);
  claim(*list_offset, list->data, std::uint64_t{*count} * 4);
  const auto room = static_cast<std::uint32_t>(list->data.size() / 4);
  for (std::uint32_t i = 0; i < *count && i < room && assembled.size() < length; ++i) {
    const std::uint32_t offset = *list->data.get<std::uint32_t>(std::uint64_t{i} * 4);
    const auto segment = cell(offset);
    if (!segment) {
      note_cell(Errc::truncated, "big data segment", offset, key);
      break;
    }
    const Bytes part = segment->data.head(
        std::min<std::uint64_t>(kBigDataSegmentBytes, length - assembled.size()));
    const bool again = !claim(offset, segment->data, part.size());
    if ((again || shared) && first_read && !charge(part.size())) {
      note_cell(Errc::limit, "big data that several values use", offset, key);
      return false;
    }
    assembled.insert(assembled.end(), part.span().begin(), part.span().end());
  }
  return true;
}

}  // namespace hozen::regf
