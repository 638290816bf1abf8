// MountedDevices of real hives, compared with what reglookup prints of them.
#include "collector/source/mounted_devices.h"

#include "collector/formats/regf.h"
#include "tests/real/real_evidence.h"

namespace hozen {
namespace {

using RealMountedDevices = real::RealEvidence;

/// Of a SYSTEM hive.
MountedDevices mounted_of(std::string_view name) {
  const auto hive = regf::Hive::open(real::evidence(name));
  if (!hive || !(*hive)->root()) return {};
  const auto key = (*hive)->root()->find("MountedDevices");
  std::vector<regf::Value> owned;
  if (key)
    key->each_value([&](const regf::Value& value) {
      owned.push_back(value);
      return true;
    });
  std::vector<MountedValue> values;
  values.reserve(owned.size());
  for (const regf::Value& value : owned) values.push_back({value.name, Bytes{value.data}});
  return parse_mounted_devices(values);
}

std::string letters(const MountedDevices& mounted) {
  std::string out;
  for (const MountedDevice& device : mounted.devices)
    if (device.letter != '\0') out += device.letter;
  return out;
}

TEST_F(RealMountedDevices, NameAPartitionOfAnMbr) {
  const auto mounted = mounted_of("hives/regipy/SYSTEM.xz");
  ASSERT_EQ(mounted.devices.size(), 11u);
  EXPECT_EQ(letters(mounted), "CDAE");
  EXPECT_EQ(mounted.devices[0].disk_signature, 0x5CBEA03Eu);
  EXPECT_EQ(mounted.devices[0].offset_bytes, 1'048'576u);
  EXPECT_EQ(mounted.devices[1].disk_signature, 0x5CBEA03Eu) << "the volume of C:";
  for (std::size_t i = 2; i < mounted.devices.size(); ++i)
    EXPECT_FALSE(mounted.devices[i].is_partition()) << mounted.devices[i].name;
}

TEST_F(RealMountedDevices, NameAPartitionOfAGpt) {
  const auto mounted = mounted_of("hives/regipy/SYSTEM_B.xz");
  ASSERT_EQ(mounted.devices.size(), 6u);
  EXPECT_EQ(letters(mounted), "CDE");
  ASSERT_TRUE(mounted.devices[0].partition);
  EXPECT_EQ(mounted.devices[0].partition->text(), "{09931F21-7FAF-44A9-81D8-1E73C14B9EAF}");
  for (std::size_t i = 1; i < mounted.devices.size(); ++i)
    EXPECT_FALSE(mounted.devices[i].is_partition()) << mounted.devices[i].name;
}

}  // namespace
}  // namespace hozen
