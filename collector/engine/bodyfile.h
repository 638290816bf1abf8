// The file table of a bundle as a body file of The Sleuth Kit, which mactime makes a timeline of.
//
// Source: "Body file" in the wiki of The Sleuth Kit (3.x); `fls -m` and mactime of The Sleuth Kit
// 4.11, whose lines and whose reading of them were observed.
//
//   MD5|name|inode|mode_as_string|UID|GID|size|atime|mtime|ctime|crtime
//
// Differs from `fls -m` where a record knows less, or better:
// - inode is the record's number in $MFT alone: icat takes it, without the ids of attributes.
// - mode is made from what NTFS has: file or folder, read-only or not. UID and GID are 0.
// - MD5 is 0: nothing was hashed. A folder's size is 0.
// - A record without a name is $Orphan/OrphanFile-NUMBER, without its volume; one that has no times
//   either has no line.
// - Every other hard link has a line with the times of $STANDARD_INFORMATION; the line of
//   ($FILE_NAME) is that of the path which the record names first.
// - A time that is unset, before 1970 or past 9,999,999,999 s (the year 2286: mactime sorts ten
//   digits) is 0, which mactime shows as no date; the record holds it in full.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/base/result.h"
#include "collector/engine/bundle_reader.h"

namespace hozen {

/// Where the records of kind `file` stand.
constexpr std::string_view kFileTableStream = "records/file_table";

enum class BodyfileRecord : std::uint8_t {
  file,        ///< its lines are appended
  other,       ///< of another kind: what tells of the table as a whole
  unreadable,  ///< no JSON, or without what a record has
};

/// Volumes by the rows of artifacts.jsonl that hold their file tables.
using TableVolumes = std::map<std::uint64_t, std::string>;

/// Appends the lines of one record of kind `file`; nothing for any other. `volumes`: a record
/// without a name does not say whose it is; its artifact does.
///
/// Names: `\` becomes `/`. What could break or forge a line, or cannot be seen, becomes \u{XXXX}
/// (see printable()). `|` becomes %7C, and a `%` before two hex digits %25: mactime reads both
/// back.
BodyfileRecord append_bodyfile_lines(std::string& out, std::string_view record_json,
                                     const TableVolumes& volumes = {});

struct BodyfileCounts {
  std::uint64_t files = 0;
  std::uint64_t unreadable = 0;  ///< lines that are no JSON, or lack what a record has
  std::vector<Error> damaged{};  ///< segments that are not those of the manifest
};

/// Hands out the lines of every record, some at a time. A damaged segment is read as far as it
/// goes. Fails when `write` does, with its error. Memory: a record and a buffer.
Result<BodyfileCounts> write_bodyfile(const BundleReader& bundle,
                                      FunctionRef<Result<void>(std::string_view lines)> write);

}  // namespace hozen
