// What the readers of archives share.
#pragma once

#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/formats/archive.h"

namespace hozen::archive {

constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxCommentBytes = 64u << 10;

/// Reads of a file that go forward, an eye on the archive's problems, and the way to the visitor.
class Reader {
 public:
  Reader(ByteSource& file, std::uint64_t begin, Archive& archive, Visitor visit)
      : file_{file}, begin_of_archive_{begin}, archive_{archive}, visit_{visit} {}

  std::uint64_t size() const { return file_.size(); }
  std::uint64_t begin() const { return begin_of_archive_; }
  Archive& archive() { return archive_; }
  /// Up to `length` bytes at `offset`, valid until the next call; fewer at the end of the file.
  Result<Bytes> at(std::uint64_t offset, std::uint64_t length);
  /// Always nothing: what a step that cannot go on returns.
  std::nullopt_t problem(Errc code, std::string_view what, std::uint64_t offset,
                         std::string_view detail = "");
  /// Counts and hands out; false when no more are wanted.
  bool give(const Entry& entry);
  /// What lies `bytes` behind `offset`, as the end of the archive that was seen so far; nothing
  /// when that is outside the file, which then lacks it.
  std::optional<std::uint64_t> behind(std::uint64_t offset, std::uint64_t bytes);

 private:
  ByteSource& file_;
  std::uint64_t begin_of_archive_;
  Archive& archive_;
  Visitor visit_;
  std::vector<std::byte> buffer_;
  std::uint64_t buffer_begin_ = 0;
};

/// A name that is UTF-8 or in a code page of the system that packed. `is_utf8_said`: the archive
/// says the former. Else UTF-8 is believed of Unix (`from_unix`) where it is valid; then Japanese;
/// then `western`.
void set_name(Entry& entry, Bytes name, bool is_utf8_said, bool from_unix, NameEncoding western);
void use_slashes(std::string& name);  ///< for backslashes
/// Of a folder: without the slash at the end.
void drop_last_slash(std::string& name);
FileTime dos_time(std::uint32_t date_time);  ///< date in the high half; unset for what is no date

// Each an error only when the file cannot be read.
Result<void> read_zip(Reader& reader);
Result<void> read_seven_zip(Reader& reader);
Result<void> read_cab(Reader& reader);
Result<void> read_arj(Reader& reader);
Result<void> read_lzh(Reader& reader);
Result<void> read_tar(Reader& reader);
Result<void> read_gzip(Reader& reader);

/// The main header with its checksum, as far as it lies in `head`.
bool is_arj_header(Bytes head);
/// The first header of 7z with its checksum.
bool is_seven_zip_header(Bytes head);
/// A header of ustar, pax or GNU tar with its checksum.
bool is_tar_header(Bytes head);

}  // namespace hozen::archive
