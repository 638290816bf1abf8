#include "collector/source/win32_files_win32.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/source/host_tree_win32.h"

namespace hozen::win32 {
namespace {

constexpr int kMaxLinks = 32;            ///< on the way to one file; Windows itself stops at 63
constexpr std::size_t kMaxDepth = 1024;  ///< folders below each other; a path of NT holds 16,383

std::wstring native_root(const std::wstring& extended) {
  std::wstring native = extended;
  if (native.starts_with(L"\\\\?\\")) native[1] = L'?';
  if (!native.ends_with(L'\\')) native += L'\\';
  return native;
}

struct Place {
  Mount mount;
  EvidencePath base;
  HostTree tree;
};

Error outside(const LinkMet& met) {
  return {Errc::unsupported,
          "link " + met.link.text(),
          {},
          met.target.empty() ? std::string{"target unknown"}
                             : "leads to " + met.target + ", outside of the evidence"};
}

FileInfo folder_above_root(EvidencePath path) {
  FileInfo info;
  info.path = std::move(path);
  info.is_directory = true;
  return info;
}

}  // namespace

struct Tree::State {
  std::vector<Place> places{};

  /// The place that holds `path`; nullptr above a place's root. Errc::not_found without one.
  Result<Place*> place_of(const EvidencePath& path);
  /// Component of `path`'s mount right below `path`, a folder above the mount's root.
  std::string next_below(const EvidencePath& path) const;
  Result<EvidencePath> resolve(const LinkMet& met) const;
  /// Calls `use` with the place and the path until it meets no more links on the way.
  template <class T, class Use>
  Result<T> follow(EvidencePath path, bool last_too, const Use& use);
  Result<void> walk_level(const EvidencePath& directory, std::size_t depth, bool& stopped,
                          const std::function<Visit(const FileInfo&)>& visit,
                          const std::function<void(const EvidencePath&, Error)>& problem);
};

Result<Place*> Tree::State::place_of(const EvidencePath& path) {
  for (Place& place : places) {
    if (!equals_fold(place.mount.volume, path.volume())) continue;
    if (path.is_below(place.base)) return &place;
    if (place.base.is_below(path)) return static_cast<Place*>(nullptr);
  }
  return Error{Errc::not_found, path.text()};
}

std::string Tree::State::next_below(const EvidencePath& path) const {
  for (const Place& place : places)
    if (place.base.is_below(path) && place.base.components().size() > path.components().size())
      return place.base.components()[path.components().size()];
  return {};
}

Result<EvidencePath> Tree::State::resolve(const LinkMet& met) const {
  if (met.target.empty()) return outside(met);
  EvidencePath path;
  if (met.relative) {
    const bool rooted = met.target.front() == '\\';
    path = (rooted ? EvidencePath{met.link.volume()} : met.link.parent()) / met.target;
  } else {
    std::string target = met.target;
    for (const Place& place : places)
      for (const std::string& alias : place.mount.aliases)
        if (starts_with_fold(target, alias))
          target = place.mount.volume + target.substr(alias.size());
    if (target.ends_with(':')) target += '\\';
    auto parsed = EvidencePath::parse(target);
    if (!parsed) return outside(met);
    path = *std::move(parsed);
  }
  for (const std::string& component : met.rest) path = path.child(component);
  return path;
}

template <class T, class Use>
Result<T> Tree::State::follow(EvidencePath path, bool last_too, const Use& use) {
  const std::string stream = path.stream();
  for (int links = 0; links <= kMaxLinks; ++links) {
    HOZEN_TRY(Place * place, place_of(path));
    HOZEN_TRY(OrLink<T> answer, use(place, path));
    auto* met = std::get_if<LinkMet>(&answer);
    if (met == nullptr) return std::move(std::get<T>(answer));
    if (met->rest.empty() && !last_too)
      return Error{Errc::unsupported, path.text(), {}, "a link to " + met->target};
    HOZEN_TRY(EvidencePath next, resolve(*met));
    if (auto known = place_of(next); !known) return outside(*met);
    path = stream.empty() ? std::move(next) : next.with_stream(stream);
  }
  return Error{Errc::limit, path.text(), {}, "too many links on the way"};
}

Tree::Tree(std::vector<Mount> mounts, bool keep_access_times) : self_{std::make_unique<State>()} {
  for (Mount& mount : mounts) {
    EvidencePath base{mount.volume};
    for (const std::string& component : mount.below) base = base.child(component);
    HostTree tree{native_root(mount.root), base, keep_access_times};
    self_->places.push_back({std::move(mount), std::move(base), std::move(tree)});
  }
}
Tree::~Tree() = default;

Result<FileInfo> Tree::stat(const EvidencePath& path) {
  return self_->follow<FileInfo>(
      path, false, [](Place* place, const EvidencePath& at) -> Result<OrLink<FileInfo>> {
        if (place == nullptr) return OrLink<FileInfo>{folder_above_root(at)};
        return place->tree.stat(at);
      });
}

Result<EvidencePath> Tree::real_folder(const EvidencePath& path) {
  HOZEN_TRY(FileInfo info,
            self_->follow<FileInfo>(
                path, true, [](Place* place, const EvidencePath& at) -> Result<OrLink<FileInfo>> {
                  if (place == nullptr) return OrLink<FileInfo>{folder_above_root(at)};
                  return place->tree.folder(at);
                }));
  return std::move(info.path);
}

Result<std::unique_ptr<ByteSource>> Tree::open(const EvidencePath& path) {
  using Answer = std::unique_ptr<ByteSource>;
  return self_->follow<Answer>(path, false,
                               [](Place* place, const EvidencePath& at) -> Result<OrLink<Answer>> {
                                 if (place == nullptr)
                                   return Error{Errc::unsupported, at.text(), {}, "a folder"};
                                 return place->tree.open(at);
                               });
}

Result<void> Tree::State::walk_level(
    const EvidencePath& directory, std::size_t depth, bool& stopped,
    const std::function<Visit(const FileInfo&)>& visit,
    const std::function<void(const EvidencePath&, Error)>& problem) {
  EvidencePath here = directory;   // as stored, links resolved
  std::vector<std::string> below;  // names only: a folder may hold very many
  const auto see = [&](const FileInfo& info) {
    const Visit answer = visit(info);
    if (answer == Visit::enter && info.is_directory && !info.is_link) {
      if (below.empty()) here = info.path.parent();
      below.emplace_back(info.path.name());
    }
    stopped = answer == Visit::stop;
    return !stopped;
  };
  auto listed = follow<std::monostate>(
      directory, depth == 0,
      [&](Place* place, const EvidencePath& at) -> Result<OrLink<std::monostate>> {
        if (place != nullptr) return place->tree.list(at, see, problem);
        see(folder_above_root(at.child(next_below(at))));
        return OrLink<std::monostate>{std::monostate{}};
      });
  if (!listed) return std::move(listed).error();
  for (const std::string& name : below) {
    const EvidencePath folder = here.child(name);
    if (depth + 1 >= kMaxDepth) {
      problem(folder, {Errc::limit, "folders nested too deep"});
      continue;
    }
    if (auto deeper = walk_level(folder, depth + 1, stopped, visit, problem); !deeper)
      problem(folder, deeper.error());
    if (stopped) break;
  }
  return {};
}

Result<void> Tree::walk(const EvidencePath& directory,
                        const std::function<Visit(const FileInfo&)>& visit,
                        const std::function<void(const EvidencePath&, Error)>& problem) {
  bool stopped = false;
  return self_->walk_level(directory, 0, stopped, visit, problem);
}

}  // namespace hozen::win32
