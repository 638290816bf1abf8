// What a portable executable takes from libraries: imports, delayed imports, and the hash of them.
//
// Source: Microsoft "PE Format" (.idata Section, Delay-Load Import Tables); where the loader of
// Windows differs from it: a table of names that is not there is replaced by the table of
// addresses. imphash: Mandiant, "Tracking Malware with Import Hashing" (2014), as pefile computes
// it. Compared with pefile (tests/real/pe_test.cpp, tests/oracle/pe_posix_test.cpp). Not read:
// bound imports (a cache of the linker).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/hash.h"
#include "collector/formats/pe.h"

namespace hozen::pe {

/// Libraries of one file; large ones import from some hundreds (API sets).
constexpr std::size_t kMaxLibraries = 4096;
/// Functions of one file; the largest known import some ten thousand.
constexpr std::size_t kMaxImports = 131'072;

struct ImportedFunction {
  std::string name{};                      ///< "" where it is imported by its number
  std::optional<std::uint16_t> ordinal{};  ///< its number; nothing where it has a name
};

struct ImportedLibrary {
  std::string name{};
  std::vector<ImportedFunction> functions{};
};

struct Imports {
  std::vector<ImportedLibrary> libraries{};
  std::vector<Error> problems{};  ///< what could not be read; the rest was
};

/// In the order of the file. Names together are no longer than twice the file.
Imports read_imports(Image& image);
Imports read_delay_imports(Image& image);

/// MD5 over "library.function,…", in lower case, without .dll, .ocx and .sys; numbers of ws2_32,
/// wsock32 and oleaut32 by their names, others as ord<N>. Nothing where nothing is imported.
std::optional<Md5Digest> import_hash(const Imports& imports);

/// The name, in lower case, behind a number of a library for which import_hash() knows names; ""
/// for all others. `library` in lower case, with its extension.
std::string_view ordinal_name(std::string_view library, std::uint16_t ordinal);

}  // namespace hozen::pe
