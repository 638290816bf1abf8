#include "collector/engine/run_stop.h"

#include <chrono>
#include <utility>

#include "collector/engine/time_span.h"

namespace hozen {
namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

}  // namespace

RunStop::RunStop(std::stop_source interrupt, std::uint64_t time_limit_ticks)
    : interrupt_{std::move(interrupt)},
      limit_text_{"the time limit of " + time_span_text(time_limit_ticks)},
      pass_on_{interrupt_.get_token(), PassOn{&work_}} {
  if (time_limit_ticks == 0) return;
  timer_ = std::jthread{[this, time_limit_ticks](const std::stop_token& over) {
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, over, Ticks{static_cast<std::int64_t>(time_limit_ticks)},
                    [] { return false; });
    if (!over.stop_requested()) work_.request_stop();
  }};
}

RunStop::~RunStop() = default;

Error RunStop::error() const {
  if (out_of_time()) return Error{Errc::limit, limit_text_};
  return Error{Errc::cancelled, "the run was stopped"};
}

}  // namespace hozen
