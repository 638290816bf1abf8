// WOF: the reparse point, and a stream read in two ways that must agree. The first byte is the
// algorithm, the next four the size.
#include "collector/formats/wof.h"
#include "tests/fuzz/decompression.h"

namespace {

using namespace hozen;
using fuzz::require;

constexpr std::size_t kSizes = 256 << 10;  ///< sizes are below it, or far beyond what is read

std::unique_ptr<WofSource> open(Bytes stream, std::uint64_t size, WofAlgorithm algorithm) {
  auto source = WofSource::open(std::make_unique<MemorySource>(std::vector<std::byte>{
                                    stream.span().begin(), stream.span().end()}),
                                size, algorithm);
  if (source) return std::move(*source);
  require(source.error().code == Errc::truncated);
  return nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes all{std::as_bytes(std::span{data, size})};
  const auto parsed = parse_wof_reparse_point(all);
  require(!parsed || chunk_bytes(*parsed) >= 4096);
  const auto algorithm = static_cast<WofAlgorithm>(all.get<std::uint8_t>(0).value_or(0) % 4);
  const std::uint32_t asked = all.get<std::uint32_t>(1).value_or(0);
  const std::uint64_t content = asked % 8 != 7 ? asked / 8 % kSizes : std::uint64_t{asked} << 9;
  const auto whole = open(all.tail(5), content, algorithm);
  const auto parts = open(all.tail(5), content, algorithm);
  if (!whole || !parts) return 0;
  const std::size_t chunk = chunk_bytes(algorithm);
  std::vector<std::byte> out(chunk), part(chunk);
  for (std::uint64_t at = 0; at < content && at < 2 * kSizes; at += chunk) {
    const auto count = whole->read_some(at, out);
    const std::size_t half = std::min<std::uint64_t>(chunk / 3, content - at);
    const auto first = parts->read_some(at, std::span{part}.first(half));
    const auto second = parts->read_some(at + half, std::span{part}.subspan(half));
    require(count.has_value() == first.has_value());
    if (!count) {
      require(count.error().offset.has_value() && *count.error().offset <= all.size());
      continue;
    }
    require(second.has_value());
    require(*count == std::min<std::uint64_t>(chunk, content - at));
    require(
        std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*count), part.begin()));
  }
  return 0;
}
