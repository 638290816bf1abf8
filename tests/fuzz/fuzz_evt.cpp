// An event log of Windows 2000 to Server 2003: its ends, its ring, and what is found beside it.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "collector/base/text.h"
#include "collector/formats/evt.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const hozen::evt::Event& event, std::size_t size) {
  using namespace hozen;
  const evt::RecordHead& head = event.head();
  require(head.file_offset >= evt::kHeaderBytes);
  require(head.file_offset + evt::kRecordHeadBytes <= size);
  require(head.size >= evt::kMinRecordBytes && head.size <= evt::kMaxRecordBytes);
  require(head.before_wrap <= head.size && head.file_offset + head.before_wrap <= size);
  require(event.strings().size() <= head.strings);
  require(event.data().size() <= head.data_bytes);
  std::size_t texts = event.source().size() + event.computer().size();
  for (const std::string& one : event.strings()) {
    require(is_wtf8(one));
    texts += one.size();
  }
  require(is_wtf8(event.source()) && is_wtf8(event.computer()));
  // Offsets may make the same bytes stand for all of them; three bytes for each unit of two.
  require(texts <= 6 * std::size_t{head.size});
  if (event.fault()) require(event.fault()->offset.value_or(size) <= size);
  require(event.fault() || event.strings().size() == head.strings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  const auto input = std::as_bytes(std::span{data, size});
  MemorySource source{{input.begin(), input.end()}};
  auto log = evt::EventLog::open(source);
  require(!log || evt::looks_like_event_log(Bytes{input}) || size < evt::kHeaderBytes + 8);
  if (!log) return 0;
  std::uint64_t live = 0, recovered = 0;
  const auto event = [&](evt::Event& one) {
    (one.is_recovered() ? recovered : live) += 1;
    check(one, size);
    return true;
  };
  const auto problem = [&](const Error& one) { require(one.offset.has_value()); };
  const evt::Counts counts = log->for_each_record({event, problem}, {.recover = size % 4 != 1});
  require(counts.records == live && counts.recovered == recovered);
  require(live <= size / evt::kMinRecordBytes + 1);
  require(live + recovered <= size / 8 + 1);
  return 0;
}
