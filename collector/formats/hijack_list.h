// Lists of DLLs that programs are known to load from places that are not their own, in the format
// of HijackLibs: YAML, one document for each DLL, several in one file (`cat *.yml`).
//
// Source: the schema and the entries of github.com/wietze/HijackLibs. Read is the part of YAML that
// they are made of: mappings and lists by indentation, plain and quoted texts, comments, `---`.
// Not read: flow collections ([a, b]), anchors and what refers to them (each is a problem), folded
// and literal blocks (their text is taken as one plain text); fields that say nothing of names,
// places, programs and signers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

/// Of one file; the whole public list has some 3 MiB and 600 entries.
constexpr std::size_t kMaxHijackListBytes = std::size_t{64} << 20U;
constexpr std::size_t kMaxHijackEntries = 50'000, kMaxHijackWays = 2'000, kMaxHijackTexts = 200;

struct HijackListWay {
  std::string path{}, type{}, variable{};
  std::vector<std::string> sha256{};  ///< lower case
};

struct HijackListEntry {
  std::string name{};  ///< lower case
  std::string vendor{};
  std::vector<std::string> expected_locations{}, expected_signers{};
  std::vector<HijackListWay> ways{};
};

struct HijackList {
  std::vector<HijackListEntry> entries{};  ///< by name
  std::vector<Error> problems{};           ///< documents and lines that could not be read
};

/// Errc::malformed where there is no entry in it at all, Errc::limit above kMaxHijackListBytes.
Result<HijackList> parse_hijack_list(std::string_view text);

}  // namespace hozen
