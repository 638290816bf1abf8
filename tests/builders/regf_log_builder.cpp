#include <algorithm>
#include <span>

#include "collector/base/bytes.h"
#include "collector/formats/regf_log.h"
#include "tests/builders/regf_layout.h"

namespace hozen::builders {
namespace {

constexpr std::uint64_t kBaseBlockBytes = 4096, kSector = 512;

/// Pages of `size` bytes behind the base block in which the two images differ.
std::vector<std::uint32_t> differing_pages(const std::vector<std::byte>& before,
                                           const std::vector<std::byte>& after,
                                           std::uint64_t size) {
  std::vector<std::uint32_t> pages;
  for (std::uint64_t at = kBaseBlockBytes; at < after.size(); at += size) {
    const Bytes old = Bytes{before}.tail(at).head(size), now = Bytes{after}.tail(at).head(size);
    if (old.chars() != now.chars())
      pages.push_back(static_cast<std::uint32_t>(at - kBaseBlockBytes));
  }
  return pages;
}

std::vector<std::byte> log_base_block(const std::vector<std::byte>& hive, std::uint32_t type,
                                      std::uint32_t sequence) {
  std::vector<std::byte> base{hive.begin(), hive.begin() + kSector};
  put(base, 4, sequence);
  put(base, 8, sequence);
  put(base, 28, type);
  write_base_checksum(base);
  return base;
}

void append(std::vector<std::byte>& out, Bytes bytes) {
  out.insert(out.end(), bytes.span().begin(), bytes.span().end());
}

std::vector<std::byte> log_entry(const std::vector<std::byte>& before,
                                 const std::vector<std::byte>& after, std::uint32_t sequence) {
  constexpr std::uint64_t kPage = 4096;
  const auto pages = differing_pages(before, after, kPage);
  std::vector<std::byte> entry(40);
  put(entry, 0, std::uint32_t{0x454C7648});  // "HvLE"
  put(entry, 12, sequence);
  put(entry, 16, *Bytes{after}.get<std::uint32_t>(40));
  put(entry, 20, static_cast<std::uint32_t>(pages.size()));
  for (const std::uint32_t page : pages) {
    put(entry, entry.size(), page);
    put(entry, entry.size(), static_cast<std::uint32_t>(kPage));
  }
  for (const std::uint32_t page : pages)
    append(entry, Bytes{after}.tail(kBaseBlockBytes + page).head(kPage));
  entry.resize((entry.size() + kSector - 1) / kSector * kSector);
  put(entry, 4, static_cast<std::uint32_t>(entry.size()));
  put(entry, 24, regf::log_checksum(Bytes{entry}.tail(40)));
  put(entry, 32, regf::log_checksum(Bytes{entry}.head(32)));
  return entry;
}

}  // namespace

std::vector<std::byte> log_new(const std::vector<std::byte>& before,
                               const std::vector<std::vector<std::byte>>& after,
                               std::uint32_t first_sequence) {
  constexpr std::uint32_t kTypeNew = 6;
  std::vector<std::byte> log = log_base_block(before, kTypeNew, first_sequence);
  const std::vector<std::byte>* from = &before;
  for (const std::vector<std::byte>& to : after) {
    append(log, Bytes{log_entry(*from, to, first_sequence++)});
    from = &to;
  }
  return log;
}

std::vector<std::byte> log_old(const std::vector<std::byte>& before,
                               const std::vector<std::byte>& after) {
  constexpr std::uint32_t kTypeOld = 1;
  const std::uint32_t bins_size = *Bytes{after}.get<std::uint32_t>(40);
  std::vector<std::byte> head = before;
  put(head, 40, bins_size);
  std::vector<std::byte> log = log_base_block(head, kTypeOld, *Bytes{before}.get<std::uint32_t>(4));
  put(log, log.size(), std::uint32_t{0x54524944});  // "DIRT"
  const std::uint64_t bitmap = log.size();
  log.resize(bitmap + (bins_size / kSector + 7) / 8);
  const auto pages = differing_pages(before, after, kSector);
  for (const std::uint32_t page : pages) {
    const std::uint64_t bit = page / kSector;
    log[bitmap + bit / 8] |= static_cast<std::byte>(1u << (bit % 8));
  }
  log.resize((log.size() + kSector - 1) / kSector * kSector);
  for (const std::uint32_t page : pages)
    append(log, Bytes{after}.tail(kBaseBlockBytes + page).head(kSector));
  return log;
}

}  // namespace hozen::builders
