// What names of files and folders beside a program say of the whole, and whether the files that
// speak for a game are what their names say: names alone anybody can give.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/source/source.h"

namespace hozen::side_load {

struct FolderSigns {
  /// A bit for each kind of sign: of a game's engine, of what loads additions into it, and of a
  /// runtime (Chromium, Qt, Python, Java, .NET). The first two only after verify_signs().
  std::uint64_t game = 0, additions = 0, runtime = 0;

  struct Claim {
    EvidencePath path;
    bool is_directory = false;
    std::size_t sign = 0;  ///< in the table of all signs of games and additions
  };
  std::vector<Claim> claims{};  ///< by name; taken away by verify_signs()
};

/// Takes down what the name of one file of the folder claims.
void note_signs(FolderSigns& signs, const FileInfo& file, std::string_view lower_name);
/// Looks into the files that were taken down.
void verify_signs(EvidenceSource& source, FolderSigns& signs);

}  // namespace hozen::side_load
