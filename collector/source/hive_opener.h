// Opens hive files with their transaction logs, and keeps what is to be told of each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "collector/formats/regf.h"
#include "collector/source/offline_discovery.h"
#include "collector/source/offline_registry.h"

namespace hozen {

HiveState to_hive_state(regf::State state);

struct OpenHive {
  std::unique_ptr<regf::Hive> hive;
  std::uint32_t artifact = 0;
};

class HiveOpener {
 public:
  HiveOpener(FilePreserver preserve, ProblemSink problem)
      : preserve_{std::move(preserve)}, problem_{std::move(problem)} {}

  /// Preserves the file and its logs and replays them. Errc::not_found when there is no such file.
  Result<OpenHive> open(const HivePlan& plan);
  /// Tells what reading the hive met so far, each fault once however often the hive is read.
  void tell_problems(const EvidencePath& file, const regf::Hive& hive);
  /// In the order of the first time.
  const std::vector<HiveRead>& hives_read() const { return hives_read_; }

 private:
  HiveRead& remember(const EvidencePath& file, const regf::Hive& hive);

  FilePreserver preserve_;
  ProblemSink problem_;
  std::vector<HiveRead> hives_read_;
  std::set<std::string> told_;
};

}  // namespace hozen
