// The facts of one run, bounded in memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "collector/module/fact.h"

namespace hozen {

class FactStore final : public FactBook {
 public:
  /// What facts of one kind may take; of more, those stated first go.
  static constexpr std::size_t kBytesPerKind = std::size_t{8} << 20u;

  explicit FactStore(std::size_t bytes_per_kind = kBytesPerKind) : limit_{bytes_per_kind} {}

  void add(Fact fact);
  /// Brings them into order: between the last add() and the first question.
  void settle();

  std::span<const Fact> facts(FactKind kind) const override { return of(kind).sorted; }
  std::uint64_t dropped(FactKind kind) const override { return of(kind).dropped; }

 private:
  struct Shelf {
    std::deque<Fact> stated;
    std::vector<Fact> sorted;
    std::size_t bytes = 0;
    std::uint64_t dropped = 0;
  };
  const Shelf& of(FactKind kind) const { return shelves_.at(static_cast<std::size_t>(kind)); }

  std::size_t limit_;
  std::array<Shelf, kFactKinds> shelves_;
};

}  // namespace hozen
