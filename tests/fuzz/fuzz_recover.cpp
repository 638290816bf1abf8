// What an interrupted run left, as any bytes: whatever recover makes of it must be an intact
// bundle.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "collector/engine/bundle.h"
#include "collector/engine/recover.h"
#include "collector/engine/span_source.h"
#include "collector/engine/verify.h"

namespace {

class VectorSink final : public hozen::ByteSink {
 public:
  hozen::Result<void> write(std::span<const std::byte> more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
  hozen::Result<void> flush() override { return {}; }
  std::vector<std::byte> bytes;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hozen::SpanSource source{std::as_bytes(std::span{data, size})};
  const auto remainder = hozen::examine_remainder(source);
  if (!remainder) return 0;
  hozen::ManifestRecovery recovery;
  recovery.given = "x.zip.partial";
  VectorSink sink;
  const auto seal = hozen::write_recovered(source, *remainder,
                                           hozen::recovered_manifest(*remainder, recovery), sink);
  if (!seal) std::abort();  // memory can always be read and written
  hozen::SpanSource written{sink.bytes};
  const auto report = hozen::verify_bundle(written);
  if (!report || !report->seal || *report->seal != *seal) std::abort();
  // Rows of artifacts.jsonl are the run's own words: they may say anything of the entries.
  for (const auto& problem : report->problems)
    if (problem.where.find("artifacts") == std::string::npos) std::abort();
  return 0;
}
