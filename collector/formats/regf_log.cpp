// Transaction log replay.
#include "collector/formats/regf_log.h"

#include <algorithm>
#include <bit>

#include "collector/formats/regf_impl.h"

namespace hozen::regf {
namespace {

constexpr std::uint32_t kSector = 512;           ///< entries and pages of logs are aligned to it
constexpr std::uint32_t kEntryHeaderBytes = 40;  ///< HvLE up to the page references
constexpr std::uint32_t kPageReferenceBytes = 8;
constexpr std::uint32_t kTypeOldLog = 1, kTypeWindows2000Log = 2, kTypeNewLog = 6;
constexpr std::uint64_t kMarvinSeed = 0x82EF4D887A4E55C5;

struct UsableLog {
  const Log* log = nullptr;
  BaseBlock base;
};

/// Writes into the hive and remembers what was there, until it is known to be good.
class Patch {
 public:
  explicit Patch(std::vector<std::byte>& hive) : hive_{hive}, size_before_{hive.size()} {}

  void write(std::uint64_t offset, Bytes data) {
    if (offset + data.size() > hive_.size()) grow(offset + data.size());
    std::copy(data.span().begin(), data.span().end(),
              hive_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void write_u32(std::uint64_t offset, std::uint32_t value) {
    write(offset, Bytes{std::as_bytes(std::span{&value, 1})});
  }
  void grow(std::uint64_t size) {
    if (size <= hive_.size()) return;
    hive_.reserve(static_cast<std::size_t>(size));  // exactly: resize alone may double
    hive_.resize(static_cast<std::size_t>(size));
  }
  /// Remembers `length` bytes at `offset` before they are written.
  void remember(std::uint64_t offset, std::uint64_t length) {
    const Bytes old = Bytes{hive_}.tail(offset).head(length);
    undo_.push_back({offset, {old.span().begin(), old.span().end()}});
  }
  void undo() {
    for (const Saved& saved : undo_)
      std::copy(saved.bytes.begin(), saved.bytes.end(),
                hive_.begin() + static_cast<std::ptrdiff_t>(saved.offset));
    hive_.resize(size_before_);
  }

 private:
  struct Saved {
    std::uint64_t offset;
    std::vector<std::byte> bytes;
  };
  std::vector<std::byte>& hive_;
  std::size_t size_before_;
  std::vector<Saved> undo_;
};

class Replayer {
 public:
  Replayer(std::vector<std::byte>& hive, const BaseBlock& primary, const std::vector<Log>& logs)
      : hive_{hive}, primary_{primary}, max_bytes_{hive.size()} {
    for (const Log& log : logs) max_bytes_ += log.bytes.size();
    for (const Log& log : logs) examine(log);
  }

  LogReplay run() {
    if (!new_logs_.empty())
      apply_new();
    else if (!old_logs_.empty())
      apply_old();
    return std::move(outcome_);
  }

 private:
  void problem(const Log& log, Errc code, std::string_view what, std::uint64_t offset) {
    outcome_.problems.push_back({code, log.name + ": " + std::string{what}, offset, {}});
  }

  // A log that Windows has not used yet is empty or zero: no problem.
  static bool is_unused(Bytes file) {
    const auto head = file.head(kSector).span();
    return std::all_of(head.begin(), head.end(), [](std::byte b) { return b == std::byte{0}; });
  }

  void examine(const Log& log) {
    if (is_unused(Bytes{log.bytes})) return;
    auto base = read_base_block(Bytes{log.bytes});
    if (!base) return problem(log, base.error().code, "base block of the log", 0);
    if (!base->checksum_ok)
      return problem(log, Errc::malformed, "checksum of the base block of the log", 508);
    if (base->sequence1 != base->sequence2)
      return problem(log, Errc::malformed, "log that was not finished", 4);
    if (base->type == kTypeNewLog)
      new_logs_.push_back({&log, *base});
    else if (base->type == kTypeOldLog || base->type == kTypeWindows2000Log)
      old_logs_.push_back({&log, *base});
    else
      problem(log, Errc::malformed, "type of the log", 28);
  }

  // New format.

  struct Entry {
    std::uint32_t size = 0, sequence = 0, bins_size = 0, pages = 0;
    Bytes whole;
  };

  /// The entry at `offset`, nothing where the entries end; a damaged one is a problem.
  std::optional<Entry> read_entry(const Log& log, std::uint64_t offset, std::uint32_t expected) {
    const Bytes at = Bytes{log.bytes}.tail(offset);
    if (at.head(4).chars() != "HvLE" || !at.contains(0, kEntryHeaderBytes)) return std::nullopt;
    const Fixed<kEntryHeaderBytes> header{at.span().first<kEntryHeaderBytes>()};
    Entry entry{header.u32<4>(), header.u32<12>(), header.u32<16>(), header.u32<20>(), {}};
    if (entry.sequence != expected) return std::nullopt;  // left over from an earlier round
    const auto damaged = [&](Errc code, std::string_view what) -> std::optional<Entry> {
      problem(log, code, what, offset);
      return std::nullopt;
    };
    if (log_checksum(at.head(32)) != header.u64<32>())
      return damaged(Errc::malformed, "hash of the header of a log entry");
    if (!at.contains(0, entry.size)) return damaged(Errc::truncated, "log entry");
    entry.whole = at.head(entry.size);
    if (entry.size % kSector != 0 || entry.size < kEntryHeaderBytes ||
        entry.bins_size % kBinAlignment != 0)
      return damaged(Errc::malformed, "size of a log entry");
    if (log_checksum(entry.whole.tail(kEntryHeaderBytes)) != header.u64<24>())
      return damaged(Errc::malformed, "hash of a log entry");
    if (std::uint64_t{entry.bins_size} + kBaseBlockBytes > max_bytes_)
      return damaged(Errc::limit, "size of the hive in a log entry");
    if (!pages_fit(entry)) return damaged(Errc::malformed, "pages of a log entry");
    return entry;
  }

  static bool pages_fit(const Entry& entry) {
    std::uint64_t data = kEntryHeaderBytes + std::uint64_t{entry.pages} * kPageReferenceBytes;
    if (data > entry.whole.size()) return false;
    for (std::uint32_t i = 0; i < entry.pages; ++i) {
      const PageReference page = page_reference(entry, i);
      data += page.size;
      if (std::uint64_t{page.offset} + page.size > entry.bins_size || data > entry.whole.size())
        return false;
    }
    return true;
  }

  struct PageReference {
    std::uint32_t offset, size;
  };
  static PageReference page_reference(const Entry& entry, std::uint32_t index) {
    const std::uint64_t at = kEntryHeaderBytes + std::uint64_t{index} * kPageReferenceBytes;
    return {*entry.whole.get<std::uint32_t>(at), *entry.whole.get<std::uint32_t>(at + 4)};
  }

  void apply_new() {
    std::stable_sort(new_logs_.begin(), new_logs_.end(), [](const auto& a, const auto& b) {
      return a.base.sequence1 < b.base.sequence1;
    });
    // Nothing says where a primary file without a sound base block stands: the latest log alone.
    if (!primary_.checksum_ok) new_logs_.erase(new_logs_.begin(), new_logs_.end() - 1);
    const std::uint32_t first_wanted = primary_.checksum_ok ? primary_.sequence2 : 0;
    Replay replay;
    std::uint32_t bins_size = 0;
    for (const UsableLog& usable : new_logs_) {
      const std::uint32_t applied_before = replay.entries_applied;
      std::uint32_t sequence = usable.base.sequence1;
      if (replay.entries_applied != 0 && sequence > replay.last_sequence + 1) {
        problem(*usable.log, Errc::malformed, "log that does not follow the other", 4);
        break;
      }
      for (std::uint64_t at = kSector;; ++sequence) {
        const auto entry = read_entry(*usable.log, at, sequence);
        if (!entry) break;
        at += entry->size;
        const bool follows = replay.entries_applied == 0 || sequence == replay.last_sequence + 1;
        if (sequence < first_wanted || !follows) continue;
        apply_entry(*entry, replay);
        bins_size = entry->bins_size;
      }
      if (replay.entries_applied != applied_before) ++replay.logs_used;
    }
    if (replay.entries_applied == 0) {
      problem(*new_logs_.front().log, Errc::not_found, "log entries that follow the hive", kSector);
      return;
    }
    finish(new_logs_.back(), replay, bins_size);
  }

  void apply_entry(const Entry& entry, Replay& replay) {
    Patch patch{hive_};
    patch.grow(std::uint64_t{kBaseBlockBytes} + entry.bins_size);
    std::uint64_t data = kEntryHeaderBytes + std::uint64_t{entry.pages} * kPageReferenceBytes;
    for (std::uint32_t i = 0; i < entry.pages; ++i) {
      const PageReference page = page_reference(entry, i);
      patch.write(std::uint64_t{kBaseBlockBytes} + page.offset,
                  entry.whole.tail(data).head(page.size));
      data += page.size;
    }
    ++replay.entries_applied;
    replay.pages_applied += entry.pages;
    replay.last_sequence = entry.sequence;
  }

  // Old format.

  void apply_old() {
    // Of a damaged base block the time may still be right: both it and the first hbin's are tried
    // (a base block with a wrong checksum whose hbin is older: its log is meant to repair it).
    const FileTime wanted = primary_.last_written;
    const FileTime other = primary_.checksum_ok ? wanted : first_bin_time();
    const UsableLog* chosen = nullptr;
    for (const UsableLog& usable : old_logs_) {
      if (usable.base.last_written != wanted && usable.base.last_written != other)
        problem(*usable.log, Errc::malformed, "log of another state of the hive", 12);
      else if (!chosen || usable.base.sequence1 > chosen->base.sequence1)
        chosen = &usable;
    }
    if (chosen) apply_old(*chosen);
  }

  FileTime first_bin_time() const {
    constexpr std::uint64_t kBinTime = 20;
    return FileTime{Bytes{hive_}.get<std::uint64_t>(kBaseBlockBytes + kBinTime).value_or(0)};
  }

  void apply_old(const UsableLog& usable) {
    const Log& log = *usable.log;
    const Bytes file{log.bytes};
    const std::uint32_t bins_size = usable.base.bins_size;
    const std::uint32_t sectors = std::max<std::uint32_t>(usable.base.clustering_factor, 1);
    const std::uint64_t vector_at = std::uint64_t{sectors} * kSector;
    if (file.tail(vector_at).head(4).chars() != "DIRT")
      return problem(log, Errc::malformed, "dirty vector of the log", vector_at);
    if (std::uint64_t{bins_size} + kBaseBlockBytes > max_bytes_ || bins_size % kSector != 0)
      return problem(log, Errc::limit, "size of the hive in the log", 40);
    const std::uint32_t bits = bins_size / kSector;
    const std::uint64_t bitmap_at = vector_at + 4;
    const Bytes bitmap = file.tail(bitmap_at).head((bits + 7) / 8);
    if (bitmap.size() != (bits + 7) / 8)
      return problem(log, Errc::truncated, "dirty vector of the log", bitmap_at);
    std::uint64_t at = (bitmap_at + bitmap.size() + kSector - 1) / kSector * kSector;
    Patch patch{hive_};
    Replay replay{1, 0, 1, usable.base.sequence1};
    const bool sound_before = bins_chain(bins_size);
    patch.grow(std::uint64_t{kBaseBlockBytes} + bins_size);
    for (std::uint32_t bit = 0; bit < bits; ++bit) {
      if ((*bitmap.get<std::uint8_t>(bit / 8) >> (bit % 8) & 1) == 0) continue;
      const Bytes page = file.tail(at).head(kSector);
      if (page.size() != kSector) {
        patch.undo();
        return problem(log, Errc::truncated, "dirty page of the log", at);
      }
      const std::uint64_t target = kBaseBlockBytes + std::uint64_t{bit} * kSector;
      patch.remember(target, kSector);
      patch.write(target, page);
      ++replay.pages_applied;
      at += kSector;
    }
    if (sound_before && !bins_chain(bins_size)) {
      patch.undo();
      return problem(log, Errc::malformed, "hive bins of the log", vector_at);
    }
    finish(usable, replay, bins_size);
  }

  /// True when bins with sound headers fill the first `size` bytes behind the base block.
  bool bins_chain(std::uint32_t size) const {
    const Bytes area = Bytes{hive_}.tail(kBaseBlockBytes);
    std::uint64_t at = 0;
    while (at < size) {
      const auto offset = area.get<std::uint32_t>(at + 4);
      const auto length = area.get<std::uint32_t>(at + 8);
      if (!length || *length == 0 || *length % kBinAlignment != 0 || *offset != at ||
          area.tail(at).head(4).chars() != "hbin")
        return false;
      at += *length;
    }
    return at == size;
  }

  void finish(const UsableLog& usable, const Replay& replay, std::uint32_t bins_size) {
    Patch patch{hive_};
    if (!primary_.checksum_ok) patch.write(0, Bytes{usable.log->bytes}.head(kSector));
    patch.write_u32(4, replay.last_sequence);
    patch.write_u32(8, replay.last_sequence);
    patch.write_u32(28, 0);  // type: primary file
    patch.write_u32(40, bins_size);
    patch.write_u32(508, base_block_checksum(Bytes{hive_}));
    outcome_.replay = replay;
  }

  std::vector<std::byte>& hive_;
  const BaseBlock& primary_;
  std::uint64_t max_bytes_;
  std::vector<UsableLog> new_logs_, old_logs_;
  LogReplay outcome_;
};

class Marvin32 {
 public:
  void add(std::uint32_t word) {
    low_ += word;
    mix();
  }
  std::uint64_t finish(std::uint32_t tail) {
    add(tail);
    mix();
    return std::uint64_t{high_} << 32 | low_;
  }

 private:
  void mix() {
    high_ ^= low_;
    low_ = std::rotl(low_, 20) + high_;
    high_ = std::rotl(high_, 9) ^ low_;
    low_ = std::rotl(low_, 27) + high_;
    high_ = std::rotl(high_, 19);
  }
  std::uint32_t low_ = static_cast<std::uint32_t>(kMarvinSeed);
  std::uint32_t high_ = static_cast<std::uint32_t>(kMarvinSeed >> 32);
};

}  // namespace

std::uint64_t log_checksum(Bytes data) {
  Marvin32 hash;
  std::uint64_t at = 0;
  for (; at + 4 <= data.size(); at += 4) hash.add(*data.get<std::uint32_t>(at));
  std::uint32_t tail = 0x80;
  for (std::uint64_t i = data.size(); i-- > at;) tail = tail << 8 | *data.get<std::uint8_t>(i);
  return hash.finish(tail);
}

LogReplay replay_logs(std::vector<std::byte>& hive, const BaseBlock& primary,
                      const std::vector<Log>& logs) {
  return Replayer{hive, primary, logs}.run();
}

}  // namespace hozen::regf
