// Reads a whole event log from memory for tests.
#pragma once

#include <string>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/formats/evtx.h"
#include "collector/formats/evtx_print.h"

namespace hozen::evtx {

struct EventRead {
  std::uint64_t id = 0, hidden_in = 0, offset = 0;
  RecordPlace place = RecordPlace::live;
  std::string json, xml, fault;
};

struct LogRead {
  std::vector<EventRead> events;
  std::vector<ChunkInfo> chunks;
  std::vector<Error> problems;
  Counts counts;
};

inline Result<LogRead> read_log(const std::vector<std::byte>& bytes,
                                const ReadOptions& options = {}) {
  MemorySource source{bytes};
  HOZEN_TRY(EventLog log, EventLog::open(source));
  LogRead read;
  TextOut out;
  const auto event = [&](Event& one) {
    EventRead now;
    now.id = one.head().record_id;
    now.hidden_in = one.head().hidden_in;
    now.offset = one.head().file_offset;
    now.place = one.head().place;
    out.clear();
    append_event_json(out, one);
    now.json = "{" + std::string{out.text()} + "}";
    out.clear();
    append_event_xml(out, one);
    now.xml = out.text();
    if (one.fault()) now.fault = one.fault()->what;
    read.events.push_back(std::move(now));
    return true;
  };
  const auto chunk = [&](const ChunkInfo& one) { read.chunks.push_back(one); };
  const auto problem = [&](const Error& one) { read.problems.push_back(one); };
  read.counts = log.for_each_record({event, chunk, problem}, options);
  return read;
}

}  // namespace hozen::evtx
