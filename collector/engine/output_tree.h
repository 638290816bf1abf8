// A folder that evidence is unpacked into. Nothing in it leads out of it: names come from the host
// of the intruder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/result.h"

namespace hozen {

/// Times to give a file; an unset one stays what the system makes it. `created` is kept on Windows
/// only.
struct OutputTimes {
  FileTime created{}, modified{}, accessed{};
};

/// A file being written. It is removed again unless complete() was called, where the system can do
/// that also when the program is ended.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
  /// Zeros, so many, which need no room on the disk where the file system can do that.
  virtual Result<void> skip(std::uint64_t bytes) = 0;
  virtual Result<void> set_times(const OutputTimes& times) = 0;
  /// All is written: the file stays, under its name.
  virtual Result<void> complete() = 0;
};

class OutputTree {
 public:
  /// Opens the folder `path`, and makes it, with those above it, where it does not exist. New
  /// folders and files are for the user who runs the program only.
  static Result<std::unique_ptr<OutputTree>> open(const std::string& path);
  virtual ~OutputTree() = default;

  /// True when this system can give a file or folder exactly this name (WTF-8), and its own
  /// programs can handle it afterwards.
  virtual bool allows(std::string_view name) const = 0;
  /// Creates a file; all but the last component are folders, made where missing. Never follows a
  /// link and never overwrites. Components that are not allowed are Errc::malformed; what exists
  /// already is Errc::io.
  virtual Result<std::unique_ptr<OutputFile>> create(
      const std::vector<std::string>& components) = 0;
};

}  // namespace hozen
