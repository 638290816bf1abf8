// Lines of a text log of any size, packed with gzip or not: one at a time, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen::web_log {

/// Bytes of one line that are kept. Servers cut requests at 8 to 32 KiB; URL, agent and referer of
/// one line can each be that long.
constexpr std::size_t kMaxLineBytes = 96u << 10;
/// Unpacked bytes for each packed one. Deflate ends at about 1030; access logs are below 40.
constexpr std::uint64_t kMaxExpansion = 100;
/// Unpacked bytes of one file, whatever their ratio.
constexpr std::uint64_t kMaxUnpackedBytes = std::uint64_t{16} << 30;

/// How the characters of a log are written. All but `ascii` and `utf16` are assumptions.
enum class Encoding : std::uint8_t { ascii, utf8, utf16, cp932, windows1252, euc_jp, unknown };
std::string_view to_text(Encoding encoding);

/// `bytes` as UTF-8, in `scratch` where it has to be changed; `seen` is set where that shows how
/// the log is written. EUC-JP and bytes of no known encoding are kept as \xHH.
std::string_view decode_line(std::string_view bytes, std::string& scratch, Encoding& seen);

/// One line as it stands in the file, in UTF-8 where that is UTF-16.
struct RawLine {
  std::string_view bytes;    ///< without its end and the NULs behind it
  std::uint64_t number = 0;  ///< from 1
  std::uint64_t offset = 0;  ///< of its first byte, in the unpacked file
  bool cut = false;          ///< longer than kMaxLineBytes: the rest is left out
  bool ended = false;        ///< a line end stands behind it
};

class ByteFeed;

class LineReader {
 public:
  /// `file` must outlive the reader.
  explicit LineReader(ByteSource& file);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line, valid until the next call; false at the end. After an error (Errc::io, or of a
  /// gzip stream Errc::truncated, malformed or limit) there are no more lines.
  Result<bool> next(RawLine& line);
  bool is_packed() const { return packed_; }
  bool is_utf16() const { return unit_ != 1; }
  std::uint64_t unpacked_bytes() const { return base_ + end_; }

 private:
  Result<bool> fill();
  void see_mark();
  std::size_t find_end(std::size_t from) const;
  std::string_view text_of(std::size_t begin, std::size_t end);

  std::unique_ptr<ByteFeed> feed_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is unread of the buffer
  std::uint64_t base_ = 0;           // offset of the buffer in the unpacked file
  std::uint64_t number_ = 0;
  std::size_t unit_ = 1;  // bytes of one character unit: 2 in UTF-16
  bool big_endian_ = false, at_end_ = false, packed_ = false, started_ = false;
  std::string wide_;  // the line in UTF-8 where the file is UTF-16
};

/// What begins as a gzip member does (RFC 1952, 2.3.1).
bool looks_like_gzip(std::span<const std::byte> head);

}  // namespace hozen::web_log
