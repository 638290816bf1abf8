// Reads all that an NTFS file table or volume lets one reach, asks every accessor, and ends the
// program when more comes out than the reader promises.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "collector/base/text.h"
#include "collector/formats/ntfs_table.h"

namespace hozen::ntfs {

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Every run that the bytes can be read as.
inline void read_runs(Bytes encoded, std::uint64_t volume_clusters) {
  RunReader reader{encoded, 0, volume_clusters};
  std::size_t runs = 0;
  std::uint64_t vcn = 0;
  while (const auto run = reader.next()) {
    ++runs;
    require(run->vcn == vcn && run->clusters != 0);
    require(run->is_sparse() ||
            (run->lcn < volume_clusters && run->clusters <= volume_clusters - run->lcn));
    vcn = run->end_vcn();
  }
  require(vcn == reader.vcn());
  require(runs <= encoded.size() / 2);
}

inline void read_record(const FileRecord& record, std::size_t record_bytes) {
  std::size_t attributes = 0, problems = 0;
  record.each_attribute(
      [&](const Attribute& attribute) {
        ++attributes;
        require(attribute.value.size() <= record_bytes && attribute.runs.size() <= record_bytes);
        if (!attribute.resident) read_runs(attribute.runs, 1u << 20);
        if (attribute.type == attribute_type::kAttributeList) {
          std::size_t entries = 0;
          (void)each_attribute_list_entry(attribute.value,
                                          [&](const AttributeListEntry&) { ++entries; });
          require(entries <= attribute.value.size() / 26);
        }
      },
      [&](const Error& problem) {
        ++problems;
        require(problem.offset.has_value());
      });
  require(attributes + problems <= record_bytes / 24 + 2);
  (void)record.stored_number();
  (void)record.base();
}

inline void check(const File& file) {
  require(file.names.size() <= kMaxNames && file.streams.size() <= kMaxStreams);
  for (const FileName& name : file.names) require(is_wtf8(name.name));
  for (const FileStream& stream : file.streams) {
    require(is_wtf8(stream.name));
    require(file.find_stream(stream.type, stream.name) != nullptr);
  }
  const FileName* const best = file.best_name();
  require((best == nullptr) == file.names.empty());
}

/// A table in both passes.
inline void read_table(ByteSource& bytes, std::uint32_t record_bytes) {
  std::uint64_t slots = 0;
  scan_table(
      bytes, record_bytes,
      [&](std::uint64_t number, Slot& slot) {
        require(number == slots++);
        if (slot.state == SlotState::record || slot.state == SlotState::torn)
          read_record(slot.record, record_bytes);
        return true;
      },
      [](const Error&) {});
  require(slots == bytes.size() / record_bytes);
  FileTable table{bytes, record_bytes};
  table.index([](const Error&) {});
  require(table.counts().slots == slots);
  std::uint64_t files = 0;
  std::string path;
  table.each_file([&](const File& file) {
    ++files;
    check(file);
    for (std::size_t i = 0; i < std::min<std::size_t>(file.names.size(), 4); ++i) {
      path.clear();
      require(!to_text(table.append_path(path, file.names[i])).empty());
      require(path.size() <= kMaxPathBytes + kOrphanFolder.size() + 2 + 3 * kMaxNameUnits);
      (void)table.has_folder(file.names[i].parent);
    }
    return true;
  });
  require(files + table.counts().extensions == table.counts().records);
}

}  // namespace hozen::ntfs
