// What the parts of the prefetch reader share.
#pragma once

#include "collector/formats/prefetch.h"

namespace hozen {

constexpr std::uint32_t kVersionXp = 17, kVersionVista = 23, kVersion8 = 26, kVersion10 = 30,
                        kVersion11 = 31;
constexpr std::size_t kMaxExecutableUnits = 29;  ///< of its name; a NUL follows
/// Files called like the program that are held against the hash: honest ones have one or two.
constexpr unsigned kMaxNamesakes = 8;

/// Fills in executable_path, hash_check and hash_device.
void check_prefetch_hash(Prefetch& file);

}  // namespace hozen
