#include "collector/engine/entry_table.h"

#include <cstring>

namespace hozen {
namespace {

constexpr std::size_t kNameChunkBytes = 64 << 10;  ///< longer than any name (ZIP: 65,535 bytes)

std::uint64_t hash_of(const Sha256Digest& digest) {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

}  // namespace

std::string_view EntryTable::keep(std::string_view name) {
  if (name_chunks_.empty() || kNameChunkBytes - chunk_used_ < name.size()) {
    name_chunks_.push_back(std::make_unique<char[]>(kNameChunkBytes));
    chunk_used_ = 0;
  }
  char* const kept = name_chunks_.back().get() + chunk_used_;
  std::memcpy(kept, name.data(), name.size());
  chunk_used_ += name.size();
  return {kept, name.size()};
}

EntryTable::Row EntryTable::open(std::string_view name, FileTime modified) {
  const std::lock_guard lock{mutex_};
  Facts facts;
  facts.name = keep(name);
  facts.modified = modified;
  rows_.push_back(facts);
  return static_cast<Row>(rows_.size() - 1);
}

void EntryTable::set_content(Row row, const Sha256Digest& sha256, std::uint64_t size) {
  const std::lock_guard lock{mutex_};
  rows_[row].sha256 = sha256;
  rows_[row].size = size;
}

void EntryTable::set_stored(Row row, std::uint16_t method, std::uint32_t crc,
                            std::uint64_t stored_size, const Sha256Digest& stored_sha256) {
  const std::lock_guard lock{mutex_};
  Facts& facts = rows_[row];
  facts.method = method;
  facts.crc = crc;
  facts.stored_size = stored_size;
  facts.stored_sha256 = stored_sha256;
}

void EntryTable::index_content(Row row) {
  const std::lock_guard lock{mutex_};
  by_content_.insert(hash_of(rows_[row].sha256), row);
}

std::optional<std::string> EntryTable::find_content(const Sha256Digest& sha256,
                                                    std::uint64_t size) const {
  const std::lock_guard lock{mutex_};
  const Row row = by_content_.find(hash_of(sha256), [&](Row candidate) {
    return rows_[candidate].size == size && rows_[candidate].sha256 == sha256;
  });
  if (row == RowIndex::kNone) return std::nullopt;
  return std::string{rows_[row].name};
}

std::size_t EntryTable::size() const {
  const std::lock_guard lock{mutex_};
  return rows_.size();
}

BundleEntry EntryTable::entry(Row row) const {
  const std::lock_guard lock{mutex_};
  const Facts& facts = rows_[row];
  return {std::string{facts.name}, facts.method, facts.modified,     facts.size,
          facts.stored_size,       facts.sha256, facts.stored_sha256};
}

ZipItem EntryTable::item(Row row) const {
  const std::lock_guard lock{mutex_};
  const Facts& facts = rows_[row];
  ZipItem item;
  item.name = facts.name;
  item.method = facts.method;
  item.modified = facts.modified;
  item.crc = facts.crc;
  item.size = facts.size;
  item.stored_size = facts.stored_size;
  return item;
}

}  // namespace hozen
