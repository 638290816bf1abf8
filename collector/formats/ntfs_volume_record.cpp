#include "collector/formats/ntfs_volume_record.h"

#include "collector/base/text.h"

namespace hozen::ntfs {

VolumeRecord read_volume_record(const FileRecord& record, FunctionRef<void(Error)> problem) {
  VolumeRecord volume;
  const auto read = [&](const Attribute& attribute) {
    if (attribute.type == attribute_type::kVolumeName) {
      volume.label = wtf8_from_utf16le(attribute.value);
    } else if (attribute.type == attribute_type::kVolumeInformation) {
      constexpr std::size_t kInformationBytes = 12;
      const auto fields = attribute.value.fixed<kInformationBytes>(0, "ntfs volume information");
      if (!fields) return problem(fields.error());
      volume.major_version = fields->u8<8>();
      volume.minor_version = fields->u8<9>();
      volume.flags = fields->u16<10>();
    } else if (attribute.type == attribute_type::kStandardInformation) {
      const auto standard = parse_standard_information(attribute.value);
      if (!standard) return problem(standard.error());
      volume.created = standard->created;
    }
  };
  record.each_attribute(read, problem);
  return volume;
}

}  // namespace hozen::ntfs
