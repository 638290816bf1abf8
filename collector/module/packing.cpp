#include "collector/module/packing.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/command_line_words.h"
#include "collector/module/lateral.h"
#include "collector/module/passwords.h"
#include "collector/module/transfer_jobs.h"

namespace hozen::packing {
namespace {

/// The same start of a program, told by two logs or by its shell.
constexpr std::uint64_t kSameStart = 10 * kSecond;
/// A command that names no folder, and the file that it made.
constexpr std::uint64_t kNameApart = kDay;
constexpr std::size_t kMaxLine = 600;

std::uint64_t apart(FileTime a, FileTime b) {
  return std::max(a.ticks, b.ticks) - std::min(a.ticks, b.ticks);
}

FileTime time_of(std::string_view text) { return parse_iso8601(text).value_or(FileTime{}); }

bool is_whole(std::string_view path) {
  return path.find('\\') != std::string_view::npos && (path.size() < 2 || path[0] != '.');
}

class Gatherer {
 public:
  explicit Gatherer(const FactBook& book) : book_{book} {}

  Evidence gather() {
    for (const FactKind kind : {FactKind::presence, FactKind::process, FactKind::module_load})
      for (const Fact& fact : book_.facts(kind)) version(fact);
    for (const Fact& fact : book_.facts(FactKind::archive)) archive(fact);
    for (const Fact& fact : book_.facts(FactKind::file_change)) change(fact);
    for (const Fact& fact : book_.facts(FactKind::file)) sysmon_file(fact);
    for (const FactKind kind : {FactKind::process, FactKind::script, FactKind::execution,
                                FactKind::task, FactKind::service})
      for (const Fact& fact : book_.facts(kind)) lines(fact);
    for (const PackingCommand& command : out_.commands) join(command);
    for (Transfer& added : jobs_.take_sent([&](const Transfer& one) { return was_packed(one); }))
      out_.transfers.push_back(std::move(added));
    std::stable_sort(out_.transfers.begin(), out_.transfers.end(),
                     [](const Transfer& a, const Transfer& b) { return a.time < b.time; });
    for (const Fact& fact : book_.facts(FactKind::archive_trace)) trace(fact);
    return std::move(out_);
  }

 private:
  PackedSet* set_at(const std::string& key, std::string_view path) {
    const auto known = out_.sets.find(key);
    if (known != out_.sets.end()) return &known->second;
    if (out_.sets.size() >= kMaxSets) {
      ++out_.left_out;
      return nullptr;
    }
    PackedSet& set = out_.sets[key];
    set.key = key;
    set.path = std::string{path};
    by_name_[key.substr(key.rfind('\\') + 1)].push_back(key);
    by_tail_[below_drive(key)].push_back(key);
    return &set;
  }
  static std::string below_drive(const std::string& key) {
    return key.size() > 1 && key[1] == ':' ? key.substr(2) : key;
  }
  /// Of the set that `path` belongs to. Where it does not tell the drive, that of the only set of
  /// the same folder and name; the first drive that is told is that of a set without.
  std::string key_of(std::string_view path) {
    std::string key = archive_set_key(path);
    if (out_.sets.contains(key)) return key;
    const std::string tail = below_drive(key);
    const auto found = by_tail_.find(tail);
    if (found == by_tail_.end()) return key;
    if (tail == key) return found->second.size() == 1 ? found->second.front() : key;
    if (!out_.sets.contains(tail)) return key;
    const std::string drive = key.substr(0, 2);
    return drives_.try_emplace(tail, drive).first->second == drive ? tail : key;
  }
  PackedFile* file_at(std::string_view path) {
    PackedSet* set = set_at(key_of(path), path);
    return set == nullptr ? nullptr : file_in(*set, path);
  }
  static PackedFile* file_in(PackedSet& set, std::string_view path) {
    PackedFile& file = set.files[fold_case(below_volume(path))];
    if (file.path.empty()) {
      file.path = std::string{path};
      if (const auto name = archive_name(path)) file.volume = name->volume;
    }
    return &file;
  }

  void archive(const Fact& fact) {
    PackedFile* file = file_at(fact.subject);
    if (file == nullptr) return;
    file->is_there = true;
    file->archive = &fact;
    file->records.insert(fact.record);
    const FileTime created = time_of(fact.values["created"]);
    file->created = created.is_set() ? created : fact.time;
    std::uint64_t size = 0;
    const std::string_view text = fact.values["size"];
    if (std::from_chars(text.data(), text.data() + text.size(), size).ec == std::errc{})
      file->size = size;
    if (fact.values["volume"].empty() || fact.values["volume"] == "0") return;
    std::uint32_t number = 0;
    const std::string_view digits = fact.values["volume_number"];
    const bool known =
        std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc{};
    // The name counts from 1 whatever the format does.
    file->is_volume_stated = !file->volume && known && fact.values["format"] == "zip";
    if (!file->volume && known) file->volume = number;
    if (!file->volume) file->volume = 1;
  }

  void change(const Fact& fact) {
    const std::string_view reason = fact.values["reason"];
    if (reason == "burst") return;
    if (reason == "renamed") return rename(fact);
    PackedFile* file = file_at(fact.subject);
    if (file == nullptr) return;
    file->records.insert(fact.record);
    if (reason == "created") {
      // What the journal saw comes before what a file says of itself.
      file->created = fact.time;
      file->closed = time_of(fact.values["closed"]);
    } else if (reason == "deleted") {
      file->deleted = fact.time;
      const FileTime created = time_of(fact.values["created"]);
      if (created.is_set()) file->created = created;
    }
  }
  /// Events 11, 23 and 26 of Sysmon: made, deleted.
  void sysmon_file(const Fact& fact) {
    constexpr std::uint32_t kMade = 11, kDeleted = 23, kDeleteSeen = 26;
    const auto name = archive_name(fact.subject);
    const bool gone = fact.event_id == kDeleted || fact.event_id == kDeleteSeen;
    if (!name || name->is_everyday || (fact.event_id != kMade && !gone)) return;
    PackedFile* file = file_at(fact.subject);
    if (file == nullptr) return;
    file->records.insert(fact.record);
    if (file->writer.empty() && !gone) file->writer = fact.values["Image"];
    if (gone && !file->deleted.is_set()) file->deleted = fact.time;
    if (!gone && !file->created.is_set()) file->created = fact.time;
  }
  void rename(const Fact& fact) {
    const std::string from{fact.values["from"]};
    if (!archive_name(from) && !archive_name(fact.subject)) {
      out_.renamed_programs.emplace(fold_case(below_volume(fact.subject)), &fact);
      return;
    }
    const auto known = out_.sets.find(key_of(from));
    const bool hides = archive_name(from) && !archive_name(fact.subject);
    // An archive under a harmless name stays with the others of its set.
    PackedFile* file = hides && known != out_.sets.end() ? file_in(known->second, fact.subject)
                                                         : file_at(fact.subject);
    if (file == nullptr) return;
    file->renamed_from = from;
    file->renamed = fact.time;
    file->records.insert(fact.record);
    if (!file->created.is_set()) file->created = fact.time;
    if (known == out_.sets.end()) return;
    const auto old = known->second.files.find(fold_case(below_volume(from)));
    if (old == known->second.files.end()) return;
    if (old->second.created.is_set()) file->created = old->second.created;
    if (!file->volume) file->volume = old->second.volume;
    file->records.insert(old->second.records.begin(), old->second.records.end());
    if (!old->second.is_there) known->second.files.erase(old);
    if (known->second.files.empty() && known->second.commands.empty()) forget(known->first);
  }
  /// `key` is that of the set itself, which goes last.
  void forget(const std::string& key) {
    std::erase(by_name_[key.substr(key.rfind('\\') + 1)], key);
    const auto tail = by_tail_.find(below_drive(key));
    if (tail != by_tail_.end() && std::erase(tail->second, key) != 0 && tail->second.empty())
      by_tail_.erase(tail);
    out_.sets.erase(out_.sets.find(key));
  }

  void version(const Fact& fact) {
    const std::string_view path = fact.values["ImageLoaded"].empty()
                                      ? std::string_view{fact.subject}
                                      : fact.values["ImageLoaded"];
    const std::string_view name =
        archiver_of_version(fact.values["OriginalFileName"], fact.values["Description"]);
    if (name.empty() || !ends_with_fold(path, ".exe")) return;
    const std::string key = fold_case(below_volume(path));
    out_.versions.try_emplace(
        key, VersionSign{std::string{path}, fact.record, name, !is_archiver_name(path)});
    version_names_.try_emplace(key.substr(key.rfind('\\') + 1), key);
  }
  /// The archiver that `program`, a word of a line, is by its version resource.
  VersionSign* version_of(std::string_view program) {
    if (version_names_.empty()) return nullptr;
    std::string key = fold_case(below_volume(program));
    const std::string name = key.substr(key.rfind('\\') + 1);
    auto known = version_names_.find(name);
    if (known == version_names_.end()) known = version_names_.find(name + ".EXE");
    if (known == version_names_.end()) return nullptr;
    // A word may leave out the folder and the extension.
    if (key.find('\\') == std::string::npos || key.starts_with('.')) key = known->second;
    auto found = out_.versions.find(key);
    if (found == out_.versions.end()) found = out_.versions.find(key + ".EXE");
    return found == out_.versions.end() ? nullptr : &found->second;
  }

  void lines(const Fact& fact) {
    const CommandLine line = line_of(fact);
    if (line.text.empty()) return;
    const auto archiver_of = [&](std::string_view program) {
      const VersionSign* sign = version_of(program);
      return sign != nullptr ? sign->name : std::string_view{};
    };
    std::vector<std::string> secrets;
    for (ArchiveCommand& one : archive_commands(line.text, archiver_of)) {
      secrets.insert(secrets.end(), one.secrets.begin(), one.secrets.end());
      if (VersionSign* sign = version_of(one.program))
        (one.packs() ? sign->packed : sign->other) = true;
      if (one.packs()) add(std::move(one), fact, line);
    }
    for (TransferCommand& one : transfer_commands(line.text, original_of(fact))) {
      if (out_.transfers.size() >= kMaxCommands) {
        ++out_.left_out;
        return;
      }
      out_.left_out += one.left_out;
      const JobStep step = one.step;
      Transfer transfer{std::move(one), fact.time,
                        user_of(fact),  shown(without_archive_passwords(line.text, secrets)),
                        line.source,    fact.record};
      if (step != JobStep::none)
        out_.left_out += jobs_.add(std::move(transfer)) ? 0U : 1U;
      else
        out_.transfers.push_back(std::move(transfer));
    }
  }
  /// Whether a command packed the file before.
  bool was_packed(const Transfer& one) {
    if (one.command.files.empty()) return false;
    const auto set = out_.sets.find(key_of(one.command.files.front()));
    return set != out_.sets.end() &&
           std::any_of(set->second.commands.begin(), set->second.commands.end(),
                       [&](const PackingCommand* command) {
                         return !command->time.is_set() || !one.time.is_set() ||
                                command->time <= one.time;
                       });
  }
  static std::string_view original_of(const Fact& fact) {
    return fact.kind == FactKind::process ? fact.values["OriginalFileName"] : std::string_view{};
  }
  static std::string shown(std::string text) {
    if (text.size() <= kMaxLine) return text;
    std::size_t end = kMaxLine;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + " ...";
  }
  void add(ArchiveCommand command, const Fact& fact, const CommandLine& line) {
    std::vector<std::size_t>& alike = alike_[what_of(command)];
    for (auto known = alike.rbegin(); known != alike.rend(); ++known)
      if (apart(out_.commands[*known].time, fact.time) <= kSameStart)
        return merge(out_.commands[*known], fact);
    if (out_.commands.size() >= kMaxCommands) {
      ++out_.left_out;
      return;
    }
    PackingCommand packing{std::move(command), fact.time};
    packing.user = user_of(fact);
    packing.program = packing.command.program;
    packing.line = shown(without_archive_passwords(line.text, packing.command.secrets));
    packing.source = line.source;
    packing.records = {fact.record};
    packing.fact = &fact;
    merge(packing, fact);
    if (fact.time.is_set()) out_.days[form_of(packing)].insert(fact.time.ticks / kDay);
    alike.push_back(out_.commands.size());
    out_.commands.push_back(std::move(packing));
  }
  /// The same for commands that differ in their times only.
  static std::string what_of(const ArchiveCommand& command) {
    return command.verb + fold_case(command.archive) + "|" + fold_case(command.host);
  }
  /// What the start of the program itself tells goes before what its shell was told.
  static void merge(PackingCommand& known, const Fact& fact) {
    if (std::find(known.records.begin(), known.records.end(), fact.record) == known.records.end())
      known.records.push_back(fact.record);
    const bool is_itself =
        fact.kind == FactKind::process &&
        command_line::tool_of(fact.subject) == command_line::tool_of(known.command.program);
    if (!is_itself) return;
    known.program = fact.subject;
    if (known.fact->values["CurrentDirectory"].empty() || known.fact->kind != FactKind::process)
      known.fact = &fact;
    if (known.user.empty()) known.user = user_of(fact);
  }

  void join(const PackingCommand& command) {
    std::string path = command.command.archive;
    const std::string_view folder = command.fact->values["CurrentDirectory"];
    const bool is_here = command.command.host.empty();
    if (!is_here)
      path = on_host(command.command.host, path);
    else if (!is_whole(path) && !folder.empty())
      path = std::string{folder} + (folder.ends_with('\\') ? "" : "\\") + path;
    std::string key = key_of(path);
    if (is_here && (!out_.sets.contains(key) || !is_whole(path)))
      if (const std::string other = by_name(key, command.time); !other.empty()) key = other;
    if (is_of_another(key, command)) {
      const std::string apart_key = key + "*" + std::to_string(out_.sets.at(key).commands.size());
      // What is there is of the last that wrote it.
      PackedSet& old = out_.sets.at(key);
      const FileTime made = made_of(old);
      PackedSet* other = set_at(apart_key, path);
      if (other == nullptr) return;
      if (made.is_set() && apart(made, command.time) <= kNameApart)
        std::swap(out_.sets.at(key).commands, other->commands);
      else
        return other->commands.push_back(&command);
    }
    if (PackedSet* set = set_at(key, path)) set->commands.push_back(&command);
  }
  /// When the files of a set were made; unset without any.
  static FileTime made_of(const PackedSet& set) {
    FileTime made;
    for (const auto& [name, file] : set.files) made = std::max(made, file.created);
    return made;
  }
  /// What was packed into a file of that name, by another account or days before or after.
  bool is_of_another(const std::string& key, const PackingCommand& command) const {
    const auto known = out_.sets.find(key);
    if (known == out_.sets.end() || known->second.commands.empty() || !command.time.is_set())
      return false;
    const std::vector<const PackingCommand*>& others = known->second.commands;
    return std::none_of(others.begin(), others.end(), [&](const PackingCommand* other) {
      return !other->time.is_set() || apart(other->time, command.time) <= kNameApart;
    });
  }
  /// "\\\\fs01\\C$\\x" of "C:\\x" there.
  static std::string on_host(const std::string& host, std::string path) {
    if (path.starts_with("\\\\")) return path;
    if (path.size() > 1 && path[1] == ':') path[1] = '$';
    return "\\\\" + host + "\\" + path;
  }
  /// The one archive of that name that was made near `time`, or that is the only one.
  std::string by_name(const std::string& key, FileTime time) const {
    const auto found = by_name_.find(key.substr(key.rfind('\\') + 1));
    if (found == by_name_.end()) return {};
    std::string best;
    for (const std::string& one : found->second) {
      const FileTime made = out_.sets.at(one).first();
      if (time.is_set() && made.is_set() && apart(made, time) > kNameApart) continue;
      if (!best.empty()) return {};
      best = one;
    }
    return best;
  }

  void trace(const Fact& fact) {
    std::string key = key_of(fact.subject);
    if (!out_.sets.contains(key) && !is_whole(fact.subject)) {
      const std::string other = by_name(key, fact.time);
      if (other.empty()) return;  // a bare name says nothing alone
      key = other;
    }
    if (PackedSet* set = set_at(key, fact.subject)) set->traces.push_back({&fact, fact.time});
  }

  const FactBook& book_;
  Evidence out_;
  TransferJobs jobs_;
  std::map<std::string, std::vector<std::string>> by_name_;  // keys of sets, by their stems
  std::map<std::string, std::vector<std::string>> by_tail_;  // the same without the drive
  std::map<std::string, std::vector<std::size_t>> alike_;    // commands, by what_of()
  std::map<std::string, std::string> version_names_;         // keys of versions, by the file's name
  std::map<std::string, std::string> drives_;                // of sets whose key tells none
};

}  // namespace

Evidence gather(const FactBook& book) { return Gatherer{book}.gather(); }

std::string form_of(const PackingCommand& command) {
  std::string form =
      command.command.program + " " + command.command.verb + " " + command.command.archive;
  for (const std::string& source : command.command.sources) form += " " + source;
  std::erase_if(form, [](char c) { return c >= '0' && c <= '9'; });
  return fold_case(form);
}

FileTime PackedSet::first() const {
  FileTime first;
  const auto take = [&](FileTime time) {
    if (time.is_set() && (!first.is_set() || time < first)) first = time;
  };
  for (const auto& [name, file] : files) take(file.created);
  for (const PackingCommand* command : commands) take(command->time);
  for (const Trace& one : traces) take(one.time);
  return first;
}

FileTime PackedSet::last() const {
  FileTime last = first();
  for (const auto& [name, file] : files) last = std::max({last, file.created, file.closed});
  for (const PackingCommand* command : commands) last = std::max(last, command->time);
  return last;
}

std::set<std::string> PackedSet::users() const {
  std::set<std::string> users;
  for (const PackingCommand* command : commands)
    if (!command->user.empty()) users.insert(command->user);
  for (const Trace& trace : traces)
    if (const auto user = trace.fact->values["user"]; !user.empty())
      users.insert(std::string{user});
  return users;
}

std::string PackedSet::folder() const { return std::string{folder_of_path(path)}; }

std::string at(FileTime time) { return lateral::at(time); }

}  // namespace hozen::packing
