#include "collector/module/share_use.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"

namespace hozen {
namespace {

// Rights of files (Microsoft, "File access rights constants").
constexpr std::uint64_t kReadData = 0x1, kWriteData = 0x2, kAppendData = 0x4, kDelete = 0x10000;
constexpr std::size_t kMaxHoursTold = 3;
/// Rows with fewer are records, and no facts.
constexpr std::uint64_t kReadsOfNote = 1'000;

std::string value_of(const EventView& event, std::string_view name) {
  const auto value = event.value(name);
  return value && *value != "-" ? *value : std::string{};
}

std::uint64_t mask_of(const EventView& event) {
  const std::string text = value_of(event, "AccessMask");
  std::string_view digits{text};
  if (starts_with_fold(digits, "0x")) digits.remove_prefix(2);
  std::uint64_t mask = 0;
  static_cast<void>(std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16));
  return mask;
}

/// "D:\Data\Sales" of "D:\Data\Sales\2024\a.xlsx": the drive and two names.
std::string folder_of(std::string_view path) {
  std::size_t end = 0;
  for (int names = 0; names < 3; ++names) {
    const std::size_t next = path.find('\\', end == 0 ? 0 : end + 1);
    if (next == std::string_view::npos) return std::string{path.substr(0, path.rfind('\\'))};
    end = next;
  }
  return std::string{path.substr(0, end)};
}

/// FNV-1a: the same on every machine.
std::uint64_t hash_of(std::size_t row, std::string_view text) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325u ^ row;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100'0000'01B3u;
  }
  return hash;
}

/// SoftPerfect Network Scanner makes such a file to see whether it may write.
bool is_probe(std::string_view name) {
  return equals_fold(name, "delete.me") || ends_with_fold(name, "\\delete.me");
}

constexpr std::uint64_t kHour = 3600 * kTicksPerSecond;

/// How busy the others of the same share were.
struct Others {
  std::size_t rows = 0;
  std::uint64_t most = 0;  ///< of their busiest hours
};

/// By share and computer, of each row.
std::vector<Others> others_of(const std::vector<const ShareUse*>& rows) {
  struct Place {
    std::size_t rows = 0;
    std::uint64_t first = 0, second = 0;  // the busiest
  };
  std::map<std::string, Place> places;
  const auto key = [](const ShareUse& use) {
    return fold_case(use.share) + '\n' + fold_case(use.folder) + '\n' + fold_case(use.computer);
  };
  std::vector<std::uint64_t> peaks;
  for (const ShareUse* use : rows) {
    const std::uint64_t reads = peaks.emplace_back(use->peak().reads);
    Place& place = places[key(*use)];
    ++place.rows;
    place.second = std::max(place.second, std::min(place.first, reads));
    place.first = std::max(place.first, reads);
  }
  std::vector<Others> others;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Place& place = places[key(*rows[i])];
    others.push_back({place.rows - 1, peaks[i] == place.first ? place.second : place.first});
  }
  return others;
}

Fact fact_of(const ShareUse& use, const Others& others, const std::string& record) {
  Fact fact;
  fact.kind = FactKind::share;
  fact.time = use.first;
  fact.record = record;
  const ShareUse::Peak peak = use.peak();
  fact.values.add("account", use.account);
  fact.values.add("address", use.address);
  fact.values.add("place", use.share.empty() ? use.folder : use.share);
  fact.values.add("names", std::to_string(use.names));
  fact.values.add("probes", std::to_string(use.probes));
  fact.values.add("reads", std::to_string(use.reads));
  fact.values.add("peak", std::to_string(peak.reads));
  fact.values.add("peak_hour", peak.hour);
  fact.values.add("median", std::to_string(peak.median));
  fact.values.add("hours", std::to_string(peak.hours));
  fact.values.add("stretches", std::to_string(peak.stretches));
  fact.values.add("days", std::to_string(peak.days));
  fact.values.add("others", std::to_string(others.rows));
  fact.values.add("others_peak", std::to_string(others.most));
  return fact;
}

}  // namespace

ShareUse::Peak ShareUse::peak() const {
  Peak peak;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> busy;  // reads and hour
  for (const auto& [hour, count] : hours) busy.emplace_back(count, hour);
  if (busy.empty()) return peak;
  std::sort(busy.begin(), busy.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  const auto text = [](std::uint64_t hour) {
    constexpr std::size_t kUpToHour = 13;
    return FileTime{hour * kHour}.iso8601().substr(0, kUpToHour);
  };
  peak.reads = busy.front().first;
  peak.hour = text(busy.front().second);
  peak.hours = busy.size();
  if (busy.size() > 1) peak.median = busy[1 + (busy.size() - 1) / 2].first;
  std::set<std::uint64_t> days, most;
  for (const auto& [count, hour] : busy) {
    days.insert(hour / 24);
    if (count * 2 >= peak.reads) most.insert(hour);
    if (peak.texts.size() < kMaxHoursTold)
      peak.texts.push_back(text(hour) + ": " + std::to_string(count));
  }
  peak.days = days.size();
  constexpr std::uint64_t kApart = 12;
  std::uint64_t before = 0;
  for (const std::uint64_t hour : most) {
    if (before == 0 || hour - before >= kApart) ++peak.stretches;
    before = hour;
  }
  return peak;
}

ShareUse* ShareUseCounter::row_of(const EventView& event, bool is_share) {
  const std::string account =
      lateral::account_of(value_of(event, "SubjectDomainName"), value_of(event, "SubjectUserName"));
  const std::string address{lateral::plain_address(value_of(event, "IpAddress"))};
  const std::string share = value_of(event, "ShareName");
  const std::string folder = is_share ? std::string{} : folder_of(value_of(event, "ObjectName"));
  std::string key = fold_case(account);
  for (const std::string_view part : {std::string_view{address}, std::string_view{share},
                                      std::string_view{folder}, event.computer})
    (key += '\n') += fold_case(part);
  auto found = rows_.find(key);
  if (found == rows_.end()) {
    if (rows_.size() >= kMaxRows) return ++left_out_, nullptr;
    found = rows_.emplace(std::move(key), Row{{}, rows_.size()}).first;
    ShareUse& use = found->second.use;
    use.computer = event.computer;
    use.account = account;
    use.sid = value_of(event, "SubjectUserSid");
    use.address = address;
    use.share = share;
    use.folder = folder;
  }
  count_name(found->second.use, found->second.number,
             value_of(event, is_share ? "RelativeTargetName" : "ObjectName"));
  return &found->second.use;
}

void ShareUseCounter::count_name(ShareUse& row, std::size_t number, std::string_view name) {
  if (name.empty()) return;
  const std::uint64_t hash = hash_of(number, fold_case(name));
  if (names_.size() >= kMaxNames)
    row.is_cut = row.is_cut || !names_.contains(hash);
  else if (names_.insert(hash).second)
    ++row.names;
}

void ShareUseCounter::count_hour(ShareUse& row, FileTime time) {
  const auto [hour, is_new] = row.hours.try_emplace(time.ticks / kHour, 0);
  if (is_new && ++hours_ > kMaxHours) {
    row.hours.erase(hour);
    ++left_out_;
    return;
  }
  ++hour->second;
}

void ShareUseCounter::add(const EventView& event) {
  const std::uint32_t id = event.event_id;
  const bool is_share = id == 5140 || id == 5145, is_object = id == 4656 || id == 4663;
  if ((!is_share && !is_object) || !event.is_live || !equals_fold(event.channel, "Security"))
    return;
  if (is_object && value_of(event, "ObjectType") != "File") return;
  // Pipes are no files.
  if (is_share && ends_with_fold(value_of(event, "ShareName"), "\\IPC$")) return;
  ShareUse* use = row_of(event, is_share);
  if (use == nullptr) return;
  ++use->events;
  if (!use->first.is_set() || event.time < use->first) use->first = event.time;
  use->last = std::max(use->last, event.time);
  if (event.is_failure) return void(++use->refused);
  if (id == 5140) return;  // the share itself was opened
  const std::uint64_t mask = mask_of(event);
  const bool writes = (mask & (kWriteData | kAppendData)) != 0;
  use->writes += writes ? 1 : 0;
  use->deletions += (mask & kDelete) != 0 ? 1 : 0;
  const std::string name = value_of(event, is_share ? "RelativeTargetName" : "ObjectName");
  if ((writes || (mask & kDelete) != 0) && is_probe(name)) ++use->probes;
  if ((mask & kReadData) == 0) return;
  ++use->reads;
  count_hour(*use, event.time);
}

void ShareUseCounter::tell(ModuleContext& context, const Envelope& origin, std::string_view log,
                           std::string_view own_log) {
  std::vector<const ShareUse*> rows;
  for (const auto& [key, row] : rows_) rows.push_back(&row.use);
  const std::vector<Others> others = others_of(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ShareUse& use = *rows[i];
    Envelope envelope = origin;
    envelope.timestamps.emplace_back("first_event", use.first);
    envelope.timestamps.emplace_back("last_event", use.last);
    const std::string record = context.emit(kShareUse, kShareUseFields, use, envelope);
    if (use.reads >= kReadsOfNote || use.probes != 0)
      context.state(fact_of(use, others[i], record), {use.computer, own_log, i + 1, false});
  }
  if (left_out_ != 0)
    context.note({Errc::limit, std::string{log} + ": the use of shares by further accounts is " +
                                   "not counted"});
}

}  // namespace hozen
