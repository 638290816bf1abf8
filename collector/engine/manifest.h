// manifest.json and start.json: what a run says of itself. The runner fills the structures, the
// bundle writer adds the entries, verify and report read them back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/hash.h"
#include "collector/base/result.h"
#include "collector/source/source.h"

namespace hozen {

constexpr std::string_view kBundleFormat = "hozen-bundle/1";

/// What is empty, unset or nothing in any structure below is left out of the JSON.
struct ManifestTool {
  std::string name, version, revision;
  std::optional<Sha256Digest> executable_sha256{};
  std::vector<std::string> command_line;  ///< as given, the program's name first
};

struct ManifestProfile {
  std::string name;
  Sha256Digest sha256{};  ///< of the XML, byte for byte
};

/// A list that the operator gave to judge by.
struct ManifestList {
  std::string use;        ///< "trust_roots", "revoked", "hijacklibs": the option without dashes
  std::string file;       ///< as the operator wrote it
  Sha256Digest sha256{};  ///< of the file, byte for byte
  std::uint64_t entries = 0;
};

/// How the run ended.
enum class RunOutcome : std::uint8_t { complete, with_errors, interrupted };
std::string_view to_text(RunOutcome outcome);

struct ManifestCollection {
  std::string id, case_id, operator_name;
  std::vector<ManifestProfile> profiles;
  FileTime started{}, finished{};
  RunOutcome outcome = RunOutcome::complete;
  std::optional<Sha256Digest> parent_seal{};  ///< of the bundle this one was made from
  std::vector<ManifestList> lists{};
};

/// A hive that tells nothing, and what could therefore not be looked at.
struct ManifestUnread {
  std::string hive;           ///< "SOFTWARE"; "" where no Windows was found at all
  std::string path;           ///< where it should be
  std::string reason;         ///< "it is not in the source"
  std::string not_looked_at;  ///< "what the machine starts for everybody, …"
};

struct ManifestSource {
  std::string kind;                 ///< "live" | "folder" | "image"
  std::string given;                ///< the root or the image as the operator wrote it, "this host"
  std::vector<VolumeInfo> volumes;  ///< with the reason for each that could not be read
  std::vector<ManifestUnread> hives_not_read{};
};

struct ManifestUser {
  std::string sid, name, profile;  ///< profile: its folder as Windows spells it
};

struct ManifestHost {
  HostFacts facts;
  std::vector<ManifestUser> users;
};

struct ManifestClock {
  FileTime started{}, ended{};  ///< UTC of the machine that ran the tool
  std::uint64_t elapsed_ticks =
      0;                 ///< monotonic, 100 ns; differs from ended - started when the clock was set
  FileTime reference{};  ///< "now" for rules
  std::string
      reference_origin;  ///< how it was found: "start of the run", "newest write time of hive ..."
};

struct ManifestPrivileges {
  bool elevated = false;
  std::vector<std::string> enabled, refused;
};

/// What the run itself left on the machine.
struct ManifestFootprint {
  std::string image;  ///< path of the running executable
  std::uint32_t pid = 0;
  FileTime process_started{};
  std::string account;
  std::vector<std::string> files_created, registry_keys, services, notes;
  std::optional<std::uint64_t> bytes_written{};  ///< as known before the manifest itself is written
};

/// How a bundle was made of what an interrupted run left (`hozen recover`).
struct ManifestRecovery {
  ManifestTool tool;  ///< the program that recovered; ManifestCollection is of the run
  FileTime time{};
  std::string given;                      ///< the remainder, as the operator wrote it
  std::uint64_t size = 0;                 ///< of the remainder
  std::uint64_t used = 0;                 ///< its first bytes, which are in this bundle
  Sha256Digest sha256{};                  ///< of the whole remainder
  std::string end;                        ///< why the rest could not be used; "" when there is none
  std::vector<std::string> missing;       ///< steps of the plan that are not known to be finished
  std::uint64_t entries_without_row = 0;  ///< evidence whose row of artifacts.jsonl was lost
};

/// Everything of manifest.json but its entries.
struct Manifest {
  ManifestTool tool;
  ManifestCollection collection;
  ManifestSource source;
  std::optional<ManifestHost> host{};
  ManifestClock clock;
  ManifestPrivileges privileges;
  ManifestFootprint footprint;
  std::optional<ManifestRecovery> recovery{};
  /// In this order, after `entries` and `bytes`, which the writer counts: "files", "records" ...
  std::vector<std::pair<std::string, std::uint64_t>> counts;
};

/// What a run means to do, as start.json tells it.
struct RunPlan {
  std::vector<std::string> modules, targets;
};

/// The first entry of a bundle: tool, collection, host, source, clock, privileges and the plan, as
/// far as they are known when the run starts.
std::string start_json(const Manifest& manifest, const RunPlan& plan);

/// What start.json tells.
struct RunStart {
  Manifest manifest;  ///< outcome: interrupted
  RunPlan plan;
};
/// Errc::malformed when it is not the JSON of a start.json, Errc::unsupported for another format
/// name.
Result<RunStart> read_start(std::string_view json);

/// An entry as the manifest lists it.
struct BundleEntry {
  std::string name;
  std::uint16_t method = 8;  ///< 0 stored, 8 deflate
  FileTime modified{};
  std::uint64_t size = 0, stored_size = 0;
  Sha256Digest sha256{}, stored_sha256{};
};

/// Takes a piece of text; pieces come in order and are not kept by the giver.
using TextOutput = std::function<void(std::string_view)>;
/// Calls back once for each entry in bundle order.
using EachEntry = std::function<void(const std::function<void(const BundleEntry&)>&)>;

/// Writes manifest.json piece by piece: nothing holds the rows of all entries.
void write_manifest(const Manifest& manifest, const EachEntry& each_entry, const TextOutput& out);

/// Reads manifest.json; each entry goes to `entry` in order, the rest into the answer.
/// Errc::malformed when it is not the JSON of a manifest, Errc::unsupported for another format
/// name.
Result<Manifest> read_manifest(std::string_view json,
                               const std::function<void(BundleEntry)>& entry);

}  // namespace hozen
