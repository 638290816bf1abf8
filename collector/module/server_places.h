// Where a server keeps its files, as its own registry says, and which of them are preserved.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/cells.h"
#include "collector/module/module.h"

namespace hozen {

/// What is taken of one folder: the newest files first.
struct PlaceLimits {
  std::size_t files = 0;
  std::uint64_t bytes = 0;     ///< of all of them
  std::uint64_t max_days = 0;  ///< before the time of the evidence; 0: however old
};

/// A value of the registry that names a folder or file, or a place that is always the same.
struct PlaceSpec {
  std::string_view role;   ///< "dhcp_logs"
  std::string_view key;    ///< below the control set; "" for a place without a setting
  std::string_view value;  ///< its name
  std::string_view usual;  ///< where it is when nothing is set, with variables; "" for nowhere
  bool is_file = false;  ///< the value names a file: what lies beside it under `patterns` is taken
  std::span<const std::string_view> patterns;  ///< names of files; "*" within them
  PlaceLimits limits;
  std::string_view reason;  ///< why an examiner wants them
  Priority priority = Priority::high;
};

struct ServerPlace {
  const PlaceSpec* spec = nullptr;
  std::string key, configured, path;
  std::size_t installation = 0;
  EvidencePath folder;
  std::string file_name;  ///< where the value names a file
  bool is_usual = false, is_there = false;
  std::uint64_t files = 0, collected = 0, left_out = 0;
  Envelope envelope{};
};

/// The places of each installation, from the control set that it runs from. A place without a
/// setting that is not there is left out.
Result<std::vector<ServerPlace>> find_server_places(ModuleContext& context,
                                                    std::span<const PlaceSpec> specs);

/// A file that was queued for preservation.
using TakePlaceFile = std::function<void(const FileInfo& file, ArtifactId artifact)>;

/// Queues the files of a place, newest first, and counts them in it; what its limits leave out is
/// noted. Files in `seen` (their keys) are not taken again.
void collect_place(ModuleContext& context, ServerPlace& place, std::set<std::string>& seen,
                   const TakePlaceFile& take);

inline constexpr std::array kServerPlaceFields{
    Field<ServerPlace>{{"role", "What the place holds."},
                       [](const ServerPlace& r, Cell& c) { c.text(r.spec->role); }},
    Field<ServerPlace>{{"configured", "What the registry says of it."},
                       [](const ServerPlace& r, Cell& c) { text_or_absent(c, r.configured); }},
    Field<ServerPlace>{{"value_name", "Name of the value that says so."},
                       [](const ServerPlace& r, Cell& c) {
                         r.configured.empty() ? c.absent(Absent::not_applicable)
                                              : c.text(r.spec->value);
                       }},
    Field<ServerPlace>{
        {"path", "Where that is in the evidence."},
        [](const ServerPlace& r, Cell& c) { text_or_absent(c, r.path, Absent::unparsable); }},
    Field<ServerPlace>{{"is_usual", "Whether it lies where Windows puts it by itself."},
                       [](const ServerPlace& r, Cell& c) { c.boolean(r.is_usual); }},
    Field<ServerPlace>{{"is_there", "Whether the folder is in the evidence."},
                       [](const ServerPlace& r, Cell& c) { c.boolean(r.is_there); }},
    Field<ServerPlace>{{"files", "Files of the wanted names in it."},
                       [](const ServerPlace& r, Cell& c) { c.number(r.files); }},
    Field<ServerPlace>{{"collected", "How many of them are preserved, the newest."},
                       [](const ServerPlace& r, Cell& c) { c.number(r.collected); }},
    Field<ServerPlace>{{"left_out", "How many are left out for their number, size or age."},
                       [](const ServerPlace& r, Cell& c) { c.number(r.left_out); }},
};

}  // namespace hozen
