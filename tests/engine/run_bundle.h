// Runs a collection into memory and unpacks the bundle.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/engine/runner.h"
#include "collector/formats/zip.h"
#include "tests/builders/json.h"

namespace hozen::test {

/// An output in memory; fails once it would hold more than `fail_at` bytes.
class MemoryOutput final : public BundleOutput {
 public:
  MemoryOutput(std::vector<std::byte>& bytes, std::uint64_t fail_at)
      : bytes_{bytes}, fail_at_{fail_at} {}
  Result<void> write(std::span<const std::byte> more) override {
    if (bytes_.size() + more.size() > fail_at_)
      return Error{Errc::io, "bundle", {}, "write: No space left on device"};
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return {};
  }
  Result<void> flush() override { return {}; }
  Result<void> complete() override { return {}; }
  std::string path() const override { return "-"; }
  void discard() override {}

 private:
  std::vector<std::byte>& bytes_;
  std::uint64_t fail_at_;
};

struct RunBundle {
  std::optional<Error> error{};  ///< of collect() itself
  CollectResult result{};
  std::string name;  ///< the bundle's
  std::vector<std::byte> bytes;
  std::vector<std::string> order;              ///< entry names as in the bundle
  std::map<std::string, std::string> entries;  ///< content by name

  Json json(const std::string& entry) const { return parse_json(entries.at(entry)); }
  /// The objects of a stream, all its segments.
  std::vector<Json> rows(const std::string& stream) const {
    std::vector<Json> all;
    for (unsigned segment = 1;; ++segment) {
      const std::string entry =
          stream + (segment == 1 ? "" : "." + std::to_string(segment)) + ".jsonl";
      const auto found = entries.find(entry);
      if (found == entries.end()) return all;
      for (Json& row : parse_json_lines(found->second)) all.push_back(std::move(row));
    }
  }
};

class Silent final : public ProgressListener {
 public:
  void update(const ProgressState&) override {}
};

inline void unpack(RunBundle& run) {
  MemorySource source{run.bytes};
  const auto end = find_zip_end(source);
  if (!end) return;
  (void)each_zip_central(source, *end, [&](const ZipCentral& entry) {
    const auto local = read_zip_local(source, entry.header_offset);
    if (!local) return false;
    std::string content;
    const auto data = read_zip_data(source, local->data_offset, entry.method, entry.stored_size,
                                    1u << 30, {}, [&](std::span<const std::byte> piece) {
                                      content += Bytes{piece}.chars();
                                      return Result<void>{};
                                    });
    if (!data) return false;
    run.order.push_back(entry.name);
    run.entries[entry.name] = std::move(content);
    return true;
  });
}

struct RunSetup {
  CollectOptions options;
  std::vector<const ModuleSpec*> modules;
  std::stop_source stop;
  std::uint64_t fail_at = ~0ull;
};

inline RunBundle run_bundle(EvidenceSource& source, RunSetup& setup) {
  RunBundle run;
  Silent silent;
  setup.options.bundle.threads = 2;
  auto result = collect(
      source,
      [&](const std::string& name) -> Result<std::unique_ptr<BundleOutput>> {
        run.name = name;
        return std::unique_ptr<BundleOutput>{
            std::make_unique<MemoryOutput>(run.bytes, setup.fail_at)};
      },
      setup.options, setup.modules, silent, setup.stop);
  if (result) {
    run.result = *std::move(result);
  } else {
    run.error = std::move(result).error();
  }
  unpack(run);
  return run;
}

}  // namespace hozen::test
