// Seeds of fuzz_binxml: what stands in one record, with every token and type.
#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "tests/builders/evtx_builder.h"

namespace {

using namespace hozen::builders;

bool write(const std::string& folder, const char* name, const EvtxBuilder& log) {
  const EvtxBytes bytes = log.record_at_zero();
  std::ofstream file{folder + "/" + name, std::ios::binary};
  file.write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file);
}

EvtxElement every_token() {
  const EvtxPart entity{.kind = EvtxPart::Kind::entity, .text = "lt"};
  const EvtxPart unit{.kind = EvtxPart::Kind::character, .number = 0x65E5};
  const EvtxPart cdata{.kind = EvtxPart::Kind::cdata, .text = "c"};
  const EvtxPart instruction{.kind = EvtxPart::Kind::instruction, .text = "pi"};
  return {"Event",
          {{"a", {evtx_constant("x"), unit, evtx_substitution(0, true)}}},
          {evtx_element({"System", {}, {evtx_element({"EventID", {}, {evtx_substitution(1)}})}}),
           instruction,
           evtx_element({"EventData",
                         {},
                         {evtx_data("n", 2), evtx_element({"Data", {}, {entity, cdata, unit}}),
                          evtx_substitution(3)}})}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  EvtxEvent types;
  std::uint8_t type = 0;
  constexpr std::array<std::size_t, 22> kSizes{0, 4, 2, 1, 1,  2, 2, 4,  4,  8, 8,
                                               4, 8, 4, 5, 16, 8, 8, 16, 12, 4, 8};
  for (const std::size_t size : kSizes)
    types.data.emplace_back(
        "v", evtx_number(type++, 0x0101010101010501, std::min<std::size_t>(size, 8)));
  bool done = write(folder, "types", EvtxBuilder{}.at_zero().event(types));
  const EvtxElement inner{"Inner", {}, {evtx_substitution(0)}};
  done &= write(folder, "tokens",
                EvtxBuilder{}.at_zero().record(
                    every_token(), {evtx_null(), evtx_number(6, 7045, 2), evtx_texts({"a", "b"}),
                                    evtx_embedded(inner, {evtx_text("x")})}));
  done &= write(folder, "plain", EvtxBuilder{}.at_zero().plain_record(every_token()));
  done &= write(folder, "plain_value",
                EvtxBuilder{}.at_zero().record({"Event", {}, {evtx_substitution(0)}},
                                               {evtx_embedded(inner, {}, false)}));
  return done ? 0 : 1;
}
