// Seeds of fuzz_evtx_chunk: logs with everything that the reader looks for.
#include <fstream>
#include <string>

#include "tests/builders/evtx_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& folder, const char* name, const EvtxBuilder& log) {
  EvtxBytes bytes = log.bytes();
  // Zeros at the end are of no use to a fuzzer.
  while (bytes.size() > 4096 && bytes.back() == std::byte{0}) bytes.pop_back();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const EvtxEvent one{.data = {{"ServiceName", evtx_text("x")}, {"", evtx_texts({"a", "b"})}}};
  bool done = write(folder, "one", EvtxBuilder{}.event(one));
  done &= write(folder, "slack", EvtxBuilder{}.event(one).event(one).free_at_last(1));
  done &= write(folder, "hidden", EvtxBuilder{}.event(one).hidden(one).event({}));
  done &= write(folder, "dirty", EvtxBuilder{}.event(one).dirty().counted_chunks(0));
  auto damaged = EvtxBuilder{}.event({}).event(one).event({});
  damaged.set_u32(damaged.record_offset(1) + 4, 0);
  done &= write(folder, "damaged", damaged);
  done &= write(folder, "no_signature", EvtxBuilder{}.event({}).set_u32(4096, 0));
  done &= write(folder, "user_data",
                EvtxBuilder{}.event({.data = {{"A", evtx_null()}}, .section = "UserData"}));
  return done ? 0 : 1;
}
