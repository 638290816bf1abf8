// An event log: its chunks, the chain of records, and what is found beside it.
#include "tests/fuzz/evtx_fuzz.h"

#include "collector/formats/evtx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  using namespace hozen::evtx;
  const auto input = std::as_bytes(std::span{data, size});
  MemorySource source{{input.begin(), input.end()}};
  auto log = EventLog::open(source);
  if (!log) return 0;
  TextOut out;
  std::uint64_t live = 0, recovered = 0;
  const auto event = [&](Event& one) {
    (one.is_recovered() ? recovered : live) += 1;
    const RecordHead& head = one.head();
    fuzz::require(head.file_offset + kMinRecordBytes <= size);
    fuzz::require(head.end <= kChunkBytes && head.offset < head.end);
    fuzz::check(one, out);
    return true;
  };
  const auto chunk = [&](const ChunkInfo& one) { fuzz::require(one.file_offset < size); };
  const auto problem = [](const Error& one) { fuzz::require(one.offset.has_value()); };
  const Counts counts = log->for_each_record({event, chunk, problem}, {.checksums = size % 2 == 0});
  fuzz::require(counts.records == live && counts.recovered == recovered);
  fuzz::require(live <= size / kMinRecordBytes);
  return 0;
}
