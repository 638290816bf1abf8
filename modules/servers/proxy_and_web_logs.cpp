// Access logs of web servers (IIS, HTTP.sys, Exchange, Apache, nginx, Tomcat) and proxies (Squid,
// Blue Coat, TMG, i-FILTER, InterSafe), found where the servers' own configuration says, and where
// they usually lie. A line proves that the server was asked and what it answered, not what the
// request did; what was sent in a POST is in none. Each log is a record; lines are records where a
// rule looked at them. Logs are read in the order of their last changes.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/module.h"
#include "collector/module/web_attack_report.h"
#include "collector/module/web_log_rows.h"
#include "collector/module/web_places.h"
#include "collector/module/web_script_use.h"
#include "collector/module/web_traffic.h"

namespace hozen::modules {
namespace {

struct LogRow {
  const WebLogFile& file;
  std::optional<web_log::Summary> log;
};

using L = Field<LogRow>;
template <class Write>
void if_read(const LogRow& row, Cell& cell, Write write) {
  row.log ? write(*row.log) : cell.absent(Absent::unparsable);
}
constexpr std::array kLogFields{
    L{{"path", "The log."}, [](const LogRow& r, Cell& c) { c.text(r.file.info.path.text()); }},
    L{{"found_by", "What says that logs lie there."},
      [](const LogRow& r, Cell& c) { c.text(r.file.source); }},
    L{{"size_bytes", "Its size as it lies there."},
      [](const LogRow& r, Cell& c) { c.number(r.file.info.size); }},
    L{{"format",
       "Kind of its lines: w3c, exchange, ncsa, squid, i_filter_access, i_filter_block, "
       "intersafe or generic."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.text(to_text(log.format)); });
      }},
    L{{"software", "Program that wrote it, as it says."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { text_or_absent(c, log.software); });
      }},
    L{{"encoding", "How its characters are written; mostly an assumption."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.text(to_text(log.encoding)); });
      }},
    L{{"zone", "What makes its times UTC: utc, in_line, assumed_local (of this host) or none."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.text(to_text(log.zone)); });
      }},
    L{{"lines", "Lines read."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.number(log.lines); });
      }},
    L{{"requests", "Lines that tell of a request."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.number(log.requests); });
      }},
    L{{"damaged_lines", "Lines that are not as the others."},
      [](const LogRow& r, Cell& c) {
        if_read(r, c, [&](const web_log::Summary& log) { c.number(log.damaged); });
      }},
};
constexpr auto kLogColumns = columns_of(kLogFields);
constexpr Kind kLog{"web_log", "One access log of a web server or proxy, and how far it reaches.",
                    kLogColumns, "Access log {path}"};
constexpr auto kRequestColumns = columns_of(kWebRequestFields);
constexpr std::string_view kRequestTimes[] = {"time"};
constexpr Kind kRequest{
    "web_request", "One line of an access log that a rule looked at.", kRequestColumns,
    "Web request[ of {client}]:[ {method}][ {host}][ {path}][ ({status})]", kRequestTimes};
constexpr std::array kKinds{kLog, kRequest};

constexpr std::string_view kReferences[] = {
    "https://www.w3.org/TR/WD-logfile.html",
    "https://learn.microsoft.com/windows/win32/http/w3c-logging",
    "https://httpd.apache.org/docs/current/logs.html",
    "https://wiki.squid-cache.org/Features/LogFormat",
    "https://blogs.jpcert.or.jp/en/2017/08/detecting-datper-malware-from-proxy-logs.html",
    "https://www.cisa.gov/news-events/cybersecurity-advisories/aa21-062a"};
constexpr std::string_view kAttack[] = {"T1071.001", "T1190", "T1505.003", "T1567"};

constexpr std::string_view kDays[] = {"90", "30", "365", "all"};
constexpr std::string_view kGigabytes[] = {"8", "2", "32", "all"};
constexpr ModuleOption kOptions[] = {
    {"days", "Logs that were last changed more days ago are left out.", kDays},
    {"gigabytes", "Of more gigabytes of logs the oldest are left out.", kGigabytes}};

/// "all": nothing.
std::optional<std::uint64_t> number_of(std::string_view text) {
  if (text == "all") return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

/// Lines that become records, of all rules.
constexpr std::uint64_t kMaxLineRecords = 50'000;
/// Problems of one log that are noted.
constexpr std::size_t kMaxNoted = 5;

class Logs {
 public:
  explicit Logs(ModuleContext& context) : context_{context} {}

  void run() {
    WebPlaces places = find_web_places(context_, true);
    if (places.logs.empty()) return;
    options_.local_offset_minutes = local_offset_of(context_.registry()->host().time_zone);
    limit(places.logs);
    for (auto log = places.logs.rbegin(); log != places.logs.rend(); ++log) {
      if (context_.stop().stop_requested()) break;
      read(*log);
    }
    for (Finding& finding : traffic_.findings()) context_.report(std::move(finding));
    for (Finding& finding : attacks_.findings()) context_.report(std::move(finding));
    for (Fact& fact : scripts_.facts()) context_.state(std::move(fact));
    tell_left_out();
  }

 private:
  std::string_view chosen(std::string_view option, std::span<const std::string_view> values) const {
    const std::string_view text = context_.option(option);
    return text.empty() ? values.front() : text;
  }

  /// Keeps what the profile's limits let through; the newest stand first.
  void limit(std::vector<WebLogFile>& logs) {
    const auto days = number_of(chosen("days", kDays));
    const auto gigabytes = number_of(chosen("gigabytes", kGigabytes));
    const std::uint64_t age = days.value_or(0) * (24 * (3600 * kTicksPerSecond));
    const FileTime now = context_.reference_time();
    std::uint64_t bytes = 0, old = 0, many = 0;
    std::vector<WebLogFile> kept;
    for (WebLogFile& log : logs) {
      const FileTime changed = log.info.si.modified;
      bytes += log.info.size;
      if (days && now.is_set() && changed.is_set() && changed.ticks + age < now.ticks)
        ++old;
      else if (gigabytes && bytes > (*gigabytes << 30u))
        ++many;
      else
        kept.push_back(std::move(log));
    }
    logs = std::move(kept);
    if (old != 0)
      context_.note({Errc::limit, std::to_string(old) + " access logs older than " +
                                      std::string{chosen("days", kDays)} + " days"});
    if (many != 0)
      context_.note({Errc::limit, std::to_string(many) + " access logs beyond " +
                                      std::string{chosen("gigabytes", kGigabytes)} + " gigabytes"});
  }

  void read(const WebLogFile& file) {
    artifact_ =
        context_.collect(file.info.path, "access log of a web server or proxy", Priority::high).row;
    const auto bytes = context_.source().open(file.info.path);
    if (!bytes) return context_.note(bytes.error());
    LogRow row{file, {}};
    of_proxy_ = is_of_proxy(**bytes);
    const auto log = web_log::read(**bytes, options_, [&](const web_log::Request& request) {
      take(request);
      return !context_.stop().stop_requested();
    });
    Envelope envelope;
    envelope.origin.artifact = artifact_;
    if (log) {
      row.log = *log;
      envelope.timestamps = {{"first_request", log->first}, {"last_request", log->last}};
      tell(file, *log);
    } else if (log.error().code != Errc::unsupported) {
      note(file, log.error());
    } else if (++unknown_ == 1) {
      first_unknown_ = file.info.path.text();
    }
    context_.emit(kLog, kLogFields, row, envelope);
  }

  /// A server's log has lines with a scheme too: a client may ask so. Most lines of a proxy's do.
  bool is_of_proxy(ByteSource& log) const {
    constexpr std::uint64_t kLooked = 200;
    std::uint64_t requests = 0, proxied = 0;
    (void)web_log::read(log, options_, [&](const web_log::Request& request) {
      if (request.is_proxied()) ++proxied;
      return ++requests < kLooked;
    });
    return proxied * 2 >= requests;
  }

  void take(const web_log::Request& request) {
    if (of_proxy_ || !request.is_proxied()) {
      traffic_.take(request);
      if (!request.is_proxied()) take_served(request);
      return;
    }
    if (request.method == "CONNECT") return;
    web_log::Request served = request;
    served.scheme = {};
    take_served(served);
  }

  void take_served(const web_log::Request& request) {
    const SeenRequest seen = seen_request(request);
    attacks_.take(seen);
    scripts_.take(seen);
  }

  std::string record(const web_log::Request& request) {
    if (records_ >= kMaxLineRecords) return {};
    ++records_;
    Envelope envelope;
    envelope.origin.artifact = artifact_;
    envelope.origin.offset = request.offset;
    return context_.emit(kRequest, kWebRequestFields, request, envelope);
  }

  void note(const WebLogFile& file, const Error& error) {
    context_.note(
        {error.code, file.info.path.text() + ": " + error.what, error.offset, error.detail});
  }

  void tell(const WebLogFile& file, const web_log::Summary& log) {
    std::size_t told = 0;
    for (const Error& problem : log.problems)
      if (problem.code != Errc::malformed || told++ < kMaxNoted) note(file, problem);
    if (log.damaged > kMaxNoted)
      note(file, {Errc::malformed, std::to_string(log.damaged) + " damaged lines in all"});
  }

  void tell_left_out() {
    if (unknown_ != 0)
      context_.note({Errc::unsupported,
                     std::to_string(unknown_) +
                         " files among access logs whose lines are of no format that is read, as " +
                         first_unknown_});
    const std::uint64_t left_out = traffic_.left_out() + attacks_.left_out() + scripts_.left_out();
    if (left_out != 0)
      context_.note({Errc::limit, std::to_string(left_out) +
                                      " requests of further clients, hosts and scripts that the "
                                      "rules over access logs had no room for"});
  }

  ModuleContext& context_;
  web_log::Options options_;
  std::uint32_t artifact_ = 0;
  std::uint64_t records_ = 0, unknown_ = 0;
  std::string first_unknown_;
  bool of_proxy_ = false;
  const RecordLine record_ = [this](const web_log::Request& request) { return record(request); };
  WebTraffic traffic_{record_};
  AttackReport attacks_{record_};
  ScriptUses scripts_{record_};
};

Result<void> run(ModuleContext& context) {
  if (context.reads_files() && context.registry() != nullptr) Logs{context}.run();
  return {};
}

/// A script that lies there and is suspected by its content is told by the module web_shells.
bool is_told(const FactBook& book, std::string_view path) {
  const auto files = book.facts(FactKind::file);
  return std::any_of(files.begin(), files.end(), [&](const Fact& fact) {
    return fact.values["what"] == kWebScript && fact.values["url"] == path;
  });
}

Result<void> judge(ModuleContext& context) {
  const FactBook& book = context.facts();
  for (const Fact& fact : book.facts(FactKind::network)) {
    if (fact.values["what"] != kWebRequests || is_told(book, fact.subject)) continue;
    if (auto finding = judge_script_use(fact)) context.report(*std::move(finding));
  }
  return {};
}

}  // namespace

extern const ModuleSpec proxy_and_web_logs;
const ModuleSpec proxy_and_web_logs{
    "proxy_and_web_logs",
    "Access logs of web servers and proxies: beacons, uploads, attacks and calls of web shells.",
    kKinds,
    kReferences,
    kAttack,
    run,
    kOptions,
    false,
    judge};

}  // namespace hozen::modules
