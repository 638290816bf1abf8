// Entries of a directory index as lines, for tests.
#pragma once

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

}  // namespace hozen::ntfs
