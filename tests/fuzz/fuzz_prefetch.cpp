// The prefetch reader, packed files included: what comes out is bounded by what went in.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/prefetch.h"
#include "collector/module/prefetch_row.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  (void)looks_like_prefetch(bytes);
  std::vector<std::byte> unpacked;
  const auto file = parse_prefetch(bytes, unpacked);
  require(unpacked.size() <= (size / 256 + 1) * 65536);
  if (!file) return 0;
  const std::size_t content = file->is_packed ? unpacked.size() : size;
  std::size_t names = 0;
  for (const PrefetchedFile& one : file->files) names += one.path.size();
  require(names <= 2 * content);
  require(file->runs.size() <= 8);
  require(is_wtf8(file->executable));
  require(is_wtf8(file->executable_path));
  require(!to_text(file->hash_check).empty());
  std::string json;
  write_fields(kPrefetchFields, PrefetchRow{*file, "A.EXE-12345678.pf"}, json);
  require(json.size() <= 100 * content + 10'000);
  return 0;
}
