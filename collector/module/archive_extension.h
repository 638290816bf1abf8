// What the name of an archive says: whether it fits its content, and which set of volumes it is of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/formats/archive_kind.h"

namespace hozen {

enum class ExtensionFit : std::uint8_t {
  archive,    ///< an extension of such archives, or of their volumes
  container,  ///< of documents and packages that are such archives: .docx, .jar, .msu
  neutral,    ///< none, or one that says nothing: .dat, .tmp
  other       ///< of another format: .jpg, .log, .dll
};

/// By the extension of `name`. Any archive may have any archive's extension: a ZIP called .rar is a
/// mistake, no disguise.
ExtensionFit extension_fit(archive::Format format, std::string_view name);

/// What the names of all volumes of one archive share: "a" for a.part03.rar, a.r00, a.7z.001 and
/// a.z01. Without the extension for other names.
std::string volume_set(std::string_view name);

/// Which volume a name says that it is, from 0: 2 for a.part3.rar, 1 for a.r00 and a.7z.002.
std::optional<std::uint64_t> volume_in_name(std::string_view name);

}  // namespace hozen
