// What a portable executable offers to others: exported functions by name and number, and those
// that it forwards to another library.
//
// Source: Microsoft "PE Format" (.edata Section). Compared with pefile
// (tests/real/pe_test.cpp, tests/oracle/pe_posix_test.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/formats/pe.h"

namespace hozen::pe {

/// Ordinals have 16 bits.
constexpr std::size_t kMaxExportedFunctions = 65'536;
/// Several names may stand for one function.
constexpr std::size_t kMaxExportedNames = 131'072;

struct Export {
  std::string name{};  ///< "" for a function that has a number only
  std::uint32_t ordinal = 0;
  std::uint32_t rva = 0;
  std::string forwarder{};  ///< "NTDLL.RtlAllocateHeap", "ws2_32.#3"; "" for a function of its own
};

struct Exports {
  std::string library{};  ///< name that the file gave itself when it was linked
  std::uint32_t timestamp = 0;
  std::uint32_t ordinal_base = 0;
  std::vector<Export> functions{};  ///< those with names in the order of names, then the others
  std::vector<Error> problems{};    ///< what could not be read; the rest was
};

/// Nothing where the file has no export directory. Texts together are no longer than twice the
/// file.
std::optional<Exports> read_exports(Image& image);

}  // namespace hozen::pe
