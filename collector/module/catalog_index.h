// Which catalogs of the evidence name a file: what CatRoot of every Windows in it lists.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "collector/formats/authenticode_digest.h"
#include "collector/formats/catalog.h"
#include "collector/source/registry.h"
#include "collector/source/source.h"

namespace hozen {

class CatalogIndex {
 public:
  /// A full Windows 11 has some 10,000, with several 100,000 members.
  static constexpr std::size_t kMaxCatalogs = 100'000, kMaxMembers = 4'000'000;

  /// Lists the catalogs, which takes little; `source` must outlive the index.
  CatalogIndex(EvidenceSource& source, std::span<const Installation> installations);

  bool empty() const { return catalogs_.empty(); }
  const EvidencePath& catalog(std::uint32_t number) const { return catalogs_[number]; }

  /// Numbers of the catalogs that name one of these digests, each once. Reads all of them the first
  /// time.
  std::vector<std::uint32_t> find(std::span<const authenticode::Digest> digests,
                                  const std::stop_token& stop);
  /// The catalog itself, without its members; its bytes are read anew.
  Result<catalog::Catalog> read(std::uint32_t number);
  const std::vector<Error>& problems() const { return problems_; }
  /// How many could not be read whole, or have another list than the one that was signed.
  std::size_t damaged() const { return damaged_; }

 private:
  /// The first half of a SHA-256 and most of a SHA-1: nobody makes a file for a given 128 bits.
  static constexpr std::size_t kDigestBytes = 16;
  struct Member {
    std::array<std::byte, kDigestBytes> digest{};
    std::uint32_t catalog = 0;
    friend auto operator<=>(const Member&, const Member&) = default;
  };

  void list(const EvidencePath& root);
  void build(const std::stop_token& stop);
  void add_members(std::uint32_t number);
  void damage(const EvidencePath& file, const Error& error);
  void problem(const EvidencePath& file, const Error& error);

  EvidenceSource& source_;
  std::vector<EvidencePath> catalogs_;
  std::deque<Member> members_;  // in order; a deque grows without a copy of itself
  bool is_built_ = false;
  std::size_t damaged_ = 0;
  std::vector<Error> problems_;
};

}  // namespace hozen
