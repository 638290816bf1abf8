#include "collector/formats/web_log.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/web_log_impl.h"

namespace hozen::web_log {
namespace {

/// What is looked at to tell the format.
constexpr std::uint64_t kProbedLines = 60;

using Counts = std::array<std::uint64_t, 8>;

bool read_as(Format format, std::string_view line, Scratch& scratch, Request& request) {
  switch (format) {
    case Format::ncsa:
      return read_ncsa(line, request);
    case Format::squid:
      return read_squid(line, request);
    case Format::i_filter_access:
      return read_i_filter_access(line, scratch, request);
    case Format::i_filter_block:
      return read_i_filter_block(line, request);
    case Format::intersafe:
      return read_intersafe(line, request);
    case Format::generic:
      return read_generic(line, request);
    case Format::w3c:
    case Format::exchange:
      break;
  }
  return false;
}

/// In this order: what comes first has more of a line.
constexpr Format kPlain[] = {Format::i_filter_access, Format::ncsa,      Format::squid,
                             Format::i_filter_block,  Format::intersafe, Format::generic};

struct Probe {
  std::optional<Format> format{};
  std::uint64_t lines = 0, understood = 0;
};

Probe probe(ByteSource& file) {
  LineReader lines{file};
  Probe found;
  Counts counts{};
  Scratch scratch;
  Columns columns;
  std::string text;
  RawLine line;
  for (std::uint64_t i = 0; i < kProbedLines; ++i) {
    const auto more = lines.next(line);
    if (!more || !*more) break;
    Encoding seen{};
    const std::string_view decoded = decode_line(line.bytes, text, seen);
    if (decoded.starts_with('#') && columns.take_directive(decoded) && columns.is_known()) {
      found.format = columns.has_commas() ? Format::exchange : Format::w3c;
      found.understood = found.lines = 1;
      return found;
    }
    // The last line of a file's beginning is not whole.
    if (decoded.empty() || decoded.starts_with('#') || (!line.ended && found.lines != 0)) continue;
    ++found.lines;
    for (const Format format : kPlain) {
      Request request;
      if (!read_as(format, decoded, scratch, request)) continue;
      ++counts.at(static_cast<std::size_t>(format));
      break;
    }
  }
  for (const Format format : kPlain) {
    const std::uint64_t count = counts.at(static_cast<std::size_t>(format));
    if (count <= found.understood) continue;
    found.understood = count;
    found.format = format;
  }
  return found;
}

class Reader {
 public:
  Reader(ByteSource& file, const Options& options, Summary& summary)
      : lines_{file}, options_{options}, summary_{summary} {
    summary_.packed = lines_.is_packed();
  }

  Result<void> run(FunctionRef<bool(const Request&)> visit) {
    RawLine line;
    for (;;) {
      const auto more = lines_.next(line);
      if (!more && summary_.lines == 0) return more.error();
      if (!more) summary_.problems.push_back(more.error());
      if (!more || !*more) break;
      ++summary_.lines;
      if (!take(line, visit)) break;
    }
    summary_.unpacked_bytes = lines_.unpacked_bytes();
    summary_.software = columns_.software();
    if (lines_.is_utf16()) summary_.encoding = Encoding::utf16;
    return {};
  }

 private:
  bool take(const RawLine& line, FunctionRef<bool(const Request&)> visit) {
    if (line.cut) {
      ++summary_.cut;
      tell(Errc::limit, "line " + std::to_string(line.number) + " is too long: its end is left out",
           line.offset);
    }
    const std::string_view text = decoded(line.bytes);
    if (text.empty()) return true;
    if (text.front() == '#' && columns_.take_directive(text)) return true;
    const bool has_comments = summary_.format == Format::w3c || summary_.format == Format::exchange;
    if (text.front() == '#' && has_comments) return true;
    Request request;
    request.line = line.number;
    request.offset = line.offset;
    // Exchange repeats its columns without the mark of a comment.
    if (summary_.format == Format::exchange && starts_with_fold(text, "DateTime,")) return true;
    const bool whole = parse(text, request);
    if (!whole) {
      ++summary_.damaged;
      tell(Errc::malformed, "line " + std::to_string(line.number), line.offset);
      return true;
    }
    ++summary_.requests;
    settle_time(request);
    return visit(request);
  }

  std::string_view decoded(std::string_view bytes) {
    Encoding seen = Encoding::ascii;
    const std::string_view text = decode_line(bytes, text_, seen);
    if (seen == Encoding::ascii) return text;
    if (summary_.encoding != Encoding::ascii && summary_.encoding != seen)
      summary_.mixed_encodings = true;
    if (summary_.encoding == Encoding::ascii) summary_.encoding = seen;
    return text;
  }

  bool parse(std::string_view text, Request& request) {
    if (columns_.is_known()) return columns_.read(text, scratch_, request);
    if (read_as(summary_.format, text, scratch_, request)) return true;
    Request none;
    none.line = request.line;
    none.offset = request.offset;
    request = none;
    return summary_.format != Format::generic && read_generic(text, request);
  }

  void settle_time(Request& request) {
    if (!request.time.is_set()) return;
    if (request.zone == Zone::assumed_local && options_.local_offset_minutes)
      request.time = to_utc(request.time, *options_.local_offset_minutes);
    if (summary_.zone == Zone::none) summary_.zone = request.zone;
    if (!summary_.first.is_set() || request.time < summary_.first) summary_.first = request.time;
    if (request.time > summary_.last) summary_.last = request.time;
  }

  void tell(Errc code, std::string what, std::uint64_t offset) {
    if (summary_.problems.size() < kMaxListedProblems)
      summary_.problems.push_back({code, std::move(what), offset});
  }

  LineReader lines_;
  const Options& options_;
  Summary& summary_;
  Columns columns_;
  Scratch scratch_;
  std::string text_;
};

}  // namespace

std::string_view to_text(Format format) {
  switch (format) {
    case Format::w3c:
      return "w3c";
    case Format::exchange:
      return "exchange";
    case Format::ncsa:
      return "ncsa";
    case Format::squid:
      return "squid";
    case Format::i_filter_access:
      return "i_filter_access";
    case Format::i_filter_block:
      return "i_filter_block";
    case Format::intersafe:
      return "intersafe";
    case Format::generic:
      break;
  }
  return "generic";
}

std::optional<Format> format_of(ByteSource& file) { return probe(file).format; }

bool looks_like_web_log(std::span<const std::byte> head) {
  MemorySource file{{head.begin(), head.end()}};
  const Probe found = probe(file);
  return found.format && found.understood * 2 >= found.lines;
}

Result<Summary> read(ByteSource& file, const Options& options,
                     FunctionRef<bool(const Request&)> visit) {
  const auto format = format_of(file);
  if (!format) return Error{Errc::unsupported, "web log"};
  Summary summary;
  summary.format = *format;
  HOZEN_CHECK(Reader(file, options, summary).run(visit));
  return summary;
}

}  // namespace hozen::web_log
