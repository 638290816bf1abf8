// Compound files (OLE structured storage): streams by name, as jump lists and old documents have
// them.
//
// Source: MS-CFB 2.1 to 2.6.
// Not read: the tree of storages (streams are listed flat, as the directory has them), user data of
// storages, transactions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen {

struct CompoundStream {
  std::string name{};
  std::uint64_t size = 0;   ///< bytes
  std::uint32_t start = 0;  ///< first sector, of the file or of the small stream
};

/// A view of the file, which must outlive it.
class CompoundFile {
 public:
  /// Errc::truncated or Errc::malformed when header, tables or directory cannot be read.
  static Result<CompoundFile> open(Bytes file);

  const std::vector<CompoundStream>& streams() const { return streams_; }
  /// nullptr when there is none of that name (any case).
  const CompoundStream* find(std::string_view name) const;
  /// The stream's content. Errc::malformed when its sectors do not lead to its end. All reads
  /// together give at most four times the file's size, Errc::limit beyond.
  Result<std::vector<std::byte>> read(const CompoundStream& stream);
  const std::vector<Error>& problems() const { return problems_; }

 private:
  explicit CompoundFile(Bytes file) : file_{file} {}
  Result<void> read_tables();
  Result<void> read_table_sectors(std::uint32_t first, std::uint32_t more_count);
  Result<void> read_directory(std::uint32_t first);
  /// The sectors from `first` on, one after another, until `size` bytes or the end of the chain.
  Result<std::vector<std::byte>> read_chain(std::uint32_t first, std::uint64_t size);
  Result<std::vector<std::byte>> read_small(std::uint32_t first, std::uint64_t size);
  Bytes sector(std::uint32_t number) const;

  Bytes file_;
  std::uint32_t sector_bytes_ = 512;
  std::uint32_t small_limit_ = 4096;  ///< streams below it lie in the small stream
  std::vector<std::uint32_t> table_{}, small_table_{};  ///< next sector of each
  std::vector<std::byte> small_stream_{};
  std::vector<CompoundStream> streams_{};
  std::vector<Error> problems_{};
  std::uint64_t bytes_read_ = 0;
};

/// True for what begins as a compound file does.
bool looks_like_compound_file(Bytes head);

}  // namespace hozen
