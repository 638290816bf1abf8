// Resources of portable executables: the tree of types, names and languages, and the manifest.
//
// Source: Microsoft "PE Format" (.rsrc Section), winuser.h (types). Compared with pefile
// (tests/oracle/pe_posix_test.cpp).
// Not read: what is in resources but version information (pe_version.h) and manifests; trees deeper
// than the three levels that Windows has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/formats/pe.h"

namespace hozen::pe {

/// Entries of a tree that are looked at; libraries of icons have some thousands.
constexpr std::size_t kMaxResourceEntries = 65'536;
/// Of a resource that is read whole: manifests and version information have some KiB.
constexpr std::uint32_t kMaxResourceBytes = 1u << 20;
/// Of one kind: a file has one for each language.
constexpr std::size_t kMaxResourcesRead = 64;

namespace resource_type {
constexpr std::uint16_t kVersion = 16, kManifest = 24;
}

/// A type or a name: a number, or text.
struct ResourceName {
  std::uint16_t id = 0;
  std::optional<std::string> text{};
};

struct Resource {
  ResourceName type{}, name{};
  std::uint16_t language = 0;
  std::uint32_t rva = 0, size_bytes = 0, code_page = 0;
};

struct Resources {
  std::vector<Resource> entries{};  ///< in the order of the tree
  std::vector<Error> problems{};    ///< what could not be read; the rest was
};

/// The resources of one type, or all. An entry that leads to no data is a problem; none where the
/// file has no resources.
Resources list_resources(Image& image, std::optional<std::uint16_t> type = std::nullopt);

/// The bytes of a resource. Errc::limit above kMaxResourceBytes, Errc::truncated.
Result<std::vector<std::byte>> read_resource(Image& image, const Resource& resource);

/// The text of the first manifest, UTF-8 and UTF-16 with a mark; "" where there is none. `problems`
/// gets what could not be read.
std::string read_manifest(Image& image, std::vector<Error>& problems);

}  // namespace hozen::pe
