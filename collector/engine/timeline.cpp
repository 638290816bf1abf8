#include "collector/engine/timeline.h"

#include <algorithm>

#include "collector/engine/hive_record.h"
#include "collector/engine/json_scan.h"
#include "collector/engine/timeline_message.h"

namespace hozen {
namespace {

/// A name or id that is not of this program is left out rather than believed.
constexpr std::size_t kMaxNameBytes = 128;
/// Times of one record: real ones have up to 16.
constexpr std::size_t kMaxTimes = 64;

std::string_view short_string(std::string_view json) {
  const std::string_view content = json_string_content(json);
  return content.size() <= kMaxNameBytes ? content : std::string_view{};
}

/// The name of an account, or else its SID.
std::string_view user_of(std::string_view json) {
  std::string_view sid, name;
  for (JsonMembers members{json}; members.next();) {
    if (members.name() == "sid") sid = members.value();
    if (members.name() == "name") name = members.value();
  }
  return name.empty() ? sid : name;
}

}  // namespace

Timeline::Timeline(std::span<const ModuleSpec* const> modules, ScratchFactory scratch,
                   const SortLimits& limits)
    : sorter_{std::move(scratch), limits} {
  for (const ModuleSpec* module : modules)
    for (const Kind& kind : module->kinds) add_words(kind);
  add_words(kHiveKind);
}

void Timeline::add_words(const Kind& kind) {
  Words words{kind.name, kind.message, kind.times};
  each_message_column(kind.message, [&](std::string_view column) {
    if (std::find(words.columns.begin(), words.columns.end(), column) == words.columns.end())
      words.columns.push_back(column);
  });
  words.columns.insert(words.columns.end(), kind.times.begin(), kind.times.end());
  words_.push_back(std::move(words));
}

const Timeline::Words* Timeline::words_of(std::string_view kind) {
  if (last_ != nullptr && last_->kind == kind) return last_;
  const auto found = std::find_if(words_.begin(), words_.end(),
                                  [&](const Words& words) { return words.kind == kind; });
  return last_ = found == words_.end() ? nullptr : &*found;
}

std::string_view Timeline::value_of(std::string_view column) const {
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (last_->columns[i] == column) return values_[i];
  return {};
}

void Timeline::add_time(std::string_view column, std::string_view name, std::string_view json) {
  const std::string_view text = json_string_content(json);
  if (text.empty() || times_.size() == kMaxTimes || name.size() > kMaxNameBytes) return;
  if (!times_.empty() && times_.back().text == json)
    return times_.push_back({times_.back().time, json, column, name});
  if (const auto time = parse_iso8601(text); time && time->is_set())
    times_.push_back({*time, json, column, name});
}

/// One time, or an object of times.
void Timeline::add_times(std::string_view column, std::string_view json) {
  if (!json.starts_with('{')) return add_time({}, column, json);
  for (JsonMembers members{json}; members.next();)
    add_time(column, members.name(), members.value());
}

Result<void> Timeline::add(std::string_view record_json) {
  record_ = kind_ = user_ = timestamps_ = {};
  times_.clear();
  values_.clear();
  std::size_t missing = 0;
  for (JsonMembers members{record_json}; members.next();) {
    const std::string_view name = members.name();
    if (name == "record") {
      record_ = short_string(members.value());
    } else if (name == "kind" && kind_.empty()) {
      kind_ = short_string(members.value());
      if (words_of(kind_) == nullptr) continue;
      values_.assign(last_->columns.size(), {});
      missing = values_.size();
    } else if (name == "timestamps") {
      for (JsonMembers times{members.value()}; times.next();)
        add_time({}, times.name(), times.value());
      // Most of what has no time has none in its columns either, and need not be looked through.
      if (times_.empty() && (last_ == nullptr || last_->times.empty())) return {};
    } else if (name == "user") {
      user_ = user_of(members.value());
    } else if (missing != 0) {
      const auto& columns = last_->columns;
      const auto found = std::find(columns.begin(), columns.end(), name);
      if (found == columns.end()) continue;
      values_[static_cast<std::size_t>(found - columns.begin())] = members.value();
      if (--missing == 0) break;
    }
  }
  if (kind_.empty()) return {};
  if (last_ != nullptr)
    for (const std::string_view column : last_->times) add_times(column, value_of(column));
  return times_.empty() ? Result<void>{} : write_entries();
}

/// All names of the time `first` has, the others' taken out of the list.
void Timeline::append_names(std::size_t first) {
  const FileTime time = times_[first].time;
  bool begun = false;
  for (std::size_t i = first; i < times_.size(); ++i) {
    Time& one = times_[i];
    if (one.time != time) continue;
    if (begun) line_ += "; ";
    begun = true;
    if (!one.column.empty()) (line_ += one.column) += '_';
    line_ += one.name;
    if (i != first) one.time = FileTime{};
  }
}

Result<void> Timeline::write_entries() {
  tail_ = "\",\"message\":\"";
  const std::size_t start = tail_.size();
  if (last_ != nullptr)
    append_message(tail_, last_->message,
                   [this](std::string_view column) { return value_of(column); });
  if (tail_.size() == start) ((tail_ += kind_) += ' ') += record_;
  ((tail_ += "\",\"record\":\"") += record_) += "\",\"kind\":\"";
  tail_ += kind_;
  tail_ += '"';
  if (!user_.empty()) (tail_ += ",\"user\":") += user_;
  tail_ += '}';
  for (std::size_t i = 0; i < times_.size(); ++i) {
    if (!times_[i].time.is_set()) continue;  // told with an earlier one
    line_ = "{\"datetime\":";
    (line_ += times_[i].text) += ",\"timestamp_desc\":\"";
    append_names(i);
    line_ += tail_;
    HOZEN_CHECK(sorter_.add(times_[i].time.ticks, line_));
    ++entries_;
  }
  return {};
}

Result<void> Timeline::finish(LineSorter::Output output) { return sorter_.finish(output); }

}  // namespace hozen
