#include <algorithm>
#include <bit>

#include "collector/formats/pe_details.h"

namespace hozen::pe {
namespace {

constexpr std::uint32_t kDans = 0x536E'6144, kRich = 0x6863'6952;
constexpr std::uint64_t kDosHeaderBytes = 64, kPeOffsetAt = 0x3C;
/// "DanS" and three words that are only the key.
constexpr std::uint64_t kStartBytes = 16, kEntryBytes = 8;
/// Programs of DOS before it have some hundred bytes.
constexpr std::uint64_t kMaxStubBytes = 64u << 10;

/// What the linker made of the DOS program (without e_lfanew, which it wrote later) and the
/// entries.
std::uint32_t checksum_of(Bytes before, const std::vector<RichEntry>& entries) {
  auto sum = static_cast<std::uint32_t>(before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    if (i < kPeOffsetAt || i >= kDosHeaderBytes)
      sum += std::rotl(std::uint32_t{std::to_integer<std::uint8_t>(before.span()[i])},
                       static_cast<int>(i % 32));
  for (const RichEntry& entry : entries)
    sum += std::rotl(std::uint32_t{entry.product} << 16 | entry.build,
                     static_cast<int>(entry.count % 32));
  return sum;
}

}  // namespace

std::optional<RichHeader> read_rich_header(Image& image) {
  std::vector<std::byte> stub(
      std::min<std::uint64_t>({image.headers().pe_offset, image.file_size(), kMaxStubBytes}));
  if (!image.reader().read(0, stub, "DOS program")) return std::nullopt;
  const Bytes bytes{stub};
  const auto word = [&](std::uint64_t at) { return bytes.get<std::uint32_t>(at).value_or(0); };

  std::uint64_t end = kDosHeaderBytes + kStartBytes;
  while (end + 8 <= bytes.size() && word(end) != kRich) end += 4;
  if (end + 8 > bytes.size()) return std::nullopt;
  RichHeader rich;
  rich.key = word(end + 4);
  std::uint64_t begin = end - kStartBytes;
  while (begin >= kDosHeaderBytes && (word(begin) ^ rich.key) != kDans) begin -= 4;
  if (begin < kDosHeaderBytes) return std::nullopt;
  rich.file_offset = begin;

  std::vector<std::byte> decoded(end - begin);
  for (std::size_t i = 0; i < decoded.size(); ++i)
    decoded[i] = stub[begin + i] ^ static_cast<std::byte>(rich.key >> (i % 4 * 8));
  Md5 hash;
  hash.update(decoded);
  rich.hash = hash.finish();
  const Bytes clear{decoded};
  for (std::uint64_t at = kStartBytes;
       at + kEntryBytes <= clear.size() && rich.entries.size() < kMaxRichEntries; at += kEntryBytes)
    rich.entries.push_back({clear.get<std::uint16_t>(at + 2).value_or(0),
                            clear.get<std::uint16_t>(at).value_or(0),
                            clear.get<std::uint32_t>(at + 4).value_or(0)});
  rich.key_matches = checksum_of(bytes.head(begin), rich.entries) == rich.key;
  return rich;
}

}  // namespace hozen::pe
