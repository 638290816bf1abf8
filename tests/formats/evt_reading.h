// Reads a whole event log (.evt) from memory for tests.
#pragma once

#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/evt.h"

namespace hozen::evt {

struct EventRead {
  RecordHead head;
  std::string source, computer, sid, fault;
  std::uint64_t fault_offset = 0;
  std::vector<std::string> strings;
  std::vector<std::byte> data;
};

struct LogRead {
  FileHeader header;
  std::optional<EndRecord> end;
  std::vector<EventRead> events;
  std::vector<Error> problems;
  Counts counts;
};

inline Result<LogRead> read_log(const std::vector<std::byte>& bytes,
                                const ReadOptions& options = {}) {
  MemorySource source{bytes};
  HOZEN_TRY(EventLog log, EventLog::open(source));
  LogRead read;
  read.header = log.header();
  read.end = log.end_record();
  const auto event = [&](Event& one) {
    EventRead now;
    now.head = one.head();
    now.source = one.source();
    now.computer = one.computer();
    now.sid = one.sid();
    now.strings = {one.strings().begin(), one.strings().end()};
    now.data = {one.data().span().begin(), one.data().span().end()};
    if (one.fault()) now.fault = one.fault()->what;
    if (one.fault()) now.fault_offset = one.fault()->offset.value_or(0);
    read.events.push_back(std::move(now));
    return true;
  };
  const auto problem = [&](const Error& one) { read.problems.push_back(one); };
  read.counts = log.for_each_record({event, problem}, options);
  return read;
}

}  // namespace hozen::evt
