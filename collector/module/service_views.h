// The service manager of a running system against the registry: what one of them does not show.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/service_entry.h"
#include "collector/source/live_state.h"

namespace hozen {

/// The services of the service manager, to look up by name.
class ServiceManagerView {
 public:
  /// `state` nullptr, or with `services_failed`: nothing is known. It must outlive the object.
  explicit ServiceManagerView(const LiveState* state);

  bool known() const { return known_; }
  /// What it lacks is not listed.
  bool whole() const { return known_ && whole_; }
  /// nullptr when the service manager does not list it.
  const LiveService* find(std::string_view name) const;
  /// Remembers the record of one of them.
  void set_record(std::string_view name, std::string record);
  /// "" when there is none.
  const std::string& record_of(std::string_view name) const;

 private:
  bool known_ = false, whole_ = false;
  std::map<std::string, const LiveService*> by_name_;  // folded
  std::map<std::string, std::string> records_;         // folded
};

/// True for a key that the service manager must list: a service or driver with all the values that
/// it asks for, but not of a user, whose services come and go with logons.
bool must_be_listed(const ServiceEntry& entry);

/// What the key says, for comparison with the other view of the registry.
ViewFact fact_of(const ServiceEntry& entry, std::string_view kind, std::string record);

/// "running"; "" for a number without a name.
std::string_view service_state_text(std::uint32_t state);

/// One service as the service manager has it, with what its records show.
struct LiveServiceRow {
  const LiveService* service = nullptr;
  std::optional<bool> in_registry{};  ///< nothing: the registry could not be read
};

inline constexpr std::array kLiveServiceFields{
    Field<LiveServiceRow>{{"name", "Name of the service."},
                          [](const LiveServiceRow& r, Cell& c) { c.text(r.service->name); }},
    Field<LiveServiceRow>{
        {"display_name", "Name shown to users, in the language of the system."},
        [](const LiveServiceRow& r, Cell& c) { c.text(r.service->display_name); }},
    Field<LiveServiceRow>{
        {"type", "Kind of service as Windows numbers it (SERVICE_*), a sum of bits."},
        [](const LiveServiceRow& r, Cell& c) { c.number(r.service->type); }},
    Field<LiveServiceRow>{
        {"type_names", "Names of the bits of type."},
        [](const LiveServiceRow& r, Cell& c) { c.texts(service_type_names(r.service->type)); }},
    Field<LiveServiceRow>{
        {"state",
         "Whether it runs: stopped, start_pending, stop_pending, running, continue_pending, "
         "pause_pending or paused."},
        [](const LiveServiceRow& r, Cell& c) { c.text(service_state_text(r.service->state)); }},
    Field<LiveServiceRow>{{"pid", "Process that it runs in."},
                          [](const LiveServiceRow& r, Cell& c) {
                            r.service->pid != 0 ? c.number(r.service->pid)
                                                : c.absent(Absent::not_applicable);
                          }},
    Field<LiveServiceRow>{
        {"start", "When it starts, as in the registry, by the service manager's own word."},
        [](const LiveServiceRow& r, Cell& c) {
          r.service->start ? c.number(*r.service->start) : c.absent(Absent::unreadable);
        }},
    Field<LiveServiceRow>{{"image_path", "Program or driver by the service manager's own word."},
                          [](const LiveServiceRow& r, Cell& c) {
                            r.service->unreadable ? c.absent(Absent::unreadable)
                                                  : c.text(r.service->image_path);
                          }},
    Field<LiveServiceRow>{{"account", "Account by the service manager's own word."},
                          [](const LiveServiceRow& r, Cell& c) {
                            r.service->unreadable ? c.absent(Absent::unreadable)
                                                  : c.text(r.service->account);
                          }},
    Field<LiveServiceRow>{
        {"in_registry",
         "Whether the registry holds a key of that name in the current control set."},
        [](const LiveServiceRow& r, Cell& c) {
          r.in_registry ? c.boolean(*r.in_registry) : c.absent(Absent::unreadable);
        }},
};

}  // namespace hozen
