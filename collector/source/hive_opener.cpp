#include "collector/source/hive_opener.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

namespace hozen {
namespace {

constexpr std::array<std::string_view, 3> kLogSuffixes{".LOG", ".LOG1", ".LOG2"};
/// Told for one hive; what is beyond is counted in one more.
constexpr std::size_t kMaxProblemsPerHive = 100;

}  // namespace

HiveState to_hive_state(regf::State state) {
  switch (state) {
    case regf::State::clean:
      return HiveState::clean;
    case regf::State::replayed:
      return HiveState::replayed;
    case regf::State::dirty:
      return HiveState::dirty;
    case regf::State::corrupt:
      return HiveState::corrupt;
  }
  return HiveState::corrupt;
}

Result<OpenHive> HiveOpener::open(const HivePlan& plan) {
  const std::string name{plan.file.name()};
  HOZEN_TRY(PreservedFile file, preserve_(plan.file, "registry hive " + name, plan.expected));
  if (file.bytes.empty())
    return Error{Errc::truncated, plan.file.text(), std::nullopt, "the file is empty"};
  std::vector<regf::Log> logs;
  for (const std::string_view suffix : kLogSuffixes) {
    const EvidencePath path = plan.file.parent().child(name + std::string{suffix});
    auto log = preserve_(path, "transaction log of " + name, false);
    if (log)
      logs.push_back({std::move(log->bytes), std::string{suffix.substr(1)}});
    else if (log.error().code != Errc::not_found)
      problem_(std::move(log).error());
  }
  auto hive = regf::Hive::open(std::move(file.bytes), std::move(logs));
  if (!hive) {
    Error error = std::move(hive).error();
    error.what = plan.file.text() + ": " + error.what;
    return error;
  }
  HiveRead& read = remember(plan.file, **hive);
  read.role = plan.role;
  read.artifact = file.artifact;
  if (read.state == HiveState::dirty && told_.insert("dirty " + plan.file.text()).second)
    problem_(Error{Errc::truncated, plan.file.text(), std::nullopt,
                   "dirty, and no transaction log that fits: what Windows had not written yet is "
                   "not in it"});
  return OpenHive{*std::move(hive), file.artifact};
}

HiveRead& HiveOpener::remember(const EvidencePath& file, const regf::Hive& hive) {
  auto known = std::find_if(hives_read_.begin(), hives_read_.end(),
                            [&](const HiveRead& other) { return other.file == file; });
  if (known == hives_read_.end()) {
    const regf::BaseBlock& base = hive.base_block();
    HiveRead read;
    read.file = file;
    read.state = to_hive_state(hive.state());
    read.version = std::to_string(base.major) + '.' + std::to_string(base.minor);
    read.sequence1 = base.sequence1;
    read.sequence2 = base.sequence2;
    read.last_written = base.last_written;
    read.embedded_name = base.embedded_name;
    read.replay = hive.replay();
    hives_read_.push_back(std::move(read));
    known = std::prev(hives_read_.end());
  }
  known->problems = std::max(known->problems, hive.problem_count());
  return *known;
}

void HiveOpener::tell_problems(const EvidencePath& file, const regf::Hive& hive) {
  remember(file, hive);
  std::size_t told = 0;
  for (const regf::Problem& problem : hive.problems()) {
    if (told == kMaxProblemsPerHive) break;
    ++told;
    Error error{problem.code, file.text() + ": " + problem.what, problem.offset, problem.key_path};
    if (told_.insert(error.text()).second) problem_(std::move(error));
  }
  if (hive.problem_count() <= told) return;
  if (told_.insert(file.text()).second)
    problem_(Error{Errc::limit, file.text(), std::nullopt,
                   std::to_string(hive.problem_count()) + " problems, the first " +
                       std::to_string(told) + " are listed"});
}

}  // namespace hozen
