// Catalogs: what comes out is bounded by what went in.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/catalog.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  (void)catalog::looks_like_catalog(bytes);
  std::uint64_t members = 0;
  const auto read = catalog::read_catalog(bytes, [&](const catalog::Member& member) {
    ++members;
    require(member.attributes.size() <= catalog::kMaxAttributes);
    require(!member.digest.bytes.empty() ||
            member.digest.algorithm != authenticode::Algorithm::unknown);
    require(is_wtf8(member.tag));
    for (const catalog::NameValue& one : member.attributes)
      require(is_wtf8(one.name) && is_wtf8(one.value));
    return true;
  });
  if (!read) return 0;
  require(read->members == members + read->unreadable_members);
  require(members <= size && read->attributes.size() <= catalog::kMaxAttributes);
  return 0;
}
