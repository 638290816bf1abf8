// A location inside the evidence: volume, components, stream. Not a path of the machine that runs us.
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
  /// volume: "C:" or "volume1" (no letter known).
  explicit EvidencePath(std::string volume) : volume_{std::move(volume)} {}

  /// Reads `C:\a\b`, `C:/a`, `volume1\a`, `\\?\C:\a`, `\??\C:\a` and `C:\a:stream`; `.` is dropped, `..` resolved, never above the root.
  /// Errc::malformed for a relative path, UNC, device path or an empty one.
  static Result<EvidencePath> parse(std::string_view windows_path);

  EvidencePath operator/(std::string_view component) const;  ///< one component, or several with backslashes
  EvidencePath with_stream(std::string_view stream) const;
  EvidencePath parent() const;             ///< the root's parent is the root
  std::string_view name() const;           ///< last component, "" for the root
  const std::string& volume() const { return volume_; }
  const std::vector<std::string>& components() const { return components_; }
  const std::string& stream() const { return stream_; }
  bool is_root() const { return components_.empty(); }
  bool empty() const { return volume_.empty(); }

  std::string text() const;    ///< C:\Windows\System32\config\SYSTEM:stream
  std::string folded() const;  ///< fold_case(text()): the key to compare by
  bool is_below(const EvidencePath& ancestor) const;  ///< or equal to it; case-insensitive

 private:
  std::string volume_;
  std::vector<std::string> components_;
  std::string stream_;
};

}  // namespace hozen
