// A whole fake machine: volumes, files, users and hives, as an in-memory EvidenceSource or as a
// folder on disk.
//
//   fake::FakeWindows windows;
//   windows.user("alice");
//   windows.program("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe");
//   windows.value("HKU\\alice\\Software\\Microsoft\\Windows\\CurrentVersion\\Run", "a",
//   fake::sz("C:\\Users\\alice\\AppData\\Local\\Temp\\a.exe")); fake::Machine machine =
//   windows.machine();   // machine.source, machine.registry
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/source/offline_registry.h"
#include "collector/source/registry.h"
#include "collector/source/source.h"
#include "tests/builders/fake_source.h"
#include "tests/builders/regf_builder.h"

namespace hozen::fake {

using Data = builders::RegData;
using builders::binary;
using builders::dword;
using builders::expand_sz;
using builders::multi_sz;
using builders::qword;
using builders::raw_data;
using builders::sz;

/// 2024-03-01T12:00:00Z: when everything of a fake machine was written, unless said otherwise.
FileTime default_time();
/// default_time() moved by `seconds`.
FileTime at(std::int64_t seconds);

struct Options {
  std::string volume = "C:";
  std::string windows_folder =
      "Windows";  ///< below the volume's root, "Windows.old\\Windows" as well
  std::string computer_name = "FAKEPC";
  std::string product = "Windows 10 Pro";
  std::uint32_t build = 19045;
  bool is_64_bit = true;
  bool default_values = true;  ///< what a fresh Windows holds in the usual autostart places (Shell,
                               ///< Userinit, BootExecute, …)
};

struct UserOptions {
  std::string sid{};            ///< "": S-1-5-21-1000-2000-3000-<1001 + index>
  std::string folder{};         ///< "": <volume>\Users\<name>
  bool in_profile_list = true;  ///< false: an orphaned profile folder
  bool classes_hive = true;     ///< has a UsrClass.dat
  bool xp_layout = false;       ///< "Documents and Settings", "Local Settings\Application Data"
};

/// Reads files of a source as the bundle writer would, and remembers what was asked for.
class Preserver {
 public:
  struct Row {
    EvidencePath path;
    std::string reason;
    bool expected = false;
    bool found = false;
  };
  explicit Preserver(EvidenceSource& source);
  Result<PreservedFile> operator()(const EvidencePath& path, std::string_view reason,
                                   bool expected);
  const std::vector<Row>& rows() const { return *rows_; }  ///< row i is artifact i

 private:
  EvidenceSource* source_;
  std::shared_ptr<std::vector<Row>> rows_;  // shared by the copies a std::function makes
};

/// A source with its raw registry, put together as the program does it.
struct Machine {
  std::unique_ptr<FakeSource> source;
  std::shared_ptr<Preserver> preserver;
  std::shared_ptr<std::vector<Error>> problems;
  std::unique_ptr<OfflineRegistry> registry;
};

class FakeWindows {
 public:
  explicit FakeWindows(Options options = {});
  ~FakeWindows();
  FakeWindows(FakeWindows&&) noexcept;
  FakeWindows& operator=(FakeWindows&&) noexcept;

  /// A further volume.
  FakeWindows& volume(std::string_view name, std::string_view file_system = "NTFS");
  FakeWindows& folder(std::string_view path);
  /// A file with this text as its content; folders above it are made. The Entry may be changed
  /// until source() is called.
  Entry& file(std::string_view path, std::string_view content);
  /// A file that begins like a program ("MZ"), different for each path.
  Entry& program(std::string_view path);
  Entry& entry(std::string_view path);  ///< an entry made before; the test fails when there is none

  /// A user with profile folder, hives and ProfileList entry. Its keys are HKU\<name>\… (or
  /// HKU\<SID>\…) and HKU\<name>_Classes\….
  FakeWindows& user(std::string_view name, UserOptions options = {});
  std::string sid_of(std::string_view user) const;

  /// Registry, keys as mounted: HKLM\SOFTWARE\…, HKLM\SYSTEM\CurrentControlSet\… (or ControlSet001,
  /// …), HKLM\SAM, HKLM\SECURITY, HKU\.DEFAULT\…, HKU\<user>\…. Keys are made with everything above
  /// them; a later value of the same name replaces the earlier.
  FakeWindows& key(std::string_view path, FileTime written = default_time());
  FakeWindows& value(std::string_view key, std::string_view name, Data data);
  FakeWindows& value(std::string_view key, std::string_view name, Data data, FileTime key_written);
  FakeWindows& remove_key(std::string_view path);
  FakeWindows& remove_value(std::string_view key, std::string_view name);
  /// The value lies in a free cell of its hive: recoverable as deleted.
  FakeWindows& deleted_value(std::string_view key, std::string_view name, Data data);
  /// The hive file holds exactly these bytes (a real or a damaged hive); `mount` as
  /// "HKLM\\SOFTWARE", "HKU\\alice".
  FakeWindows& hive_bytes(std::string_view mount, std::vector<std::byte> bytes);
  /// No file for this hive.
  FakeWindows& without_hive(std::string_view mount);
  EvidencePath hive_file(std::string_view mount) const;
  /// The image of a hive, to damage it or to build logs for it.
  std::vector<std::byte> hive_image(std::string_view mount) const;
  /// Another machine's disks come beside or into ours: a second installation.
  FakeWindows& merge(const FakeWindows& other);

  /// The machine in memory. May be called again; each call builds anew.
  std::unique_ptr<FakeSource> source() const;
  Machine machine() const;
  /// Lays the machine out below `folder` of this computer: as the volume's root when there is one
  /// volume, else in folders `C`, `D`, … Modification times are set; streams and links are not
  /// written.
  Result<void> write_to(std::string_view folder) const;

 private:
  struct State;
  std::unique_ptr<State> self_;
};

}  // namespace hozen::fake
