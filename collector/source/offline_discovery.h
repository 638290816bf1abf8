// Where in a source Windows lies, its hives and its users' profiles.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/registry.h"
#include "collector/source/registry_facts.h"
#include "collector/source/source.h"

namespace hozen {

using ProblemSink = std::function<void(Error)>;

/// The running Windows first, whether its hive files can be seen or not; then in the order of the
/// volumes, on each the usual places first, copies kept by an upgrade last; then usual places whose
/// System32\config holds no hive.
std::vector<Installation> find_installations(EvidenceSource& source, const ProblemSink& problem);

/// For a source with profiles and no Windows: the place where Windows would lie on each volume that
/// has profiles.
std::vector<Installation> assume_installations(EvidenceSource& source, const ProblemSink& problem);

/// The Windows folder as its SOFTWARE hive names it (SystemRoot); empty when it does not say.
EvidencePath read_own_windows(RegistryKey& software, const EvidencePath& windows);
/// How paths of the Windows that lies at `windows` are to be read. Where `own` is empty, its own
/// drive is taken to be the one it has in the source, or C: where it has no letter there.
OwnPaths find_own_paths(EvidenceSource& source, const EvidencePath& own,
                        const EvidencePath& windows, const ProblemSink& problem);

/// Replaces a profile's folder by where it lies in the source: beside a Windows that an upgrade
/// moved away, or on the installation's volume when its own drive is not in the source (told to
/// `problem`). Stays when nothing better is there.
void locate_profile(EvidenceSource& source, const Installation& installation, UserProfile& profile,
                    const ProblemSink& problem);

/// Profiles of an installation that no other entry of `known` has: service profiles, the 32-bit
/// LocalSystem, the default profile, and every folder beside them that ProfileList does not name
/// (orphaned), with a hive or without. With `all_volumes`, what looks like a profile on every
/// volume.
std::vector<UserProfile> find_unlisted_profiles(EvidenceSource& source,
                                                const Installation& installation,
                                                const std::vector<UserProfile>& known,
                                                bool all_volumes, const ProblemSink& problem);

/// A hive file to be opened.
struct HivePlan {
  static constexpr std::size_t kNoUser = static_cast<std::size_t>(-1);
  HiveRole role = HiveRole::software;
  std::size_t installation = 0;
  std::string mount;
  EvidencePath file;
  std::size_t user = kNoUser;  ///< index into Registry::users()
  bool expected = false;       ///< its absence is a fact to be recorded
};

/// HKLM's hives and HKU\.DEFAULT (for the user `local_system`).
std::vector<HivePlan> plan_machine_hives(std::size_t installation, const EvidencePath& windows,
                                         std::size_t local_system);
/// NTUSER.MAN, NTUSER.DAT and UsrClass.dat of a profile. `set_aside`: another profile is mounted
/// under its SID.
std::vector<HivePlan> plan_user_hives(EvidenceSource& source, std::size_t installation,
                                      const UserProfile& profile, std::size_t user, bool set_aside);

}  // namespace hozen
