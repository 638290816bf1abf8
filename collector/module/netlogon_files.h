// netlogon.log and the settings of Netlogon, as records of the module zerologon.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/module.h"
#include "collector/module/netlogon_log.h"

namespace hozen {

/// A burst with its year, as far as it can be known.
struct DatedBurst {
  const NetlogonBurst& burst;
  std::string path, first, last, assumption;
  FileTime first_time{}, last_time{};  ///< UTC, unset where the time zone is not known
  Envelope envelope{};
};

struct NetlogonFile {
  std::string path;
  std::uint64_t size = 0, read_from = 0;
  FileTime modified{};
  std::optional<std::int64_t> bias_minutes;
  NetlogonLog log;
  Envelope envelope{};

  DatedBurst dated(const NetlogonBurst& burst) const;
};

struct NetlogonSettings {
  std::string key, product_type, build, allow_list;  ///< build: "14393.3866"
  std::uint32_t build_number = 0;
  std::optional<std::uint64_t> revision, full_protection, debug_flags;
  Envelope envelope{};

  bool is_domain_controller() const;
  /// True where the number of the build says that it is older than the update of August 2020.
  bool is_unpatched() const;
};

/// netlogon.log and netlogon.bak of every installation, their last 64 MiB.
void each_netlogon_file(ModuleContext& context, const std::function<void(NetlogonFile&)>& visit);

/// Of the control set that each installation runs from.
Result<void> read_netlogon_settings(ModuleContext& context, std::vector<NetlogonSettings>& all);

/// A fact of kind secure_channel without an event.
Fact fact_of_burst(const DatedBurst& dated, const std::string& record);

inline constexpr std::array kNetlogonFileFields{
    Field<NetlogonFile>{{"path", "The log."},
                        [](const NetlogonFile& r, Cell& c) { c.text(r.path); }},
    Field<NetlogonFile>{{"size", "Its bytes."},
                        [](const NetlogonFile& r, Cell& c) { c.number(r.size); }},
    Field<NetlogonFile>{{"read_from", "Offset of the first byte that was looked at."},
                        [](const NetlogonFile& r, Cell& c) { c.number(r.read_from); }},
    Field<NetlogonFile>{{"lines", "Lines that were looked at."},
                        [](const NetlogonFile& r, Cell& c) { c.number(r.log.lines); }},
    Field<NetlogonFile>{{"first_line_time", "Local time of the first line, without the year."},
                        [](const NetlogonFile& r, Cell& c) {
                          r.log.has_times ? c.text(r.log.first.text().substr(5))
                                          : c.absent(Absent::not_present);
                        }},
    Field<NetlogonFile>{{"last_line_time", "Local time of the last line, without the year."},
                        [](const NetlogonFile& r, Cell& c) {
                          r.log.has_times ? c.text(r.log.last.text().substr(5))
                                          : c.absent(Absent::not_present);
                        }},
    Field<NetlogonFile>{{"bursts", "How many `netlogon_burst` it tells."},
                        [](const NetlogonFile& r, Cell& c) { c.number(r.log.bursts.size()); }},
};

inline constexpr std::array kNetlogonBurstFields{
    Field<DatedBurst>{{"account", "The computer's account."},
                      [](const DatedBurst& r, Cell& c) { c.text(r.burst.account); }},
    Field<DatedBurst>{{"client", "What the client calls itself."},
                      [](const DatedBurst& r, Cell& c) { text_or_absent(c, r.burst.client); }},
    Field<DatedBurst>{{"address", "The client's address."},
                      [](const DatedBurst& r, Cell& c) { text_or_absent(c, r.burst.address); }},
    Field<DatedBurst>{{"negotiated_flags", "What the client asked for, in hexadecimal digits."},
                      [](const DatedBurst& r, Cell& c) { text_or_absent(c, r.burst.flags); }},
    Field<DatedBurst>{
        {"secure_rpc", "Whether it asked for secure RPC, as every Windows does."},
        [](const DatedBurst& r, Cell& c) { c.boolean(asks_for_secure_rpc(r.burst.flags)); }},
    Field<DatedBurst>{{"attempts", "How often it tried."},
                      [](const DatedBurst& r, Cell& c) { c.number(r.burst.attempts); }},
    Field<DatedBurst>{{"refused", "How often it was refused."},
                      [](const DatedBurst& r, Cell& c) { c.number(r.burst.refused); }},
    Field<DatedBurst>{{"succeeded", "Whether it succeeded after that."},
                      [](const DatedBurst& r, Cell& c) { c.boolean(r.burst.succeeded); }},
    Field<DatedBurst>{
        {"password_set", "Whether a new password was asked for after it had succeeded."},
        [](const DatedBurst& r, Cell& c) { c.boolean(r.burst.password_set); }},
    Field<DatedBurst>{{"first_local", "Local time of the first try."},
                      [](const DatedBurst& r, Cell& c) { c.text(r.first); }},
    Field<DatedBurst>{{"last_local", "Local time of the last try."},
                      [](const DatedBurst& r, Cell& c) { c.text(r.last); }},
    Field<DatedBurst>{{"time_assumption", "What the times rest on."},
                      [](const DatedBurst& r, Cell& c) { c.text(r.assumption); }},
    Field<DatedBurst>{{"line", "Number of the first line, from where the log was read."},
                      [](const DatedBurst& r, Cell& c) { c.number(r.burst.first_line); }},
    Field<DatedBurst>{{"path", "The log."}, [](const DatedBurst& r, Cell& c) { c.text(r.path); }},
};

inline constexpr std::array kNetlogonSettingsFields{
    Field<NetlogonSettings>{
        {"product_type", "ProductType: LanmanNT is a domain controller, ServerNT a server."},
        [](const NetlogonSettings& r, Cell& c) { text_or_absent(c, r.product_type); }},
    Field<NetlogonSettings>{{"build", "Build of Windows with its revision, where that is told."},
                            [](const NetlogonSettings& r, Cell& c) { text_or_absent(c, r.build); }},
    Field<NetlogonSettings>{
        {"full_secure_channel_protection",
         "FullSecureChannelProtection: 1 asks all for secure channels, 0 did not until 2021."},
        [](const NetlogonSettings& r, Cell& c) { number_or_absent(c, r.full_protection); }},
    Field<NetlogonSettings>{
        {"debug_flags", "DBFlag: what netlogon.log tells; 0 for nothing."},
        [](const NetlogonSettings& r, Cell& c) { number_or_absent(c, r.debug_flags); }},
    Field<NetlogonSettings>{
        {"vulnerable_channel_allow_list",
         "Security descriptor of the accounts that may use weak secure channels."},
        [](const NetlogonSettings& r, Cell& c) { text_or_absent(c, r.allow_list); }},
};

}  // namespace hozen
