// Facts that had no room in memory, and which of them come back.
#include <algorithm>
#include <cstring>
#include <set>
#include <type_traits>
#include <utility>

#include "collector/module/fact_store.h"

namespace hozen {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10u;
/// What belongs to a use of another host, as its logon or its processes, is no farther from it.
constexpr std::uint64_t kNearTicks = 600 * kTicksPerSecond;
/// Logon sessions of rare facts.
constexpr std::size_t kMaxSessions = 100'000;

/// Kinds of which a host has few, and which rules begin with. The others are logons, processes and
/// the like, of which a busy server has millions.
constexpr FactKind kRareKinds[] = {
    FactKind::service,        FactKind::pipe,          FactKind::task, FactKind::wmi,
    FactKind::session,        FactKind::remoting,      FactKind::eula, FactKind::log_cleared,
    FactKind::account_change, FactKind::secure_channel};
constexpr std::string_view kSessionValues[] = {"SubjectLogonId", "LogonId", "TargetLogonId"};

/// Sessions of Windows itself (SYSTEM, network and local service, anonymous; MS-DTYP and winnt.h):
/// they last as long as the host runs.
bool is_lasting(std::string_view session) {
  constexpr std::string_view kLasting[] = {"0x0", "0x3e4", "0x3e5", "0x3e6", "0x3e7"};
  return session.empty() ||
         std::find(std::begin(kLasting), std::end(kLasting), session) != std::end(kLasting);
}

}  // namespace

/// One fact after another, as bytes.
class FactStore::Packer {
 public:
  static void pack(const Stated& one, std::string& to) {
    put(to, one.fact.kind);
    put(to, one.fact.event_id);
    put(to, one.fact.time.ticks);
    put(to, one.computer);
    put(to, one.number);
    put(to, one.recovered);
    for (const std::string* text :
         {&one.fact.record, &one.fact.subject, &one.fact.values.packed()}) {
      put(to, text->size());
      to += *text;
    }
  }
  static Stated unpack(std::string_view& from) {
    Stated one;
    get(from, one.fact.kind);
    get(from, one.fact.event_id);
    get(from, one.fact.time.ticks);
    get(from, one.computer);
    get(from, one.number);
    get(from, one.recovered);
    one.fact.record = text(from);
    one.fact.subject = text(from);
    one.fact.values = FactValues::of_packed(text(from));
    return one;
  }

 private:
  template <class T>
  static void put(std::string& to, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    to.append(bytes, sizeof(T));
  }
  template <class T>
  static void get(std::string_view& from, T& value) {
    std::memcpy(&value, from.data(), sizeof(T));
    from.remove_prefix(sizeof(T));
  }
  static std::string text(std::string_view& from) {
    std::size_t size = 0;
    get(from, size);
    std::string found{from.substr(0, size)};
    from.remove_prefix(size);
    return found;
  }
};

/// Where rare facts stand.
class FactStore::Rare {
 public:
  explicit Rare(const FactStore& store) {
    for (const FactKind kind : kRareKinds)
      for (const Stated& one : store.stated_.at(static_cast<std::size_t>(kind))) add(one.fact);
    std::sort(times_.begin(), times_.end());
  }
  bool is_near(const Fact& fact) const {
    const std::uint64_t first = fact.time.ticks > kNearTicks ? fact.time.ticks - kNearTicks : 0;
    const auto next = std::lower_bound(times_.begin(), times_.end(), first);
    if (next != times_.end() && *next - first <= 2 * kNearTicks) return true;
    return std::any_of(std::begin(kSessionValues), std::end(kSessionValues),
                       [&](auto name) { return sessions_.contains(fact.values[name]); });
  }

 private:
  void add(const Fact& fact) {
    times_.push_back(fact.time.ticks);
    for (const std::string_view name : kSessionValues)
      if (const std::string_view session = fact.values[name];
          !is_lasting(session) && sessions_.size() < kMaxSessions)
        sessions_.emplace(session);
  }

  std::vector<std::uint64_t> times_;
  std::set<std::string, std::less<>> sessions_;
};

void FactStore::put_away(const Stated& one) {
  const auto kind = static_cast<std::size_t>(one.fact.kind);
  if (overflow_ == nullptr) {
    ++left_out_.all.at(kind);
    ++left_out_.beside.at(kind);
    return;
  }
  ++put_away_.at(kind);
  ++in_block_.at(kind);
  Packer::pack(one, block_);
  if (block_.size() >= kBlockBytes) write_block();
}

void FactStore::write_block() {
  const auto written = overflow_->put(block_);
  block_.clear();
  for (std::size_t kind = 0; kind < kFactKinds; ++kind) {
    const std::uint64_t count = std::exchange(in_block_.at(kind), 0);
    if (written) continue;
    put_away_.at(kind) -= count;
    left_out_.all.at(kind) += count;
    left_out_.beside.at(kind) += count;
  }
}

/// The store may hold as many bytes of a kind again.
void FactStore::bring_back() {
  if (overflow_ == nullptr) return;
  if (!block_.empty()) write_block();
  const Rare rare{*this};
  std::array<std::size_t, kFactKinds> bytes{};
  std::array<std::uint64_t, kFactKinds> seen{};
  std::vector<std::pair<std::size_t, Stated>> back;
  const auto read = overflow_->each([&](std::string_view block) {
    while (!block.empty()) {
      Stated one = Packer::unpack(block);
      const auto kind = static_cast<std::size_t>(one.fact.kind);
      ++seen.at(kind);
      if (!rare.is_near(one.fact)) {
        ++left_out_.all.at(kind);
      } else if (bytes.at(kind) += bytes_of_fact(one.fact); bytes.at(kind) > limit_) {
        ++left_out_.all.at(kind);
        ++left_out_.beside.at(kind);
      } else {
        back.emplace_back(kind, std::move(one));
      }
    }
  });
  // They were stated before all that stayed.
  for (auto one = back.rbegin(); one != back.rend(); ++one)
    stated_.at(one->first).push_front(std::move(one->second));
  for (std::size_t kind = 0; kind < kFactKinds && !read; ++kind) {
    left_out_.all.at(kind) += put_away_.at(kind) - seen.at(kind);
    left_out_.beside.at(kind) += put_away_.at(kind) - seen.at(kind);
  }
}

}  // namespace hozen
