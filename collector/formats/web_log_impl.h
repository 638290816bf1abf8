// What the readers of the formats of logs share. Not for others than formats/web_log*.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/formats/web_log.h"

namespace hozen::web_log {

/// Texts that are not as they stand in the line, for as long as its Request is.
struct Scratch {
  std::string agent, first, second;
};

/// "" for "-".
inline std::string_view known(std::string_view text) {
  return text == "-" ? std::string_view{} : text;
}
std::optional<std::uint64_t> number_of(std::string_view text);
/// From 100 to 599.
std::optional<std::uint32_t> status_of(std::string_view text);
/// Whether it looks like an IPv4 or IPv6 address, perhaps with a port.
bool is_address(std::string_view text);
/// A token as RFC 9110 wants a method to be: capitals, at most 20.
bool is_method(std::string_view text);
/// %HH and + as forms write them.
void unescape_form(std::string_view text, std::string& out);

/// Scheme, host, port, path and query of an absolute URL or of a path.
void set_url(Request& request, std::string_view url);
/// host:port, [::1]:port.
void set_host(Request& request, std::string_view authority);
/// "METHOD URL HTTP/x".
bool set_request_line(Request& request, std::string_view text);

/// What is left of a line.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_{text} { skip_space(); }
  bool empty() const { return text_.empty(); }
  std::string_view text() const { return text_; }
  /// Up to a space or tab; "" at the end.
  std::string_view word();
  /// What stands between the two characters; nothing when it does not begin with `open`, and leaves
  /// the rest as it is when no `close` follows. A quote behind a backslash does not close.
  std::optional<std::string_view> between(char open, char close);

 private:
  void skip_space();
  std::string_view text_;
};

/// One line of each format; false when it is not of it.
bool read_ncsa(std::string_view line, Request& request);
bool read_squid(std::string_view line, Request& request);
bool read_i_filter_access(std::string_view line, Scratch& scratch, Request& request);
bool read_i_filter_block(std::string_view line, Request& request);
bool read_intersafe(std::string_view line, Request& request);
bool read_generic(std::string_view line, Request& request);

/// The time as the line has it; `zone` says what is known of it.
void set_time(Request& request, const Stamp& stamp);

/// Lines that a line `#Fields:` explains.
class Columns {
 public:
  /// A line that begins with #; false when it is not of these.
  bool take_directive(std::string_view line);
  /// Columns are known.
  bool is_known() const { return !columns_.empty(); }
  bool has_commas() const { return separator_ == ','; }
  const std::string& software() const { return software_; }
  /// False when the line has another number of columns; what it has is set.
  bool read(std::string_view line, Scratch& scratch, Request& request);

 private:
  void take_fields(std::string_view names);
  std::size_t split(std::string_view line, bool quotes);
  void set(std::size_t column, std::string_view text, Request& request, Scratch& scratch);

  std::vector<std::uint8_t> columns_;  // which each one is
  std::vector<std::string_view> cells_;
  std::string software_, day_;  // of #Date, for logs whose lines have the time of day alone
  std::string_view date_, time_;
  char separator_ = ' ';
  bool tells_referer_ = false;
};

}  // namespace hozen::web_log
