// Entries of a directory index as lines, and how much of it was read, for tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/formats/ntfs_index.h"

namespace hozen::ntfs {

/// "state name record": "root" before it when it lies there, "?" for a record that is not known.
inline std::string index_line(const IndexEntry& entry) {
  std::string line{entry.in_root ? "root " : ""};
  line += to_text(entry.state);
  line += " " + entry.name.name + " ";
  line += entry.file ? std::to_string(entry.file->record) : "?";
  return line;
}

inline std::vector<std::string> index_lines(DirectoryIndex& index, bool deleted) {
  std::vector<std::string> lines;
  const auto visit = [&](const IndexEntry& entry) {
    lines.push_back(index_line(entry));
    return true;
  };
  deleted ? index.each_entry_with_deleted(visit) : index.each_entry(visit);
  return lines;
}

/// A fold that tests can foresee.
inline char16_t fold_ascii(char16_t unit) {
  return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - u'a' + u'A') : unit;
}

/// Counts what is read, and can refuse a range.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::vector<std::byte> bytes) : source_{std::move(bytes)} {}
  std::uint64_t size() const override { return claimed.value_or(source_.size()); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    bytes_read += out.size();
    if (refuse_at && *refuse_at >= offset && *refuse_at < offset + out.size())
      return Error{Errc::io, "test"};
    return source_.read_some(offset, out);
  }

  std::uint64_t bytes_read = 0;
  std::optional<std::uint64_t> refuse_at{}, claimed{};

 private:
  MemorySource source_;
};

}  // namespace hozen::ntfs
