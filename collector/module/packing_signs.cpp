// What makes a packed set suspicious: the weights of the rules.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/lateral.h"
#include "collector/module/packing.h"
#include "collector/module/staging_place.h"

namespace hozen::packing {
namespace {

/// Below this a file under another extension is no archive worth taking away.
constexpr std::uint64_t kSmallArchive = std::uint64_t{1} << 20U;
/// Names in an archive that are looked at.
constexpr std::size_t kMaxNames = 2'000;

using lateral::counted, lateral::listed;

bool is_known_program_place(std::string_view path) {
  const std::string folded = fold_case(below_volume(path));
  return folded.starts_with("\\PROGRAM FILES") || path.find('\\') == std::string_view::npos;
}

/// Archives that nobody packs but to keep or to send them: not .zip, .cab, .gz.
bool is_telling_form(const PackedFile& file) {
  if (file.archive != nullptr && file.archive->values["extension"] == "lies") return true;
  const auto name = archive_name(file.path);
  return name && !name->is_everyday;
}

class Signs {
 public:
  Signs(const PackedSet& set, const Evidence& evidence) : set_{set}, evidence_{evidence} {}

  std::vector<Sign> all() {
    for (const PackingCommand* command : set_.commands) of_command(*command);
    place();
    for (const PackingCommand* command : set_.commands) routine(*command);
    volumes();
    content();
    name();
    for (const Trace& trace : set_.traces) of_trace(*trace.fact);
    return std::move(signs_);
  }

 private:
  void add(std::string_view rule, int weight, Family family, std::string text,
           std::vector<std::string> records, bool supporting = false) {
    signs_.push_back({rule, {std::move(text), weight, family, std::move(records)}, supporting});
  }
  bool has(std::string_view rule) const {
    return std::any_of(signs_.begin(), signs_.end(),
                       [&](const Sign& sign) { return sign.rule == rule; });
  }

  // ---- the command

  void of_command(const PackingCommand& packing) {
    const ArchiveCommand& command = packing.command;
    program(packing);
    const std::string who = packing.user.empty() ? "Somebody" : packing.user;
    add("command", 0, Family::command_line,
        who + " gave the command to pack " + sources_of(command) + " into " + command.archive +
            (command.host.empty() ? std::string{} : " on the host " + command.host) +
            at(packing.time) + " (" + packing.source + "): " + packing.line + ".",
        packing.records);
    if (command.encrypts_headers)
      add("header_encryption", 50, Family::command_line,
          "The command encrypts the names in the archive too: nothing in it can be listed without "
          "the password.",
          packing.records);
    else if (command.encrypts_files)
      add("encryption", 25, Family::command_line, "The command encrypts what it packs.",
          packing.records);
    if (command.has_volumes)
      add("volumes_asked", 15, Family::command_line,
          "The command asks for volumes" +
              (command.volume_bytes ? " of " + std::to_string(*command.volume_bytes) + " bytes"
                                    : std::string{}) +
              ".",
          packing.records);
    selection(packing);
    if (command.is_quiet)
      add("quiet", 10, Family::command_line, "The command hides messages or windows.",
          packing.records, true);
    if (command.deletes_sources)
      add("sources_deleted", 5, Family::command_line, "The command deletes what it packed.",
          packing.records, true);
  }

  /// A name that no archiver has.
  void program(const PackingCommand& packing) {
    const ArchiveCommand& command = packing.command;
    if (command.is_of_windows || !command.host.empty()) return;
    const std::string_view by_event = archiver_of_version(packing.fact->values["OriginalFileName"],
                                                          packing.fact->values["Description"]);
    const auto known = evidence_.versions.find(fold_case(below_volume(packing.program)));
    const bool renamed = !command.is_known_name && !is_archiver_name(packing.program);
    std::vector<std::string> records = packing.records;
    if (known != evidence_.versions.end()) records.push_back(known->second.record);
    const std::string_view version = !by_event.empty() && packing.fact->kind == FactKind::process &&
                                             equals_fold(packing.program, packing.fact->subject)
                                         ? by_event
                                     : known != evidence_.versions.end() ? known->second.name
                                                                         : std::string_view{};
    const bool bundled = is_bundled(packing.program);
    if (renamed && !version.empty()) {
      add("renamed", bundled ? 10 : 50, Family::content,
          packing.program + " is " + std::string{version} +
              " by its version resource, under another name" +
              (bundled ? ", as products bring it along." : "."),
          std::move(records), bundled);
    } else if (renamed) {
      add("renamed", bundled ? 15 : 35, Family::name,
          packing.program +
              " took arguments in the form of an archiver's, and is called like none.",
          std::move(records), bundled);
    } else if (const auto place = staging_place(packing.program)) {
      // Tools that collect logs bring an archiver along too, into such folders.
      const auto name = archive_name(command.archive);
      const bool weak = place->kind == StagingKind::temporary && name && name->is_everyday;
      add("program_place", weak && (!command.encrypts_files || packs_own(packing)) ? 10 : 25,
          Family::path,
          "The archiver was started from " + std::string{place->what} + ": " + packing.program +
              ".",
          std::move(records));
    } else if (!is_known_program_place(packing.program)) {
      add("program_place", 0, Family::path,
          "The archiver lies outside of Program Files: " + packing.program + ".",
          std::move(records), true);
    }
  }

  /// A tool that packs what it gathered beside itself.
  static bool packs_own(const PackingCommand& packing) {
    const std::string folder = fold_case(below_volume(folder_of_path(packing.program))) + "\\";
    const auto is_own = [&](const std::string& name) {
      return fold_case(below_volume(name)).starts_with(folder);
    };
    const ArchiveCommand& command = packing.command;
    return folder.size() > 1 && command.lists.empty() && is_own(command.archive) &&
           std::all_of(command.sources.begin(), command.sources.end(), is_own) &&
           std::all_of(command.masks.begin(), command.masks.end(), is_own);
  }

  void selection(const PackingCommand& packing) {
    const ArchiveCommand& command = packing.command;
    std::vector<std::string> chosen = command.time_filters;
    chosen.insert(chosen.end(), command.masks.begin(), command.masks.end());
    if (!chosen.empty())
      add("selection", 20, Family::command_line,
          "The command takes only some files: " + listed(chosen) + ".", packing.records, true);
    const auto share =
        std::find_if(command.sources.begin(), command.sources.end(), [](const std::string& source) {
          return source.starts_with("\\\\") && !is_this_host(source);
        });
    if (share != command.sources.end())
      add("remote_source", 20, Family::command_line,
          "It packs files of another host: " + *share + ".", packing.records);
    for (const std::string& source : command.sources)
      if (const auto place = staging_place(source + "\\x");
          place && place->kind == StagingKind::hidden && !place->is_of_windows && !has("place"))
        add("place", 25, Family::path,
            "What is packed was put together in " + std::string{place->what} + ": " + source + ".",
            packing.records);
  }

  /// Backups do the same every day.
  void routine(const PackingCommand& packing) {
    constexpr std::size_t kDays = 3;
    const auto days = evidence_.days.find(form_of(packing));
    if (days == evidence_.days.end() || days->second.size() < kDays) return;
    if (has("renamed") || (has("place") && !is_place_weak_)) return;
    add("routine", -40, Family::time,
        "The same command ran on " + counted(days->second.size(), "day") +
            ": it is a routine, as a backup is.",
        packing.records, true);
  }

  // ---- what is there, and where

  void place() {
    const auto place = staging_place(set_.path);
    if (!place) return;
    std::vector<std::string> records;
    bool telling = !set_.commands.empty();
    bool seen = !set_.commands.empty();
    for (const PackingCommand* command : set_.commands)
      records.insert(records.end(), command->records.begin(), command->records.end());
    for (const auto& [path, file] : set_.files) {
      telling = telling || is_telling_form(file);
      seen = true;
      records.insert(records.end(), file.records.begin(), file.records.end());
    }
    const bool hidden = place->kind == StagingKind::hidden;
    if (!seen || (!telling && !(hidden && is_deep(set_.path)))) return;
    constexpr std::size_t kMostRecords = 20;
    records.resize(std::min(records.size(), kMostRecords));
    const bool weak = place->kind == StagingKind::temporary || place->kind == StagingKind::shared;
    // A folder for temporary files, or the public one, says little of a file that only lies there.
    const bool shares = place->kind == StagingKind::shared && !telling_form() &&
                        !has("encryption") && !is_encrypted();
    const bool alone = (weak && set_.commands.empty()) || shares;
    const bool is_plain = !has("encryption") && !has("header_encryption");
    const bool is_own =
        std::all_of(set_.commands.begin(), set_.commands.end(),
                    [](const PackingCommand* command) { return packs_own(*command); });
    const bool is_beside =
        place->kind == StagingKind::temporary && has("program_place") && (is_plain || is_own);
    is_place_weak_ = weak;
    // What is packed for others to fetch, without hiding anything.
    const bool published = place->kind == StagingKind::web && !has("encryption") &&
                           !has("header_encryption") && !is_encrypted();
    add("place",
        published                                   ? 10
        : hidden || place->kind == StagingKind::web ? 30
        : alone                                     ? 10
        : is_beside                                 ? 10
                                                    : 25,
        Family::location,
        "The archive " + std::string{set_.files.empty() ? "was to be written" : "was"} + " in " +
            std::string{place->what} + ": " + set_.path + ".",
        std::move(records), alone || published || place->kind == StagingKind::temporary);
  }
  bool is_encrypted() const {
    return std::any_of(set_.files.begin(), set_.files.end(), [](const auto& file) {
      const Fact* archive = file.second.archive;
      return archive != nullptr &&
             (archive->values["encrypted"] == "headers" || archive->values["encrypted"] == "files");
    });
  }
  /// Whether a file or a command of it has the form of an archive that is not .zip or its like.
  bool telling_form() const {
    const auto name = archive_name(set_.path);
    return (name && !name->is_everyday) ||
           std::any_of(set_.files.begin(), set_.files.end(),
                       [](const auto& file) { return is_telling_form(file.second); });
  }
  /// Where not even .zip has any business.
  static bool is_deep(std::string_view path) {
    const std::string folded = fold_case(below_volume(path));
    return folded.starts_with("\\$RECYCLE.BIN\\") || folded.starts_with("\\PERFLOGS\\");
  }

  void volumes() {
    std::vector<std::string> there, gone, seen, records;
    std::map<std::uint64_t, std::size_t> sizes;
    std::set<std::uint32_t> numbers;
    std::size_t count = 0;
    for (const auto& [path, file] : set_.files) {
      if (file.volume) {
        ++count;
        numbers.insert(*file.volume);
      }
      if (file.size) ++sizes[*file.size];
      std::string text{name_of_path(file.path)};
      if (file.size) text += " (" + std::to_string(*file.size) + " bytes)";
      if (file.is_gone()) text += ", made" + at(file.created) + ", deleted" + at(file.deleted);
      (file.is_gone() ? gone : file.is_there ? there : seen).push_back(std::move(text));
      records.insert(records.end(), file.records.begin(), file.records.end());
    }
    if (set_.files.empty()) return;
    constexpr std::size_t kMostRecords = 40, kMostListed = 20;
    records.resize(std::min(records.size(), kMostRecords));
    const bool equal =
        std::any_of(sizes.begin(), sizes.end(), [](const auto& one) { return one.second > 1; });
    const bool staged = staging_place(set_.path).has_value() && count > 1 &&
                        (equal || sizes.empty()) && is_telling_form(set_.files.begin()->second);
    std::uint64_t bytes = 0;
    for (const auto& [size, times] : sizes) bytes += size * times;
    std::string text = count > 1 ? "It has " + counted(count, "volume") : "It is one file";
    if (!there.empty())
      text +=
          "; there " + std::string{there.size() == 1 ? "is " : "are "} + listed(there, kMostListed);
    if (there.size() > 1 && bytes != 0) text += ", " + std::to_string(bytes) + " bytes in all";
    if (!seen.empty()) text += "; told by logs, and not looked for: " + listed(seen, kMostListed);
    if (there.empty() && seen.empty()) text += "; nothing of it is there any more";
    add("volumes",
        !staged               ? 0
        : is_told_otherwise() ? 30
                              : 5,
        Family::content, text + (staged && equal ? "; they are of one size." : "."), records);
    writers();
    deletions(gone);
    missing(numbers, records);
  }
  /// Downloads and installers have volumes too.
  bool is_told_otherwise() const {
    const auto place = staging_place(set_.path);
    return !set_.commands.empty() || (place && place->kind == StagingKind::hidden) ||
           is_encrypted();
  }
  void writers() {
    for (const auto& [path, file] : set_.files) {
      if (file.writer.empty()) continue;
      const std::vector<std::string> records{file.records.begin(), file.records.end()};
      add("writer", 0, Family::content,
          file.path + " was written by " + file.writer + at(file.created) + ".", records);
      const auto known = evidence_.versions.find(fold_case(below_volume(file.writer)));
      if (known != evidence_.versions.end() && known->second.is_renamed && !has("renamed"))
        add("renamed", 50, Family::content,
            file.writer + " is " + std::string{known->second.name} +
                " by its version resource, under another name.",
            {known->second.record});
      return;
    }
  }
  void deletions(const std::vector<std::string>& gone) {
    if (gone.empty()) return;
    std::vector<std::string> records;
    bool soon = false;
    for (const auto& [path, file] : set_.files) {
      if (!file.is_gone()) continue;
      records.insert(records.end(), file.records.begin(), file.records.end());
      soon = soon || (file.created.is_set() && file.deleted.ticks - file.created.ticks <= kDay);
    }
    constexpr std::size_t kMostListed = 20;
    add("deleted", soon ? 20 : 5, Family::time,
        std::string{soon ? "Deleted within a day: " : "Deleted: "} + listed(gone, kMostListed) +
            ".",
        std::move(records), true);
  }
  void missing(const std::set<std::uint32_t>& numbers, const std::vector<std::string>& records) {
    if (numbers.empty()) return;
    for (const auto& [path, file] : set_.files)
      if (file.is_volume_stated && file.volume == *numbers.rbegin() && set_.files.size() == 1)
        return add("missing", 0, Family::content,
                   "Its end record states that it is part " + std::to_string(*file.volume) +
                       " of several, from 0; no trace of another part was seen.",
                   records, true);
    constexpr std::uint32_t kMostNumbers = 1000;
    std::vector<std::string> absent;
    for (std::uint32_t i = 1; i < std::min(*numbers.rbegin(), kMostNumbers); ++i)
      if (!numbers.contains(i)) absent.push_back(std::to_string(i));
    // Of out.rar, out.r00, ... the first has no number in its name.
    if (absent.size() == 1 && absent[0] == "1" && set_.files.size() > numbers.size()) return;
    if (absent.empty()) return;
    add("missing", 10, Family::content,
        "Of its volumes these numbers are missing: " + listed(absent) + ".", records, true);
  }

  // ---- what reading the archives told

  void content() {
    for (const auto& [path, file] : set_.files) {
      if (file.archive == nullptr) continue;
      const FactValues& values = file.archive->values;
      const std::vector<std::string> records{file.archive->record};
      if (values["extension"] == "lies" && !is_known_program_place(file.path) &&
          file.size.value_or(kSmallArchive) >= kSmallArchive && !has("extension"))
        add("extension", 45, Family::content,
            file.path + " is an archive (" + std::string{values["format"]} +
                ") under the extension of something else.",
            records);
      if (values["encrypted"] == "headers" && !has("headers_encrypted"))
        add("headers_encrypted", has("header_encryption") ? 10 : 25, Family::content,
            std::string{name_of_path(file.path)} +
                " has encrypted names: nothing in it can be listed.",
            records);
      else if (values["encrypted"] == "files" && !has("files_encrypted"))
        add("files_encrypted", 10, Family::content,
            "What is in " + std::string{name_of_path(file.path)} + " is encrypted.", records, true);
      names(values["names"], records);
    }
    for (const auto& [path, file] : set_.files)
      if (file.renamed.is_set() && archive_name(file.renamed_from) && !archive_name(file.path))
        add("hidden_by_name", 45, Family::name,
            file.renamed_from + " was renamed to " + file.path + at(file.renamed) + ".",
            {file.records.begin(), file.records.end()});
  }
  void names(std::string_view text, const std::vector<std::string>& records) {
    std::set<std::string> users;
    std::vector<std::string> some;
    std::size_t count = 0;
    while (!text.empty() && count < kMaxNames) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view one = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++count;
      constexpr std::size_t kMostShown = 5;
      if (some.size() < kMostShown) some.emplace_back(one);
      const std::string folded = fold_case(one);
      for (const std::string_view profile : {"USERS\\", "USERS/"}) {
        const std::size_t start = folded.find(profile);
        if (start == std::string::npos) continue;
        const std::size_t from = start + profile.size();
        users.insert(folded.substr(from, folded.find_first_of("\\/", from) - from));
      }
    }
    if (count == 0 || has("names")) return;
    add("names", 0, Family::content, "In it are: " + listed(some) + ".", records);
    if (users.size() > 1)
      add("several_users", 20, Family::content,
          "It holds files out of " + counted(users.size(), "user profile") + ".", records);
  }

  void name() {
    constexpr std::size_t kShort = 3;
    const auto archive = archive_name(set_.path);
    const std::string stem = archive ? archive->stem : std::string{name_of_path(set_.path)};
    // Three signs of Japanese or Chinese are a word.
    const bool is_ascii =
        std::all_of(stem.begin(), stem.end(), [](char c) { return (c & 0x80) == 0; });
    if (!is_ascii || stem.size() > kShort) return;
    std::vector<std::string> records;
    for (const auto& [path, file] : set_.files)
      records.insert(records.end(), file.records.begin(), file.records.end());
    add("short_name", 10, Family::name,
        "Its name says nothing: " + std::string{name_of_path(set_.path)} + ".", std::move(records),
        true);
  }

  void of_trace(const Fact& fact) {
    const std::string_view source = fact.values["source"];
    const std::string user{fact.values["user"]};
    const bool prefetch = source == "prefetch";
    std::string text =
        prefetch ? std::string{fact.values["program"]} + " read or wrote " + fact.subject +
                       " when it was started" + at(fact.time) + " (prefetch)"
                 : (user.empty() ? "A user" : user) +
                       (fact.values["act"] == "archive_name_given"
                            ? " gave the name of an archive in a dialog: "
                            : " had an archive open: ") +
                       fact.subject + at(fact.time) + " (list of " + std::string{source} + ")";
    const auto place = staging_place(fact.subject);
    const auto archive = archive_name(fact.subject);
    const bool telling = place && place->kind != StagingKind::temporary && archive &&
                         !archive->is_everyday && !prefetch;
    add("trace", telling ? 20 : 0, Family::registry_state, text + ".", {fact.record}, !telling);
  }

  const PackedSet& set_;
  const Evidence& evidence_;
  std::vector<Sign> signs_;
  bool is_place_weak_ = false;  ///< one where programs and people put files too
};

}  // namespace

std::vector<Sign> signs_of(const PackedSet& set, const Evidence& evidence) {
  return Signs{set, evidence}.all();
}

}  // namespace hozen::packing
