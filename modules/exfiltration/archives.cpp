// Archives where data is gathered before it is taken away: found by their content, whatever they
// are called, and listed without being unpacked. An archive proves that somebody packed something
// and, where its names can be read, what; not who, and not that it left the host. Later volumes of
// 7z and ZIP are pieces without a signature and are not seen. Documents and packages that are made
// of ZIP (docx, jar) are left out unless something in them is encrypted or an Office document does
// not begin as one; so are compressed streams of less than 64 KiB, of which caches are full.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_judge.h"
#include "collector/module/cells.h"
#include "collector/module/packing_story.h"

namespace hozen::modules {
namespace {

/// Files that are looked at, in one folder with what is below it and in all: a profile in use has
/// some thousands at these depths.
constexpr std::size_t kMaxFilesOfFolder = 10'000, kMaxFiles = 60'000;
/// Entries of one archive. Of some formats each costs a read of 64 KiB.
constexpr std::uint64_t kMaxListed = 2'000;
constexpr std::size_t kMaxArchives = 20'000;
/// Of all archives that are preserved.
constexpr std::uint64_t kMaxPreservedBytes = std::uint64_t{4} << 30;
constexpr std::uint64_t kMinStreamBytes = 64u << 10, kMinBytes = 22;
/// Records that one finding names, of a set of volumes; findings.
constexpr std::size_t kMaxRecords = 20, kMaxFindings = 500;

using F = Field<ArchiveRow>;
constexpr std::array kFields{
    F{{"path", "Where it lies."}, [](const ArchiveRow& r, Cell& c) { c.text(r.path); }},
    F{{"format", "What it is by its content: rar, zip, 7z, cab, arj, tar, gzip and others."},
      [](const ArchiveRow& r, Cell& c) { c.text(to_text(r.content.format)); }},
    F{{"version", "Version of the format."},
      [](const ArchiveRow& r, Cell& c) { text_or_absent(c, r.content.version); }},
    F{{"size_bytes", "Size of the file."}, [](const ArchiveRow& r, Cell& c) { c.number(r.size); }},
    F{{"place", "Kind of folder: windows, perf_logs, recycle_bin, temp, app_data and others."},
      [](const ArchiveRow& r, Cell& c) { c.text(to_text(r.place)); }},
    F{{"extension_matches", "Whether the name is that of an archive, or of what is made of one."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(!r.lies()); }},
    F{{"sfx", "Whether it stands behind a program."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(r.is_sfx()); }},
    F{{"offset", "Where the archive begins in the file."},
      [](const ArchiveRow& r, Cell& c) { c.number(r.content.offset); }},
    F{{"is_volume", "Whether it is one part of several."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(r.is_volume); }},
    F{{"volume_number", "Which part, from 0, by its content or its name."},
      [](const ArchiveRow& r, Cell& c) { number_or_absent(c, r.volume_number); }},
    F{{"set_id", "Part of the name that all volumes of an archive share."},
      [](const ArchiveRow& r, Cell& c) { c.text(r.set_id); }},
    F{{"headers_encrypted", "Whether names are encrypted: nothing can be listed."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(r.content.headers_encrypted); }},
    F{{"encrypted", "What is: headers, files, no, or unknown where names were not read."},
      [](const ArchiveRow& r, Cell& c) { c.text(encryption_of(r)); }},
    F{{"names_read", "Whether names were read: read, encrypted, packed or not_supported."},
      [](const ArchiveRow& r, Cell& c) { c.text(to_text(r.content.names)); }},
    F{{"entries", "Files and folders that were listed."},
      [](const ArchiveRow& r, Cell& c) { c.number(r.content.entries); }},
    F{{"entries_stated", "How many there are, as the archive says."},
      [](const ArchiveRow& r, Cell& c) { number_or_absent(c, r.content.entries_stated); }},
    F{{"listed_whole", "Whether the listing is whole: at most 2,000 are listed."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(r.is_listed_whole); }},
    F{{"first_names", "The first 50 names, `/` between their parts."},
      [](const ArchiveRow& r, Cell& c) { c.texts(r.first_names); }},
    F{{"unpacked_bytes", "Sizes of those listed, when unpacked."},
      [](const ArchiveRow& r, Cell& c) { c.number(r.content.unpacked_bytes); }},
    F{{"has_comment", "Whether it has a comment."},
      [](const ArchiveRow& r, Cell& c) { c.boolean(r.content.has_comment); }},
    F{{"missing_bytes", "Bytes that it lacks by its own headers: cut, or a first volume."},
      [](const ArchiveRow& r, Cell& c) { number_or_absent(c, r.content.missing_bytes); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kArchive{"archive", "An archive in a folder where data is gathered.", kColumns,
                        "Archive {path}: {format}, {size_bytes} bytes, {entries} entries listed"};
constexpr std::array kKinds{kArchive};

constexpr std::string_view kReferences[] = {"https://attack.mitre.org/techniques/T1560/001/",
                                            "https://attack.mitre.org/techniques/T1074/",
                                            "https://attack.mitre.org/techniques/T1036/008/"};
constexpr std::string_view kAttack[] = {"T1036.008", "T1074.001", "T1560.001"};

/// A document or package made of ZIP that begins as such do; `head`: its first bytes.
bool is_plain_container(archive::Format format, std::string_view name, Bytes head) {
  if (format != archive::Format::zip) return true;
  constexpr std::uint16_t kEncrypted = 1;
  if ((head.get<std::uint16_t>(6).value_or(0) & kEncrypted) != 0) return false;
  constexpr std::string_view kOffice[] = {".docx", ".docm", ".xlsx", ".xlsm", ".xlsb",
                                          ".pptx", ".pptm", ".odt",  ".ods",  ".odp"};
  const bool is_office = std::any_of(std::begin(kOffice), std::end(kOffice), [&](auto extension) {
    return ends_with_fold(name, extension);
  });
  if (!is_office) return true;
  constexpr std::string_view kFirst[] = {"[Content_Types].xml",
                                         "_rels/",
                                         "docProps/",
                                         "docMetadata/",
                                         "word/",
                                         "xl/",
                                         "ppt/",
                                         "customXml/",
                                         "[trash]/",
                                         "mimetype",
                                         "META-INF/",
                                         "content.xml",
                                         "theme/"};
  const Bytes first = head.tail(30).head(head.get<std::uint16_t>(26).value_or(0));
  return std::any_of(std::begin(kFirst), std::end(kFirst),
                     [&](auto begin) { return first.chars().starts_with(begin); });
}

class Search {
 public:
  explicit Search(ModuleContext& context) : context_{context} {}

  void run() {
    for (const StagingFolder& folder : staging_folders(context_)) {
      if (stopped()) break;
      look_into(folder);
    }
    if (unread_ != 0)
      context_.note({unread_first_->code,
                     std::to_string(unread_) + " files in staging folders could not be looked at",
                     std::nullopt, unread_first_->text()});
  }

 private:
  bool stopped() const { return is_full_ || context_.stop().stop_requested(); }

  void look_into(const StagingFolder& folder) {
    const std::size_t above = folder.folder.components().size();
    std::size_t files = 0;
    const auto walked = context_.source().walk(
        folder.folder,
        [&](const FileInfo& info) {
          if (stopped()) return Visit::stop;
          const std::size_t depth = info.path.components().size() - above;
          if (info.is_directory)
            return depth < folder.depth && !info.is_link && !is_left_out(info.path) ? Visit::enter
                                                                                    : Visit::skip;
          if (!info.is_link && is_new(info)) {
            if (++files > kMaxFilesOfFolder || ++files_ > kMaxFiles) return full(folder);
            look_at(info, folder, depth);
          }
          return Visit::skip;
        },
        [&](const EvidencePath&, Error error) { count_unread(std::move(error)); });
    if (!walked && walked.error().code != Errc::not_found) context_.note(walked.error());
  }

  Visit full(const StagingFolder& folder) {
    is_full_ = files_ > kMaxFiles;
    context_.note({Errc::limit, folder.folder.text() + ": files looked at for archives"});
    return Visit::stop;
  }

  /// Reading a placeholder would fetch it from a cloud.
  bool is_new(const FileInfo& info) {
    // Memory that Windows puts away, and what NTFS is made of.
    const bool in_root = info.path.components().size() == 1;
    if (in_root && (ends_with_fold(info.path.name(), ".sys") || info.path.name().starts_with('$')))
      return false;
    return info.size >= kMinBytes && !is_placeholder(info.attributes.value_or(0)) &&
           seen_.insert(context_.source().key(info.path)).second;
  }

  void count_unread(Error error) {
    if (error.code == Errc::not_found) return;
    ++unread_;
    if (!unread_first_) unread_first_ = std::move(error);
  }

  void look_at(const FileInfo& info, const StagingFolder& folder, std::size_t depth) {
    auto file = context_.source().open(info.path);
    if (!file) return count_unread(std::move(file).error());
    if (auto looked = look_at(**file, info, folder, depth); !looked)
      count_unread(std::move(looked).error());
  }

  Result<void> look_at(ByteSource& file, const FileInfo& info, const StagingFolder& folder,
                       std::size_t depth) {
    std::vector<std::byte> bytes(archive::kKindBytes);
    HOZEN_TRY(const std::size_t count, file.read_some(0, bytes));
    const Bytes head = Bytes{bytes}.head(count);
    HOZEN_TRY(const archive::Found found, find(file, head, info.path.name()));
    if (found.format == archive::Format::none) return {};
    if (is_stream(found.format) && info.size < kMinStreamBytes) return {};
    ArchiveRow row;
    row.name = extension_fit(found.format, info.path.name());
    if (found.offset == 0 && row.name == ExtensionFit::container &&
        is_plain_container(found.format, info.path.name(), head))
      return {};
    row.path = info.path.text();
    row.file_name = info.path.name();
    row.size = info.size;
    row.created = info.si.created;
    row.modified = info.si.modified;
    row.place = folder.place == ArchivePlace::program_data && depth == 1
                    ? ArchivePlace::program_data_root
                    : folder.place;
    HOZEN_CHECK(list(file, found, row));
    tell(row, info, folder);
    return {};
  }

  /// Programs are looked behind, what may be an image of a disc or a ZIP's last volume is looked
  /// into; all others are told by their beginning.
  static Result<archive::Found> find(ByteSource& file, Bytes head, std::string_view name) {
    const archive::Found found{archive::format_of(head), 0};
    constexpr std::string_view kZeros{"\0\0\0\0\0\0\0\0", 8};
    const bool may_be = ends_with_fold(name, ".zip") || head.chars().starts_with("MZ") ||
                        head.chars().starts_with(kZeros) ||
                        head.get<std::uint16_t>(510) == std::uint16_t{0xAA55};
    return found.format == archive::Format::none && may_be ? archive::find(file) : found;
  }

  Result<void> list(ByteSource& file, const archive::Found& found, ArchiveRow& row) {
    std::uint64_t listed = 0;
    HOZEN_TRY(row.content, archive::read(file, found, [&](const archive::Entry& entry) {
                if (row.first_names.size() < kArchiveNames)
                  row.first_names.push_back(shortened(entry.name, kArchiveNameBytes));
                row.is_listed_whole = ++listed < kMaxListed;
                return row.is_listed_whole && !context_.stop().stop_requested();
              }));
    const archive::Archive& content = row.content;
    // One note for each archive: hostile ones have a hundred problems.
    if (!content.problems.empty()) {
      const Error& problem = content.problems.front();
      const std::size_t more = content.problems.size() - 1;
      context_.note({problem.code, row.path + ": " + problem.what, problem.offset,
                     problem.detail +
                         (more == 0 ? "" : " (and " + std::to_string(more) + " problems more)")});
    }
    row.is_listed_whole = row.is_listed_whole && content.problems.empty();
    const auto named = volume_in_name(row.file_name);
    // A first piece of 7z ends before its header, and has no other sign of it.
    row.is_volume = content.is_volume || (named && content.missing_bytes);
    if (row.is_volume) row.volume_number = content.volume_number ? content.volume_number : named;
    row.set_id = volume_set(row.file_name);
    return {};
  }

  void tell(ArchiveRow& row, const FileInfo& info, const StagingFolder& folder) {
    if (++archives_ > kMaxArchives) {
      is_full_ = true;
      return context_.note({Errc::limit, "archives in staging folders"});
    }
    // Whether there is a finding depends on the row alone: its record's id comes later.
    const bool is_suspect = archive_finding(row).has_value();
    const std::string_view encryption = encryption_of(row);
    const bool is_wanted =
        is_suspect || row.is_volume || encryption == "headers" || encryption == "files";
    Envelope envelope;
    envelope.origin.offset = row.content.offset;
    if (is_wanted) envelope.origin.artifact = preserve(row, info, is_suspect);
    envelope.timestamps.emplace_back("file_created", info.si.created);
    envelope.timestamps.emplace_back("file_modified", info.si.modified);
    if (folder.user != nullptr) {
      envelope.user_sid = folder.user->sid;
      envelope.user_name = folder.user->name;
    }
    row.record = context_.emit(kArchive, kFields, row, envelope);
    context_.state(archive_fact(row));
  }

  std::optional<std::uint32_t> preserve(const ArchiveRow& row, const FileInfo& info,
                                        bool is_suspect) {
    if (row.size > kMaxPreservedBytes - preserved_) {
      if (!was_full_)
        context_.note({Errc::limit, "archives in staging folders that are preserved", std::nullopt,
                       row.path});
      was_full_ = true;
      return std::nullopt;
    }
    preserved_ += row.size;
    return context_
        .collect(info.path, "archive where data is gathered: encrypted, disguised or in volumes",
                 is_suspect ? Priority::high : Priority::normal)
        .row;
  }

  ModuleContext& context_;
  std::set<std::string> seen_;
  std::size_t files_ = 0, archives_ = 0;
  std::uint64_t preserved_ = 0, unread_ = 0;
  std::optional<Error> unread_first_;
  bool is_full_ = false, was_full_ = false;
};

/// Volumes of one set have one finding.
class Findings {
 public:
  void add(const ArchiveRow& row, Finding finding) {
    const std::string folder = row.path.substr(0, row.path.size() - row.file_name.size());
    const std::string key =
        finding.rule + '|' + fold_case(folder + (row.is_volume ? row.set_id : row.file_name));
    const auto [at, is_first] = findings_.try_emplace(key, std::move(finding));
    if (is_first) return;
    std::vector<std::string>& records = at->second.why.front().records;
    if (records.size() < kMaxRecords) records.push_back(row.record);
  }
  void report(ModuleContext& context) {
    std::size_t count = 0;
    for (auto& [key, finding] : findings_) {
      if (++count > kMaxFindings) break;
      context.report(std::move(finding));
    }
    if (count > kMaxFindings)
      context.note({Errc::limit, std::to_string(findings_.size() - kMaxFindings) +
                                     " findings about further archives are left out"});
  }

 private:
  std::map<std::string, Finding> findings_;
};

Result<void> run(ModuleContext& context) {
  if (context.reads_files()) Search{context}.run();
  return {};
}

/// What the story of a packing (winrar) tells is not told again.
Result<void> judge(ModuleContext& context) {
  const auto facts = context.facts().facts(FactKind::archive);
  if (facts.empty()) return {};
  const std::set<std::string> told = told_packing(context.facts(), context.stop()).files;
  Findings findings;
  for (const Fact& fact : facts) {
    if (told.contains(fact.record)) continue;
    const ArchiveRow row = archive_row_of(fact);
    if (auto finding = archive_finding(row)) findings.add(row, *std::move(finding));
  }
  findings.report(context);
  return {};
}

}  // namespace

extern const ModuleSpec archives;
const ModuleSpec archives{"archives",
                          "Archives where data is gathered before it is taken away, found by their "
                          "content.",
                          kKinds,
                          kReferences,
                          kAttack,
                          run,
                          {},
                          false,
                          judge};

}  // namespace hozen::modules
