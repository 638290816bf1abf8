// Side-loaded DLLs: a sound program that loads, from where it lies, a DLL that is not its own. Each
// pair of program and DLL gets points for what speaks for it and against it; all of them stand in
// the finding. The weights are one table: collector/module/side_load_weights.inc.
//
// Not looked at: DLLs that a program loads by a path from its own configuration; memory.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/side_load_pair.h"
#include "collector/module/side_load_traces.h"

namespace hozen::modules {
namespace {

using side_load::Item, side_load::Pair;

using F = Field<Pair>;
std::string status_of(const side_load::Side& side) {
  return side.signature == nullptr ? std::string{} : std::string{to_text(side.signature->status)};
}
std::vector<std::string> ids_of(const Pair& pair) {
  std::vector<std::string> ids;
  for (const Item& item : pair.items.all())
    ids.push_back(std::string{item.weight->id} + " " + std::to_string(item.points));
  return ids;
}

constexpr std::array kFields{
    F{{"host", "Path of the program."}, [](const Pair& p, Cell& c) { c.text(p.host.path); }},
    F{{"dll", "Path of the DLL that it loads, or would."},
      [](const Pair& p, Cell& c) { c.text(p.dll.path); }},
    F{{"seen", "How the pair was found: folder, system_folder, event, live or prefetch."},
      [](const Pair& p, Cell& c) { c.text(p.seen); }},
    F{{"score", "Sum of the points, 0 to 100."},
      [](const Pair& p, Cell& c) { c.number(static_cast<std::uint64_t>(p.score())); }},
    F{{"families", "How many independent sides speak for it."},
      [](const Pair& p, Cell& c) { c.number(static_cast<std::uint64_t>(p.items.families())); }},
    F{{"items", "What was found, each with its points; the ids are those of the table of weights."},
      [](const Pair& p, Cell& c) { c.texts(ids_of(p)); }},
    F{{"host_signature", "Status of the program's signature, where it was looked at."},
      [](const Pair& p, Cell& c) { text_or_absent(c, status_of(p.host), Absent::not_applicable); }},
    F{{"dll_signature", "Status of the DLL's signature, where it was looked at."},
      [](const Pair& p, Cell& c) { text_or_absent(c, status_of(p.dll), Absent::not_applicable); }},
};
constexpr auto kColumns = columns_of(kFields);
constexpr Kind kPair{"side_load_pair",
                     "A program and a DLL that it loads, or would, from where it lies, with what "
                     "speaks for side-loading and against it.",
                     kColumns, "Side-load pair: {host} and {dll}, score {score}"};

struct Summary {
  std::uint64_t folders = 0, weighed = 0, low = 0, medium = 0, high = 0;
};
using S = Field<Summary>;
constexpr std::array kSummaryFields{
    S{{"folders", "Folders with a program and a DLL that were looked at."},
      [](const Summary& s, Cell& c) { c.number(s.folders); }},
    S{{"weighed", "Pairs whose files were read."},
      [](const Summary& s, Cell& c) { c.number(s.weighed); }},
    S{{"low", "Pairs with a score of 25 to 39."},
      [](const Summary& s, Cell& c) { c.number(s.low); }},
    S{{"medium", "Pairs with a score of 40 to 69."},
      [](const Summary& s, Cell& c) { c.number(s.medium); }},
    S{{"high", "Pairs with a score of 70 and more."},
      [](const Summary& s, Cell& c) { c.number(s.high); }},
};
constexpr auto kSummaryColumns = columns_of(kSummaryFields);
constexpr Kind kSummary{"side_load_summary",
                        "How many pairs were looked at, and what they came to.", kSummaryColumns,
                        "Side-load pairs: {weighed} weighed, {medium} medium, {high} high"};
constexpr std::array kKinds{kPair, kSummary};

constexpr std::string_view kReferences[] = {
    "https://attack.mitre.org/techniques/T1574/001/",
    "https://learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order",
    "https://hijacklibs.net/"};
constexpr std::string_view kAttack[] = {"T1574.001", "T1036.003", "T1036.005", "T1553.002"};

/// Pairs that are kept in one run, the first; further ones are counted and noted.
constexpr std::size_t kMaxPairs = 20'000;

class Judge {
 public:
  explicit Judge(ModuleContext& context)
      : context_{context},
        is_own_{context.facts().computer().empty()},
        machine_{is_own_ ? side_load::Machine{context} : side_load::Machine{}},
        scorer_{context, machine_, is_own_} {}

  void all() {
    if (is_own_) {
      folders();
      windows_own();
    }
    loads();
    side_load::add_traces(context_.facts(), live(), pairs_);
    tell();
  }

 private:
  const LiveState* live() { return is_own_ ? context_.source().live_state() : nullptr; }

  void folders() {
    const auto weigh = [&](side_load::Folder& folder) {
      ++summary_.folders;
      for (Pair& pair : scorer_.of_folder(folder)) {
        ++summary_.weighed;
        scorer_.look_closer(pair);
        keep(std::move(pair));
      }
    };
    side_load::each_folder(context_, machine_, weigh);
    side_load::each_named_folder(context_, machine_, weigh);
  }

  void windows_own() {
    for (const auto& inside : machine_.inside())
      if (auto pair = scorer_.of_inside(inside)) keep(*std::move(pair));
    for (const EvidencePath& dll : machine_.phantoms())
      if (auto pair = scorer_.of_phantom(dll)) keep(*std::move(pair));
  }

  void loads() {
    const side_load::AllLoads all = side_load::loads_of(context_.facts(), live());
    left_out_ += all.left_out;
    for (const auto& [key, load] : all.by_pair) {
      if (context_.stop().stop_requested()) return;
      const auto known = pairs_.find(key);
      if (known != pairs_.end()) {
        scorer_.loaded(known->second, load);
        continue;
      }
      Pair pair = scorer_.of_load(load);
      if (pair.score() < side_load::kWorthReading) continue;
      ++summary_.weighed;
      scorer_.look_closer(pair);
      keep(std::move(pair));
    }
  }

  void tell() {
    for (auto& [key, pair] : pairs_) {
      scorer_.finish(pair);
      if (!is_connected(pair))
        pair.items.cap(
            "Nothing shows that the program loads this DLL: neither its imports nor its texts nor "
            "a trace name it. They may have nothing to do with each other.",
            side_load::kMediumScore - 1);
      count(pair.score());
      if (pair.score() < side_load::kLowScore) continue;
      const std::string record = context_.emit(kPair, kFields, pair, Envelope{});
      if (pair.score() >= side_load::kMediumScore) report(pair, record);
    }
    if (left_out_ != 0)
      context_.note(Error{Errc::limit, "pairs of programs and DLLs that are not weighed: " +
                                           std::to_string(left_out_)});
    if (summary_.folders + summary_.weighed != 0)
      (void)context_.emit(kSummary, kSummaryFields, summary_, Envelope{});
  }

  /// Whether something says that it is this program that loads this DLL.
  bool is_connected(const Pair& pair) const {
    constexpr std::string_view kSaid[] = {"X1", "X1S", "X11", "X11M", "E3", "L2"};
    return is_searched(pair) || std::any_of(std::begin(kSaid), std::end(kSaid),
                                            [&](auto id) { return pair.items.has(id); });
  }
  /// Named as a DLL that Windows' own programs look for, where they look first.
  bool is_searched(const Pair& pair) const {
    if (pair.seen == "phantom" || pair.seen == "system_folder") return true;
    const EvidencePath& windows = machine_.windows_of(pair.host.place);
    return pair.items.has("N1") && !windows.empty() && pair.host.place.is_below(windows);
  }

  /// What is below this has nothing that a start or a trace could raise to low.
  static constexpr int kLeastKept = 5;

  void keep(Pair&& pair) {
    if (pair.score() < kLeastKept) return;
    if (pairs_.size() >= kMaxPairs) {
      ++left_out_;
      return;
    }
    pairs_.try_emplace(pair.key(), std::move(pair));
  }

  void count(int score) {
    if (score >= side_load::kHighScore)
      ++summary_.high;
    else if (score >= side_load::kMediumScore)
      ++summary_.medium;
    else if (score >= side_load::kLowScore)
      ++summary_.low;
  }

  void report(const Pair& pair, const std::string& record) {
    Finding finding;
    const bool is_phantom = pair.seen == "phantom";
    finding.rule = is_phantom ? "side_loaded_dlls.phantom" : "side_loaded_dlls.pair";
    finding.title = is_phantom
                        ? "A DLL that Windows looks for and does not bring lies where it looks"
                    : pair.items.has("E3") ? "A program has loaded a DLL that may not be its own"
                                           : "A program would load a DLL that may not be its own";
    const std::string loads = pair.items.has("X1") || pair.items.has("X11") || pair.items.has("E3")
                                  ? " loads "
                                  : " may load ";
    finding.subject = is_phantom ? pair.dll.path : pair.host.path + loads + pair.dll.path;
    for (const Item& item : pair.items.all()) {
      Why why{item.fact, item.points, item.weight->as, item.records};
      why.records.push_back(record);
      finding.why.push_back(std::move(why));
    }
    for (std::size_t i = 0; i < pair.story.size(); ++i)
      finding.why.push_back({pair.story[i],
                             0,
                             Family::time,
                             {pair.story_records[i].empty() ? record : pair.story_records[i]}});
    finding.families_demanded = pair.score() >= side_load::kHighScore ? 3 : 2;
    finding.attack = {"T1574.001"};
    if (pair.items.has("P2")) finding.attack.emplace_back("T1036.003");
    if (pair.items.has("P1") || pair.items.has("P6")) finding.attack.emplace_back("T1036.005");
    if (pair.items.has("S2") || pair.items.has("S7")) finding.attack.emplace_back("T1553.002");
    finding.not_checked = pair.not_checked;
    finding.benign = {
        "Software that brings DLLs of such names, or whose maker does not sign them."};
    finding.next = {"What the DLL does: its strings, its imports, and what lies beside it.",
                    "Who brought both files and when (file_table, usn_journal), and whether other "
                    "hosts have them."};
    collect(pair);
    context_.report(std::move(finding));
  }

  void collect(const Pair& pair) {
    constexpr std::uint64_t kMaxSibling = std::uint64_t{20} << 20U;
    const auto take = [&](const EvidencePath& path, const std::string& reason) {
      (void)context_.collect(path, reason, Priority::high);
    };
    if (pair.host.is_here()) take(pair.host.place, "program of a pair with a side-loaded DLL");
    if (pair.dll.is_here()) take(pair.dll.place, "DLL of a pair with a side-loaded DLL");
    for (const EvidencePath& path : pair.payloads)
      take(path, "may be what a side-loaded DLL decrypts");
    // Of a whole program what came with the DLL.
    const FileTime dll = side_load::arrival(pair.dll.si);
    const auto is_of_it = [&](const FileInfo& file) {
      constexpr std::uint64_t kTogether = 600 * kTicksPerSecond;
      const FileTime came = side_load::arrival(file.si);
      return !pair.around.is_whole_program ||
             (came.is_set() && dll.is_set() &&
              std::max(came, dll).ticks - std::min(came, dll).ticks <= kTogether);
    };
    for (const EvidencePath& path : pair.around.rest)
      if (const auto info = context_.source().stat(path);
          info && info->size <= kMaxSibling && is_of_it(*info))
        take(path, "lies beside a pair with a side-loaded DLL");
  }

  ModuleContext& context_;
  const bool is_own_;
  side_load::Machine machine_;
  side_load::Scorer scorer_;
  std::map<std::string, Pair> pairs_;
  Summary summary_;
  std::uint64_t left_out_ = 0;
};

Result<void> run(ModuleContext&) { return {}; }

Result<void> judge(ModuleContext& context) {
  Judge{context}.all();
  return {};
}

}  // namespace

extern const ModuleSpec side_loaded_dlls;
const ModuleSpec side_loaded_dlls{
    "side_loaded_dlls",
    "Side-loaded DLLs: programs and DLLs beside them, weighed by names, places, contents, "
    "signatures, times and traces.",
    kKinds,
    kReferences,
    kAttack,
    run,
    {},
    false,
    judge};

}  // namespace hozen::modules
