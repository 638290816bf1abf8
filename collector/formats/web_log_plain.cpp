// Lines of servers and proxies whose columns the file does not name.
#include <algorithm>

#include "collector/formats/web_log_impl.h"

namespace hozen::web_log {
namespace {

/// "host ident user": the user may have spaces in it. A virtual host with its port may stand in
/// front (Apache's vhost_combined).
bool set_client(std::string_view text, Request& request) {
  Rest rest{text};
  std::string_view client = rest.word();
  if (client.empty()) return false;
  const std::size_t colon = client.rfind(':');
  if (!is_address(client) && colon != client.npos && number_of(client.substr(colon + 1))) {
    Rest behind = rest;
    const std::string_view next = behind.word();
    if (std::count(behind.text().begin(), behind.text().end(), ' ') >= 1) {
      set_host(request, client);
      client = next;
      rest = behind;
    }
  }
  request.client = known(client);
  rest.word();  // the name by ident, which nobody asks for
  std::string_view user = rest.text();
  while (user.ends_with(' ')) user.remove_suffix(1);
  request.user = known(user);
  return true;
}

/// Where " [dd/Mon/yyyy:…]" begins; npos without one.
std::size_t find_clf_time(std::string_view line, Stamp& stamp, std::size_t& end) {
  // The longest has 28 bytes; looking further from each bracket would take the square of the line.
  constexpr std::size_t kReach = 48;
  for (std::size_t at = line.find('['); at != line.npos; at = line.find('[', at + 1)) {
    const std::size_t length = line.substr(at, kReach).find(']');
    if (length == line.npos) continue;
    if (const auto found = parse_clf_time(line.substr(at + 1, length - 1))) {
      stamp = *found;
      end = at + length + 1;
      return at;
    }
  }
  return line.npos;
}

/// What was sent, in quotes. Some servers leave quotes within it as they are: it ends where a
/// status follows.
std::optional<std::string_view> sent_text(Rest& rest) {
  const std::string_view text = rest.text();
  if (!text.starts_with('"')) return std::nullopt;
  constexpr std::string_view kEnd = "\" ";
  for (std::size_t at = text.find(kEnd, 1); at != text.npos; at = text.find(kEnd, at + 1)) {
    Rest behind{text.substr(at + 1)};
    const std::string_view status = behind.word();
    if (!status_of(status) && status != "-") continue;
    rest = Rest{text.substr(at + 1)};
    return text.substr(1, at - 1);
  }
  return rest.between('"', '"');
}

/// The longest chain of words that a line of these formats has in front of what is looked for.
constexpr int kMaxWords = 64;

}  // namespace

bool read_ncsa(std::string_view line, Request& request) {
  Stamp stamp;
  std::size_t end = 0;
  const std::size_t begin = find_clf_time(line, stamp, end);
  if (begin == line.npos || !set_client(line.substr(0, begin), request)) return false;
  set_time(request, stamp);
  Rest rest{line.substr(end)};
  const auto sent = sent_text(rest);
  if (!sent) return false;
  if (!set_request_line(request, *sent)) request.unparsed = known(*sent);
  request.status = status_of(rest.word());
  if (!request.status && request.method.empty()) return false;
  request.response_bytes = number_of(rest.word());
  const auto referer = rest.between('"', '"');
  if (!referer) return true;
  request.tells_referer = true;
  request.referer = known(*referer);
  if (const auto agent = rest.between('"', '"')) request.user_agent = known(*agent);
  // Squid ends its combined lines with what it did: TCP_MISS:HIER_DIRECT.
  const std::string_view action = rest.word();
  if (action.starts_with("TCP_") || action.starts_with("NONE:") || action.starts_with("UDP_"))
    request.action = action;
  return true;
}

bool read_squid(std::string_view line, Request& request) {
  Rest rest{line};
  const auto time = parse_epoch(rest.word());
  if (!time) return false;
  if (!number_of(rest.word())) return false;  // milliseconds that it took
  request.client = known(rest.word());
  const std::string_view result = rest.word();
  const std::size_t slash = result.find('/');
  if (slash == result.npos) return false;
  request.action = result.substr(0, slash);
  request.status = status_of(result.substr(slash + 1));  // 000: there was no answer
  request.response_bytes = number_of(rest.word());
  request.method = known(rest.word());
  const std::string_view url = rest.word();
  if (url.empty()) return false;
  set_url(request, url);
  request.user = known(rest.word());
  request.time = *time;
  request.zone = Zone::utc;
  return true;
}

bool read_i_filter_access(std::string_view line, Scratch& scratch, Request& request) {
  Stamp stamp;
  std::size_t end = 0;
  const std::size_t begin = find_clf_time(line, stamp, end);
  if (begin == line.npos) return false;
  // Mon dd hh:mm:ss process version …: a time of writing and a process in front of all else.
  Rest front{line.substr(0, begin)};
  const std::string_view month = front.word(), day = front.word(), time = front.word();
  if (month.size() != 3 || !number_of(day) || time.size() != 8 || time[2] != ':' ||
      !number_of(front.word()))
    return false;
  front.word();  // version
  for (int i = 0; i < kMaxWords && !front.empty(); ++i) {
    const std::string_view word = front.word();
    // The last address is the client's, the last word the account; a name of the client may stand
    // between them.
    if (is_address(word)) request.client = word;
    request.user = front.empty() ? known(word) : std::string_view{};
  }
  if (is_address(request.user)) request.user = {};
  set_time(request, stamp);
  Rest rest{line.substr(end)};
  for (int i = 0; i < kMaxWords && !rest.empty(); ++i) {
    if (const auto sent = rest.between('"', '"')) {
      if (!set_request_line(request, *sent)) request.unparsed = known(*sent);
      if (const auto quoted = rest.between('"', '"'))  // D-SPA 1 and 2
        request.referer = known(*quoted);
      else
        request.referer = known(rest.word());
      request.tells_referer = true;
      unescape_form(known(rest.word()), scratch.agent);
      request.user_agent = scratch.agent;
      if (!request.status) request.status = status_of(rest.word());
      return !request.method.empty();
    }
    const std::string_view word = rest.word();
    if (i == 0) request.status = status_of(word);
    if (word == "block" || word == "allow") request.action = word;
  }
  return false;
}

bool read_i_filter_block(std::string_view line, Request& request) {
  Rest rest{line};
  if (!number_of(rest.word())) return false;  // process
  request.client = rest.word();
  if (!is_address(request.client)) return false;
  request.user = known(rest.word());
  constexpr std::size_t kTimeBytes = 26;  // 06/Oct/2014:11:26:21 +0900
  for (int i = 0; i < kMaxWords && !rest.empty(); ++i) {
    const auto stamp = parse_clf_time(rest.text().substr(0, kTimeBytes));
    rest.word();
    if (!stamp) continue;
    set_time(request, *stamp);
    rest.word();  // the offset
    const std::string_view url = rest.word();
    if (url.find("://") == url.npos) return false;
    set_url(request, url);
    request.action = known(rest.word());
    return true;
  }
  return false;
}

bool read_intersafe(std::string_view line, Request& request) {
  Rest rest{line};
  const std::string_view day = rest.word(), clock = rest.word();
  const auto time = parse_day_and_time(day, clock);
  if (!time || day[4] != '/') return false;
  const std::string_view protocol = rest.word();
  if (protocol.size() < 3 || protocol.size() > 10) return false;
  request.client = rest.word();
  if (!is_address(request.client)) return false;
  rest.word();  // group
  request.user = known(rest.word());
  const std::string_view agent = rest.word();
  request.user_agent = known(agent);
  request.action = known(rest.word());
  rest.word();  // address of the server, in newer ones
  request.status = status_of(rest.word());
  const std::string_view host = rest.word();
  rest.word();  // milliseconds
  request.request_bytes = number_of(rest.word());
  request.response_bytes = number_of(rest.word());
  // In some products the size of the answer is a column that is always 0.
  if (request.response_bytes == 0u) request.response_bytes.reset();
  for (int i = 0; i < kMaxWords && !rest.empty(); ++i) {
    const std::string_view word = rest.word();
    if (word.find("://") == word.npos) continue;
    set_url(request, word);
    rest.word();  // HTTP/1.1
    if (const std::string_view method = rest.word(); is_method(method)) request.method = method;
    request.referer = known(rest.word());
    request.tells_referer = true;
    break;
  }
  if (request.host.empty()) set_host(request, known(host));
  if (request.host.empty()) return false;
  request.time = *time;
  request.zone = Zone::assumed_local;
  return true;
}

bool read_generic(std::string_view line, Request& request) {
  // "METHOD URL HTTP/x", in quotes or not.
  const std::size_t version = line.find(" HTTP/");
  if (version == line.npos) return false;
  const std::size_t url = line.rfind(' ', version - 1);
  if (version == 0 || url == line.npos || url == 0) return false;
  const std::size_t method = line.find_last_of(" \t\",;|", url - 1);
  const std::size_t begin = method == line.npos ? 0 : method + 1;
  const std::size_t end = std::min(line.find_first_of(" \t\",;|", version + 1), line.size());
  if (!set_request_line(request, line.substr(begin, end - begin))) return false;
  Stamp stamp;
  std::size_t behind = 0;
  if (find_clf_time(line, stamp, behind) != line.npos) set_time(request, stamp);
  Rest rest{line};
  for (int i = 0; i < kMaxWords && !rest.empty(); ++i) {
    const std::string_view word = rest.word();
    if (request.client.empty() && is_address(word)) request.client = word;
    if (request.time.is_set()) continue;
    const std::size_t start = word.starts_with('[') || word.starts_with('"') ? 1 : 0;
    if (const auto iso = parse_iso_time(word.substr(start, word.find_first_of("]\"", 1) - start))) {
      set_time(request, *iso);
    } else if (const auto epoch = parse_epoch(word)) {
      set_time(request, {*epoch, true});
    } else if (word.size() - start == 10) {
      Rest next = rest;
      const std::string_view clock = next.word();
      const auto time = parse_day_and_time(word.substr(start), clock.substr(0, 8));
      if (time) set_time(request, {*time, false});
    }
  }
  if (!request.time.is_set()) return false;
  Rest tail{line.substr(std::min(end + 1, line.size()))};
  request.status = status_of(tail.word());
  for (int i = 0; i < kMaxWords && !tail.empty(); ++i) {
    const auto quoted = tail.between('"', '"');
    if (quoted && quoted->find("Mozilla/") != quoted->npos) request.user_agent = *quoted;
    if (!quoted) tail.word();
  }
  return true;
}

}  // namespace hozen::web_log
