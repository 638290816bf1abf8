// What a reader of NTFS could not read, kept up to a cap and counted beyond it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "collector/base/result.h"

namespace hozen::ntfs {

/// Problems kept with their words: enough to see what is wrong with a structure, and little memory
/// for one that is nothing but damage.
constexpr std::size_t kMaxProblemsKept = 100;

class Problems {
 public:
  void add(Error problem) {
    ++count_;
    if (kept_.size() < kMaxProblemsKept) kept_.push_back(std::move(problem));
  }
  /// Why a reader ended, kept however many came before.
  void add_last(Error problem) {
    ++count_;
    kept_.push_back(std::move(problem));
  }
  const std::vector<Error>& kept() const { return kept_; }  ///< the first ones, in order
  std::uint64_t count() const { return count_; }            ///< all of them

 private:
  std::vector<Error> kept_;
  std::uint64_t count_ = 0;
};

}  // namespace hozen::ntfs
