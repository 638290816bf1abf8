// Where a bundle goes: a file that carries its name only once it is complete, or standard output.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "collector/engine/bundle.h"
#include "collector/engine/scratch.h"

namespace hozen {

class BundleOutput : public ByteSink {
 public:
  /// Everything is written: flushes, closes and, for a file, takes ".partial" off its name.
  virtual Result<void> complete() = 0;
  /// Where the bytes are now: "….zip.partial" until complete(), then "….zip"; "-" for standard
  /// output.
  virtual std::string path() const = 0;
  /// Gives up: a file that is not complete is closed and removed. What went to standard output
  /// stays.
  virtual void discard() = 0;
  /// A file beside this one that has no name, or loses it when it is closed. Errc::unsupported
  /// where there is no place for one.
  virtual Result<std::unique_ptr<ScratchFile>> open_scratch() {
    return Error{Errc::unsupported, "a temporary file beside " + path()};
  }
};

/// Creates `path` + ".partial", which must not exist, and neither must `path`: nothing is ever
/// overwritten. Only the user who runs the program (Windows: and administrators) can read it.
/// Left as it is when complete() is never called. Errc::io with the system's words.
Result<std::unique_ptr<BundleOutput>> create_output_file(const std::string& path);

/// The seal in hex, alone on a line, in a file beside the bundle: `bundle_path` + ".seal". Nothing
/// is left of it on failure.
Result<void> write_seal_file(const std::string& bundle_path, const Sha256Digest& seal);

/// Standard output, switched to binary on Windows.
Result<std::unique_ptr<BundleOutput>> open_standard_output();

}  // namespace hozen
