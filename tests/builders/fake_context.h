// A ModuleContext for tests: what a module emits, collects, notes and reports, kept in memory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact_store.h"
#include "collector/module/module.h"
#include "tests/builders/fake_windows.h"

namespace hozen::fake {

/// One emitted record. `columns` holds the JSON text of each member, in order: `"a"`, `7`, `null`,
/// `["x"]`.
struct Record {
  std::string id, kind, key, user_sid, user_name;
  std::optional<std::uint32_t> artifact;
  std::optional<std::uint64_t> offset;
  std::vector<std::pair<std::string, FileTime>> timestamps;
  std::vector<std::pair<std::string, std::string>> columns;
  std::string json;  ///< the whole line

  /// JSON text of a column, "" when the record has none of that name.
  std::string json_of(std::string_view column) const;
  /// The same, with the quotes and escapes of a string taken off.
  std::string operator[](std::string_view column) const;
};

struct Collected {
  EvidencePath path;
  std::string reason;
  Priority priority = Priority::normal;
  std::optional<DeletedFile> deleted{};
};

/// Says of each file what the test says of it; files that it says nothing of are not signed.
class Signatures final : public SignatureBook {
 public:
  const FileSignature& of(const EvidencePath& file) override;
  bool has_catalogs() override { return catalogs; }
  std::vector<Entry> all() const override;
  std::size_t damaged_catalogs() override { return damaged; }
  std::vector<NamedSigner> named_signers(const EvidencePath& file) override {
    const auto found = named.find(file.folded());
    return found == named.end() ? std::vector<NamedSigner>{} : found->second;
  }

  std::map<std::string, FileSignature> known;  ///< by folded path
  bool catalogs = true;
  std::size_t damaged = 0;                                ///< catalogs
  std::map<std::string, std::vector<NamedSigner>> named;  ///< by folded path

 private:
  std::map<std::string, std::pair<EvidencePath, FileSignature>> asked_;
};

class Context final : public ModuleContext {
 public:
  /// `registry` may be nullptr. Both must outlive the context.
  Context(EvidenceSource& source, Registry* registry);
  /// Of a fake machine.
  explicit Context(Machine& machine) : Context{*machine.source, machine.registry.get()} {}

  EvidenceSource& source() override { return source_; }
  View view() const override { return registry_ != nullptr ? registry_->view() : View::raw; }
  Registry* registry() override { return registry_; }
  bool reads_files() const override { return true; }
  FileTime reference_time() const override { return reference; }
  ArtifactId collect(const EvidencePath& path, std::string_view reason, Priority priority) override;
  std::optional<TargetMatch> target_for(const EvidencePath& path, KnownPath known) override {
    return target ? target(path, known) : std::nullopt;
  }
  ArtifactId collect_deleted(const DeletedFile& file, const TargetMatch& match) override;
  Result<std::vector<std::byte>> read(ArtifactId artifact, std::uint64_t cap_bytes) override;
  Result<FileBeginning> read_beginning(ArtifactId artifact, std::uint64_t max_bytes) override;
  Result<std::unique_ptr<VolumeCopy>> copy_volume(const std::string& volume) override;
  std::string_view option(std::string_view name) const override;
  void state(ViewFact fact) override { view_facts.push_back(std::move(fact)); }
  using ModuleContext::state;
  void state(Fact fact, const FactOrigin& origin) override { stated.add(std::move(fact), origin); }
  const FactBook& facts() const override { return stated; }
  void stated_all(std::string_view kind, std::string_view place) override {
    whole.push_back(std::string{kind} + " " + std::string{place});
  }
  void report(Finding finding) override {
    make_printable(finding);
    findings.push_back(std::move(finding));
  }
  SignatureBook& signatures() override { return signed_files; }
  const OperatorLists& operator_lists() const override { return lists; }
  void note(Error error) override { notes.push_back(std::move(error)); }
  std::stop_token stop() const override { return stopper.get_token(); }

  const Finding* finding(
      std::string_view rule) const;  ///< the first of this rule, nullptr when none
  /// The first record in which each named column has this text, nullptr when none.
  const Record* record(
      const std::vector<std::pair<std::string_view, std::string_view>>& columns) const;
  bool has_collected(std::string_view path) const;

  /// A copy of a volume that the module made.
  struct CopiedVolume {
    static constexpr std::size_t kPageBytes = 4096;
    std::string volume;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> parts{};  ///< offset and size
    std::map<std::uint64_t, std::vector<std::byte>> pages{};  ///< by number, those not all zeros
    std::uint64_t used_bytes = 0;
    std::optional<std::uint64_t> finished{};  ///< its size, once it was told
  };
  std::vector<CopiedVolume> copies;
  std::map<std::string, std::string, std::less<>> options;  ///< what the profile chose
  std::optional<std::uint64_t> most_parts;  ///< that a copy may have: the run's limit
  std::vector<Record> records;
  std::vector<Finding> findings;
  std::vector<Error> notes;
  std::vector<ViewFact> view_facts;
  Signatures signed_files;
  OperatorLists lists;
  FactStore stated;                  ///< settled before `judge`
  std::vector<std::string> whole;    ///< "kind place" of stated_all()
  std::vector<Collected> artifacts;  ///< row i is ArtifactId{i}
  /// What the profile has of targets; none without.
  std::function<std::optional<TargetMatch>(const EvidencePath&, KnownPath)> target;
  std::stop_source stopper;
  FileTime reference = at(86'400);  ///< one day after everything of a fake machine was written

 protected:
  std::string& begin_record(const Kind& kind, const Envelope& envelope) override;
  std::string end_record() override;

 private:
  EvidenceSource& source_;
  Registry* registry_;
  std::string line_;
  Record next_;
};

/// "rule severity subject" of each finding, a line each: for comparison and for reading a failed
/// test.
std::string summary_of(const std::vector<Finding>& findings);

}  // namespace hozen::fake
