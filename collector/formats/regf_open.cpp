// Opening a hive: base block, log replay, hbins, root, state.
#include "collector/base/text.h"
#include "collector/formats/regf_impl.h"
#include "collector/formats/regf_log.h"

namespace hozen::regf {
namespace {

constexpr std::uint32_t kBaseBlockHead = 512;  ///< what carries the checksum, and what logs store
constexpr std::uint32_t kOldestMinor = 3, kNewestMinor = 6;

std::uint32_t checksum_of(Bytes head) {
  std::uint32_t sum = 0;
  for (std::uint32_t at = 0; at + 4 < kBaseBlockHead; at += 4) sum ^= *head.get<std::uint32_t>(at);
  if (sum == 0xFFFF'FFFFu) return 0xFFFF'FFFEu;
  return sum == 0 ? 1 : sum;
}

bool is_supported(const BaseBlock& base) { return base.major == 1 && base.minor >= kOldestMinor; }

bool is_bin(Bytes area, std::uint32_t offset) {
  const Bytes header = area.tail(offset).head(kBinHeaderBytes);
  const auto size = header.get<std::uint32_t>(8);
  return header.size() == kBinHeaderBytes && header.head(4).chars() == "hbin" &&
         header.get<std::uint32_t>(4) == offset && *size != 0 && *size % kBinAlignment == 0;
}

}  // namespace

Result<BaseBlock> read_base_block(Bytes file) {
  if (file.head(4).chars() != "regf")
    return Error{Errc::malformed, "registry hive: it does not begin with \"regf\"", file.base()};
  HOZEN_TRY(const auto head, file.fixed<kBaseBlockHead>(0, "regf base block"));
  BaseBlock base;
  base.sequence1 = head.u32<4>();
  base.sequence2 = head.u32<8>();
  base.last_written = FileTime{head.u64<12>()};
  base.major = head.u32<20>();
  base.minor = head.u32<24>();
  base.type = head.u32<28>();
  base.root_offset = head.u32<36>();
  base.bins_size = head.u32<40>();
  base.clustering_factor = head.u32<44>();
  base.embedded_name = wtf8_from_utf16le(Bytes{head.raw<48, 64>()}, true);
  base.flags = head.u32<144>();
  base.checksum = head.u32<508>();
  base.checksum_ok = base.checksum == checksum_of(file);
  return base;
}

std::uint32_t base_block_checksum(Bytes head) { return checksum_of(head); }

// The size in the base block ends the bins when the checksum vouches for it; else the chain of
// sound headers does.
void Hive::Impl::scan_bins() {
  const bool trusted = effective.checksum_ok;
  if (trusted && effective.bins_size > area.size())
    note(Errc::truncated, "hive bins", bytes.size());
  const std::uint64_t end =
      trusted ? std::min<std::uint64_t>(effective.bins_size, area.size()) : area.size();
  bool resync = false;
  for (std::uint64_t at = 0; at < end;) {
    const auto offset = static_cast<std::uint32_t>(at);
    if (!is_bin(area, offset)) {
      const bool padding = !trusted && at >= effective.bins_size;
      if (!resync && !padding) note(Errc::malformed, "hbin header", area.base() + at);
      resync = true;
      at += kBinAlignment;
      continue;
    }
    resync = false;
    const std::uint32_t stated = *area.get<std::uint32_t>(at + 8);
    const auto length =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(stated, area.size() - at));
    if (length < stated) note(Errc::truncated, "hbin", area.base() + at);
    bins.push_back({offset, length});
    at += length;
    bins_end = static_cast<std::uint32_t>(at);
  }
}

void Hive::Impl::find_root() {
  if (key_node(effective.root_offset)) {
    root = effective.root_offset;
    return;
  }
  note(Errc::malformed, "root key", area.base() + effective.root_offset);
  for (const Region& bin : bins) {
    std::uint64_t at = std::uint64_t{bin.offset} + kBinHeaderBytes;
    while (at < std::uint64_t{bin.offset} + bin.length) {
      const auto offset = static_cast<std::uint32_t>(at);
      const auto found = cell(offset);
      if (!found) break;
      const auto node = found->allocated ? parse_key_node(found->data) : std::nullopt;
      if (node && (node->flags & kFlagHiveEntry) != 0) {
        root = offset;
        return;
      }
      at += found->data.size() + 4;
    }
  }
}

Result<std::unique_ptr<Hive>> Hive::open(std::vector<std::byte> bytes, std::vector<Log> logs) {
  // Offsets are 32 bits and kNoCell is none of them: what lies behind cannot be addressed.
  constexpr std::uint64_t kMaxFileBytes = std::uint64_t{0xFFFF'F000};
  if (bytes.size() > kMaxFileBytes) return Error{Errc::limit, "registry hive of 4 GiB or more", 0};
  const bool has_bins = Bytes{bytes}.tail(kBaseBlockBytes).head(4).chars() == "hbin";
  auto stored = read_base_block(Bytes{bytes});
  if (!stored && !has_bins) return std::move(stored).error();
  if (stored && stored->type != 0 && (stored->checksum_ok || !has_bins))
    return Error{Errc::unsupported, "registry transaction log: give the hive it belongs to", 28};
  if (bytes.size() < kBaseBlockBytes)
    return Error{Errc::truncated, "regf base block", bytes.size()};
  auto impl = std::make_unique<Impl>(std::move(bytes));
  Impl& self = *impl;
  if (stored) self.base = *std::move(stored);
  if (self.base.is_dirty() && !logs.empty()) {
    LogReplay outcome = replay_logs(self.bytes, self.base, logs);
    self.replay = outcome.replay;
    for (const Problem& problem : outcome.problems) self.note_problem(problem);
  }
  logs = {};
  auto effective = read_base_block(Bytes{self.bytes});
  if (effective) self.effective = *std::move(effective);
  if (self.effective.checksum_ok && !is_supported(self.effective))
    return Error{Errc::unsupported,
                 "registry hive version " + std::to_string(self.effective.major) + "." +
                     std::to_string(self.effective.minor),
                 20};
  self.attach_area();
  self.assess();
  return std::unique_ptr<Hive>{new Hive{std::move(impl)}};
}

void Hive::Impl::assess() {
  const std::uint64_t before = problem_count;
  if (effective.major == 0 && effective.minor == 0 && !effective.checksum_ok)
    note(Errc::malformed, "base block", 0);
  else if (!is_supported(effective) || effective.minor > kNewestMinor)
    note(Errc::unsupported, "version of the base block", 20);
  scan_bins();
  find_root();
  const bool corrupt = problem_count != before || !root;
  if (!effective.checksum_ok) note(Errc::malformed, "checksum of the base block", 508);
  if (corrupt)
    state = State::corrupt;
  else if (replay)
    state = State::replayed;
  else
    state = base.is_dirty() ? State::dirty : State::clean;
  if (root) {
    const auto found = cell(*root);
    claim_key(*root, *parse_key_node(found->data), found->data);
  }
}

}  // namespace hozen::regf
