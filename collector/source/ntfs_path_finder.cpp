#include "collector/source/ntfs_path_finder.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/reparse_point.h"
#include "collector/source/ntfs_content.h"

namespace hozen {
namespace {

constexpr auto kRoot = static_cast<std::uint32_t>(ntfs::record_number::kRoot);

/// Target of `link` as a place in the evidence.
Result<EvidencePath> target_of(const ReparsePoint& point, const EvidencePath& link) {
  const EvidencePath parent = link.parent();
  const auto refuse = [](std::string what, const char* why) {
    return Error{Errc::unsupported, std::move(what), std::nullopt, why};
  };
  if (point.target.empty()) return refuse(link.text(), "a link of a kind that is not followed");
  if (point.relative) {
    if (point.target.front() == '\\') return EvidencePath{parent.volume()} / point.target;
    return parent / point.target;
  }
  auto target = EvidencePath::parse(point.target);
  if (!target) return refuse(point.target, "a link that leads out of the evidence");
  return target;
}

}  // namespace

Error no_such_path(const EvidencePath& path, std::string detail) {
  return Error{Errc::not_found, path.text(), std::nullopt, std::move(detail)};
}

void NtfsPathFinder::tell_twice(const EvidencePath& path, const std::string& other) {
  remark_({Errc::malformed, path.text(), std::nullopt,
           "several entries of its folder have this very name: others have the number of their "
           "file record in their paths, as in " +
               other});
}

bool NtfsPathFinder::is_link(const NtfsPlace& place, bool directory) {
  if (!directory) return false;
  const auto known = place.mounted->links.find(place.record);
  if (known != place.mounted->links.end()) return known->second;
  const auto info = place.mounted->files->info(place.record, place.path, place.parent);
  if (!info) return false;  // asked again: a read may fail once
  place.mounted->links.emplace(place.record, info->is_link);
  return info->is_link;
}

Result<EvidencePath> NtfsPathFinder::link_target(const NtfsPlace& link) {
  HOZEN_TRY(const auto file, link.mounted->ntfs->share_file(link.record));
  HOZEN_TRY(const auto bytes, read_reparse_point(*link.mounted->ntfs, *file));
  HOZEN_TRY(const ReparsePoint point, parse_reparse_point(Bytes{bytes}));
  return target_of(point, link.path);
}

Result<void> NtfsPathFinder::find(const EvidencePath& path, std::size_t fixed, NtfsSearch& search) {
  HOZEN_CHECK(begin(path, fixed, kMaxLinkHops, true, search));
  while (!search.steps.empty() && !search.is_over()) {
    NtfsStep& last = search.steps.back();
    NtfsStep step{.path = last.path,
                  .next = last.next,
                  .fixed = last.fixed,
                  .hops = last.hops,
                  .entries = {last.entries.back()},
                  .has_others = last.has_others};
    last.entries.pop_back();
    const bool is_last = last.entries.empty();
    step.place = is_last ? std::move(last.place) : last.place;
    if (is_last) search.steps.pop_back();
    if (step.has_others && search.left == 0) {
      if (!search.all && !search.found.empty()) return {};
      return Error{Errc::limit, path.text(), kMaxSpellings, "too many entries differ in case only"};
    }
    search.left -= step.has_others ? 1 : 0;
    go_on(std::move(step), search);
  }
  if (search.found.empty() && search.failed) return *search.failed;
  return {};
}

NtfsMounted* NtfsPathFinder::find_mounted(std::string_view volume) {
  const auto mounted = std::find_if(
      mounts_.begin(), mounts_.end(),
      [&](const NtfsMounted& candidate) { return equals_fold(candidate.volume, volume); });
  return mounted == mounts_.end() ? nullptr : &*mounted;
}

Result<void> NtfsPathFinder::begin(EvidencePath path, std::size_t fixed, int hops, bool exact,
                                   NtfsSearch& search) {
  if (path.components().size() > kMaxFolderDepth)
    return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders"};
  NtfsMounted* const mounted = find_mounted(path.volume());
  if (mounted == nullptr) return no_such_path(path, "the source has no such volume");
  NtfsStep step{.place = {mounted, kRoot, EvidencePath{mounted->volume}, std::nullopt, exact, true},
                .path = std::make_shared<const EvidencePath>(std::move(path)),
                .fixed = fixed,
                .hops = hops};
  return descend(std::move(step), search);
}

/// Looks up the next component in the folder of `step`.
Result<void> NtfsPathFinder::descend(NtfsStep step, NtfsSearch& search) {
  const std::vector<std::string>& names = step.path->components();
  if (step.next == names.size()) {
    search.found.push_back(std::move(step.place));
    return {};
  }
  NtfsNames& known = step.place.mounted->files->names();
  step.entries = known.find(step.place.record, names[step.next]);
  if (step.entries.empty() && step.next == 0 && step.place.record == kRoot) {
    // A file of NTFS itself whose record lost the name has its number all the same.
    const EvidencePath first = step.place.path.child(names[0]);
    if (const auto number = step.place.mounted->files->internal_record(first)) {
      step.place.parent = kRoot;
      step.place.record = *number;
      step.place.path = first;
      ++step.next;
      return descend(std::move(step), search);
    }
  }
  if (step.entries.empty()) {
    // A damaged table may have lost the record: then it is not true that there is no such file.
    if (!step.place.mounted->is_whole &&
        step.place.mounted->files->is_in_index(step.place.record, names[step.next]))
      return Error{Errc::malformed, step.path->text(), std::nullopt,
                   "its folder names it, and its file record cannot be read"};
    return no_such_path(*step.path, "no such entry");
  }
  const auto is_stored = [&](std::uint32_t index) {
    return known.name(known[index]) == names[step.next];
  };
  const auto others = std::stable_partition(step.entries.begin(), step.entries.end(), is_stored);
  if (others - step.entries.begin() > 1 && known.is_twin(step.entries[1]))
    tell_twice(step.place.path.child(names[step.next]), known.path_name(step.entries[1]));
  if (step.next < step.fixed && is_stored(step.entries.front())) step.entries.resize(1);
  step.has_others = step.entries.size() > 1;
  std::reverse(step.entries.begin(), step.entries.end());
  search.steps.push_back(std::move(step));
  return {};
}

/// Goes into the one entry of `step`.
void NtfsPathFinder::go_on(NtfsStep step, NtfsSearch& search) {
  NtfsNames& known = step.place.mounted->files->names();
  const NtfsNames::Entry entry = known[step.entries.front()];
  const std::string_view name = known.name(entry);
  NtfsPlace& place = step.place;
  place.parent = place.record;
  place.record = entry.record;
  place.path.append(known.path_name(step.entries.front()));
  place.exact = place.exact && (!step.has_others || name == step.path->components()[step.next]);
  place.alone = place.alone && !step.has_others && !known.is_twin(step.entries.front());
  ++step.next;
  auto entered = Result<void>{};
  if (step.next == step.path->components().size())
    search.found.push_back(std::move(place));
  else if (is_link(place, entry.directory))
    entered = enter(step, search);
  else if (entry.directory)
    entered = descend(std::move(step), search);
  else
    entered = no_such_path(*step.path, "no such entry");
  if (!entered) search.fail(entered.error());
}

/// Goes on where the link leads at which `link` stands.
Result<void> NtfsPathFinder::enter(const NtfsStep& link, NtfsSearch& search) {
  if (link.hops == 0)
    return Error{Errc::limit, link.path->text(), std::nullopt, "too many links on the way"};
  HOZEN_TRY(EvidencePath target, link_target(link.place));
  for (std::size_t rest = link.next; rest < link.path->components().size(); ++rest)
    target = target.child(link.path->components()[rest]);
  return begin(target.with_stream(link.path->stream()), 0, link.hops - 1, link.place.exact, search);
}

}  // namespace hozen
