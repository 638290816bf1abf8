// Who used which share of a file server, counted while its logs are read: one row for each account,
// address and share, instead of an event for each file that was touched.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/event_fact.h"
#include "collector/module/module.h"

namespace hozen {

struct ShareUse {
  std::string computer, account, sid, address, share, folder;
  std::uint64_t events = 0, reads = 0, writes = 0, deletions = 0, refused = 0;
  std::uint64_t probes = 0;  ///< writes of delete.me
  std::uint64_t names = 0;   ///< files and folders told apart
  bool is_cut = false;       ///< there was no room to count all of them
  FileTime first{}, last{};
  std::map<std::uint64_t, std::uint64_t> hours;  ///< reads by hours since 1601

  struct Peak {
    std::uint64_t reads = 0;   ///< in the busiest hour
    std::uint64_t median = 0;  ///< of the other hours with reads
    std::size_t hours = 0;     ///< with reads
    /// Hours with at least half of that, those less than half a day apart joined.
    std::size_t stretches = 0;
    std::size_t days = 0;            ///< with reads, in UTC
    std::string hour;                ///< "2024-03-01T12"
    std::vector<std::string> texts;  ///< the busiest hours with their reads
  };
  Peak peak() const;
};

/// Counts the events 5140, 5145, 4656 and 4663 of one log.
class ShareUseCounter {
 public:
  /// What other events there are is not looked at.
  void add(const EventView& event);
  /// Emits a record for each row, and states those with many reads, or with probes, as facts of
  /// kind share without an event.
  void tell(ModuleContext& context, const Envelope& origin, std::string_view log,
            std::string_view own_log);

 private:
  static constexpr std::size_t kMaxRows = 20'000, kMaxNames = 1'000'000, kMaxHours = 500'000;
  ShareUse* row_of(const EventView& event, bool is_share);
  void count_name(ShareUse& row, std::size_t number, std::string_view name);
  void count_hour(ShareUse& row, FileTime time);

  struct Row {
    ShareUse use;
    std::size_t number = 0;
  };
  std::map<std::string, Row> rows_;
  std::unordered_set<std::uint64_t> names_;
  std::size_t hours_ = 0;
  std::uint64_t left_out_ = 0;
};

inline constexpr std::array kShareUseFields{
    Field<ShareUse>{
        {"share", "Name of the share; absent for files audited on the server itself."},
        [](const ShareUse& r, Cell& c) { text_or_absent(c, r.share, Absent::not_applicable); }},
    Field<ShareUse>{
        {"folder", "The folder, where files were audited (4656, 4663)."},
        [](const ShareUse& r, Cell& c) { text_or_absent(c, r.folder, Absent::not_applicable); }},
    Field<ShareUse>{{"account", "Account that used it."},
                    [](const ShareUse& r, Cell& c) { text_or_absent(c, r.account); }},
    Field<ShareUse>{{"account_sid", "SID of that account."},
                    [](const ShareUse& r, Cell& c) { text_or_absent(c, r.sid); }},
    Field<ShareUse>{{"address", "Address it came from."},
                    [](const ShareUse& r, Cell& c) { text_or_absent(c, r.address); }},
    Field<ShareUse>{{"events", "Events that are counted here."},
                    [](const ShareUse& r, Cell& c) { c.number(r.events); }},
    Field<ShareUse>{{"reads", "Events that let read files or list folders."},
                    [](const ShareUse& r, Cell& c) { c.number(r.reads); }},
    Field<ShareUse>{{"writes", "Events that let write."},
                    [](const ShareUse& r, Cell& c) { c.number(r.writes); }},
    Field<ShareUse>{{"deletions", "Events that let delete."},
                    [](const ShareUse& r, Cell& c) { c.number(r.deletions); }},
    Field<ShareUse>{{"refused", "Events that refused."},
                    [](const ShareUse& r, Cell& c) { c.number(r.refused); }},
    Field<ShareUse>{{"names", "Different files and folders."},
                    [](const ShareUse& r, Cell& c) { c.number(r.names); }},
    Field<ShareUse>{{"names_cut", "Whether there were more than could be told apart."},
                    [](const ShareUse& r, Cell& c) { c.boolean(r.is_cut); }},
    Field<ShareUse>{{"busiest_hours", "Hours in UTC with the most reads, and how many."},
                    [](const ShareUse& r, Cell& c) { c.texts(r.peak().texts); }},
    Field<ShareUse>{{"computer", "Computer that wrote the events."},
                    [](const ShareUse& r, Cell& c) { text_or_absent(c, r.computer); }},
};
inline constexpr auto kShareUseColumns = columns_of(kShareUseFields);
inline constexpr Kind kShareUse{
    "share_use",
    "What one account did from one address on one share or in one folder, counted over one log.",
    kShareUseColumns,
    "{account}[ from {address}] used {share|folder}: {events} events, {reads} reads of {names} "
    "names"};

}  // namespace hozen
