// The BinXml of one record, in a chunk that is nothing else.
#include "tests/fuzz/evtx_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hozen;
  using namespace hozen::evtx;
  constexpr std::size_t kMost = 65536;
  if (size < 24 || size > kMost) return 0;
  static TemplateCache templates;
  static Event event;
  static TextOut out;
  const Bytes chunk{std::as_bytes(std::span{data, size})};
  templates.begin(chunk);
  RecordHead head;
  head.end = static_cast<std::uint32_t>(size);
  for (int i = 0; i < 2; ++i) {  // the second time with templates that are there
    event.load(head, templates);
    fuzz::require(event.read_end() <= size);
    fuzz::check(event, out);
  }
  return 0;
}
