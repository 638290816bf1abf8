#include "collector/module/usn_row.h"

namespace hozen {

void usn_fields::write_extents(const UsnRow& row, Cell& cell) {
  if (row.has_name()) return cell.absent(Absent::not_applicable);
  std::string& json = cell.raw();
  json += '[';
  for (const ntfs::UsnExtent& extent : row.record->extents) {
    if (json.back() != '[') json += ',';
    json += "{\"offset\":";
    append_json_number(json, extent.offset);
    json += ",\"length\":";
    append_json_number(json, extent.length);
    json += '}';
  }
  json += ']';
}

const UsnRow& UsnRowMaker::make(const ntfs::UsnRecord& record) {
  row_ = UsnRow{&record};
  if (table_ == nullptr || !row_.has_name()) return row_;
  path_ = volume_;
  row_.path_state = table_->append_folder(path_, record.parent.reference());
  path_ += record.name;
  row_.path = path_;
  return row_;
}

}  // namespace hozen
