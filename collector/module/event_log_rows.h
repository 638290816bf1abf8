// Rows of the module event_logs: events that matter, and the logs that they stand in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/hash.h"
#include "collector/module/cells.h"
#include "collector/module/record.h"

namespace hozen {

struct EventRow {
  std::string_view log, channel, provider, computer, topic, place;
  std::uint64_t record_id = 0;
  std::uint32_t event_id = 0;
  std::string_view user_sid;
  std::optional<std::uint64_t> process_id;
  std::string_view data;
  bool data_cut = false;
  std::string_view audit;  ///< "success", "failure"
};

inline constexpr std::array kEventFields{
    Field<EventRow>{{"log", "Path of the log."}, [](const EventRow& r, Cell& c) { c.text(r.log); }},
    Field<EventRow>{{"channel", "Channel that it was written to."},
                    [](const EventRow& r, Cell& c) { text_or_absent(c, r.channel); }},
    Field<EventRow>{{"provider", "Provider that wrote it."},
                    [](const EventRow& r, Cell& c) { text_or_absent(c, r.provider); }},
    Field<EventRow>{{"event_id", "What it says happened, in the numbers of its provider."},
                    [](const EventRow& r, Cell& c) { c.number(std::uint64_t{r.event_id}); }},
    Field<EventRow>{{"record_id", "Number of the record in its log (EventRecordID)."},
                    [](const EventRow& r, Cell& c) { c.number(r.record_id); }},
    Field<EventRow>{
        {"topic", "What such events are about, as logon, service, task, process, share, log."},
        [](const EventRow& r, Cell& c) { c.text(r.topic); }},
    Field<EventRow>{{"computer", "Computer that wrote it."},
                    [](const EventRow& r, Cell& c) { text_or_absent(c, r.computer); }},
    Field<EventRow>{
        {"user_sid", "Account of the provider's process or, for some, the one that caused it."},
        [](const EventRow& r, Cell& c) { text_or_absent(c, r.user_sid); }},
    Field<EventRow>{{"process_id", "Process that wrote it."},
                    [](const EventRow& r, Cell& c) { number_or_absent(c, r.process_id); }},
    Field<EventRow>{
        {"place",
         "Where it was found: live (counted by the log), behind_damage, slack, damaged_chunk, "
         "hidden."},
        [](const EventRow& r, Cell& c) { c.text(r.place); }},
    Field<EventRow>{{"data",
                     "Values of EventData or UserData by their names, those without one as param1, "
                     "param2 and so "
                     "on; strings of logs of Windows XP and before have a name where their order "
                     "is published."},
                    [](const EventRow& r, Cell& c) { c.raw() += r.data; }},
    Field<EventRow>{
        {"audit", "How what was audited ended, of events of an audit: success, failure."},
        [](const EventRow& r, Cell& c) { text_or_absent(c, r.audit, Absent::not_applicable); }},
    Field<EventRow>{{"data_cut", "Whether values were too long to be told all."},
                    [](const EventRow& r, Cell& c) { c.boolean(r.data_cut); }},
};
inline constexpr auto kEventColumns = columns_of(kEventFields);
inline constexpr Kind kEvent{"event", "One event that matters, as its provider wrote it.",
                             kEventColumns,
                             "Event {event_id}[ of {provider}][ in {channel}][: {data}]"};

/// Numbers of records that are not there.
struct EventGap {
  std::uint64_t first = 0, last = 0;
};

struct EventLogRow {
  std::string path, channel;
  std::string_view format;  ///< "evtx", "evt"
  bool dirty = false;
  std::optional<bool> checksum_ok{};  ///< evtx, as the next ones
  std::optional<std::uint64_t> chunks{}, damaged_chunks{};
  std::uint64_t records = 0, recovered = 0;
  std::uint64_t damaged_areas = 0;  ///< evt: places without a record between the others
  std::uint64_t damaged_recovered = 0, events_told = 0, problems = 0;
  std::optional<std::uint64_t> first_id{}, last_id{};
  FileTime first_time{}, last_time{};
  std::uint64_t missing_ids = 0, times_backwards = 0;
  std::vector<EventGap> gaps{};
  std::optional<Sha256Digest> sha256{};
};

inline constexpr std::array kEventLogFields{
    Field<EventLogRow>{{"path", "Path of the log."},
                       [](const EventLogRow& r, Cell& c) { c.text(r.path); }},
    Field<EventLogRow>{{"channel",
                        "Channel of its first event; of the logs of Windows XP and before, which "
                        "do not say it, that of "
                        "their file in the registry or by default."},
                       [](const EventLogRow& r, Cell& c) { text_or_absent(c, r.channel); }},
    Field<EventLogRow>{{"format", "Form of the log: evtx, or evt before Windows Vista."},
                       [](const EventLogRow& r, Cell& c) { c.text(r.format); }},
    Field<EventLogRow>{
        {"dirty", "Whether Windows had not finished writing it: usual for a log in use."},
        [](const EventLogRow& r, Cell& c) { c.boolean(r.dirty); }},
    Field<EventLogRow>{
        {"checksum_ok", "Whether the checksum of its header is right; evt has none."},
        [](const EventLogRow& r, Cell& c) {
          flag_or_absent(c, r.checksum_ok, Absent::not_applicable);
        }},
    Field<EventLogRow>{{"records", "Records that it counts."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.records); }},
    Field<EventLogRow>{{"recovered", "Records beyond those: in slack, behind damage."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.recovered); }},
    Field<EventLogRow>{{"damaged_recovered", "How many of the recovered are not whole."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.damaged_recovered); }},
    Field<EventLogRow>{{"chunks", "Chunks of 64 KiB that hold records; evt has none."},
                       [](const EventLogRow& r, Cell& c) {
                         number_or_absent(c, r.chunks, Absent::not_applicable);
                       }},
    Field<EventLogRow>{
        {"damaged_chunks", "Chunks whose signature or checksum is wrong, or that are cut."},
        [](const EventLogRow& r, Cell& c) {
          number_or_absent(c, r.damaged_chunks, Absent::not_applicable);
        }},
    Field<EventLogRow>{{"first_record", "Lowest number of a record that it counts."},
                       [](const EventLogRow& r, Cell& c) { number_or_absent(c, r.first_id); }},
    Field<EventLogRow>{{"last_record", "Highest number of a record that it counts."},
                       [](const EventLogRow& r, Cell& c) { number_or_absent(c, r.last_id); }},
    Field<EventLogRow>{{"missing_records", "Numbers between those that no record has."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.missing_ids); }},
    Field<EventLogRow>{{"gaps", "Where they are missing: first-last, the first of them."},
                       [](const EventLogRow& r, Cell& c) {
                         std::vector<std::string> texts;
                         texts.reserve(r.gaps.size());
                         for (const EventGap& gap : r.gaps)
                           texts.push_back(std::to_string(gap.first) + "-" +
                                           std::to_string(gap.last));
                         c.texts(texts);
                       }},
    Field<EventLogRow>{{"times_backwards",
                        "Records that are more than a minute older than one with a lower number."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.times_backwards); }},
    Field<EventLogRow>{{"events_told", "Records of it that are told as `event`."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.events_told); }},
    Field<EventLogRow>{{"problems", "Faults of the log and of its records."},
                       [](const EventLogRow& r, Cell& c) { c.number(r.problems); }},
    Field<EventLogRow>{{"sha256", "SHA-256 of the bytes that were read."},
                       [](const EventLogRow& r, Cell& c) {
                         r.sha256 ? c.bytes(*r.sha256) : c.absent(Absent::unreadable);
                       }},
};
inline constexpr auto kEventLogColumns = columns_of(kEventLogFields);
inline constexpr Kind kEventLog{"event_log",
                                "One event log: how far it reaches, and what is missing in it.",
                                kEventLogColumns, "Event log {path}"};

}  // namespace hozen
