// A line of artifacts.jsonl: one preserved file, or why it is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/bundle.h"
#include "collector/engine/gap_source.h"
#include "collector/source/deleted_file.h"
#include "collector/source/source.h"

namespace hozen {

/// Why a file was left out on purpose.
enum class SkipReason : std::uint8_t {
  limit,        ///< the profile's number or sum of bytes was reached
  placeholder,  ///< its content is in a cloud or on a tape: reading would fetch it
  policy,       ///< a link or a folder: not followed
  interrupted,  ///< the operator stopped the run
  own_output,   ///< the bundle that this run writes
};
std::string_view to_text(SkipReason reason);

/// What the same file is when it is read the other way (EvidenceSource::open_other_way).
struct OtherWay {
  std::string method;
  Sha256Digest sha256{};
  bool same = false;
};

struct ArtifactRow {
  std::uint32_t id = 0;
  EvidencePath path;                                  ///< as stored where known, else as asked for
  std::string_view method, module, category, reason;  ///< module and category: "" for none
  std::optional<DeletedFile> deleted{};
  std::optional<FileInfo> info{};  ///< before it was read
  StoredFile stored{};
  std::optional<SkipReason> skipped{};    ///< for FileOutcome::skipped
  std::optional<OtherWay> other_way{};    ///< of a sample of the files
  std::vector<FileGap> unreadable{};      ///< parts of the stored bytes that are zeros instead
  std::optional<Error> why_unreadable{};  ///< of the first of them
};

/// "zeros stand for 8 KiB in 2 places that could not be read".
std::string unreadable_text(const ArtifactRow& row);

/// Appends the row as one JSON object.
void append_artifact_row(std::string& json, const ArtifactRow& row);

/// Appends ,"name":"text" and, where the text is not UTF-8, its exact form as ,"name_utf16".
void append_text_member(std::string& json, std::string_view name, std::string_view wtf8);
/// Appends {"what":…,"kind":…,"offset":…,"call":…,"code":…}: the call and its code as the system
/// told them; or, instead of these, "detail": why, in words.
void append_error(std::string& json, const Error& error);

}  // namespace hozen
