// Logs that say in a line "#Fields:" what their columns are.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/web_log_impl.h"

namespace hozen::web_log {
namespace {

/// Columns of one line after which the rest is left out. IIS has 30, Exchange 110.
constexpr std::size_t kMaxColumns = 256;
constexpr std::size_t kMaxSoftwareBytes = 200;

enum class Column : std::uint8_t {
  other,
  date,
  time,
  stamp,    // date and time in one
  bracket,  // [dd/Mon/yyyy:… zone]
  epoch,
  client,
  user,
  method,
  scheme,
  host,
  port,
  url,
  path,
  query,
  status,
  response_bytes,
  request_bytes,
  agent,
  referer,
  server,
  forwarded,
  mailbox,
  action,
};

struct Name {
  std::string_view name;
  Column column;
};
constexpr Name kNames[] = {
    {"date", Column::date},
    {"time", Column::time},
    {"x-timestamp", Column::stamp},
    {"gmttime", Column::bracket},
    {"timestamp", Column::epoch},
    {"x-timestamp-unix", Column::epoch},
    {"x-timestamp-unix-utc", Column::epoch},
    {"c-ip", Column::client},
    {"cs-username", Column::user},
    {"cs-userdn", Column::user},
    {"cs-method", Column::method},
    {"s-operation", Column::method},
    {"cs-uri-scheme", Column::scheme},
    {"cs-host", Column::host},
    {"cs(host)", Column::host},
    {"r-host", Column::host},
    {"cs-uri-host", Column::host},
    {"cs-uri-port", Column::port},
    {"r-port", Column::port},
    {"s-port", Column::port},
    {"cs-uri", Column::url},
    {"c-uri", Column::url},
    {"cs-uri-path", Column::path},
    {"cs-uri-stem", Column::path},
    {"cs-uri-query", Column::query},
    {"sc-status", Column::status},
    {"sc-bytes", Column::response_bytes},
    {"cs-bytes", Column::request_bytes},
    {"cs(user-agent)", Column::agent},
    {"c-agent", Column::agent},
    {"cs(referer)", Column::referer},
    {"cs-referred", Column::referer},
    {"s-ip", Column::server},
    {"x-forwarded-for", Column::forwarded},
    {"cs(x-forwarded-for)", Column::forwarded},
    {"s-action", Column::action},
    {"s-reason", Column::action},
    {"action", Column::action},
    // Exchange
    {"datetime", Column::stamp},
    {"clientipaddress", Column::client},
    {"client-ip", Column::client},
    {"authenticateduser", Column::user},
    {"method", Column::method},
    {"httpmethod", Column::method},
    {"urlhost", Column::host},
    {"urlstem", Column::path},
    {"urlquery", Column::query},
    {"httpstatus", Column::status},
    {"requestbytes", Column::request_bytes},
    {"responsebytes", Column::response_bytes},
    {"useragent", Column::agent},
    {"anchormailbox", Column::mailbox},
};

Column column_of(std::string_view name) {
  const std::string folded = to_lower_ascii(name);
  for (const Name& known_name : kNames)
    if (known_name.name == folded) return known_name.column;
  return Column::other;
}

/// Without the quotes around it.
std::string_view unquoted(std::string_view cell) {
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"')
    return cell.substr(1, cell.size() - 2);
  return cell;
}

}  // namespace

bool Columns::take_directive(std::string_view line) {
  constexpr std::string_view kFields = "#Fields:", kDate = "#Date:", kSoftware = "#Software:";
  if (starts_with_fold(line, kFields)) {
    take_fields(line.substr(kFields.size()));
  } else if (starts_with_fold(line, kDate)) {
    day_ = trim(line.substr(kDate.size())).substr(0, 10);
  } else if (starts_with_fold(line, kSoftware)) {
    software_ = trim(line.substr(kSoftware.size())).substr(0, kMaxSoftwareBytes);
  } else {
    return false;
  }
  return true;
}

void Columns::take_fields(std::string_view names) {
  columns_.clear();
  tells_referer_ = false;
  bool is_web = false;
  names = trim(names);
  // TMG parts its columns with tabs, Exchange with commas.
  separator_ = names.find('\t') != names.npos ? '\t' : names.find(',') != names.npos ? ',' : ' ';
  while (!names.empty() && columns_.size() < kMaxColumns) {
    const std::size_t end = std::min(names.find(separator_), names.size());
    if (end != 0 || separator_ != ' ') {
      const Column column = column_of(trim(names.substr(0, end)));
      columns_.push_back(static_cast<std::uint8_t>(column));
      tells_referer_ = tells_referer_ || column == Column::referer;
      is_web = is_web || (column >= Column::client && column != Column::action);
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  if (!is_web) columns_.clear();  // of a firewall and the like
}

/// Parts the line; returns how many cells it has. With `quotes`, what stands in quotes is one cell.
std::size_t Columns::split(std::string_view line, bool quotes) {
  cells_.clear();
  std::size_t count = 0;
  // Where nothing ends a quote, nothing ends the next one: looking again would take long.
  bool never_closed = false;
  const bool ends_empty = separator_ != ' ' && line.ends_with(separator_);
  while (!line.empty() && count <= kMaxColumns) {
    std::size_t end = std::min(line.find(separator_), line.size());
    char close = 0;
    if (quotes && line.front() == '"') close = '"';
    if (line.front() == '[' && count < columns_.size() &&
        columns_[count] == static_cast<std::uint8_t>(Column::bracket))
      close = ']';
    if (close != 0 && !never_closed) {
      std::size_t at = line.find(close, 1);
      while (at != line.npos && at + 1 < line.size() && line[at + 1] != separator_)
        at = line.find(close, at + (line[at + 1] == close ? 2 : 1));
      if (at != line.npos) end = at + 1;
      never_closed = at == line.npos;
    }
    const std::string_view cell = line.substr(0, end);
    if (!cell.empty() || separator_ != ' ') {
      cells_.push_back(cell);
      ++count;
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  if (ends_empty) {
    cells_.emplace_back();
    ++count;
  }
  return count;
}

bool Columns::read(std::string_view line, Scratch& scratch, Request& request) {
  // A request may begin with a quote where the log has none around its columns.
  bool whole = split(line, true) == columns_.size();
  if (!whole) whole = split(line, false) == columns_.size();
  date_ = day_;
  time_ = {};
  for (std::size_t i = 0; i < std::min(cells_.size(), columns_.size()); ++i)
    set(i, known(unquoted(cells_[i])), request, scratch);
  if (!time_.empty() && !request.time.is_set()) {
    if (const auto time = parse_day_and_time(date_, time_)) {
      request.time = *time;
      request.zone = Zone::utc;
    }
  }
  request.tells_referer = tells_referer_;
  return whole;
}

void Columns::set(std::size_t column, std::string_view text, Request& request, Scratch& scratch) {
  if (text.empty()) return;
  switch (static_cast<Column>(columns_[column])) {
    case Column::date:
      date_ = text;
      break;
    case Column::time:
      time_ = text;
      break;
    case Column::stamp:
      if (const auto stamp = parse_iso_time(text)) {
        request.time = stamp->time;
        request.zone = stamp->has_offset ? Zone::in_line : Zone::utc;
      }
      break;
    case Column::bracket:
      if (text.size() > 2)
        if (const auto stamp = parse_clf_time(text.substr(1, text.size() - 2)))
          set_time(request, *stamp);
      break;
    case Column::epoch:
      if (const auto time = parse_epoch(text)) {
        request.time = *time;
        request.zone = Zone::utc;
      }
      break;
    case Column::client:
      request.client = text;
      break;
    case Column::user:
      request.user = text;
      break;
    case Column::method:
      request.method = text;
      break;
    case Column::scheme:
      request.scheme = text;
      break;
    case Column::host:
      if (request.host.empty()) set_host(request, text);
      break;
    case Column::port:
      if (const auto port = number_of(text); port && *port <= 0xFFFF)
        request.port = static_cast<std::uint32_t>(*port);
      break;
    case Column::url:
      if (request.path.empty()) set_url(request, text);
      break;
    case Column::path:
      request.path = text;
      break;
    case Column::query:
      request.query = text.starts_with('?') ? text.substr(1) : text;
      break;
    case Column::status:
      request.status = status_of(text);
      break;
    case Column::response_bytes:
      request.response_bytes = number_of(text);
      break;
    case Column::request_bytes:
      request.request_bytes = number_of(text);
      break;
    case Column::agent:
      // IIS writes + for each space; where there are spaces, a + is one.
      scratch.agent = text;
      if (text.find(' ') == text.npos)
        std::replace(scratch.agent.begin(), scratch.agent.end(), '+', ' ');
      request.user_agent = scratch.agent;
      break;
    case Column::referer:
      request.referer = text;
      break;
    case Column::server:
      request.server = text;
      break;
    case Column::forwarded:
      request.forwarded = text;
      break;
    case Column::mailbox:
      request.mailbox = text;
      break;
    case Column::action:
      request.action = text;
      break;
    case Column::other:
      break;
  }
}

}  // namespace hozen::web_log
