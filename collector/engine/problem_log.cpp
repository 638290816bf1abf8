#include "collector/engine/problem_log.h"

#include <utility>

#include "collector/base/json_text.h"
#include "collector/engine/artifact_row.h"

namespace hozen {
namespace {

constexpr std::string_view kStream = "records/problems";
/// Damaged evidence can have a problem a cell; a thousand of one origin tell what is to be told.
constexpr std::uint64_t kMaxPerOrigin = 1000;
constexpr std::size_t kMaxFirst = 50;

}  // namespace

void ProblemLog::open(BundleFeed& feed) {
  feed_ = &feed;
  for (const auto& line : std::exchange(waiting_, {})) feed_->line(kStream, line);
}

void ProblemLog::add(std::string_view from, std::optional<View> view, const Error& error) {
  ++count_;
  if (first_.size() < kMaxFirst) first_.push_back({std::string{from}, error.text()});
  auto origin = by_origin_.find(from);
  if (origin == by_origin_.end()) origin = by_origin_.emplace(std::string{from}, 0).first;
  if (++origin->second > kMaxPerOrigin) return;
  std::string json = "{\"record\":\"problems-";
  append_json_number(json, ++written_);
  json += "\",\"kind\":\"problem\"";
  append_text_member(json, "from", from);
  if (view) append_text_member(json, "view", to_text(*view));
  json += ",\"error\":";
  append_error(json, error);
  if (origin->second == kMaxPerOrigin) json += ",\"further_not_listed\":true";
  json += '}';
  if (feed_ != nullptr) {
    feed_->line(kStream, json);
  } else {
    waiting_.push_back(std::move(json));
  }
}

}  // namespace hozen
