#include "collector/module/side_load_traces.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"

namespace hozen::side_load {
namespace {

/// Sentences of one pair's story.
constexpr std::size_t kMaxStory = 24;

std::string at(FileTime time) { return time.is_set() ? " at " + time.iso8601() : std::string{}; }

/// The paths of programs and DLLs that a command line or a value names.
std::vector<std::string> files_in(std::string_view text) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> files;
  const std::string lower = to_lower_ascii(text);
  for (const std::string_view ending : {".exe", ".dll"})
    for (std::size_t end = lower.find(ending); end != std::string::npos && files.size() < kMost;
         end = lower.find(ending, end + 1)) {
      const std::size_t colon = lower.rfind(":\\", end);
      if (colon == std::string::npos || colon == 0) continue;
      files.emplace_back(text.substr(colon - 1, end + ending.size() - colon + 1));
    }
  return files;
}

class Traces {
 public:
  Traces(const FactBook& book, const LiveState* live, std::map<std::string, Pair>& pairs)
      : book_{book}, live_{live}, pairs_{pairs} {
    for (auto& [key, pair] : pairs_) {
      add(pair.host.path, pair, true);
      add(pair.dll.path, pair, false);
    }
  }

  void all() {
    for (const Fact& fact : book_.facts(FactKind::autostart)) starts(fact, fact.subject);
    for (const Fact& fact : book_.facts(FactKind::registry)) written(fact);
    for (const Fact& fact : book_.facts(FactKind::service))
      named(fact, fact.event_id == 4697 ? "ServiceFileName" : "ImagePath");
    for (const Fact& fact : book_.facts(FactKind::task)) named(fact, "Command");
    for (const FactKind kind : {FactKind::execution, FactKind::process})
      for (const Fact& fact : book_.facts(kind)) ran(fact);
    for (const Fact& fact : book_.facts(FactKind::network)) connected(fact);
    for (const Fact& fact : book_.facts(FactKind::file)) made(fact);
    if (live_ != nullptr) running();
  }

 private:
  struct Part {
    Pair* pair = nullptr;
    bool is_host = false;
  };
  using Parts = std::vector<Part>;

  static std::string key_of(std::string_view path) { return fold_case(below_volume(path)); }
  void add(const std::string& path, Pair& pair, bool is_host) {
    parts_[key_of(path)].push_back({&pair, is_host});
  }
  const Parts& parts(std::string_view path) const {
    static const Parts none;
    // Names alone are nobody's.
    if (path.find_first_of("\\/") == std::string_view::npos) return none;
    const auto found = parts_.find(key_of(path));
    return found == parts_.end() ? none : found->second;
  }

  static void tell(Pair& pair, std::string text, const std::string& record) {
    if (pair.story.size() >= kMaxStory ||
        std::find(pair.story.begin(), pair.story.end(), text) != pair.story.end())
      return;
    pair.story.push_back(std::move(text));
    pair.story_records.push_back(record);
  }

  void starts(const Fact& fact, std::string_view path) {
    if (fact.values["enabled"] == "no") return;
    for (const Part& part : parts(path))
      part.pair->items.add("E1",
                           std::string{part.is_host ? "The program" : "The DLL"} +
                               " starts by itself: " + std::string{fact.values["entry"]} + " (" +
                               std::string{fact.values["source"]} + ").",
                           {fact.record});
  }
  void start(const Fact& fact, std::string_view path, const std::string& how) {
    for (const Part& part : parts(path))
      part.pair->items.add(
          "E1",
          std::string{part.is_host ? "The program" : "The DLL"} + " " + how + at(fact.time) + ".",
          {fact.record});
  }
  /// Of a service only these values name what it starts: rules of the firewall lie below one too.
  static bool is_start_of_service(std::string_view lower) {
    if (lower.find("\\services\\") == std::string_view::npos) return false;
    const std::string_view value = lower.substr(lower.rfind('\\') + 1);
    return value == "imagepath" || value == "servicedll" || value == "failurecommand";
  }
  void written(const Fact& fact) {
    const std::string lower = to_lower_ascii(fact.subject);
    const bool is_start = lower.find("\\currentversion\\run") != std::string::npos ||
                          is_start_of_service(lower) ||
                          lower.find("\\inprocserver32") != std::string::npos ||
                          lower.find("\\winlogon\\") != std::string::npos;
    if (!is_start) return;
    for (const std::string& path : files_in(fact.values["Details"]))
      start(fact, path, "was put into " + fact.subject + ", which starts it,");
  }
  void named(const Fact& fact, std::string_view value) {
    for (const std::string& path : files_in(fact.values[value]))
      start(fact, path,
            "was set up as the " + std::string{fact.kind == FactKind::task ? "task" : "service"} +
                " '" + fact.subject + "'");
  }

  void ran(const Fact& fact) {
    for (const Part& part : parts(fact.subject)) {
      if (!part.is_host) continue;
      const std::string_view source = fact.values["source"];
      part.pair->items.add("E2",
                           "The program ran" + at(fact.time) + " (" +
                               (source.empty() ? "process event" : std::string{source}) + ").",
                           {fact.record});
      if (const auto parent = fact.values["ParentImage"]; !parent.empty())
        tell(*part.pair, "It was started" + at(fact.time) + " by " + std::string{parent} + ".",
             fact.record);
    }
  }
  void connected(const Fact& fact) {
    const std::string_view address = fact.values["DestinationIp"];
    if (address.empty()) return;
    for (const Part& part : parts(fact.subject)) {
      if (!part.is_host) continue;
      const std::string where =
          std::string{address} + ":" + std::string{fact.values["DestinationPort"]};
      part.pair->items.add("E4", "The program connected to " + where + at(fact.time) + ".",
                           {fact.record});
    }
  }
  void made(const Fact& fact) {
    for (const Part& part : parts(fact.subject))
      tell(*part.pair,
           std::string{part.is_host ? "The program" : "The DLL"} +
               (fact.event_id == 11 ? " was written" : " was deleted") + at(fact.time) +
               (fact.values["Image"].empty() ? std::string{}
                                             : " by " + std::string{fact.values["Image"]}) +
               ".",
           fact.record);
  }
  void running() {
    for (const LiveProcess& process : live_->processes)
      for (const Part& part : parts(process.path)) {
        if (!part.is_host) continue;
        part.pair->items.add("E2", "The program is running (process " +
                                       std::to_string(process.pid) + ", since " +
                                       process.started.iso8601() + ").");
        for (const LiveConnection& one : live_->connections)
          if (one.pid == process.pid && one.remote_port != 0 &&
              !one.remote_address.starts_with("127.") && one.remote_address != "::1")
            part.pair->items.add("E4", "It is connected with " + one.remote_address + ":" +
                                           std::to_string(one.remote_port) + ".");
      }
  }

  const FactBook& book_;
  const LiveState* live_;
  std::map<std::string, Pair>& pairs_;
  std::unordered_map<std::string, Parts> parts_;
};

}  // namespace

void add_traces(const FactBook& book, const LiveState* live, std::map<std::string, Pair>& pairs) {
  Traces{book, live, pairs}.all();
}

}  // namespace hozen::side_load
