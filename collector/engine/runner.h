// A collection from start to seal: source -> modules -> files -> bundle.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/engine/file_sink.h"
#include "collector/engine/host.h"
#include "collector/engine/profile.h"
#include "collector/engine/progress.h"
#include "collector/engine/report/bundle_summary.h"
#include "collector/module/file_signatures.h"
#include "collector/module/operator_lists.h"

namespace hozen {

struct CollectOptions {
  Profile profile;  ///< modules and targets of this run, limits applied
  std::string case_id, operator_name;
  std::vector<std::string> command_line;  ///< as given, the program's name first
  Privileges privileges;
  BundleOptions bundle;
  OperatorLists lists;
  TrustLists trust;
  std::vector<ManifestList> list_files;  ///< where the two above come from
  std::uint64_t time_limit_ticks = 0;    ///< 100 ns; 0: none. Evidence is read no longer than that.
};

/// Creates the output for a bundle of that name ("HOST-20260301T120000Z.zip").
using OutputFactory =
    std::function<Result<std::unique_ptr<BundleOutput>>(const std::string& bundle_name)>;

struct CollectResult {
  BundleSummary summary;  ///< with the seal
  std::optional<Error>
      seal_file_error{};  ///< the file with the seal could not be written beside the bundle
};

/// Runs the modules and collects the files of `options.profile` from `source`. What fails on the
/// way stands in the bundle; an error comes back only when the output cannot be written (Errc::io):
/// what was written until then stays where it is, unfinished. A requested stop ends the run early
/// with a complete bundle whose outcome is `interrupted`; a reached time limit, with one that lists
/// what was left out. `stop` is also requested by a failing output.
Result<CollectResult> collect(EvidenceSource& source, const OutputFactory& open_output,
                              const CollectOptions& options,
                              std::span<const ModuleSpec* const> modules,
                              ProgressListener& listener, std::stop_source stop);

}  // namespace hozen
