// A mounted volume or a copied tree as evidence.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collector/base/result.h"
#include "collector/source/source.h"

namespace hozen {

/// Opens the folder `root` of the machine that runs us (a path in its own spelling, as given by the
/// operator). What it holds decides the volumes:
///  - `C/`, `D/`, `volume1/` … (also `C:/`, `C%3A/`): these volumes;
///  - System32 directly inside: a copied Windows folder, seen as `C:\Windows`;
///  - anything else: one volume, `C:` when it holds folders that Windows puts on its own volume,
///  else `volume1`.
/// Nothing outside `root` is ever opened: links are listed (is_link) and followed only as folders
/// on the way to something or as the folder where a walk starts, only within the volumes, as
/// Windows would read their target. A path through a link that leads out is Errc::unsupported,
/// through a loop of links Errc::limit. Devices, pipes and sockets are listed; open() answers
/// Errc::unsupported for them.
///
/// Names (POSIX): a name that is valid WTF-8 without `\` and `:` is kept. In any other name each
/// byte that does not belong to valid UTF-8, and each
/// `\` and `:`, stands as the lone surrogate U+DC00 + byte; host_name_hex has the exact bytes. This
/// is reversible, so such files can be opened.
///
/// Times (POSIX): with ntfs-3g's attributes all four, exact; on the kernel's NTFS drivers all four
/// from statx; anywhere else only `modified`: a copy's other times are those of the copying. On
/// Windows all times are those of the file system that holds the tree; in a copy, `created` and
/// `changed` may be those of the copying.
///
/// Errc::not_found or Errc::io when `root` is not a folder that can be listed.
Result<std::unique_ptr<EvidenceSource>> make_folder_source(std::string_view root);

}  // namespace hozen
