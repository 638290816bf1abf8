// The facts of one run, bounded in memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/module/fact.h"

namespace hozen {

/// Where facts wait that have no room in memory.
class FactOverflow {
 public:
  virtual ~FactOverflow() = default;
  /// Errc::io when the block is lost.
  virtual Result<void> put(std::string_view block) = 0;
  /// All blocks once, in their order; Errc::io when one cannot be had.
  virtual Result<void> each(FunctionRef<void(std::string_view block)> take) = 0;
};

/// Counts of facts that a book has not.
struct FactsLeftOut {
  std::array<std::uint64_t, kFactKinds> all{}, beside{};
};

/// Facts of one host, in order.
class ComputerFacts final : public FactBook {
 public:
  using Shelves = std::array<std::vector<Fact>, kFactKinds>;
  ComputerFacts() = default;
  ComputerFacts(std::string computer, std::vector<std::string> names, Shelves shelves,
                const FactsLeftOut& left_out)
      : computer_{std::move(computer)},
        names_{std::move(names)},
        shelves_{std::move(shelves)},
        left_out_{left_out} {}

  std::span<const Fact> facts(FactKind kind) const override {
    return shelves_.at(static_cast<std::size_t>(kind));
  }
  std::uint64_t left_out(FactKind kind) const override {
    return left_out_.all.at(static_cast<std::size_t>(kind));
  }
  std::uint64_t dropped(FactKind kind) const override {
    return left_out_.beside.at(static_cast<std::size_t>(kind));
  }
  std::string_view computer() const override { return computer_; }
  std::span<const std::string> names() const override { return names_; }

 private:
  std::string computer_;
  std::vector<std::string> names_;
  Shelves shelves_;
  FactsLeftOut left_out_;
};

/// Takes facts as they are stated, and has them by host when all are there. As a book it is that of
/// the host that the evidence is of.
class FactStore final : public FactBook {
 public:
  /// What facts of one kind may take, of all hosts. Of more, those stated first go into the
  /// overflow, and those of them that stand near rare ones come back, as many bytes again.
  static constexpr std::size_t kBytesPerKind = std::size_t{8} << 20u;
  /// Names of computers that are told apart; facts of further ones are dropped, but for those of
  /// the host's own logs.
  static constexpr std::size_t kMaxComputers = 64;
  std::uint64_t unknown_computers() const { return refused_; }  ///< facts dropped for that

  /// Without an overflow what has no room is lost. It must outlive the store.
  explicit FactStore(std::size_t bytes_per_kind = kBytesPerKind, FactOverflow* overflow = nullptr)
      : limit_{bytes_per_kind}, overflow_{overflow} {}

  void add(Fact fact, const FactOrigin& origin = {});
  /// Brings them into order, between the last add() and the first question: by host, by time, an
  /// event that was stated twice (of a copy of its log, of slack) once. `host_name`: of the host
  /// that the evidence is of, "" when that is not known.
  void settle(std::string_view host_name = {});

  std::span<const Fact> facts(FactKind kind) const override { return own_.facts(kind); }
  std::uint64_t left_out(FactKind kind) const override {
    return left_out_.all.at(static_cast<std::size_t>(kind));
  }
  std::uint64_t dropped(FactKind kind) const override {
    return left_out_.beside.at(static_cast<std::size_t>(kind));
  }
  std::string_view computer() const override { return {}; }
  std::span<const std::string> names() const override { return own_.names(); }
  /// Of the host that the evidence is of.
  const ComputerFacts& own() const { return own_; }
  /// Hosts whose events were found in its logs: forwarded, or copied with a log.
  std::span<const ComputerFacts> others() const { return others_; }

 private:
  /// 0: no computer was named.
  using Computer = std::size_t;
  struct Stated {
    Fact fact;
    Computer computer = 0;
    std::uint64_t number = 0;
    bool recovered = false;
  };
  class Rare;
  class Packer;
  using Shelf = std::deque<Stated>;

  static std::size_t bytes_of_fact(const Fact& fact);
  /// names_.size() when there is no room for one more.
  Computer computer_of(std::string_view name, bool is_own);
  /// Two names in one of the host's own logs are names of one host.
  void note_own_log(Computer computer, std::string_view log);
  Computer leader_of(Computer computer) const;
  Computer find_own(std::string_view host_name) const;
  /// A bare name and a full one are names of one host where no other full one fits.
  void join_bare_names();
  ComputerFacts take(Computer leader, std::string_view host_name, bool is_own);
  void put_away(const Stated& one);
  void write_block();
  void bring_back();

  std::size_t limit_;
  FactOverflow* overflow_;
  std::string block_;  // of the overflow, being filled
  std::array<std::uint64_t, kFactKinds> in_block_{};
  std::array<Shelf, kFactKinds> stated_;
  std::array<std::size_t, kFactKinds> bytes_{};
  std::array<std::uint64_t, kFactKinds> put_away_{};
  FactsLeftOut left_out_;
  std::uint64_t refused_ = 0;
  std::vector<std::string> names_{{}};
  std::vector<Computer> leaders_{0};          // of those that are one host
  std::vector<std::uint64_t> own_events_{0};  // of each in logs of the host
  std::vector<std::uint64_t> events_{0};
  std::vector<std::pair<std::string, Computer>> own_logs_;
  ComputerFacts own_;
  std::vector<ComputerFacts> others_;
};

}  // namespace hozen
