// Attacks on web servers that logs show, gathered: one finding for each act.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/module/finding.h"
#include "collector/module/web_attacks.h"
#include "collector/module/web_traffic.h"

namespace hozen {

class AttackReport {
 public:
  explicit AttackReport(RecordLine record) : record_{std::move(record)} {}
  void take(const SeenRequest& seen);
  std::vector<Finding> findings() const;
  /// Answered requests of clients for whom there was no room.
  std::uint64_t left_out() const { return left_out_; }

 private:
  struct Act {
    std::uint64_t requests = 0, from_pages = 0;  ///< `from_pages`: of another page
    FileTime first{}, last{};
    std::string example;
    std::vector<std::string> records;
  };
  using Acts = std::map<std::pair<const WebAttack*, std::string>, Act>;  // by kind and client
  void add(Acts& acts, const WebAttack& attack, const web_log::Request& request);

  RecordLine record_;
  Acts answered_, refused_;
  std::uint64_t left_out_ = 0;
  std::uint64_t requests_ = 0, not_found_ = 0;  // of all clients, attacks or not
  std::uint64_t refused_more_ = 0;              // of clients for whom there was no room
};

}  // namespace hozen
