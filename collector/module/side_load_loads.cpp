#include "collector/module/side_load_loads.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"

namespace hozen::side_load {
namespace {

constexpr std::size_t kMaxRecords = 5;
constexpr std::uint32_t kImageLoaded = 7;

/// "?" and "-" stand for a text that is not there.
std::string said(std::string_view text) {
  return text == "?" || text == "-" ? std::string{} : std::string{text};
}

/// What an event says of a program: as an image that was loaded, or as a process that started.
struct Said {
  std::optional<bool> is_signed{};
  std::string signer{}, company{};
};

class Gatherer {
 public:
  explicit Gatherer(const FactBook& book) : book_{book} {}

  AllLoads all(const LiveState* live) {
    for (const Fact& fact : book_.facts(FactKind::module_load)) program(fact);
    for (const Fact& fact : book_.facts(FactKind::process)) started(fact);
    for (const Fact& fact : book_.facts(FactKind::module_load)) load(fact);
    if (live != nullptr)
      for (const LiveProcess& process : live->processes) running(process);
    return {std::move(loads_), left_out_};
  }

 private:
  void program(const Fact& fact) {
    if (fact.event_id != kImageLoaded || !ends_with_fold(fact.subject, ".exe")) return;
    Said& one = programs_[fold_case(fact.subject)];
    one.is_signed = fact.values["Signed"] == "true" && fact.values["SignatureStatus"] == "Valid";
    one.signer = said(fact.values["Signature"]);
    one.company = said(fact.values["Company"]);
  }
  void started(const Fact& fact) {
    const std::string company = said(fact.values["Company"]);
    if (company.empty()) return;
    Said& one = programs_[fold_case(fact.subject)];
    if (one.company.empty()) one.company = company;
  }

  Load* open(const std::string& host, const std::string& dll, std::string_view seen) {
    const std::string key = fold_case(host) + "|" + fold_case(dll);
    const auto found = loads_.find(key);
    if (found != loads_.end()) return &found->second;
    if (loads_.size() >= kMaxLoads) {
      ++left_out_;
      return nullptr;
    }
    Load& load = loads_[key];
    load.host = host;
    load.dll = dll;
    load.seen = seen;
    return &load;
  }

  void load(const Fact& fact) {
    const std::string_view source = fact.values["source"];
    const bool is_event = fact.event_id == kImageLoaded;
    if (!is_event && source != "prefetch") return;
    const std::string host{fact.values["Image"]};
    if (host.empty() || ends_with_fold(fact.subject, ".exe")) return;
    Load* const load = open(host, fact.subject, is_event ? "event" : "prefetch");
    if (load == nullptr) return;
    ++load->count;
    if (fact.time.is_set()) {
      if (!load->first.is_set()) load->first = fact.time;
      load->first = std::min(load->first, fact.time);
      load->last = std::max(load->last, fact.time);
    }
    if (load->records.size() < kMaxRecords) load->records.push_back(fact.record);
    if (!is_event) return;
    load->dll_status = said(fact.values["SignatureStatus"]);
    load->dll_signer = said(fact.values["Signature"]);
    if (!fact.values["Signed"].empty()) load->dll_signed = fact.values["Signed"] == "true";
    load->dll_company = said(fact.values["Company"]);
    load->dll_original = said(fact.values["OriginalFileName"]);
    load->dll_description = said(fact.values["Description"]);
    load->tells_version = !fact.values["Company"].empty() || !fact.values["Description"].empty();
    const auto known = programs_.find(fold_case(host));
    if (known == programs_.end()) return;
    load->host_signed = known->second.is_signed;
    load->host_signer = known->second.signer;
    load->host_company = known->second.company;
  }

  void running(const LiveProcess& process) {
    if (process.path.empty()) return;
    for (const LiveModule& module : process.modules) {
      if (equals_fold(module.path, process.path) || is_of_windows(module.path)) continue;
      Load* const load = open(process.path, module.path, "live");
      if (load == nullptr) continue;
      ++load->count;
      load->pid = process.pid;
      if (!load->first.is_set()) load->first = process.started;
      load->seen = "live";
    }
  }

  /// In folders that only the system writes to; a DLL in the Windows folder itself is none of them.
  static bool is_of_windows(std::string_view path) {
    const std::string lower = to_lower_ascii(below_volume(path));
    for (const std::string_view folder :
         {"\\windows\\system32\\", "\\windows\\syswow64\\", "\\windows\\winsxs\\",
          "\\windows\\assembly\\", "\\windows\\microsoft.net\\", "\\windows\\systemapps\\"})
      if (lower.starts_with(folder)) return true;
    return false;
  }

  const FactBook& book_;
  std::map<std::string, Said> programs_;
  std::map<std::string, Load> loads_;
  std::uint64_t left_out_ = 0;
};

}  // namespace

AllLoads loads_of(const FactBook& book, const LiveState* live) { return Gatherer{book}.all(live); }

}  // namespace hozen::side_load
