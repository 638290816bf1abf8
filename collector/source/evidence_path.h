// A location inside the evidence: volume, components, stream. Not a path of the machine that runs
// us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

/// WTF-8 throughout. Lookups through a source are case-insensitive; the spelling given is kept.
class EvidencePath {
 public:
  EvidencePath() = default;
  /// volume: "C:" or "volume1" (no letter known). A drive letter is kept in upper case.
  explicit EvidencePath(std::string volume);

  /// Reads `C:\a\b`, `C:/a`, `volume1\a`, `\\?\C:\a`, `\??\C:\a` and `C:\a:stream`; `.` is dropped,
  /// `..` resolved, never above the root. The type behind a stream (`:$DATA`) is dropped, as is
  /// `:$I30:$INDEX_ALLOCATION` behind a folder. Trailing dots and spaces stay: NTFS can store them.
  /// Errc::malformed for a relative path, UNC, device path or an empty one.
  static Result<EvidencePath> parse(std::string_view windows_path);

  /// Appends one component, or several with (back)slashes; `.` and `..` as in parse(). A colon is
  /// part of the name: streams are set with with_stream().
  EvidencePath operator/(std::string_view component) const;
  /// Appends exactly one component as a folder listing spelled it: nothing in it is interpreted.
  EvidencePath child(std::string_view exact_name) const;
  /// Makes this path its child of that name.
  void append(std::string_view exact_name);
  EvidencePath with_stream(std::string_view stream) const;  ///< "" takes the stream away
  EvidencePath parent() const;                              ///< the root's parent is the root
  std::string_view name() const;                            ///< last component, "" for the root
  const std::string& volume() const { return volume_; }
  const std::vector<std::string>& components() const { return components_; }
  const std::string& stream() const { return stream_; }
  bool is_root() const { return components_.empty(); }
  bool empty() const { return volume_.empty(); }

  std::string text() const;    ///< C:\Windows\System32\config\SYSTEM:stream
  std::string folded() const;  ///< fold_case(text()): the key to compare by
  bool is_below(
      const EvidencePath& ancestor) const;  ///< or equal to it; case-insensitive, streams aside
  friend bool operator==(const EvidencePath&, const EvidencePath&) = default;  ///< exact spelling

 private:
  std::string volume_;
  std::vector<std::string> components_;
  std::string stream_;
};

}  // namespace hozen
