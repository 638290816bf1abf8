// Seeds of fuzz_evt: logs in every state that the reader looks for.
#include <fstream>
#include <string>

#include "tests/builders/evt_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& folder, const char* name, const EvtBuilder& log) {
  const EvtBytes bytes = log.bytes();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

EvtEvent logon() {
  return {.source = "Security",
          .event_id = 528,
          .type = 8,
          .category = 2,
          .strings = {"eve", "CORP", "(0x0,0x1)", "2", "User32", "Negotiate", "PC"},
          .sid = evt_sid({21, 1, 2, 3, 500}),
          .data = EvtBytes(3, std::byte{7})};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  bool done = write(folder, "empty", EvtBuilder{256});
  done &= write(folder, "one", EvtBuilder{512}.event(logon()));
  EvtBuilder wrapped{512}, stale{512}, damaged{1024}, cleared{1024};
  stale.event({}).stale_header();
  for (int i = 0; i < 6; ++i) {
    wrapped.event({});
    stale.event({});
    damaged.event(logon());
    cleared.event({});
  }
  done &= write(folder, "wrapped", wrapped);
  done &= write(folder, "stale", stale);
  done &= write(folder, "cleared", cleared.cleared().event({}));
  damaged.set_u32(damaged.record_offset(4) + 4, 0);
  done &= write(folder, "damaged", damaged);
  damaged.fill(damaged.end_offset(), 40, 0);
  done &= write(folder, "no_end", damaged);
  done &= write(folder, "no_header", EvtBuilder{512}.event(logon()).event({}).fill(0, 48, 0));
  return done ? 0 : 1;
}
