// Sources: TeamViewer, "Log file reading"; AnyDesk, "Trace files"; logs that the authors of
// github.com/EricZimmerman/KapeFiles and of public reports show.
#include "collector/module/remote_access_logs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

#include "collector/base/text.h"
#include "collector/module/text_lines.h"

namespace hozen::remote_access {
namespace {

using Text = std::string_view;
/// Connections of one log after which the rest is left out.
constexpr std::size_t kMaxConnections = 100'000;
/// Columns of one line; AnyDesk fills with blanks.
constexpr std::size_t kMaxColumns = 256;

std::optional<unsigned> digits(Text text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  unsigned number = 0;
  const char* begin = text.data() + at;
  const auto [stop, failed] = std::from_chars(begin, begin + count, number);
  return failed == std::errc{} && stop == begin + count ? std::optional{number} : std::nullopt;
}

/// Days from 1601-01-01 to a date of the Gregorian calendar.
std::uint64_t days_since_1601(unsigned year, unsigned month, unsigned day) {
  // Years begin in March, so that the day of February 29 is the last of one.
  const unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
  constexpr std::uint64_t kTo1601 = 584'694;  ///< days from 0000-03-01 to 1601-01-01
  return std::uint64_t{y} * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - kTo1601;
}

/// `day` and so on: where they stand in the text; the clock follows the date behind one character.
FileTime time_in(Text text, std::size_t day, std::size_t month, std::size_t year) {
  const auto d = digits(text, day, 2), mo = digits(text, month, 2), y = digits(text, year, 4);
  const auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (!d || !mo || !y || !h || !mi || !s) return {};
  if (*y < 1990 || *y > 2200 || *mo < 1 || *mo > 12 || *d < 1 || *d > 31 || *h > 23 || *mi > 59 ||
      *s > 60)
    return {};
  const std::uint64_t clock = std::uint64_t{*h} * 3600 + std::uint64_t{*mi} * 60 + *s;
  return FileTime{(days_since_1601(*y, *mo, *d) * 86'400 + clock) * kTicksPerSecond};
}

std::vector<Text> columns_in(Text line, char separator) {
  std::vector<Text> columns;
  while (columns.size() < kMaxColumns) {
    const std::size_t end = line.find(separator);
    columns.push_back(trim(line.substr(0, end)));
    if (end == Text::npos) break;
    line.remove_prefix(end + 1);
  }
  return columns;
}

}  // namespace

std::vector<Connection> parse_teamviewer(Text text, bool is_incoming) {
  std::vector<Connection> all;
  each_text_line(text, [&](Text line, std::uint32_t number) {
    const auto columns = columns_in(line, '\t');
    // Connections.txt has no name of the partner.
    const std::size_t first = is_incoming ? 2 : 1;
    if (columns.size() < first + 3) return true;
    Connection one;
    one.started = time_in(columns[first], 0, 3, 6);
    if (!one.started.is_set()) return true;
    one.ended = time_in(columns[first + 1], 0, 3, 6);
    one.direction = is_incoming ? "incoming" : "outgoing";
    one.peer = std::string{columns[0]};
    if (is_incoming) one.peer_name = std::string{columns[1]};
    one.account = std::string{columns[first + 2]};
    if (columns.size() > first + 3) one.mode = std::string{columns[first + 3]};
    one.time_text = std::string{columns[first]};
    one.line = number;
    all.push_back(std::move(one));
    return all.size() < kMaxConnections;
  });
  return all;
}

std::vector<Connection> parse_anydesk_connections(Text text) {
  std::vector<Connection> all;
  each_text_line(text, [&](Text line, std::uint32_t number) {
    std::vector<Text> words;
    for (const Text word : columns_in(line, ' '))
      if (!word.empty()) words.push_back(word);
    if (words.size() < 5 ||
        !(equals_fold(words[0], "Incoming") || equals_fold(words[0], "Outgoing")))
      return true;
    Connection one;
    one.direction = to_lower_ascii(words[0]);
    one.time_text = std::string{words[1]} + " " + std::string{words[2]};
    one.mode = std::string{words[3]};
    one.peer = std::string{words[4]};
    if (words.size() > 5) one.peer_name = std::string{words[5]};
    one.line = number;
    all.push_back(std::move(one));
    return all.size() < kMaxConnections;
  });
  return all;
}

std::vector<Connection> parse_anydesk_trace(Text text) {
  constexpr Text kRequest = "Incoming session request: ", kFrom = "Logged in from ";
  std::vector<Connection> all;
  each_text_line(text, [&](Text line, std::uint32_t number) {
    const std::size_t request = line.find(kRequest), from = line.find(kFrom);
    if (request == Text::npos && from == Text::npos) return true;
    Connection one;
    one.direction = "incoming";
    one.line = number;
    // "   info 2022-09-28 12:25:26.346 ...".
    const std::size_t year = line.find("20");
    if (year != Text::npos && year < 12) {
      one.started = time_in(line.substr(year), 8, 5, 0);
      one.time_text = std::string{line.substr(year, 23)};
    }
    if (request != Text::npos) {
      const Text peer = trim(line.substr(request + kRequest.size()));
      const std::size_t open = peer.rfind('(');
      one.peer_name = std::string{trim(peer.substr(0, open))};
      if (open != Text::npos && peer.ends_with(')'))
        one.peer = std::string{peer.substr(open + 1, peer.size() - open - 2)};
      one.mode = "session request";
    } else {
      const Text rest = line.substr(from + kFrom.size());
      one.peer = std::string{rest.substr(0, rest.find(' '))};
      one.mode = "address";
    }
    all.push_back(std::move(one));
    return all.size() < kMaxConnections;
  });
  return all;
}

}  // namespace hozen::remote_access
