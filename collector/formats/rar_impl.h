// What both generations of RAR headers are read with.
#pragma once

#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/rar.h"

namespace hozen::rar {

constexpr std::string_view kSignature4{"Rar!\x1A\x07\x00", 7};
constexpr std::string_view kSignature5{"Rar!\x1A\x07\x01\x00", 8};

/// Comments that are longer are left out.
constexpr std::uint64_t kMaxCommentBytes = 256u << 10;
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxStreams = 1000;  ///< of one entry

/// Reads of a file that go forward, with an eye on the archive's problems.
class Reader {
 public:
  Reader(ByteSource& file, Archive& archive) : file_{file}, archive_{archive} {}

  std::uint64_t size() const { return file_.size(); }
  /// Up to `length` bytes at `offset`, valid until the next call; fewer at the end of the file.
  Result<Bytes> at(std::uint64_t offset, std::uint64_t length);
  void problem(Errc code, std::string_view what, std::uint64_t offset,
               std::string_view detail = "");

 private:
  ByteSource& file_;
  Archive& archive_;
  std::vector<std::byte> buffer_;
  std::uint64_t begin_ = 0;  ///< of what is in the buffer
};

/// Gives an entry to the visitor once the streams that follow it are known.
class Pending {
 public:
  explicit Pending(Visitor visit) : visit_{visit} {}
  /// False when the visitor wants no more.
  bool put(Entry entry);
  bool flush();
  Entry* entry() { return entry_ ? &*entry_ : nullptr; }

 private:
  Visitor visit_;
  std::optional<Entry> entry_;
};

/// Where a block ends and the next one begins; nothing when that lies outside the file.
std::optional<std::uint64_t> next_block(Reader& reader, std::uint64_t header_end,
                                        std::uint64_t data_bytes);

/// Blocks from `offset` on, behind the signature. An error only when the file cannot be read.
Result<void> read_rar4(Reader& reader, std::uint64_t offset, Archive& archive, Visitor visit);
Result<void> read_rar5(Reader& reader, std::uint64_t offset, Archive& archive, Visitor visit);

/// True when what is behind a signature is the first header of an archive: not a program that
/// merely holds the signature.
bool is_first_header4(Bytes behind);
bool is_first_header5(Bytes behind);

}  // namespace hozen::rar
