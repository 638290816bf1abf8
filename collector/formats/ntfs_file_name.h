// The $FILE_NAME attribute of NTFS, which is also the key of a directory's index: a name, the
// directory that it stands in, and times and sizes as they were when the name was last written.
//
// Source: libyal/libfsntfs, "New Technologies File System (NTFS)", "The file name attribute"; the
// documentation of the Linux NTFS project, "$FILE_NAME". Checked with records and indexes of
// Windows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/formats/ntfs_reference.h"

namespace hozen::ntfs {

/// Which rules the name follows. Any other number is kept as it stands.
enum class NameSpace : std::uint8_t {
  posix = 0,          ///< any character but NUL and `/`, case matters
  win32 = 1,          ///< a long name whose short form is another $FILE_NAME
  dos = 2,            ///< the short (8.3) form of another $FILE_NAME
  win32_and_dos = 3,  ///< a name that is its own short form
};
constexpr std::uint8_t kMaxNameSpace = 3;

/// "posix", "win32", "dos", "win32_and_dos"; "" for any other number.
std::string_view to_text(NameSpace name_space);

struct FileName {
  FileReference parent{};
  FileTime created{}, modified{}, record_changed{}, accessed{};
  std::uint64_t allocated_bytes = 0;    ///< of the unnamed data
  std::uint64_t size_bytes = 0;         ///< of the unnamed data ("real size")
  std::uint32_t flags = 0;              ///< FILE_ATTRIBUTE_* and kFlagDirectory, kFlagIndexView
  std::uint32_t ea_or_reparse_tag = 0;  ///< size of packed extended attributes, or the reparse tag
  NameSpace name_space = NameSpace::posix;
  std::string name;  ///< WTF-8, as long as its length says: NULs are kept

  static constexpr std::uint32_t kFlagDirectory = 0x1000'0000;
  static constexpr std::uint32_t kFlagIndexView = 0x2000'0000;

  bool is_directory() const { return (flags & kFlagDirectory) != 0; }
};

constexpr std::size_t kFileNameHeaderBytes = 66;  ///< of the body, before the name's UTF-16 units
constexpr std::size_t kMaxNameUnits = 255;        ///< the length is one byte

/// Bytes that the body at the start of `body` takes, 66 to 576; 0 when its length is not there.
std::size_t file_name_bytes(Bytes body);

/// Reads the attribute's body (or the index key) at the start of `body`; bytes behind the name are
/// not looked at. Errc::truncated when the header or the name is not all there. Never malformed:
/// an unknown name space and an empty name are kept for the caller to judge.
Result<FileName> parse_file_name(Bytes body);

}  // namespace hozen::ntfs
