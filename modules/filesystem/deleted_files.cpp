// Deleted files that the profile would have collected, had they been there: what an intruder used
// and removed. A file's record stays until NTFS needs it for another; where its clusters are still
// free, so does its content, and is preserved. It proves that the volume once held a file of that
// name. That the content is that file's is certain only where it lies in the record itself: free
// clusters may have served another file in between, which was deleted too.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/formats/ntfs_claims.h"
#include "collector/formats/ntfs_table.h"
#include "collector/formats/wof.h"
#include "collector/module/file_row.h"
#include "collector/module/module.h"
#include "collector/source/deleted_file.h"

namespace hozen::modules {
namespace {

/// Deleted files of one volume that are looked at: a busy volume has some 100,000 deleted records,
/// of which a profile names a part.
constexpr std::size_t kMaxFiles = 20'000;
/// Runs of them that are held against those of other deleted files.
constexpr std::size_t kMaxClaims = 200'000;
constexpr std::size_t kMaxOthers = 8;  ///< other claimants that are told
constexpr std::string_view kContradicted = "contradicted";
/// What is remembered of them: honest ones take some 200 bytes each.
constexpr std::size_t kMaxRememberedBytes = 24u << 20;
/// Names of a file that targets are asked for; even files of Windows' own store have but a few.
constexpr std::size_t kMaxNamesAsked = 16;

/// One stream of a deleted file, and what became of it.
struct DeletedRow {
  DeletedFile file{};
  ntfs::PathState path_state = ntfs::PathState::exact;
  TargetMatch target{};
  std::uint64_t size = 0, offset = 0;
  std::optional<Times> si{}, fn{};
  std::string_view state = "unreadable";
  std::uint64_t clusters = 0, clusters_reused = 0;
  bool has_clusters = false, is_there = false, possibly_overwritten = false;
  std::string problem{};
  std::vector<std::uint64_t> others{};
  std::optional<std::uint32_t> artifact{};
};

/// Other files on the clusters of one.
struct Claimants {
  std::vector<std::uint64_t> deleted{}, in_use{};

  void add(const ntfs::SharedClusters& found) {
    std::vector<std::uint64_t>& known = found.in_use ? in_use : deleted;
    if (known.size() < kMaxOthers &&
        std::find(known.begin(), known.end(), found.other) == known.end())
      known.push_back(found.other);
  }
};

void write_clusters(const DeletedRow& row, std::uint64_t count, Cell& cell) {
  row.has_clusters ? cell.number(count) : cell.absent(Absent::not_applicable);
}

constexpr std::array kFields{
    Field<DeletedRow>{{"path",
                       "Path that it had, its stream included; below \\$Orphan where its folder is "
                       "not known."},
                      [](const DeletedRow& r, Cell& c) { c.text(r.file.path.text()); }},
    Field<DeletedRow>{
        {"path_state",
         "Whether the folders of the path are those meant: exact, deleted_parent, orphan, limit."},
        [](const DeletedRow& r, Cell& c) { c.text(to_text(r.path_state)); }},
    Field<DeletedRow>{{"volume", "The volume that it lay on."},
                      [](const DeletedRow& r, Cell& c) { c.text(r.file.path.volume()); }},
    Field<DeletedRow>{{"mft_record", "Number of its base record in $MFT."},
                      [](const DeletedRow& r, Cell& c) { c.number(r.file.record()); }},
    Field<DeletedRow>{{"sequence", "How often that record was used, raised by the deletion."},
                      [](const DeletedRow& r, Cell& c) { c.number(r.file.sequence()); }},
    Field<DeletedRow>{{"size", "Bytes of the stream as its record says."},
                      [](const DeletedRow& r, Cell& c) { c.number(r.size); }},
    Field<DeletedRow>{
        {"state",
         "What became of its content: resident (in the record itself), free (no file has its "
         "clusters), contradicted ($Bitmap calls them free, a file in use has some of them), "
         "unclaimed ($Bitmap calls some of them used, and no file known has any), "
         "partly_overwritten, overwritten, place_unknown, empty, unreadable."},
        [](const DeletedRow& r, Cell& c) { c.text(r.state); }},
    Field<DeletedRow>{{"clusters", "Clusters that its content lay on."},
                      [](const DeletedRow& r, Cell& c) { write_clusters(r, r.clusters, c); }},
    Field<DeletedRow>{
        {"clusters_reused", "How many of them $Bitmap calls used now."},
        [](const DeletedRow& r, Cell& c) { write_clusters(r, r.clusters_reused, c); }},
    Field<DeletedRow>{
        {"possibly_overwritten",
         "Whether what is preserved may be another file's: free clusters can have been used in "
         "between."},
        [](const DeletedRow& r, Cell& c) {
          r.is_there ? c.boolean(r.possibly_overwritten) : c.absent(Absent::not_applicable);
        }},
    Field<DeletedRow>{
        {"also_claimed_by",
         "Records of other files on clusters of this one, deleted ones or, where `state` is "
         "contradicted, in use: one at most left its content there."},
        [](const DeletedRow& r, Cell& c) {
          std::string& json = c.raw();
          json += '[';
          for (const std::uint64_t other : r.others) {
            if (json.back() != '[') json += ',';
            append_json_number(json, other);
          }
          json += ']';
        }},
    Field<DeletedRow>{
        {"content_artifact", "Row of artifacts.jsonl that tells whether it was preserved."},
        [](const DeletedRow& r, Cell& c) {
          r.artifact ? c.number(*r.artifact) : c.absent(Absent::not_applicable);
        }},
    Field<DeletedRow>{{"problem", "What is wrong with its record, or why it could not be read."},
                      [](const DeletedRow& r, Cell& c) {
                        r.problem.empty() ? c.absent(Absent::not_present) : c.text(r.problem);
                      }},
    Field<DeletedRow>{{"si", "Times of $STANDARD_INFORMATION, which programs can set."},
                      [](const DeletedRow& r, Cell& c) { file_fields::write_times(r.si, c); }},
    Field<DeletedRow>{{"fn", "Times of $FILE_NAME, set when the name was made, moved or renamed."},
                      [](const DeletedRow& r, Cell& c) { file_fields::write_times(r.fn, c); }},
    Field<DeletedRow>{{"target_category", "Category of the profile's target that names its path."},
                      [](const DeletedRow& r, Cell& c) { c.text(r.target.category); }},
    Field<DeletedRow>{{"target_reason", "Why that target wants such files."},
                      [](const DeletedRow& r, Cell& c) { c.text(r.target.reason); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr std::string_view kDeletedFileTimes[] = {"fn"};
constexpr Kind kDeletedFile{"deleted_file",
                            "One deleted file, or a stream of one, that a target of the profile "
                            "names.",
                            kColumns, "Deleted file {path}[, its content: {state}]",
                            kDeletedFileTimes};

struct UnplacedRow {
  const std::string& volume;
  std::uint64_t files = 0;
};
constexpr std::array kUnplacedFields{
    Field<UnplacedRow>{{"volume", "The volume that they lay on."},
                       [](const UnplacedRow& r, Cell& c) { c.text(r.volume); }},
    Field<UnplacedRow>{{"files", "How many there are."},
                       [](const UnplacedRow& r, Cell& c) { c.number(r.files); }},
};
constexpr auto kUnplacedColumns = columns_of(kUnplacedFields);
constexpr Kind kUnplaced{
    "deleted_files_unplaced",
    "Deleted files whose folder is not known any more and whose name no target has: "
    "patterns that mean all of a folder could not be held against them.",
    kUnplacedColumns,
    "{files} deleted files of {volume} whose folder is not known were not "
    "looked for by patterns of folders"};
constexpr std::array kKinds{kDeletedFile, kUnplaced};

constexpr std::string_view kReferences[] = {
    "https://flatcap.github.io/linux-ntfs/ntfs/files/mft.html",
    "https://flatcap.github.io/linux-ntfs/ntfs/files/bitmap.html"};
constexpr std::string_view kAttack[] = {"T1070.004"};

std::optional<Times> si_of(const ntfs::File& file) {
  if (!file.standard) return std::nullopt;
  return Times{file.standard->created, file.standard->modified, file.standard->changed,
               file.standard->accessed};
}

std::optional<Times> fn_of(const ntfs::FileName* name) {
  if (name == nullptr) return std::nullopt;
  return Times{name->created, name->modified, name->record_changed, name->accessed};
}

/// A path as FileRowMaker writes it. A colon is part of a name there, and so is a backslash in the
/// file's own name: that is one of `names`.
EvidencePath path_of(std::string_view text, const std::string& volume,
                     const std::vector<ntfs::FileName>& names) {
  std::string_view last;
  for (const ntfs::FileName& name : names)
    if (name.name.size() > last.size() && text.size() > name.name.size() &&
        text.ends_with(name.name) && text[text.size() - name.name.size() - 1] == '\\')
      last = name.name;
  std::string_view folders = text.substr(0, text.size() - last.size());
  EvidencePath path{volume};
  folders.remove_prefix(std::min(volume.size() + 1, folders.size()));
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find('\\'), folders.size());
    path = path.child(folders.substr(0, end));
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return last.empty() ? path : path.child(last);
}

class VolumeReader {
 public:
  VolumeReader(ModuleContext& context, const std::string& volume)
      : context_{context}, volume_{volume}, table_path_{EvidencePath{volume} / "$MFT"} {}

  void read() {
    auto table = context_.source().open(table_path_);
    if (!table) {
      if (table.error().code != Errc::not_found) context_.note(table.error());
      return;
    }
    record_bytes_ = ntfs::table_record_bytes(**table);
    if (record_bytes_ == 0)
      return context_.note({Errc::malformed, table_path_.text() + ": no file table", 0});
    find_files(**table);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (context_.stop().stop_requested()) return;
      look_at(i);
    }
    if (unread_ != 0)
      context_.note({unread_first_->code,
                     table_path_.text() + ": " + std::to_string(unread_) +
                         " deleted files could not be looked at",
                     std::nullopt, unread_first_->text()});
    find_claimants(**table);
    for (DeletedRow& row : rows_) emit(row);
    if (unplaced_ == 0) return;
    Envelope envelope;
    envelope.origin.artifact = table_artifact();
    context_.emit(kUnplaced, kUnplacedFields, UnplacedRow{volume_, unplaced_}, envelope);
  }

 private:
  void find_files(ByteSource& source) {
    ntfs::FileTable table{source, record_bytes_};
    std::uint64_t unreadable = 0;
    table.index([&](const Error&) { ++unreadable; });
    FileRowMaker maker{table, source.size(), record_bytes_, volume_};
    table.each_file([&](const ntfs::File& file) {
      if (!file.in_use()) add(maker.make(file));
      return !context_.stop().stop_requested();
    });
    if (unreadable != 0)
      context_.note({Errc::malformed, table_path_.text() + ": " + std::to_string(unreadable) +
                                          " places in which deleted files were not looked for"});
    if (left_out_ != 0)
      context_.note({Errc::limit, table_path_.text() + ": " + std::to_string(left_out_) +
                                      " further deleted files that targets name"});
  }

  /// The streams of the file that a target names, each by the first of the file's paths that one
  /// does.
  void add(const FileRow& file) {
    if (file.name == nullptr) return;
    const bool is_known = file.path_state == ntfs::PathState::exact ||
                          file.path_state == ntfs::PathState::deleted_parent;
    const KnownPath known = is_known ? KnownPath::whole : KnownPath::name;
    std::vector<EvidencePath> paths{path_of(file.path, volume_, file.file->names)};
    for (const std::string& other : file.other_paths)
      if (paths.size() < kMaxNamesAsked) paths.push_back(path_of(other, volume_, file.file->names));
    bool has_content = false, is_named = false;
    for (const ntfs::FileStream& stream : file.file->streams) {
      // The content of a compacted file is that of its unnamed stream.
      const bool is_packed = file.reparse_tag == kReparseTagWof && stream.name == kWofStream;
      if (stream.type != ntfs::attribute_type::kData || is_packed) continue;
      has_content = true;
      for (const EvidencePath& path : paths) {
        const EvidencePath whole = path.with_stream(stream.name);
        const auto target = context_.target_for(whole, known);
        if (!target) continue;
        keep(file, stream, whole, *target);
        is_named = true;
        break;
      }
    }
    if (!is_known && has_content && !is_named) ++unplaced_;
  }

  /// On a running system the preserved copy is read at another moment, and is another.
  std::optional<std::uint32_t> table_artifact() {
    if (!table_artifact_)
      table_artifact_ = context_.collect(table_path_, "The file table", Priority::high).row;
    return context_.source().kind() != "live" ? table_artifact_ : std::nullopt;
  }

  void keep(const FileRow& file, const ntfs::FileStream& stream, const EvidencePath& path,
            const TargetMatch& target) {
    const std::size_t bytes = sizeof(DeletedRow) + path.text().size() +
                              path.components().size() * sizeof(std::string) +
                              file.file->extensions.size() * sizeof(std::uint64_t);
    if (rows_.size() >= kMaxFiles || bytes > bytes_left_) {
      ++left_out_;
      return;
    }
    bytes_left_ -= bytes;
    DeletedRow row;
    row.file = {path, file.file->reference().to_u64(), file.file->extensions};
    row.target = target;
    row.path_state = file.path_state;
    row.size = stream.size_bytes;
    row.offset = file.offset;
    row.si = si_of(*file.file);
    row.fn = fn_of(file.name);
    rows_.push_back(std::move(row));
  }

  void look_at(std::size_t index) {
    DeletedRow& row = rows_[index];
    const auto found = context_.source().open_deleted(row.file);
    if (!found) {
      row.problem = found.error().text();
      if (unread_++ == 0) unread_first_ = found.error();
      return;
    }
    row.state = to_text(found->state);
    row.size = found->info.size;
    row.is_there = found->content != nullptr;
    row.possibly_overwritten = found->info.possibly_overwritten;
    row.clusters = found->clusters;
    row.clusters_reused = found->clusters_reused;
    row.has_clusters =
        found->state != DeletedState::resident && found->state != DeletedState::empty;
    if (found->problem) row.problem = found->problem->text();
    claims_left_out_ = claims_left_out_ || found->ranges.size() == kMaxDeletedRanges;
    for (const ClusterRange& range : found->ranges) {
      if (claims_.size() == kMaxClaims) {
        claims_left_out_ = true;
        break;
      }
      claims_.push_back({range.first, range.count, row.file.record(), index});
    }
  }

  void find_claimants(ByteSource& table) {
    std::vector<Claimants> others(rows_.size());
    const bool all = ntfs::find_shared_clusters(
        table, record_bytes_, std::exchange(claims_, {}),
        [&](const ntfs::SharedClusters& found) { others[found.id].add(found); });
    if (claims_left_out_ || !all)
      context_.note({Errc::limit,
                     table_path_.text() + ": not all deleted files were held against the others"});
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      DeletedRow& row = rows_[i];
      row.others = std::move(others[i].deleted);
      const std::vector<std::uint64_t>& in_use = others[i].in_use;
      // Of clusters that are known to be used again it says nothing new.
      if (in_use.empty() || row.state != to_text(DeletedState::free)) continue;
      row.state = kContradicted;
      row.others.insert(row.others.end(), in_use.begin(), in_use.end());
      row.problem += row.problem.empty() ? "" : "; ";
      row.problem += "$Bitmap calls clusters free that file record " +
                     std::to_string(in_use.front()) + ", in use, has";
    }
  }

  void emit(DeletedRow& row) {
    if (row.is_there) row.artifact = context_.collect_deleted(row.file, row.target).row;
    Envelope envelope;
    envelope.origin.artifact = table_artifact();
    envelope.origin.offset = row.offset;
    if (row.si) {
      envelope.timestamps.emplace_back("created", row.si->created);
      envelope.timestamps.emplace_back("modified", row.si->modified);
      envelope.timestamps.emplace_back("changed", row.si->changed);
      envelope.timestamps.emplace_back("accessed", row.si->accessed);
    }
    context_.emit(kDeletedFile, kFields, row, envelope);
  }

  ModuleContext& context_;
  const std::string& volume_;
  EvidencePath table_path_;
  std::uint32_t record_bytes_ = 0;
  std::vector<DeletedRow> rows_;
  std::uint64_t left_out_ = 0, unread_ = 0, unplaced_ = 0;
  std::optional<Error> unread_first_;
  std::size_t bytes_left_ = kMaxRememberedBytes;
  std::vector<ntfs::ClusterClaim> claims_;
  bool claims_left_out_ = false;
  std::optional<std::uint32_t> table_artifact_;
};

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  for (const VolumeInfo& volume : context.source().volumes())
    if (!volume.unreadable && context.source().reads_deleted(volume.name))
      VolumeReader{context, volume.name}.read();
  return {};
}

}  // namespace

extern const ModuleSpec deleted_files;
const ModuleSpec deleted_files{"deleted_files",
                               "Deleted files that a target of the profile names, recovered where "
                               "their clusters are still free.",
                               kKinds,
                               kReferences,
                               kAttack,
                               run};

}  // namespace hozen::modules
