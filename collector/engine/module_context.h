// What a module sees of a run: one module, one view of the source.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/engine/artifact_store.h"
#include "collector/engine/bundle_feed.h"
#include "collector/engine/finding_store.h"
#include "collector/engine/problem_log.h"
#include "collector/engine/view_compare.h"
#include "collector/module/fact_store.h"
#include "collector/module/module.h"

namespace hozen {

/// What the contexts of one run share.
struct RunParts {
  EvidenceSource& source;
  BundleFeed& feed;
  ArtifactStore& files;
  FindingStore& findings;
  FactStore& facts;
  SignatureBook& signatures;
  const OperatorLists& lists;
  ProblemLog& problems;
  FileTime reference_time{};
  std::stop_token stop;
  /// Rules judge what was read until the run was stopped: findings say so.
  bool is_partial = false;
  /// As ModuleContext::target_for().
  std::function<std::optional<TargetMatch>(const EvidencePath&, KnownPath)> target_for{};
  /// Sees every record, a whole line.
  std::function<void(std::string_view record_json)> record_written{};
};

/// The records of one module over all views: their numbers go on, what they say is compared.
struct ModuleRecords {
  std::string stream;  ///< "records/run_keys"
  std::uint64_t count = 0;
  ViewCompare* compare = nullptr;  ///< nullptr: the source has one view only
};

class EngineContext final : public ModuleContext {
 public:
  /// `use`: what the profile says of the module. All references must outlive the context.
  EngineContext(const RunParts& parts, const ModuleSpec& module, ModuleRecords& records, View view,
                Registry* registry, bool reads_files, const ProfileModule& use);

  EvidenceSource& source() override { return parts_.source; }
  View view() const override { return view_; }
  Registry* registry() override { return registry_; }
  bool reads_files() const override { return reads_files_; }
  FileTime reference_time() const override { return parts_.reference_time; }
  ArtifactId collect(const EvidencePath& path, std::string_view reason, Priority priority) override;
  std::optional<TargetMatch> target_for(const EvidencePath& path, KnownPath known) override;
  ArtifactId collect_deleted(const DeletedFile& file, const TargetMatch& target) override;
  Result<std::vector<std::byte>> read(ArtifactId id, std::uint64_t cap_bytes) override;
  Result<FileBeginning> read_beginning(ArtifactId id, std::uint64_t max_bytes) override;
  Result<std::unique_ptr<VolumeCopy>> copy_volume(const std::string& volume) override;
  std::string_view option(std::string_view name) const override;
  void report(Finding finding) override;
  void state(ViewFact fact) override;
  void stated_all(std::string_view kind, std::string_view place) override;
  using ModuleContext::state;
  void state(Fact fact, const FactOrigin& origin) override;
  const FactBook& facts() const override { return *facts_; }
  /// Whose facts the module judges; `facts` must outlive the context.
  void set_facts(const FactBook& facts) { facts_ = &facts; }
  SignatureBook& signatures() override { return parts_.signatures; }
  const OperatorLists& operator_lists() const override { return parts_.lists; }
  void note(Error error) override;
  std::stop_token stop() const override { return parts_.stop; }

 protected:
  std::string& begin_record(const Kind& kind, const Envelope& envelope) override;
  std::string end_record() override;

 private:
  const RunParts& parts_;
  const ModuleSpec& module_;
  ModuleRecords& records_;
  const View view_;
  Registry* const registry_;
  const bool reads_files_;
  const ProfileModule& use_;
  const FactBook* facts_;
  std::string line_;
};

}  // namespace hozen
