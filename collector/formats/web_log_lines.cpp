#include "collector/formats/web_log_lines.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "collector/base/ansi_text.h"
#include "collector/base/text.h"
#include "collector/base/wtf8_decode.h"

namespace hozen::web_log {
namespace {

constexpr std::size_t kBufferBytes = 512u << 10;
static_assert(kBufferBytes >= 2 * kMaxLineBytes);
constexpr std::size_t kPackedBytes = 64u << 10;
/// The ratio is not looked at before so many bytes are unpacked: small files of equal lines shrink
/// well.
constexpr std::uint64_t kRatioFreeBytes = 1u << 20;

/// Every byte above ASCII belongs to a pair of EUC-JP: two of 0xA1-0xFE, or half-width katakana
/// behind 0x8E. Code page 932 has lead bytes below 0xA1 in nearly all text.
bool is_euc_jp(std::string_view bytes) {
  const auto at = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : std::uint8_t{0};
  };
  const auto is_high = [](std::uint8_t byte) { return byte >= 0xA1 && byte <= 0xFE; };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (at(i) < 0x80) continue;
    if (!(is_high(at(i)) || at(i) == 0x8E) || !is_high(at(i + 1))) return false;
    ++i;
  }
  return true;
}

std::string_view escape_bytes(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out.clear();
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      out += c;
      continue;
    }
    out += "\\x";
    out += kDigits[byte >> 4u];
    out += kDigits[byte & 0xFu];
  }
  return out;
}

}  // namespace

std::string_view to_text(Encoding encoding) {
  switch (encoding) {
    case Encoding::ascii:
      return "ascii";
    case Encoding::utf8:
      return "utf8";
    case Encoding::utf16:
      return "utf16";
    case Encoding::cp932:
      return "assumed_cp932";
    case Encoding::windows1252:
      return "assumed_windows1252";
    case Encoding::euc_jp:
      return "assumed_euc_jp";
    case Encoding::unknown:
      break;
  }
  return "unknown";
}

std::string_view decode_line(std::string_view bytes, std::string& scratch, Encoding& seen) {
  if (ascii_prefix(bytes) == bytes.size()) return bytes;
  if (is_utf8(bytes)) {
    seen = Encoding::utf8;
    return bytes;
  }
  if (is_euc_jp(bytes)) {
    seen = Encoding::euc_jp;
    return escape_bytes(bytes, scratch);
  }
  DecodedText decoded = decode_ansi(bytes_of(bytes), false);
  if (decoded.encoding == TextEncoding::unknown) {
    seen = Encoding::unknown;
    return escape_bytes(bytes, scratch);
  }
  seen = decoded.encoding == TextEncoding::assumed_cp932 ? Encoding::cp932 : Encoding::windows1252;
  scratch = std::move(decoded.text);
  return scratch;
}

bool looks_like_gzip(std::span<const std::byte> head) {
  const Bytes bytes{head};
  return bytes.get<std::uint8_t>(0) == 0x1Fu && bytes.get<std::uint8_t>(1) == 0x8Bu &&
         bytes.get<std::uint8_t>(2) == 8u;
}

/// Bytes of a file in order.
class ByteFeed {
 public:
  explicit ByteFeed(ByteSource& file) : file_{file} {}
  virtual ~ByteFeed() = default;
  ByteFeed(const ByteFeed&) = delete;
  ByteFeed& operator=(const ByteFeed&) = delete;
  /// 0 at the end.
  virtual Result<std::size_t> read(std::span<std::byte> out) {
    HOZEN_TRY(const std::size_t count, file_.read_some(position_, out));
    position_ += count;
    return count;
  }

 protected:
  std::uint64_t position() const { return position_; }
  Result<std::size_t> read_file(std::span<std::byte> out) { return ByteFeed::read(out); }

 private:
  ByteSource& file_;
  std::uint64_t position_ = 0;
};

namespace {

/// One gzip member or several, one behind the other, as programs that rotate logs write them.
class GzipFeed final : public ByteFeed {
 public:
  explicit GzipFeed(ByteSource& file) : ByteFeed{file}, packed_(kPackedBytes) {
    constexpr int kGzipWindow = 16 + MAX_WBITS;  // zlib.h: 16 more asks for a gzip header
    ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK;
  }
  ~GzipFeed() override { inflateEnd(&stream_); }

  /// What was unpacked before damage is handed out before the error is.
  Result<std::size_t> read(std::span<std::byte> out) override {
    if (!ready_) return Error{Errc::io, "gzip", {}, "zlib"};
    if (failed_) return *failed_;
    std::size_t used = 0;
    while (used < out.size() && !ended_ && !failed_) {
      if (stream_.avail_in == 0) {
        HOZEN_TRY(const std::size_t count, read_file(packed_));
        if (count == 0) {
          end_of_file();
          break;
        }
        stream_.next_in = static_cast<const Bytef*>(static_cast<const void*>(packed_.data()));
        stream_.avail_in = static_cast<uInt>(count);
      }
      used += step(out.subspan(used));
    }
    if (used == 0 && failed_) return *failed_;
    return used;
  }

 private:
  std::uint64_t place() const { return position() - stream_.avail_in; }

  void end_of_file() {
    ended_ = true;
    if (!between_) failed_ = Error{Errc::truncated, "gzip stream", place()};
  }

  std::size_t step(std::span<std::byte> out) {
    if (between_ && unpacked_ != 0 && stream_.next_in[0] != 0x1F) {
      ended_ = true;  // padding behind the last member
      return 0;
    }
    between_ = false;
    stream_.next_out = static_cast<Bytef*>(static_cast<void*>(out.data()));
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t count = out.size() - stream_.avail_out;
    unpacked_ += count;
    if (result == Z_STREAM_END) {
      between_ = true;
      if (inflateReset(&stream_) != Z_OK) failed_ = Error{Errc::malformed, "gzip stream", place()};
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      failed_ =
          Error{Errc::malformed, "gzip stream", place(), stream_.msg == nullptr ? "" : stream_.msg};
    }
    if (unpacked_ > kMaxUnpackedBytes ||
        (unpacked_ > kRatioFreeBytes && unpacked_ / kMaxExpansion > place()))
      failed_ = Error{Errc::limit, "gzip stream", place(), "it grows too much"};
    return count;
  }

  z_stream stream_{};
  std::vector<std::byte> packed_;
  std::uint64_t unpacked_ = 0;
  bool ready_ = false, ended_ = false;
  bool between_ = true;  // no member is begun
  std::optional<Error> failed_;
};

std::unique_ptr<ByteFeed> feed_of(ByteSource& file, bool& packed) {
  std::array<std::byte, 3> head{};
  const auto count = file.read_some(0, head);
  packed = count && looks_like_gzip(std::span{head}.first(*count));
  if (packed) return std::make_unique<GzipFeed>(file);
  return std::make_unique<ByteFeed>(file);
}

}  // namespace

LineReader::LineReader(ByteSource& file) : buffer_(kBufferBytes) { feed_ = feed_of(file, packed_); }

LineReader::~LineReader() = default;

/// Reads on; false when nothing more is there.
Result<bool> LineReader::fill() {
  if (at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  base_ += begin_;
  end_ -= begin_;
  begin_ = 0;
  auto count = feed_->read(std::span{buffer_}.subspan(end_));
  if (!count || *count == 0) at_end_ = true;
  if (!count) return std::move(count).error();
  end_ += *count;
  return *count != 0;
}

/// The mark of UTF-16 or UTF-8 at the beginning, or ASCII in UTF-16.
void LineReader::see_mark() {
  const Bytes head{std::span{buffer_}.first(end_)};
  const auto first = head.get<std::uint8_t>(0), second = head.get<std::uint8_t>(1);
  if ((first == 0xFFu && second == 0xFEu) || (first == 0xFEu && second == 0xFFu)) {
    unit_ = 2;
    big_endian_ = first == 0xFEu;
    begin_ = 2;
  } else if (head.chars().starts_with("\xEF\xBB\xBF")) {
    begin_ = 3;
  } else if (head.get<std::uint8_t>(1) == 0u && head.get<std::uint8_t>(3) == 0u && first != 0u &&
             head.get<std::uint8_t>(2) != 0u) {
    unit_ = 2;
  }
}

/// Where the line feed stands, from `from` on; end_ when there is none.
std::size_t LineReader::find_end(std::size_t from) const {
  const std::string_view text = Bytes{std::span{buffer_}.first(end_)}.chars();
  if (unit_ == 1) return std::min(text.find('\n', from), end_);
  const std::string_view feed =
      big_endian_ ? std::string_view{"\0\n", 2} : std::string_view{"\n\0", 2};
  std::size_t at = text.find(feed, from);
  while (at != text.npos && (base_ + at) % 2 != 0) at = text.find(feed, at + 1);
  return std::min(at, end_);
}

std::string_view LineReader::text_of(std::size_t begin, std::size_t end) {
  const auto line = std::span{buffer_}.subspan(begin, end - begin);
  std::string_view text;
  if (unit_ == 1) {
    text = Bytes{line}.chars();
  } else {
    if (big_endian_)
      for (std::size_t i = 0; i + 1 < line.size(); i += 2) std::swap(line[i], line[i + 1]);
    wide_.clear();
    append_wtf8_from_utf16le(wide_, Bytes{line});
    text = wide_;
  }
  if (text.ends_with('\r')) text.remove_suffix(1);
  // HTTP.sys fills a log that is still written to with NULs behind its last line.
  while (text.ends_with('\0')) text.remove_suffix(1);
  while (text.starts_with('\0')) text.remove_prefix(1);
  return text;
}

Result<bool> LineReader::next(RawLine& line) {
  if (!started_) {
    started_ = true;
    while (end_ < 4) {
      HOZEN_TRY(const bool more, fill());
      if (!more) break;
    }
    see_mark();
  }
  std::size_t looked = begin_, found = find_end(looked);
  while (found == end_ && end_ - begin_ <= kMaxLineBytes) {
    looked = end_ - begin_ - (end_ == begin_ ? 0 : unit_ - 1);  // half a line feed
    HOZEN_TRY(const bool more, fill());
    if (!more) break;
    found = find_end(looked);
  }
  if (begin_ == end_) return false;
  line.number = ++number_;
  line.offset = base_ + begin_;
  const std::size_t end = std::min(found, begin_ + kMaxLineBytes);
  line.cut = end != found || (found == end_ && !at_end_);
  line.ended = found != end_;
  line.bytes = text_of(begin_, end);
  if (line.cut) line.bytes = std::string_view{wide_ = std::string{line.bytes}};
  begin_ = end;
  while (found == end_) {  // the rest of a line that is too long
    begin_ = end_;
    HOZEN_TRY(const bool more, fill());
    if (!more) break;
    found = find_end(begin_);
    line.ended = found != end_;
  }
  begin_ = std::min(found + (found == end_ ? 0 : unit_), end_);
  return true;
}

}  // namespace hozen::web_log
