// Seed corpus of fuzz_ntfs_volume: small volumes with files, links and compressed content.
#include <filesystem>
#include <fstream>
#include <string>

#include "collector/base/bytes.h"
#include "tests/builders/compression_builder.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/reparse_builder.h"

namespace {

using namespace hozen;
using namespace hozen::builders;

constexpr std::uint64_t kRecords = 40;

NtfsBuilder sample() {
  NtfsBuilder builder{kRecords};
  const auto folder = builder.folder(builder.root(), "d");
  const auto file = builder.file(folder, "f", "content");
  builder.stream(file, "ads", "x").hard_link(file, builder.root(), "F");
  builder.link(folder, "j", junction("\\??\\C:\\d"));
  builder.link(builder.root(), "s", symbolic_link("..\\d\\s", true));
  builder.fragmented(folder, "pieces", std::string(2500, 'x'));
  return builder;
}

NtfsBuilder compressed() {
  NtfsBuilder builder{kRecords};
  const std::string text(4096, 't');
  const auto packed = lznt1(bytes_of(text).span(), Lznt1Chunks::matches);
  auto runs = builder.store(Bytes{packed}.chars());
  const std::uint64_t used = runs.back().end_vcn();
  runs.push_back({used, ntfs::kSparseLcn, 4 - used});
  NtfsRecordBuilder record;
  record.standard(FileTime{1}, 0x800).name(builder.root(), "c");
  record.non_resident(
      {.runs = runs, .size = text.size(), .initialized = text.size(), .flags = 1, .unit_log2 = 2});
  builder.add(record);
  const auto wof = builder.link(builder.root(), "w", wof_reparse_point(1, 2, 1, 0), false);
  builder.record(wof).non_resident(
      {.runs = {{0, ntfs::kSparseLcn, 4}}, .size = text.size(), .flags = ntfs::kAttributeSparse});
  const auto stream = wof_stream(bytes_of(text).span(), WofAlgorithm::xpress4k);
  builder.stream(wof, "WofCompressedData", Bytes{stream}.chars());
  return builder;
}

NtfsBuilder listed() {
  NtfsBuilder builder{kRecords};
  const auto file = builder.file(builder.root(), "f", "x");
  NtfsRecordBuilder extension;
  extension.base(file).resident({ntfs::attribute_type::kData, "more", {}});
  const auto more = builder.add(extension);
  NtfsBytes list(32);
  list[0] = std::byte{0x80};
  list[4] = std::byte{32};
  list[7] = std::byte{26};
  list[16] = static_cast<std::byte>(more.record);
  list[22] = std::byte{1};
  builder.record(file).resident({ntfs::attribute_type::kAttributeList, "", list});
  const auto again = builder.folder(builder.root(), "d");
  builder.hard_link(again, again, "d").hard_link(again, again, "D");
  return builder;
}

/// Deleted files: in their records, on free clusters, on the same and on used ones.
NtfsBuilder deleted() {
  NtfsBuilder builder{kRecords};
  const auto small = builder.file(builder.root(), "small", "x");
  const auto large = builder.file(builder.root(), "large", std::string(3000, 'l'));
  const auto reused = builder.file(builder.root(), "reused", std::string(2000, 'r'));
  builder.stream(large, "ads", std::string(1500, 'a'));
  const auto runs = builder.store(std::string(1000, 's'));
  for (const std::uint16_t flags : {std::uint16_t{0}, ntfs::FileRecord::kInUse}) {
    NtfsRecordBuilder record;
    record.name(builder.root(), "same").flags(flags);
    record.non_resident({ntfs::attribute_type::kData, "", runs, 1000, 1000, 1024});
    builder.add(std::move(record));
  }
  builder.remove(small).remove(large).remove(reused);
  return builder.bitmap({{0, 20, 4}});
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  int number = 0;
  const auto save = [&](const NtfsBytes& bytes) {
    std::ofstream file{folder / ("seed_" + std::to_string(number++)), std::ios::binary};
    file << Bytes{bytes}.chars();
  };
  save(sample().volume());
  save(sample().split_table(26).volume());
  save(compressed().volume());
  save(listed().volume());
  save(deleted().volume());
  NtfsBytes mirrored = sample().volume();
  mirrored[NtfsBuilder::kMftLcn * NtfsBuilder::kClusterBytes] = std::byte{0};
  save(mirrored);
  return 0;
}
