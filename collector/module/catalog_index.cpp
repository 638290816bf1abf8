#include "collector/module/catalog_index.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxProblems = 50;
/// Updates name what did not change again and again.
constexpr std::size_t kMaxFound = 64;
/// Folders of CatRoot hold catalogs only.
constexpr std::size_t kDepth = 2;

Result<std::vector<std::byte>> read_whole(EvidenceSource& source, const EvidencePath& file) {
  HOZEN_TRY(const auto content, source.open(file));
  return read_all(*content, catalog::kMaxCatalogBytes);
}

}  // namespace

CatalogIndex::CatalogIndex(EvidenceSource& source, std::span<const Installation> installations)
    : source_{source} {
  for (const Installation& installation : installations)
    list(installation.windows / "System32" / "CatRoot");
}

void CatalogIndex::list(const EvidencePath& root) {
  if (const auto info = source_.stat(root); !info || !info->is_directory) return;
  const std::size_t depth = root.components().size();
  const auto walked = source_.walk(
      root,
      [&](const FileInfo& info) {
        if (info.is_directory)
          return info.path.components().size() < depth + kDepth ? Visit::enter : Visit::skip;
        if (!ends_with_fold(info.path.name(), ".cat")) return Visit::skip;
        if (catalogs_.size() >= kMaxCatalogs) {
          problem(root, Error{Errc::limit, "catalogs"});
          return Visit::stop;
        }
        catalogs_.push_back(info.path);
        return Visit::skip;
      },
      [&](const EvidencePath& folder, const Error& error) { problem(folder, error); });
  if (!walked) problem(root, walked.error());
}

void CatalogIndex::problem(const EvidencePath& file, const Error& error) {
  if (problems_.size() >= kMaxProblems) return;
  std::string what = file.text() + ": " + error.what;
  problems_.push_back({error.code, std::move(what), error.offset, error.detail});
}

void CatalogIndex::damage(const EvidencePath& file, const Error& error) {
  ++damaged_;
  problem(file, error);
}

void CatalogIndex::add_members(std::uint32_t number) {
  const EvidencePath& file = catalogs_[number];
  const auto bytes = read_whole(source_, file);
  if (!bytes) return damage(file, bytes.error());
  const auto add = [&](const catalog::Member& member) {
    const std::vector<std::byte>& digest = member.digest.bytes;
    if (digest.size() < kDigestBytes) return true;  // nothing to look up, as a hint of drivers
    if (members_.size() >= kMaxMembers) return false;
    Member& entry = members_.emplace_back();
    std::copy_n(digest.begin(), kDigestBytes, entry.digest.begin());
    entry.catalog = number;
    return true;
  };
  const auto read = catalog::list_members(Bytes{*bytes}, add);
  if (!read) return damage(file, read.error());
  // Members without a digest, hints of drivers, are no damage.
  const auto broken = std::find_if(read->problems.begin(), read->problems.end(),
                                   [](const Error& one) { return one.code != Errc::unsupported; });
  if (broken != read->problems.end())
    damage(file, *broken);
  else if (read->is_changed)
    damage(file, Error{Errc::malformed, "list of the catalog", std::nullopt,
                       "it is not the one that was signed"});
  if (members_.size() >= kMaxMembers) problem(file, Error{Errc::limit, "members of catalogs"});
}

void CatalogIndex::build(const std::stop_token& stop) {
  for (std::uint32_t number = 0; number < catalogs_.size(); ++number) {
    if (stop.stop_requested()) return;  // as if it had not begun: what it knows is not whole
    add_members(number);
  }
  std::sort(members_.begin(), members_.end());
  members_.erase(std::unique(members_.begin(), members_.end()), members_.end());
  is_built_ = true;
}

std::vector<std::uint32_t> CatalogIndex::find(std::span<const authenticode::Digest> digests,
                                              const std::stop_token& stop) {
  std::vector<std::uint32_t> found;
  if (catalogs_.empty()) return found;
  if (!is_built_) {
    members_.clear();
    damaged_ = 0;
    build(stop);
    if (!is_built_) return found;
  }
  for (const authenticode::Digest& digest : digests) {
    if (digest.bytes.size() < kDigestBytes) continue;
    Member wanted;
    std::copy_n(digest.bytes.begin(), kDigestBytes, wanted.digest.begin());
    for (auto at = std::lower_bound(members_.begin(), members_.end(), wanted);
         at != members_.end() && at->digest == wanted.digest && found.size() < kMaxFound; ++at)
      if (std::find(found.begin(), found.end(), at->catalog) == found.end())
        found.push_back(at->catalog);
  }
  return found;
}

Result<catalog::Catalog> CatalogIndex::read(std::uint32_t number) {
  HOZEN_TRY(const auto bytes, read_whole(source_, catalogs_[number]));
  const auto none = [](const catalog::Member&) { return false; };
  return catalog::read_catalog(Bytes{bytes}, none);
}

}  // namespace hozen
