// The file table of a volume of the evidence, opened for the modules that read it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "collector/formats/ntfs_table.h"
#include "collector/module/hashed_source.h"
#include "collector/module/module.h"

namespace hozen {

/// $MFT of one volume, queued for the bundle, its folders and extension records known. What is
/// wrong with it is noted with its path, a limited number of problems one by one.
class VolumeTable {
 public:
  /// Reads the table once. nullptr where there is none, which is noted unless the source cannot
  /// show it: through a mounted file system nothing is missing that was there. `context` must
  /// outlive what is returned.
  static std::unique_ptr<VolumeTable> open(ModuleContext& context, const std::string& volume);

  const EvidencePath& path() const { return path_; }
  std::uint64_t bytes() const { return source_->size(); }
  std::uint32_t record_bytes() const { return record_bytes_; }
  /// The copy whose bytes are read, for Origin; nothing on a running system, where the preserved
  /// copy is read at another moment, and is another.
  std::optional<std::uint32_t> artifact() const { return artifact_; }
  /// Indexed.
  ntfs::FileTable& table() { return table_; }
  /// The SHA-256 of the bytes that the last each_file() read, when it read all of them.
  std::optional<Sha256Digest> sha256() { return source_->digest(); }
  /// Before an each_file() whose bytes are to be hashed.
  void hash_anew() { source_->restart(); }

  void tell(const Error& error);
  /// Once, after everything was read: how many records are damaged, and what was not told.
  void tell_rest();

 private:
  VolumeTable(ModuleContext& context, EvidencePath path, std::unique_ptr<ByteSource> source,
              std::uint32_t record_bytes);

  ModuleContext& context_;
  EvidencePath path_;
  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<HashedSource> source_;
  std::uint32_t record_bytes_;
  ntfs::FileTable table_;
  std::optional<std::uint32_t> artifact_;
  std::uint64_t told_ = 0;
};

}  // namespace hozen
