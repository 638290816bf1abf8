// Seed corpus of fuzz_ntfs_record: file tables with files of every form, sound and damaged.
#include <filesystem>
#include <fstream>

#include "collector/base/bytes.h"
#include "tests/builders/ntfs_builder.h"
#include "tests/builders/reparse_builder.h"

namespace {

using namespace hozen;
using namespace hozen::builders;
using ntfs::NameSpace;

NtfsBuilder sample() {
  NtfsBuilder builder{40};
  const auto folder = builder.folder(builder.root(), "folder");
  const auto inside = builder.folder(folder, "inside");
  const auto file = builder.file(inside, "file.txt", "content");
  builder.stream(file, "ads", "hidden").hard_link(file, folder, "second");
  builder.hard_link(file, inside, "FILE~1.TXT", NameSpace::dos);
  builder.link(folder, "link", junction("\\??\\C:\\folder"));
  builder.fragmented(folder, "pieces", std::string(3000, 'x'));
  NtfsRecordBuilder extension;
  builder.add(extension.base(file).resident({ntfs::attribute_type::kData, "more", {}}));
  const auto gone = builder.folder(builder.root(), "gone");
  builder.remove(builder.file(gone, "deleted", "x")).remove(gone);
  builder.file(folder, "a\xED\xA0\x80", "");
  return builder;
}

/// One record by itself.
NtfsBytes alone(const NtfsRecordBuilder& record, std::uint32_t record_bytes) {
  return record.bytes(0, record_bytes);
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
  const NtfsBytes table = sample().table();
  save(table);
  save(sample().split_table(26).table());
  // The records from the root on, few of them.
  save({table.begin() + 5 * 1024, table.begin() + 6 * 1024});
  save({table.begin() + 24 * 1024, table.begin() + 28 * 1024});
  NtfsBytes torn{table.begin() + 24 * 1024, table.begin() + 27 * 1024};
  torn[1023] ^= std::byte{1};
  save(torn);
  NtfsRecordBuilder record;
  record.standard(FileTime{1}).name({5, 5}, "f").name({0, 1}, "itself");
  record.flags(ntfs::FileRecord::kInUse | ntfs::FileRecord::kDirectory);
  record.non_resident({.runs = {{0, 9, 4}, {4, ntfs::kSparseLcn, 12}},
                       .size = 9000,
                       .initialized = 4096,
                       .flags = 1,
                       .unit_log2 = 4});
  save(alone(record, 512));
  record.resident({ntfs::attribute_type::kAttributeList, "", NtfsBytes(64, std::byte{26})});
  save(alone(record, 1024));
  save(alone(record, 4096));
  save(encode_runs({{0, 100, 5}, {5, ntfs::kSparseLcn, 70'000}, {70'005, 20, 300}}));
  return 0;
}
