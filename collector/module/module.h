// What a module is and all it can do. Read this, then modules/persistence/run_keys.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/hash.h"
#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/operator_lists.h"
#include "collector/module/record.h"
#include "collector/module/signature.h"
#include "collector/module/view_fact.h"
#include "collector/source/deleted_file.h"
#include "collector/source/registry.h"
#include "collector/source/source.h"

namespace hozen {

struct ArtifactId {
  std::uint32_t row = 0;
};

struct FileBeginning {
  std::vector<std::byte> bytes;
  std::uint64_t file_size = 0;  ///< of all of it
};

/// A choice that a profile may make for a module: <option name="clusters" value="all"/>.
struct ModuleOption {
  std::string_view name;
  std::string_view summary;                  ///< one sentence
  std::span<const std::string_view> values;  ///< what may be chosen; the first is the default
};

/// What became of a part of a volume that was to be preserved.
struct PreservedPart {
  std::string entry;             ///< name in the bundle; "" when nothing was preserved
  std::uint64_t size = 0;        ///< bytes preserved
  Sha256Digest sha256{};         ///< of them
  std::optional<Error> error{};  ///< why it is not all of the part
};

/// A copy of a volume, part by part in the order of their offsets.
class VolumeCopy {
 public:
  virtual ~VolumeCopy() = default;
  /// Preserves `part`, the bytes of the volume from `offset` on; `used_bytes` of them are read from
  /// the evidence (for the limits of the run). Errc::limit or Errc::cancelled when nothing further
  /// will be taken, Errc::io when the output failed.
  virtual Result<PreservedPart> add(std::uint64_t offset, ByteSource& part,
                                    std::uint64_t used_bytes) = 0;
  /// The SHA-256 of the volume's first `size` bytes, what was not added taken as zeros; nothing can
  /// be added afterwards. Errc::io when the output failed.
  virtual Result<Sha256Digest> finish(std::uint64_t size) = 0;
};

/// Order of collection when time or space is short: first is most valuable.
enum class Priority : std::uint8_t { volatile_state, crown_jewels, high, normal, bulk };
std::string_view to_text(Priority priority);

/// What a file target of the profile says of the files it names. Views live as long as the run.
struct TargetMatch {
  std::string_view category, reason;
  Priority priority = Priority::normal;
  std::uint64_t max_file_bytes = 0;  ///< 0: as the limits say
};

/// How much of a path is known.
enum class KnownPath : std::uint8_t { whole, name };

/// What `run` may do. It sees no operating system, no clock, no bundle and no network.
class ModuleContext {
 public:
  virtual ~ModuleContext() = default;
  virtual EvidenceSource& source() = 0;
  virtual View view() const = 0;     ///< the runner calls `run` once for each view the source has
  virtual Registry* registry() = 0;  ///< of this view; nullptr when the source has none
  /// True in exactly one of the runs over a source: what does not depend on the view (files) is
  /// read then.
  virtual bool reads_files() const = 0;
  virtual FileTime reference_time() const = 0;  ///< "now" for rules; see bundle.md
  /// Queues a file for the bundle; the same path twice is one artifact. Its outcome stands in
  /// artifacts.jsonl.
  virtual ArtifactId collect(const EvidencePath&, std::string_view reason, Priority) = 0;
  /// The file target of the profile that names this path (or the stream behind it), whether there
  /// is such a file or not; of several, the one of highest priority, with the highest limit of all.
  /// With KnownPath::name only the last component is held against that of the patterns, where that
  /// has more than wildcards in it.
  virtual std::optional<TargetMatch> target_for(const EvidencePath&, KnownPath) = 0;
  /// Queues what is left of a deleted file for the bundle, as a file of that target.
  virtual ArtifactId collect_deleted(const DeletedFile&, const TargetMatch&) = 0;
  /// The bytes of a queued file, read now and preserved as far as its limit goes; Errc::limit above
  /// `cap_bytes`.
  virtual Result<std::vector<std::byte>> read(ArtifactId, std::uint64_t cap_bytes) = 0;
  /// The same of a file that may be larger: its first bytes, at most `max_bytes`, and its size.
  virtual Result<FileBeginning> read_beginning(ArtifactId, std::uint64_t max_bytes) = 0;
  /// Begins a copy of a volume. Errc::io when the output failed.
  virtual Result<std::unique_ptr<VolumeCopy>> copy_volume(const std::string& volume) = 0;
  /// What the profile chose, else the default; `name` is one of the module's options.
  virtual std::string_view option(std::string_view name) const = 0;
  virtual void report(Finding) = 0;
  /// States what this view of the registry holds, for comparison with the other one.
  virtual void state(ViewFact) = 0;
  /// All facts of `kind` below the key `place` (as mounted) were stated: what is not among them
  /// this view does not hold. Only what both views have whole is compared.
  virtual void stated_all(std::string_view kind, std::string_view place) = 0;
  /// States what a record shows, for rules that join it with others.
  virtual void state(Fact, const FactOrigin&) = 0;
  void state(Fact fact) { state(std::move(fact), FactOrigin{}); }
  /// What all modules stated, in `judge`; empty in `run`.
  virtual const FactBook& facts() const = 0;
  /// Who signed the files of this evidence.
  virtual SignatureBook& signatures() = 0;
  /// What the operator gave to judge by.
  virtual const OperatorLists& operator_lists() const = 0;
  virtual void note(Error) = 0;  ///< a problem that cost part of the result
  virtual std::stop_token stop() const = 0;

  /// Writes the row into its kind's stream at once and returns its id ("run_keys-12").
  template <class Row, std::size_t N>
  std::string emit(const Kind& kind, const std::array<Field<Row>, N>& fields, const Row& row,
                   const Envelope& envelope) {
    std::string& line = begin_record(kind, envelope);
    write_fields(fields, row, line);
    return end_record();
  }

 protected:
  virtual std::string& begin_record(const Kind&, const Envelope&) = 0;
  virtual std::string end_record() = 0;
};

/// Everything the program knows about a module: one constant per module file.
struct ModuleSpec {
  std::string_view name;     ///< equals the file's stem
  std::string_view summary;  ///< one sentence, shown by `hozen modules`
  std::span<const Kind> kinds;
  std::span<const std::string_view> references;  ///< where the facts in the file come from
  std::span<const std::string_view> attack;      ///< ATT&CK technique ids its findings may carry
  Result<void> (*run)(ModuleContext&);
  std::span<const ModuleOption> options{};
  /// It takes long and finds nothing: the files that the profile asks for come first.
  bool runs_last = false;
  /// Called when all modules have run that find something, once for each host that there are facts
  /// of: joins them, emits, reports. The texts of its findings call that host "this host".
  Result<void> (*judge)(ModuleContext&) = nullptr;
};

/// All modules of this build by name. CMake writes the definition from the file names.
std::span<const ModuleSpec* const> all_modules();

}  // namespace hozen
