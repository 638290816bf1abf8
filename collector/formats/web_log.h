// Access logs of web servers and proxies: who asked for what, when, and what came back.
//
// Source: W3C, "Extended Log File Format" (WD-logfile-960323), and Microsoft's fields of IIS,
// HTTP.sys (HTTPERR) and TMG; Apache, "Log Files" (common and combined), which nginx and Tomcat
// follow; Squid, "Features/LogFormat"; Broadcom, "ProxySG log formats"; Digital Arts, FAQ 2800,
// 2196 and 4301 (i-FILTER); ALSI, FAQ 5032, 5168, 5258 and 5299 (InterSafe); Exchange's logs
// observed. Not read: formats that an administrator put together so that no line shows a request as
// "METHOD URL HTTP/x"; error logs; bzip2, xz and zip.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/formats/web_log_lines.h"
#include "collector/formats/web_log_time.h"

namespace hozen::web_log {

enum class Format : std::uint8_t {
  w3c,              ///< lines as a `#Fields:` line says: IIS, HTTP.sys, TMG, Blue Coat
  exchange,         ///< the same with commas, by Exchange
  ncsa,             ///< common or combined: Apache, nginx, Tomcat, Squid if told so
  squid,            ///< Squid's own
  i_filter_access,  ///< i-FILTER and D-SPA, by default
  i_filter_block,
  intersafe,
  generic,  ///< whatever has "METHOD URL HTTP/x" and a time in each line
};
std::string_view to_text(Format format);

/// One line. Texts that the line does not have, or has as "-", are empty; they are valid until the
/// next line is read.
struct Request {
  std::uint64_t line = 0;    ///< from 1
  std::uint64_t offset = 0;  ///< of the line, in the unpacked file
  FileTime time{};           ///< UTC, as far as `zone` knows it; may be unset
  Zone zone = Zone::none;
  std::string_view client, user, method;
  /// Scheme and host stand in the lines of proxies; of a server's only in a column for it.
  std::string_view scheme, host, path, query;
  std::string_view user_agent, referer;
  std::string_view server;     ///< address of the server that wrote the line
  std::string_view forwarded;  ///< X-Forwarded-For
  std::string_view mailbox;    ///< Exchange: AnchorMailbox
  std::string_view action;     ///< of a proxy: "TCP_DENIED", "block"; of HTTP.sys: why it refused
  std::string_view unparsed;   ///< what was sent in place of "METHOD URL HTTP/x"
  std::optional<std::uint32_t> port, status;
  std::optional<std::uint64_t> response_bytes;  ///< that the client was sent
  std::optional<std::uint64_t> request_bytes;   ///< that the client sent
  bool tells_referer = false;  ///< the line would have had a referer, had there been one
  bool is_proxied() const { return !scheme.empty() || method == "CONNECT"; }
};

struct Options {
  /// Minutes that local time was ahead of UTC where the log was written.
  std::optional<int> local_offset_minutes{};
};

struct Summary {
  Format format = Format::generic;
  Encoding encoding = Encoding::ascii;
  bool mixed_encodings = false;  ///< not all lines are in `encoding`
  bool packed = false;           ///< with gzip
  Zone zone = Zone::none;        ///< of the first line that has a time
  std::string software;          ///< that wrote it, as it says
  std::uint64_t lines = 0, requests = 0, unpacked_bytes = 0;
  std::uint64_t damaged = 0;  ///< lines that say nothing, or less than their log's lines do
  std::uint64_t cut = 0;      ///< lines longer than kMaxLineBytes
  FileTime first{}, last{};   ///< the earliest and the latest time
  /// Damaged and cut lines, the first kMaxListedProblems of them, and why reading ended early.
  std::vector<Error> problems;
};
constexpr std::size_t kMaxListedProblems = 100;

/// What the first lines look like; nothing when they are of no format that is known.
std::optional<Format> format_of(ByteSource& file);
/// The same of a file's first bytes, for what is not known to be a log: half of the lines have to
/// be understood.
bool looks_like_web_log(std::span<const std::byte> head);

/// Calls `visit` with each request in the order of the file, until it returns false.
/// Errc::unsupported when no line is of a format that is known; Errc::io when not even the first
/// can be read. What ends reading later is the last of the summary's problems.
Result<Summary> read(ByteSource& file, const Options& options,
                     FunctionRef<bool(const Request&)> visit);

}  // namespace hozen::web_log
