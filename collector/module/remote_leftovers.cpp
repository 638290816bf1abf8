// What PsExec and tools like it left that belongs to no use: runs in prefetch files, key files,
// programs that lie there, and events that tell of their services and programs without what makes a
// use (states of the service, processes that it started). They still show that the tool was at
// work.
#include <span>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/lateral.h"
#include "collector/module/remote_leftover_events.h"
#include "collector/module/remote_use_finder.h"

namespace hozen {
namespace remote_use {
namespace {

constexpr int kRunWeight = 40, kKeyWeight = 30, kFileWeight = 25, kTraceWeight = 25;
constexpr int kMoreWeight = 10;     // what joins another sign
constexpr int kClearedWeight = 15;  // a log was cleared after it
constexpr std::size_t kMaxSigns = 40, kMaxTimes = 20;

/// A prefetch file of a program, and its runs that belong to no use.
struct Runs {
  const Fact* first = nullptr;
  std::uint64_t counted = 0;
  std::set<FileTime> kept{}, alone{};
};

std::uint64_t count_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text.substr(0, 12)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// Those of `uses`, which stand in the order of their starts, that began in that time.
std::span<const RemoteUse> begun(std::span<const RemoteUse> uses, FileTime first, FileTime last) {
  const auto before = [](const RemoteUse& use, FileTime time) { return use.started < time; };
  const auto from = std::lower_bound(uses.begin(), uses.end(), first, before);
  const auto to = std::partition_point(from, uses.end(),
                                       [&](const RemoteUse& use) { return use.started <= last; });
  return {from, to};
}

/// Whether a use of that program explains a run at `time`: its own run, or, of a use without one, a
/// run while the service may have been there already.
bool is_explained(std::span<const RemoteUse> uses, std::string_view stem, FileTime time) {
  const auto near = begun(uses, earlier(time, kPrefetchApart), later(time, kAfter));
  return std::any_of(near.begin(), near.end(), [&](const RemoteUse& use) {
    return use.stem == stem && (!use.prefetch_run.is_set() || use.prefetch_run == time);
  });
}

/// Uses of that program that began before all runs whose times are kept: they were among the
/// others.
std::uint64_t uses_before(std::span<const RemoteUse> uses, const std::string& stem,
                          const std::set<FileTime>& kept) {
  const auto older = kept.empty() ? uses : begun(uses, {}, earlier(*kept.begin(), 1));
  return static_cast<std::uint64_t>(std::count_if(
      older.begin(), older.end(),
      [&](const RemoteUse& use) { return use.stem == stem && !use.prefetch_run.is_set(); }));
}

std::string times_text(const std::set<FileTime>& times) {
  std::vector<std::string> texts;
  texts.reserve(times.size());
  for (const FileTime time : times) texts.push_back(time.iso8601());
  return lateral::listed(texts, kMaxTimes);
}

class Leftovers {
 public:
  Leftovers(const FactBook& book, std::span<const RemoteUse> uses) : book_{book}, uses_{uses} {
    for (const RemoteUse& use : uses) {
      stems_.insert(use.stem);
      told_.insert(use.records.begin(), use.records.end());
      hosts_.insert(fold_case(use.source_host));
    }
  }

  void add_runs(const RemoteTool* tool, const std::string& stem, const Runs& runs) {
    const std::uint64_t untimed =
        runs.counted - std::min<std::uint64_t>(runs.counted, runs.kept.size());
    const std::uint64_t lost = untimed - std::min(untimed, uses_before(uses_, stem, runs.kept));
    if (runs.alone.empty() && lost == 0) return;
    RemoteLeftover& left = of(tool, stem);
    left.runs.insert(runs.alone.begin(), runs.alone.end());
    left.runs_untimed += lost;
    std::string told = "The prefetch file of " + runs.first->subject + " counts " +
                       lateral::counted(runs.counted, "run") + ". ";
    if (!runs.alone.empty())
      told += "No use that events tell of began near these: " + times_text(runs.alone) + ".";
    if (lost != 0)
      told += (runs.alone.empty() ? "" : " ") + lateral::counted(lost, "run") +
              " whose time it does not keep belong" + (lost == 1 ? "s" : "") +
              " to no use that events tell of.";
    add(left, std::move(told), runs.alone.empty() ? kTraceWeight : kRunWeight, Family::time,
        {runs.first->record});
  }

  void add_key(const Fact& fact, const std::string& host) {
    if (hosts_.contains(fold_case(host))) return;
    RemoteLeftover& left = of(psexec(), {});
    left.hosts.insert(host);
    add(left,
        "The key file " + fact.subject +
            " lies there. PsExec writes one at each use and names in it "
            "the host that it came from: " +
            host + ". When it was written is not told.",
        kKeyWeight, Family::name, {fact.record});
  }

  void add_file(const RemoteTool* tool, const std::string& stem, const Fact& fact) {
    if (told_.contains(fact.record)) return;
    if (fact.time.is_set() ? is_near(stem, fact.time) : has_uses(stem)) return;
    const std::string_view what = fact.values["what"];
    std::string_view did = what;
    if (what.empty())
      did = fact.event_id == 11 ? "was written" : "was deleted";
    else if (what.starts_with("created"))
      did = "lies there, created";
    add(of(tool, stem),
        "The program of its service, " + fact.subject + ", " + std::string{did} +
            (fact.time.is_set() ? at(fact.time) : std::string{" at a time that is not told"}) + ".",
        kFileWeight, Family::path, {fact.record});
  }

  /// Traces in Amcache, BAM and others count where there is no use at all.
  void add_trace(const RemoteTool* tool, const std::string& stem, const Fact& fact) {
    if (has_uses(stem)) return;
    add(of(tool, stem),
        std::string{fact.values["source"]} + " knows " + fact.subject +
            (fact.kind == FactKind::execution ? ", which ran" : ", which was there") +
            (fact.kind == FactKind::execution ? at(fact.time) : std::string{}) + ".",
        kTraceWeight, Family::content, {fact.record});
  }

  void add_events(const LooseEvents& events) {
    add(of(events.tool, events.name), events.what + ", at " + times_text(events.times) + ".",
        events.weight, events.family, events.records);
    FileTime& last = last_[events.tool->name];
    last = std::max(last, *events.times.rbegin());
  }

  std::vector<RemoteLeftover> take() {
    std::vector<RemoteLeftover> found;
    for (auto& [tool, left] : found_) {
      add_cleared(left);
      left.missing = {
          "What began them: of the events that were read no installation (System 7045, Security "
          "4697), pipe, file of ADMIN$ or start of its program (Security 4688, Sysmon 1) belongs "
          "to "
          "them. Logs may have been cleared, have rolled over since, or were not there to be read "
          "(records of the kind event_log tell how far each reaches); the service may have been "
          "there already." +
          lateral::not_kept(book_, {FactKind::service, FactKind::pipe, FactKind::share,
                                    FactKind::process, FactKind::service_state})};
      found.push_back(std::move(left));
    }
    return found;
  }

 private:
  RemoteLeftover& of(const RemoteTool* tool, const std::string& stem) {
    RemoteLeftover& left = found_[tool->name];
    left.tool = tool;
    if (!stem.empty()) left.names.insert(stem);
    return left;
  }

  static void add(RemoteLeftover& left, std::string told, int weight, Family family,
                  const std::vector<std::string>& records) {
    for (Why& known : left.why) {
      if (known.fact != told) continue;
      known.records.insert(known.records.end(), records.begin(), records.end());
      return;
    }
    if (left.why.size() >= kMaxSigns) return;
    const bool same = std::any_of(left.why.begin(), left.why.end(),
                                  [&](const Why& why) { return why.family == family; });
    left.why.push_back({std::move(told),
                        left.why.empty() ? weight
                        : same           ? 0
                                         : kMoreWeight,
                        family, records});
  }

  /// A log that would have told, cleared since.
  void add_cleared(RemoteLeftover& left) const {
    FileTime last = left.runs.empty() ? FileTime{} : *left.runs.rbegin();
    if (const auto event = last_.find(left.tool->name); event != last_.end())
      last = std::max(last, event->second);
    bool first = true;
    for (const Fact& fact : book_.facts(FactKind::log_cleared)) {
      const std::string log = fact.event_id == 1102 ? "Security" : fact.subject;
      if (fact.time < last || (!equals_fold(log, "Security") && !equals_fold(log, "System")))
        continue;
      if (left.why.size() >= kMaxSigns) return;
      const std::string account =
          account_of(fact.values["SubjectDomainName"], fact.values["SubjectUserName"]);
      left.why.push_back({"The log " + log + " was cleared" + at(fact.time) +
                              (account.empty() ? "" : " by " + account) +
                              ": it would have told of them.",
                          std::exchange(first, false) ? kClearedWeight : 0,
                          Family::location,
                          {fact.record}});
    }
  }

  bool has_uses(const std::string& stem) const { return stems_.contains(stem); }
  /// A use ends kAfter after its start at the latest.
  bool is_near(const std::string& stem, FileTime time) const {
    const auto near = begun(uses_, earlier(time, 2 * kAfter), later(time, kBefore));
    return std::any_of(near.begin(), near.end(),
                       [&](const RemoteUse& use) { return use.stem == stem; });
  }

  const FactBook& book_;
  std::span<const RemoteUse> uses_;
  std::set<std::string> stems_, hosts_;
  std::set<std::string> told_;  // records of uses
  std::map<std::string_view, RemoteLeftover> found_;
  std::map<std::string_view, FileTime> last_;  // event of a tool
};

}  // namespace

/// As known_image(), and no client: PAExec's is not told from its service by its name.
std::optional<UseFinder::Known> UseFinder::known_service(std::string_view path) const {
  auto known = known_image(path);
  if (known && known->tool->name == "PAExec" && image_stem(path).find('-') == std::string::npos)
    return std::nullopt;
  return known;
}

std::vector<RemoteLeftover> UseFinder::leftovers(const std::vector<RemoteUse>& uses) {
  learn_names();
  Leftovers left{book_, uses};
  std::map<std::string, Runs> files;  // by record
  std::vector<const Fact*> traces;
  for (const Fact& fact : book_.facts(FactKind::execution)) {
    const auto known = known_service(fact.subject);
    if (!known) continue;
    if (fact.values["source"] != "prefetch") {
      traces.push_back(&fact);
      continue;
    }
    Runs& runs = files[fact.record];
    runs.first = &fact;
    runs.counted = std::max(runs.counted, count_of(fact.values["run_count"]));
    if (!fact.time.is_set()) continue;
    runs.kept.insert(fact.time);
    if (!is_explained(uses, image_stem(fact.subject), fact.time)) runs.alone.insert(fact.time);
  }
  for (const auto& [record, runs] : files)
    left.add_runs(known_service(runs.first->subject)->tool, image_stem(runs.first->subject), runs);
  for (const Fact& fact : book_.facts(FactKind::file)) {
    if (const auto host = host_of_key_file(file_name(fact.subject))) {
      if (!fact.time.is_set() && is_in_windows_folder(fact.subject)) left.add_key(fact, *host);
    } else if (const auto known = known_service(fact.subject);
               known && is_in_windows_root(fact.subject)) {
      left.add_file(known->tool, image_stem(fact.subject), fact);
    }
  }
  for (const Fact& fact : book_.facts(FactKind::presence))
    if (known_service(fact.subject)) traces.push_back(&fact);
  for (const Fact* fact : traces)
    left.add_trace(known_service(fact->subject)->tool, image_stem(fact->subject), *fact);
  const auto tool_of_program = [&](std::string_view path) -> const RemoteTool* {
    const auto known = known_service(path);
    return known ? known->tool : nullptr;
  };
  for (const LooseEvents& events : find_loose_events(book_, uses, tool_of_program))
    left.add_events(events);
  return left.take();
}

}  // namespace remote_use

std::vector<RemoteLeftover> find_remote_leftovers(const FactBook& book,
                                                  const std::vector<RemoteUse>& uses) {
  return remote_use::UseFinder{book}.leftovers(uses);
}

}  // namespace hozen
