#include "collector/module/netlogon_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/text_lines.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxBursts = 1'000, kMaxOpen = 10'000;
constexpr std::uint64_t kGapSeconds = 60;
constexpr std::string_view kCall = "NetrServerAuthenticate", kSetCall = "ServerPasswordSet";

template <class Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, number, base);
  return failed == std::errc{} && at == end && !text.empty() ? std::optional{number} : std::nullopt;
}

/// "09/14 12:33:07" in front of a line.
std::optional<LocalTime> time_of_line(std::string_view line) {
  constexpr std::string_view kForm = "00/00 00:00:00";
  if (line.size() < kForm.size()) return std::nullopt;
  std::array<std::uint32_t, 5> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = number_of<std::uint32_t>(line.substr(i * 3, 2));
    if (!part) return std::nullopt;
    parts.at(i) = *part;
  }
  for (std::size_t at = 2; at < kForm.size(); at += 3)
    if (line[at] != kForm[at]) return std::nullopt;
  const LocalTime time{0, parts[0], parts[1], parts[2], parts[3], parts[4]};
  const bool is_date = time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31;
  return is_date && time.hour < 24 && time.minute < 60 ? std::optional{time} : std::nullopt;
}

/// For comparison within one year.
std::uint64_t seconds_of(const LocalTime& time) {
  const std::uint64_t days = std::uint64_t{31} * time.month + time.day;
  const std::uint64_t minutes = (days * 24 + time.hour) * 60 + time.minute;
  return minutes * 60 + time.second;
}

/// The word behind `mark`, up to a space.
std::string_view word_behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return text.substr(0, std::min(text.find(' '), text.size()));
}

std::string_view without_bracket(std::string_view text) {
  return text.ends_with(')') ? text.substr(0, text.size() - 1) : text;
}

class Reader {
 public:
  explicit Reader(NetlogonLog& log) : log_{log} {}

  void take(std::string_view line) {
    ++log_.lines;
    const auto time = time_of_line(line);
    if (!time) return;
    if (!log_.has_times) log_.first = *time;
    log_.has_times = true;
    log_.last = *time;
    if (const std::size_t at = line.find(kCall); at != std::string_view::npos)
      take_call(line.substr(at + kCall.size()), *time);
    else if (const std::size_t set = line.find(kSetCall); set != std::string_view::npos)
      take_password(line.substr(set + kSetCall.size()), *time);
  }

  void finish() {
    for (auto& [account, burst] : open_) close(burst);
    std::stable_sort(log_.bursts.begin(), log_.bursts.end(),
                     [](const auto& a, const auto& b) { return a.first_line < b.first_line; });
  }

 private:
  /// The call has versions 2 and 3, which some releases name.
  void take_call(std::string_view text, const LocalTime& time) {
    if (!text.empty() && (text.front() == '2' || text.front() == '3')) text.remove_prefix(1);
    if (text.starts_with(" entered: ")) return begin(text, time);
    if (text.starts_with(": Failed to authenticate ")) return refuse(text, time);
    if (text.starts_with(" returns Success: ")) return succeed(text, time);
  }

  void begin(std::string_view text, const LocalTime& time) {
    const std::string_view account = word_behind(text, " on account ");
    if (account.empty()) return;
    const std::string key = fold_case(account);
    auto found = open_.find(key);
    if (found != open_.end() && !goes_on(found->second, time)) {
      close(found->second);
      open_.erase(found);
      found = open_.end();
    }
    if (found == open_.end()) {
      if (open_.size() >= kMaxOpen) return void(++log_.left_out);
      found = open_.emplace(key, NetlogonBurst{}).first;
      NetlogonBurst& burst = found->second;
      burst.account = account;
      burst.client = word_behind(text, " entered: ");
      if (const std::size_t at = text.find(" ("); at < text.find(" on account "))
        burst.address = without_bracket(word_behind(text, " ("));
      burst.flags = without_bracket(word_behind(text, "(Negot: "));
      burst.first = time;
      burst.first_line = static_cast<std::uint32_t>(log_.lines);
    }
    ++found->second.attempts;
    found->second.last = time;
  }

  void refuse(std::string_view text, const LocalTime& time) {
    if (NetlogonBurst* burst = of(word_behind(text, " on account "), time)) ++burst->refused;
  }
  void succeed(std::string_view text, const LocalTime& time) {
    NetlogonBurst* burst = of(word_behind(text, " on account "), time);
    if (burst != nullptr && burst->refused != 0) burst->succeeded = true;
  }
  /// "NetpServerPasswordSet: Comp=DC01 Acc=DC01$ Entered", in the same words for both calls.
  void take_password(std::string_view text, const LocalTime& time) {
    if (!trim(text).ends_with(" Entered")) return;
    NetlogonBurst* burst = of(word_behind(text, "Acc="), time);
    if (burst != nullptr && burst->succeeded) burst->password_set = true;
  }

  NetlogonBurst* of(std::string_view account, const LocalTime& time) {
    const auto found = account.empty() ? open_.end() : open_.find(fold_case(account));
    if (found == open_.end() || !goes_on(found->second, time)) return nullptr;
    found->second.last = time;
    return &found->second;
  }

  static bool goes_on(const NetlogonBurst& burst, const LocalTime& time) {
    const std::uint64_t before = seconds_of(burst.last), now = seconds_of(time);
    return now >= before && now - before <= kGapSeconds;
  }

  void close(NetlogonBurst& burst) {
    if (burst.attempts < kLeastNetlogonBurst || burst.refused < kLeastNetlogonBurst) return;
    if (log_.bursts.size() >= kMaxBursts) return void(++log_.left_out);
    log_.bursts.push_back(std::move(burst));
  }

  NetlogonLog& log_;
  std::map<std::string, NetlogonBurst> open_;  // by account
};

}  // namespace

NetlogonLog parse_netlogon_log(std::string_view text) {
  NetlogonLog log;
  Reader reader{log};
  log.is_whole = each_text_line(text, [&](std::string_view line, std::uint32_t /*number*/) {
    reader.take(line);
    return true;
  });
  reader.finish();
  return log;
}

bool asks_for_secure_rpc(std::string_view flags) {
  constexpr std::uint64_t kSecureRpc = 0x4000'0000;
  const auto number = number_of<std::uint64_t>(flags, 16);
  return !number || (*number & kSecureRpc) != 0;
}

}  // namespace hozen
