// Jobs of BITS that several commands put together: made by one, given their files by others.
#pragma once

#include <functional>
#include <vector>

#include "collector/module/packing.h"

namespace hozen::packing {

class TransferJobs {
 public:
  /// A step of a job, in the order of the evidence; false when there is no room for it.
  bool add(Transfer step);
  /// The files that were added to jobs that send: a command before made the job so, or, where none
  /// is told, `was_packed` says that the file was made here and cannot have been fetched.
  std::vector<Transfer> take_sent(const std::function<bool(const Transfer&)>& was_packed);

 private:
  const Transfer* made_of(const Transfer& added) const;
  std::vector<Transfer> made_, added_;
};

}  // namespace hozen::packing
