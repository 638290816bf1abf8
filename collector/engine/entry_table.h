// What the writer of a bundle remembers of each entry until the directory is written: about 110
// bytes and the name.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/hash_table.h"
#include "collector/engine/manifest.h"
#include "collector/formats/zip_form.h"

namespace hozen {

/// Rows in bundle order. Safe for use by several threads.
class EntryTable {
 public:
  using Row = std::uint32_t;

  Row open(std::string_view name, FileTime modified);
  /// What the data turned out to be: set before the entry counts as written.
  void set_content(Row row, const Sha256Digest& sha256, std::uint64_t size);
  void set_stored(Row row, std::uint16_t method, std::uint32_t crc, std::uint64_t stored_size,
                  const Sha256Digest& stored_sha256);

  /// Lets later files of the same content find this one.
  void index_content(Row row);
  std::optional<std::string> find_content(const Sha256Digest& sha256, std::uint64_t size) const;

  std::size_t size() const;
  BundleEntry entry(Row row) const;
  /// The headers' facts but for the offset; the name lives as long as the table.
  ZipItem item(Row row) const;

 private:
  struct Facts {
    std::string_view name;
    FileTime modified{};
    std::uint64_t size = 0, stored_size = 0;
    Sha256Digest sha256{}, stored_sha256{};
    std::uint32_t crc = 0;
    std::uint16_t method = 0;
  };
  std::string_view keep(std::string_view name);

  mutable std::mutex mutex_;
  std::deque<Facts> rows_;
  RowIndex by_content_;
  std::vector<std::unique_ptr<char[]>> name_chunks_;
  std::size_t chunk_used_ = 0;
};

}  // namespace hozen
