// Files of several records, kept as they were read: each of their names and streams is asked for by
// itself, and a file can have thousands of both.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "collector/formats/ntfs_file.h"

namespace hozen::ntfs {

/// Attributes of a file that are looked for by name: an attribute list of 256 KiB names 10,082.
constexpr std::size_t kMaxKeptAttributes = 65'536;

/// What the records of one file say.
class KeptFile {
 public:
  explicit KeptFile(std::uint64_t number) { file_.number = number; }
  KeptFile(const KeptFile&) = delete;
  KeptFile& operator=(const KeptFile&) = delete;

  /// Takes a copy of the record. The base record comes first.
  void add(const FileRecord& record);
  /// A problem with the records themselves.
  void tell(Error problem) { problems_.push_back(std::move(problem)); }
  /// After the last of both.
  void finish();

  const File& file() const { return file_; }
  const std::vector<Error>& problems() const { return problems_; }  ///< those that it was told
  /// What LayoutCollector::add() finds in all the records.
  void collect(std::uint32_t type, std::string_view name, LayoutCollector& layout) const;
  std::size_t size_bytes() const;  ///< about as much memory

 private:
  File file_;
  std::vector<Error> problems_;
  std::vector<std::vector<std::byte>> records_;
  std::vector<Attribute> attributes_;  // views of records_; by type and name, then as they came
  std::vector<Error> attribute_problems_;
  bool is_cut_ = false;  // attributes are left out
};

/// The files asked for last.
class KeptFiles {
 public:
  /// Files that take turns, as those with many names in one folder do. The last one is always kept.
  static constexpr std::size_t kMaxFiles = 64, kMaxBytes = 32u << 20;

  std::shared_ptr<const KeptFile> find(std::uint64_t number);  ///< nullptr where it is not kept
  void add(std::shared_ptr<const KeptFile> file);

 private:
  std::vector<std::shared_ptr<const KeptFile>> files_;  // the last one asked for is the last
  std::size_t size_bytes_ = 0;
};

}  // namespace hozen::ntfs
