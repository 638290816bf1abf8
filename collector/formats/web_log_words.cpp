// Parts of lines that more than one format has.
#include <algorithm>

#include "collector/formats/web_log_impl.h"

namespace hozen::web_log {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

unsigned value_of(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10u;
}

bool is_ipv4(std::string_view text) {
  int dots = 0;
  std::size_t digits = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || value > 255) return false;
      ++dots;
      digits = 0;
      value = 0;
    } else if (is_digit(c) && ++digits <= 3) {
      value = value * 10 + static_cast<unsigned>(c - '0');
    } else {
      return false;
    }
  }
  return dots == 3 && digits != 0 && value <= 255;
}

}  // namespace

std::optional<std::uint64_t> number_of(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<std::uint32_t> status_of(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  const auto value = number_of(text);
  if (!value || *value < 100 || *value > 599) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool is_address(std::string_view text) {
  if (text.empty() || text.size() > 80) return false;
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (colons <= 1) return is_ipv4(text.substr(0, text.find(':')));
  if (text.front() == '[') text = text.substr(1, text.find(']') - 1);
  text = text.substr(0, text.find('%'));  // of an interface
  return colons >= 2 && std::all_of(text.begin(), text.end(),
                                    [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

bool is_method(std::string_view text) {
  constexpr std::size_t kMaxMethod = 20;
  return text.size() >= 3 && text.size() <= kMaxMethod &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; });
}

void unescape_form(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2 && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
      out += static_cast<char>(value_of(text[i + 1]) * 16u + value_of(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
}

void set_host(Request& request, std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
  const std::size_t colon = authority.rfind(':');
  const bool bracketed = authority.starts_with('[');
  const bool has_port = colon != authority.npos &&
                        (bracketed ? authority[colon - 1] == ']' : authority.find(':') == colon);
  if (has_port) {
    const auto port = number_of(authority.substr(colon + 1));
    if (port && *port <= 0xFFFF) request.port = static_cast<std::uint32_t>(*port);
  }
  request.host = has_port ? authority.substr(0, colon) : authority;
}

void set_url(Request& request, std::string_view url) {
  const std::size_t mark = url.find("://");
  // A scheme is short; "://" further on is part of a query.
  constexpr std::size_t kMaxScheme = 10;
  if (mark != url.npos && mark != 0 && mark <= kMaxScheme && url.find('/') > mark) {
    request.scheme = url.substr(0, mark);
    url.remove_prefix(mark + 3);
    const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
    set_host(request, url.substr(0, end));
    url.remove_prefix(end);
  } else if (request.method == "CONNECT") {
    return set_host(request, url);
  }
  const std::size_t question = url.find('?');
  request.path = url.substr(0, question);
  if (question != url.npos) request.query = url.substr(question + 1);
}

bool set_request_line(Request& request, std::string_view text) {
  const std::size_t first = text.find(' ');
  if (first == text.npos || !is_method(text.substr(0, first))) return false;
  std::string_view url = text.substr(first + 1);
  const std::size_t last = url.rfind(' ');
  if (last != url.npos && url.substr(last + 1).starts_with("HTTP/"))
    url = url.substr(0, last);
  else if (last != url.npos)
    return false;
  if (url.empty()) return false;
  request.method = text.substr(0, first);
  set_url(request, url);
  return true;
}

void set_time(Request& request, const Stamp& stamp) {
  request.time = stamp.time;
  request.zone = stamp.has_offset ? Zone::in_line : Zone::assumed_local;
}

void Rest::skip_space() {
  text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size()));
}

std::string_view Rest::word() {
  skip_space();
  const std::string_view found = text_.substr(0, text_.find_first_of(" \t"));
  text_.remove_prefix(found.size());
  skip_space();
  return found;
}

std::optional<std::string_view> Rest::between(char open, char close) {
  skip_space();
  if (!text_.starts_with(open)) return std::nullopt;
  std::size_t end = 1;
  while (end < text_.size() && text_[end] != close)
    end += text_[end] == '\\' && close == '"' ? 2u : 1u;
  if (end >= text_.size()) return std::nullopt;
  const std::string_view found = text_.substr(1, end - 1);
  text_.remove_prefix(end + 1);
  skip_space();
  return found;
}

}  // namespace hozen::web_log
