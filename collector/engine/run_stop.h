// What ends a run before its plan is done: the operator (or an output that fails), and the time
// that the operator gave it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "collector/base/result.h"

namespace hozen {

class RunStop {
 public:
  /// `interrupt` is the operator's; `time_limit_ticks` (100 ns) counts from now, 0 for none.
  RunStop(std::stop_source interrupt, std::uint64_t time_limit_ticks);
  ~RunStop();
  RunStop(const RunStop&) = delete;
  RunStop& operator=(const RunStop&) = delete;

  /// Requested by either; everything that reads evidence ends on it.
  std::stop_token token() const { return work_.get_token(); }
  bool stop_requested() const { return work_.stop_requested(); }
  bool interrupted() const { return interrupt_.stop_requested(); }
  /// True when the time, and nobody, ended the run.
  bool out_of_time() const { return stop_requested() && !interrupted(); }
  /// Why something was not read to its end: Errc::cancelled, or Errc::limit with the time given.
  Error error() const;
  std::stop_source& interrupt() { return interrupt_; }

 private:
  struct PassOn {
    std::stop_source* work;
    void operator()() const { work->request_stop(); }
  };

  std::stop_source interrupt_, work_;
  std::string limit_text_;
  std::stop_callback<PassOn> pass_on_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread timer_;  // last: it uses the others
};

}  // namespace hozen
