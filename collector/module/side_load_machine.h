// What the Windows of this evidence has of its own: names of its DLLs and programs, taken from the
// evidence itself, and the DLLs that it never takes from anywhere else (KnownDLLs).
//
// Source of the search order: Microsoft, "Dynamic-link library search order".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/module/module.h"

namespace hozen::side_load {

/// Of names; a Windows with everything has some 60,000.
constexpr std::size_t kMaxNames = 200'000;

class Machine {
 public:
  /// Lists the folders of each Windows; what cannot be listed is noted.
  explicit Machine(ModuleContext& context);
  /// Of a host whose files are not in the evidence.
  Machine() = default;

  const std::vector<EvidencePath>& windows() const { return windows_; }
  /// The Windows that `file` belongs to: on its volume, else the first; empty where there is none.
  const EvidencePath& windows_of(const EvidencePath& file) const;

  /// False: there is no System32 to compare with.
  bool has_names() const { return !dlls_.empty(); }
  bool has_known_dlls() const { return !known_.empty(); }
  /// In System32, SysWOW64 or the store of components; not KnownDLLs, not API sets.
  bool is_own_dll(std::string_view lower_name) const;
  bool is_own_program(std::string_view lower_name) const;
  bool is_known_dll(std::string_view lower_name) const;
  /// The file of that name in System32 or, for 32 bits on a Windows of 64, in SysWOW64.
  std::optional<EvidencePath> own_copy(std::string_view lower_name, const EvidencePath& beside,
                                       bool is_64) const;

  /// A DLL in a folder below System32 with the name of one in System32, and the programs there.
  struct Inside {
    EvidencePath dll;
    std::vector<EvidencePath> programs{};
  };
  const std::vector<Inside>& inside() const { return inside_; }
  /// Names that Windows looks for and does not have, that lie in its folders, or in one of the
  /// system's Path, all the same.
  const std::vector<EvidencePath>& phantoms() const { return phantoms_; }

  /// Folders of Windows in which only its own files belong.
  bool is_closed_folder(const EvidencePath& folder) const;
  /// Those of them that are not walked for pairs: with very many files, or drivers of others.
  bool is_sealed_folder(const EvidencePath& folder) const;
  /// System32 or SysWOW64 itself.
  bool is_system_folder(const EvidencePath& folder) const;

 private:
  void find_windows(ModuleContext& context);
  void list_system(ModuleContext& context, const EvidencePath& folder, std::uint8_t where);
  void list_store(ModuleContext& context, const EvidencePath& windows);
  void list_root(ModuleContext& context, const EvidencePath& windows);
  void read_known_dlls(ModuleContext& context);
  void search_path(ModuleContext& context, RegistryKey& set);
  bool lists_windows(const EvidencePath& folder) const;

  std::vector<EvidencePath> windows_;
  std::unordered_map<std::string, std::uint8_t> dlls_;  // lower case; where it is
  std::unordered_set<std::string> programs_, known_;
  std::vector<Inside> inside_;
  std::vector<EvidencePath> phantoms_;
};

/// A DLL that Windows looks for and does not bring (or only with a part that is not installed).
struct Phantom {
  std::string_view name;    ///< lower case
  std::string_view loader;  ///< what looks for it
};
/// nullptr for other names.
const Phantom* phantom_of(std::string_view lower_name);

/// `*` and `?`, both texts in lower case: as glob_match_fold(), for names by the hundred thousand.
bool fits(std::string_view pattern, std::string_view lower_name);

/// Libraries that programs bring along by right: of compilers, of graphics, of encryption.
bool is_runtime_name(std::string_view lower_name);
/// Those of them that Microsoft signs whenever it gives them away.
bool is_microsoft_runtime_name(std::string_view lower_name);

}  // namespace hozen::side_load
