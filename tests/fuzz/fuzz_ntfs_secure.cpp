// $SDS: the first byte says where the copy begins in the input (in units of 16 bytes; 0: there is
// none), so that small inputs reach it 256 KiB further on.
#include <cstdlib>

#include "collector/formats/ntfs_secure.h"
#include "collector/formats/security_descriptor.h"

namespace {

using namespace hozen;
using namespace hozen::ntfs;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Two stretches of the input, and nothing between them: a read there ends early, which spares
/// each run 256 KiB of zeros.
class TwoCopies final : public ByteSource {
 public:
  TwoCopies(Bytes first, Bytes mirror) : first_{first}, mirror_{mirror} {}
  std::uint64_t size() const override {
    return mirror_.empty() ? first_.size() : kSecurityPartBytes + mirror_.size();
  }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    const bool second = offset >= kSecurityPartBytes;
    const Bytes from = second ? mirror_.tail(offset - kSecurityPartBytes) : first_.tail(offset);
    const auto there = from.head(out.size()).span();
    std::copy(there.begin(), there.end(), out.begin());
    return there.size();
  }

 private:
  Bytes first_, mirror_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kUnit = 16;
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  const std::size_t split = bytes.get<std::uint8_t>(0).value_or(0) * kUnit;
  const Bytes rest = bytes.tail(1);
  TwoCopies sds{split == 0 ? rest : rest.head(split), split == 0 ? Bytes{} : rest.tail(split)};
  Problems problems;
  std::size_t entries = 0;
  std::uint32_t last_id = 0;
  each_security_entry(sds, problems, [&](const SecurityEntry& entry) {
    require(entry.offset % kUnit == 0);
    require(entry.descriptor.size() <= size);
    const bool whole = security_hash(entry.descriptor) == entry.hash;
    require(whole == (entry.copy != SecurityCopy::damaged));
    require(!to_text(entry.copy).empty());
    if (const auto descriptor = parse_security_descriptor(entry.descriptor))
      require(descriptor->problems.size() <= size);
    last_id = entry.id;
    return ++entries > 0;
  });
  require(entries <= size);
  const SecurityTable table = SecurityTable::build(sds, problems);
  require(table.size() <= entries);
  if (entries > 0) {
    require(table.contains(last_id));
    require(table.read(sds, last_id).has_value());
  }
  for (const Error& problem : problems.kept()) require(problem.offset.has_value());
  return 0;
}
