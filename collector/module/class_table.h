// COM classes and ProgIDs of one hive in compact form: one hive is open at a time, but a class that
// a user's hive names may be registered in the machine's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/base/guid.h"
#include "collector/source/registry.h"

namespace hozen {

/// The GUID in `text`, which may stand anywhere in it ("clsid:{…}"); with or without braces when it
/// is all of the text.
std::optional<Guid> find_guid(std::string_view text);
/// How a class is served.
enum class ServerKind : std::uint8_t { dll, program };

struct ClassServer {
  ServerKind kind = ServerKind::dll;
  std::string
      text;  ///< InprocServer32's or LocalServer32's default value; the code base of a .NET class
};

class ClassTable {
 public:
  /// Reads the CLSIDs below a key of classes (SOFTWARE\Classes, its WOW6432Node, the root of
  /// UsrClass.dat). Stops quietly at kMaxClasses: `complete()` is false then.
  void add_classes(RegistryKey& classes);
  /// Reads the ProgIDs that name a class.
  void add_program_ids(RegistryKey& classes);
  void finish();  ///< call after the last add_…

  std::optional<ClassServer> find(const Guid& guid) const;
  std::optional<Guid> class_of_program_id(std::string_view program_id) const;
  std::size_t size() const { return classes_.size(); }
  bool complete() const { return complete_; }

  /// Machines with much software have 20,000 classes; the cap bounds memory to some tens of MB.
  static constexpr std::size_t kMaxClasses = 200'000;
  /// Longer server paths are cut: what does not fit a path does not load.
  static constexpr std::size_t kMaxServerBytes = 1'024;

 private:
  struct Class {
    Guid guid;
    std::uint32_t text;
    ServerKind kind;
  };
  struct ProgramId {
    std::uint64_t hash;  // of the folded ProgID
    Guid guid;
  };
  std::uint32_t keep(std::string text);

  std::vector<Class> classes_;
  std::vector<ProgramId> program_ids_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> text_index_;  // emptied by finish()
  bool complete_ = true;
};

/// What one class key registers: InprocServer32 (the code base where the library is mscoree.dll),
/// else LocalServer32.
std::optional<ClassServer> server_of(RegistryKey& class_key);

}  // namespace hozen
