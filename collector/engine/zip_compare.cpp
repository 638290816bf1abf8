#include "collector/engine/zip_compare.h"

#include <algorithm>
#include <vector>

#include "collector/formats/zip_form.h"

namespace hozen {
namespace {

struct FieldSpec {
  std::size_t length;
  std::string_view name;
};

constexpr FieldSpec kLocal[] = {{4, "signature"},   {2, "version needed"}, {2, "flags"},
                                {2, "method"},      {2, "time"},           {2, "date"},
                                {4, "CRC"},         {4, "stored size"},    {4, "size"},
                                {2, "name length"}, {2, "extra length"}};
constexpr FieldSpec kDescriptor[] = {{4, "signature"}, {4, "CRC"}, {8, "stored size"}, {8, "size"}};
constexpr FieldSpec kCentral[] = {{4, "signature"},
                                  {2, "version made by"},
                                  {2, "version needed"},
                                  {2, "flags"},
                                  {2, "method"},
                                  {2, "time"},
                                  {2, "date"},
                                  {4, "CRC"},
                                  {4, "stored size"},
                                  {4, "size"},
                                  {2, "name length"},
                                  {2, "extra length"},
                                  {2, "comment length"},
                                  {2, "disk"},
                                  {2, "internal attributes"},
                                  {4, "external attributes"},
                                  {4, "offset of the local header"}};
constexpr FieldSpec kZip64End[] = {{4, "ZIP64 signature"},
                                   {8, "ZIP64 record length"},
                                   {2, "ZIP64 version made by"},
                                   {2, "ZIP64 version needed"},
                                   {4, "ZIP64 disk"},
                                   {4, "ZIP64 disk of the directory"},
                                   {8, "ZIP64 entries on this disk"},
                                   {8, "ZIP64 entries"},
                                   {8, "ZIP64 directory size"},
                                   {8, "ZIP64 directory offset"},
                                   {4, "ZIP64 locator signature"},
                                   {4, "ZIP64 locator disk"},
                                   {8, "ZIP64 locator offset"},
                                   {4, "ZIP64 locator disks"}};
constexpr FieldSpec kEnd[] = {{4, "signature"},
                              {2, "disk"},
                              {2, "disk of the directory"},
                              {2, "entries on this disk"},
                              {2, "entries"},
                              {4, "directory size"},
                              {4, "directory offset"},
                              {2, "comment length"}};

using Fields = std::vector<FieldSpec>;

template <std::size_t N>
void append(Fields& fields, const FieldSpec (&more)[N]) {
  fields.insert(fields.end(), std::begin(more), std::end(more));
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  if (at + 2 > bytes.size()) return 0;
  return static_cast<unsigned char>(bytes[at]) +
         std::size_t{static_cast<unsigned char>(bytes[at + 1])} * 256;
}

Fields fields_of(ZipStructure structure, std::string_view expected) {
  Fields fields;
  switch (structure) {
    case ZipStructure::local_header:
      append(fields, kLocal);
      fields.push_back({number_at(expected, 26), "name"});
      break;
    case ZipStructure::descriptor:
      append(fields, kDescriptor);
      break;
    case ZipStructure::central_header:
      append(fields, kCentral);
      fields.push_back({number_at(expected, 28), "name"});
      break;
    case ZipStructure::end_records:
      if (expected.size() > kZipEndBytes) append(fields, kZip64End);
      append(fields, kEnd);
      break;
  }
  return fields;
}

}  // namespace

std::optional<ZipDifference> find_zip_difference(ZipStructure structure, std::string_view expected,
                                                 std::string_view actual) {
  const auto [at, other] =
      std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
  if (at == expected.end()) return std::nullopt;
  const auto difference = static_cast<std::uint64_t>(at - expected.begin());
  std::uint64_t offset = 0;
  for (const FieldSpec& field : fields_of(structure, expected)) {
    if (difference < offset + field.length)
      return ZipDifference{std::string{field.name}, offset, field.length};
    offset += field.length;
  }
  return ZipDifference{"extra field", offset, expected.size() - offset};
}

}  // namespace hozen
