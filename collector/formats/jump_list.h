// Jump lists: what a user opened with a program, newest first, each with a shortcut.
//
// Source: libyal/dtformats, "Jump lists format" (automatic and custom destinations); DestList
// versions 1 (Windows 7, 8), 3 and 4 (Windows 10) as they stand there.
// Not read: the first eight bytes and the unknown numbers of DestList entries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/guid.h"
#include "collector/formats/lnk.h"

namespace hozen {

/// Entries of one list after which the rest is left out.
constexpr std::size_t kMaxJumpListEntries = 20'000;

/// An entry of the stream DestList.
struct DestListEntry {
  std::string path{};
  std::string host_name{};  ///< NetBIOS name of the machine that the target was on
  Guid volume{}, file{}, birth_volume{}, birth_file{};
  std::uint32_t number = 0;  ///< in hex the name of the stream with its shortcut
  FileTime last_used{};
  bool is_pinned = false;
  std::optional<std::uint32_t> use_count{};  ///< version 3 and later
  std::uint64_t offset = 0;                  ///< bytes from the start of the stream
};

struct DestList {
  std::uint32_t version = 0, stated_entries = 0, stated_pinned = 0;
  std::vector<DestListEntry> entries{};
  std::vector<Error> problems{};
};

/// Reads the stream DestList. Errc::truncated without a header, Errc::unsupported for another
/// version than 1 to 6.
Result<DestList> parse_dest_list(Bytes stream);

struct JumpListEntry {
  std::optional<DestListEntry> destination{};  ///< of an automatic list
  std::string category{};  ///< of a custom list: its heading, "tasks", "frequent" or "recent"
  std::optional<Link> link{};
  std::uint32_t position = 0;
  std::uint64_t offset = 0;  ///< custom list: of the shortcut, bytes from the start of the file
};

struct JumpList {
  bool is_automatic = false;
  std::uint32_t version = 0;         ///< of DestList
  std::uint32_t stated_entries = 0;  ///< by DestList
  std::vector<JumpListEntry> entries{};
  std::vector<Error> problems{};
};

/// A file *.automaticDestinations-ms. Shortcuts that DestList does not name come last.
Result<JumpList> parse_automatic_destinations(Bytes file);
/// A file *.customDestinations-ms. Errc::malformed when it is none.
Result<JumpList> parse_custom_destinations(Bytes file);

/// True for what begins as a custom list does.
bool looks_like_custom_destinations(Bytes head);

}  // namespace hozen
