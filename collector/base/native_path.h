// Paths and files of the machine that runs us (profile, output, mounted root), never of the
// evidence.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <string_view>

namespace hozen {

/// Use only the error_code overloads of boost::filesystem with it.
using NativePath = boost::filesystem::path;

/// The path that the operator wrote. Windows: `text` is WTF-8; the path becomes absolute with the
/// prefix `\\?\` (`\\?\UNC\` for a share), so that no length, trailing dot or device name is
/// special; one that begins with `\\?\` or `\\.\` stays. Elsewhere: the bytes as they are.
NativePath native_path(std::string_view text);

/// `parent` and one component below it. Windows: `name` is WTF-8, and separators in it are not
/// looked at. Elsewhere: the bytes as they are.
NativePath native_child(const NativePath& parent, std::string_view name);

/// The path for a person or a record, as WTF-8: without the prefix on Windows; elsewhere bytes that
/// are not WTF-8 become U+FFFD.
std::string native_text(const NativePath& path);

}  // namespace hozen
