// The bundle reader over any bytes: everything that verify, report and extract read of a bundle.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/verify.h"
#include "collector/formats/zip.h"

namespace {

constexpr std::uint64_t kSizeCap = 4 << 20;  ///< uncompressed bytes of an entry

class SpanSource final : public hozen::ByteSource {
 public:
  explicit SpanSource(std::span<const std::byte> bytes) : bytes_{bytes} {}
  std::uint64_t size() const override { return bytes_.size(); }
  hozen::Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto rest = bytes_.subspan(static_cast<std::size_t>(offset));
    const std::size_t count = std::min(rest.size(), out.size());
    std::copy_n(rest.begin(), count, out.begin());
    return count;
  }

 private:
  std::span<const std::byte> bytes_;
};

void walk(SpanSource& source) {
  for (std::uint64_t offset = 0; offset < source.size();) {
    const auto walked = hozen::walk_zip_entry(source, offset, kSizeCap);
    if (!walked) return;
    if (walked->next_offset <= offset || walked->next_offset > source.size()) std::abort();
    offset = walked->next_offset;
  }
}

void read_all(SpanSource& source) {
  const auto bundle = hozen::BundleReader::open(source);
  if (!bundle) return;
  for (const auto& entry : bundle->entries()) {
    if (bundle->find(entry.facts.name) == nullptr) std::abort();
    const auto content = bundle->read_all(entry, kSizeCap);
    if (content && content->size() != entry.facts.size) std::abort();
  }
  static_cast<void>(
      bundle->each_line("artifacts", [](std::string_view) -> hozen::Result<void> { return {}; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SpanSource source{std::as_bytes(std::span{data, size})};
  if (const auto end = hozen::find_zip_end(source))
    static_cast<void>(hozen::each_zip_central(
        source, *end, [](const hozen::ZipCentral& central) { return central.name.size() < 5000; }));
  walk(source);
  read_all(source);
  const auto report = hozen::verify_bundle(source, {20});
  if (!report) std::abort();  // memory can always be read
  for (const auto& problem : report->problems)
    if (problem.text().empty()) std::abort();
  return 0;
}
