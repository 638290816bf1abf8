#include "collector/engine/extract.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/engine/artifact_check.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/output_tree.h"
#include "collector/source/evidence_path.h"

namespace hozen {
namespace {

constexpr std::string_view kArtifacts = "artifacts";

/// One file to write: an entry, and the path it had.
struct Wanted {
  std::uint32_t entry = 0;  ///< index into the bundle's entries
  std::string path;         ///< exact: of its row or, without one, of its name; "" when not known
  OutputTimes times;
  bool duplicate = false;        ///< an earlier row has the entry under another path
  std::string deleted_folder{};  ///< "<record>-<sequence>" of a deleted file
};

using Components = std::vector<std::string>;

Components split(std::string_view name) {
  Components components;
  for (;;) {
    const std::size_t slash = name.find('/');
    components.emplace_back(name.substr(0, slash));
    if (slash == std::string_view::npos) return components;
    name.remove_prefix(slash + 1);
  }
}

std::string folded(const Components& components) {
  std::string path;
  for (const std::string& name : components) path += '/' + fold_case(name);
  return path;
}

Components components_of(const EvidencePath& path) {
  std::string volume = path.volume();
  if (volume.ends_with(':')) volume.pop_back();
  Components components{std::move(volume)};
  components.insert(components.end(), path.components().begin(), path.components().end());
  if (!path.stream().empty()) components.back() += ':' + path.stream();
  return components;
}

/// C:\Windows\x as C, Windows, x, of a deleted file as deleted, C, 12-3, Windows, x; a stream stays
/// with its file's name. Nothing for what is no path. A name can hold a backslash, which the text
/// of a path does not tell from one between two names: the entry's own name does.
std::optional<Components> exact_components(const Wanted& wanted, std::string_view entry) {
  const bool is_deleted = !wanted.deleted_folder.empty();
  if (!wanted.duplicate) {
    const auto path = path_of_entry_name(entry, content_root_of(entry));
    const bool is_meant = path && !path->is_root() &&
                          is_deleted == (content_root_of(entry) == kDeletedRoot) &&
                          (is_deleted || exact_path_text(*path) == wanted.path);
    if (is_meant) {
      Components components = components_of(*path);
      if (is_deleted) components.insert(components.begin(), std::string{kDeletedRoot});
      return components;
    }
  }
  const auto parsed = EvidencePath::parse(wanted.path);
  // Another text than that of the path: it was resolved, and leads elsewhere.
  if (!parsed || parsed->is_root() || exact_path_text(*parsed) != wanted.path) return std::nullopt;
  Components components = components_of(*parsed);
  if (is_deleted) {
    components.insert(components.begin() + 1, wanted.deleted_folder);
    components.insert(components.begin(), std::string{kDeletedRoot});
  }
  return components;
}

/// What the name of the entry `index` alone tells.
Wanted without_row(std::uint32_t index, std::string_view name) {
  Wanted wanted;
  wanted.entry = index;
  const std::string_view root = content_root_of(name);
  auto path = path_of_entry_name(name, root);
  if (path && root == kDeletedRoot && !path->is_root()) {
    // What comes first is the folder of its record.
    wanted.deleted_folder = path->components().front();
    EvidencePath below{path->volume()};
    for (std::size_t i = 1; i < path->components().size(); ++i)
      below = below.child(path->components()[i]);
    path = below.with_stream(path->stream());
  }
  if (path) wanted.path = exact_path_text(*path);
  return wanted;
}

class Extraction {
 public:
  Extraction(const BundleReader& bundle, const ExtractRequest& request)
      : bundle_{bundle}, request_{request} {}

  Result<ExtractResult> run() {
    HOZEN_TRY(tree_, OutputTree::open(request_.folder));
    list_wanted();
    if (auto written = write_all(); !written) result_.stopped = std::move(written).error();
    return std::move(result_);
  }

 private:
  Result<void> write_all() {
    for (const Wanted& wanted : wanted_) {
      if (!is_asked_for(shown_path(wanted), entry_name(wanted))) continue;
      ++result_.matched;
      HOZEN_CHECK(write(wanted));
    }
    HOZEN_TRY(result_.volumes, extract_volumes(bundle_, *tree_, [&](const std::string& volume) {
                return is_asked_for(volume, volume);
              }));
    result_.matched += result_.volumes.size();
    return {};
  }
  const std::string& entry_name(const Wanted& wanted) const {
    return bundle_.entries()[wanted.entry].facts.name;
  }
  /// What a file is called when it is talked about.
  std::string shown_path(const Wanted& wanted) const {
    return wanted.path.empty() ? entry_name(wanted) : wanted.path;
  }
  void list_wanted();
  bool is_asked_for(const std::string& path, const std::string& entry) const;
  Result<void> write(const Wanted& wanted);
  std::optional<Components> exact_place(const Wanted& wanted) const;
  Result<std::unique_ptr<OutputFile>> create(const Wanted& wanted, Components& place);
  std::string portable_name(const Wanted& wanted);
  bool is_taken(const Components& place) const;
  void merge_folders(Components& components);

  const BundleReader& bundle_;
  const ExtractRequest& request_;
  std::unique_ptr<OutputTree> tree_;
  std::vector<Wanted> wanted_;
  std::unordered_map<std::string, std::string> folder_names_;  // folded path: first spelling
  std::unordered_set<std::string> written_;                    // folded paths
  std::optional<EntryNames> names_;                            // made when a duplicate needs one
  ExtractResult result_;
};

/// Every row that names an entry, and every entry of the evidence that no row names.
void Extraction::list_wanted() {
  const auto& entries = bundle_.entries();
  std::vector<bool> named(entries.size());
  const auto read = bundle_.each_line(kArtifacts, [&](std::string_view line) -> Result<void> {
    auto row = parse_artifact_row(line);
    if (!row) {
      result_.problems.push_back(std::move(row).error());
      return {};
    }
    const BundleReader::Entry* entry = row->entry.empty() ? nullptr : bundle_.find(row->entry);
    if (entry == nullptr || content_root_of(row->entry).empty()) return {};
    const auto index = static_cast<std::uint32_t>(entry - entries.data());
    wanted_.push_back({index,
                       row->path,
                       {row->created, row->modified, row->accessed},
                       static_cast<bool>(named[index]),
                       row->deleted_folder});
    named[index] = true;
    return {};
  });
  if (!read) result_.problems.push_back(read.error());
  for (std::uint32_t i = 0; i < entries.size(); ++i)
    if (!named[i] && !content_root_of(entries[i].facts.name).empty())
      wanted_.push_back(without_row(i, entries[i].facts.name));
  std::stable_sort(wanted_.begin(), wanted_.end(),
                   [](const Wanted& a, const Wanted& b) { return a.entry < b.entry; });
}

bool Extraction::is_asked_for(const std::string& path, const std::string& entry) const {
  if (request_.only.empty()) return true;
  return std::any_of(request_.only.begin(), request_.only.end(), [&](const std::string& glob) {
    std::string windows_glob = glob;
    std::replace(windows_glob.begin(), windows_glob.end(), '/', '\\');
    return glob_match_fold(windows_glob, path) || glob_match_fold(glob, entry);
  });
}

/// Where the exact name goes; nothing when this system does not take it.
std::optional<Components> Extraction::exact_place(const Wanted& wanted) const {
  auto exact = exact_components(wanted, entry_name(wanted));
  if (!exact) return std::nullopt;
  for (const std::string& name : *exact)
    if (!tree_->allows(name)) return std::nullopt;
  return exact;
}

/// Folders that differ in case only are one folder on Windows: the first spelling holds.
void Extraction::merge_folders(Components& components) {
  std::string folded;
  for (std::size_t i = 0; i + 1 < components.size(); ++i) {
    folded += '/' + fold_case(components[i]);
    components[i] = folder_names_.try_emplace(folded, components[i]).first->second;
  }
}

/// The name that the bundle gives the file or, where it gives it another's, one of its own.
std::string Extraction::portable_name(const Wanted& wanted) {
  const auto path = EvidencePath::parse(wanted.path);
  const std::string_view root = wanted.deleted_folder.empty() ? kEvidenceRoot : kDeletedRoot;
  const bool is_its_own = !wanted.duplicate && content_root_of(entry_name(wanted)) == root;
  if (is_its_own || !path) return entry_name(wanted);
  if (!names_) {
    names_.emplace();
    for (const auto& entry : bundle_.entries())
      static_cast<void>(names_->claim_exact(entry.facts.name));
  }
  if (root == kEvidenceRoot) return names_->claim(*path);
  EvidencePath below = EvidencePath{path->volume()}.child(wanted.deleted_folder);
  for (const std::string& name : path->components()) below = below.child(name);
  return names_->claim({below.with_stream(path->stream()), root});
}

/// True when something that this run has not written is there already.
bool Extraction::is_taken(const Components& place) const {
  if (written_.contains(folded(place))) return false;
  NativePath path = native_path(request_.folder);
  for (const std::string& name : place) path = native_child(path, name);
  boost::system::error_code failure;
  return boost::filesystem::exists(boost::filesystem::symlink_status(path, failure));
}

/// Under the exact name or, where this system does not take it, under a portable one.
Result<std::unique_ptr<OutputFile>> Extraction::create(const Wanted& wanted, Components& place) {
  if (auto exact = exact_place(wanted)) {
    place = *std::move(exact);
    merge_folders(place);
    auto file = tree_->create(place);
    if (file || is_taken(place)) return file;
  }
  std::string name = portable_name(wanted);
  if (content_root_of(name) == kEvidenceRoot) name.erase(0, kEvidenceRoot.size() + 1);
  Components portable = split(name);
  merge_folders(portable);
  auto file = tree_->create(portable);
  if (file && wanted.path.empty()) result_.nameless.push_back(entry_name(wanted));
  if (file && !wanted.path.empty()) {
    std::string written;
    for (const std::string& part : portable) written += (written.empty() ? "" : "/") + part;
    result_.renamed.push_back({wanted.path, std::move(written)});
  }
  place = std::move(portable);
  return file;
}

/// Fails only when the folder can take no more.
Result<void> Extraction::write(const Wanted& wanted) {
  Components place;
  auto file = create(wanted, place);
  if (!file) {
    result_.unwritten.push_back({shown_path(wanted), std::move(file).error()});
    return {};
  }
  const BundleReader::Entry& entry = bundle_.entries()[wanted.entry];
  std::optional<Error> refused;
  const auto read = bundle_.read(entry, [&](std::span<const std::byte> bytes) -> Result<void> {
    auto written = (*file)->write(bytes);
    if (!written) refused = written.error();
    return written;
  });
  if (refused) return *refused;
  if (!read) {
    result_.unwritten.push_back({shown_path(wanted), read.error(), true});
    return {};
  }
  OutputTimes times = wanted.times;
  if (!times.modified.is_set()) times.modified = entry.facts.modified;
  if (auto set = (*file)->set_times(times); !set)
    result_.problems.push_back(std::move(set).error());
  if (auto kept = (*file)->complete(); !kept) {
    result_.unwritten.push_back({shown_path(wanted), std::move(kept).error()});
    return {};
  }
  written_.insert(folded(place));
  ++result_.files;
  result_.deleted += wanted.deleted_folder.empty() ? 0u : 1u;
  result_.bytes += entry.facts.size;
  return {};
}

}  // namespace

Result<ExtractResult> extract_evidence(const BundleReader& bundle, const ExtractRequest& request) {
  return Extraction{bundle, request}.run();
}

}  // namespace hozen
