#include "collector/engine/module_context.h"

#include <utility>

#include "collector/engine/record_line.h"
#include "collector/module/signature_answers.h"

namespace hozen {
namespace {

std::string record_id(const ModuleSpec& module, std::uint64_t number) {
  return std::string{module.name} + "-" + std::to_string(number);
}

}  // namespace

EngineContext::EngineContext(const RunParts& parts, const ModuleSpec& module,
                             ModuleRecords& records, View view, Registry* registry,
                             bool reads_files, const ProfileModule& use)
    : parts_{parts},
      module_{module},
      records_{records},
      view_{view},
      registry_{registry},
      reads_files_{reads_files},
      use_{use},
      facts_{&parts.facts} {}

ArtifactId EngineContext::collect(const EvidencePath& path, std::string_view reason,
                                  Priority priority) {
  FileRequest request;
  request.path = path;
  request.module = module_.name;
  request.reason = reason;
  request.priority = priority;
  request.max_bytes = use_.max_file_bytes;
  return parts_.files.request(std::move(request));
}

std::optional<TargetMatch> EngineContext::target_for(const EvidencePath& path, KnownPath known) {
  return parts_.target_for ? parts_.target_for(path, known) : std::nullopt;
}

ArtifactId EngineContext::collect_deleted(const DeletedFile& file, const TargetMatch& target) {
  FileRequest request;
  request.path = file.path;
  request.deleted = file;
  request.module = module_.name;
  request.category = target.category;
  request.reason = target.reason;
  request.priority = target.priority;
  request.max_bytes = target.max_file_bytes;
  return parts_.files.request(std::move(request));
}

Result<std::vector<std::byte>> EngineContext::read(ArtifactId id, std::uint64_t cap_bytes) {
  return parts_.files.read(id, cap_bytes);
}

Result<FileBeginning> EngineContext::read_beginning(ArtifactId id, std::uint64_t max_bytes) {
  return parts_.files.read_beginning(id, max_bytes);
}

Result<std::unique_ptr<VolumeCopy>> EngineContext::copy_volume(const std::string& volume) {
  return parts_.files.copy_volume(volume);
}

std::string_view EngineContext::option(std::string_view name) const {
  for (const auto& [chosen, value] : use_.options)
    if (chosen == name) return value;
  for (const ModuleOption& known : module_.options)
    if (known.name == name) return known.values.front();
  return {};
}

void EngineContext::report(Finding finding) {
  if (const std::string_view computer = facts_->computer(); !computer.empty())
    name_host(finding, computer);
  else if (severity_of(finding) >= Severity::medium)
    answer_signatures(finding, parts_.signatures);
  if (parts_.is_partial)
    finding.not_checked.insert(
        finding.not_checked.begin(),
        "What was not read, because the run was stopped before: it may hold what is said to be "
        "missing, and more.");
  parts_.findings.add(std::move(finding));
}

void EngineContext::state(ViewFact fact) {
  if (records_.compare != nullptr) records_.compare->add(view_, std::move(fact));
}

void EngineContext::stated_all(std::string_view kind, std::string_view place) {
  if (records_.compare != nullptr) records_.compare->whole(view_, kind, place);
}

void EngineContext::state(Fact fact, const FactOrigin& origin) {
  parts_.facts.add(std::move(fact), origin);
}

void EngineContext::note(Error error) { parts_.problems.add(module_.name, view_, error); }

std::string& EngineContext::begin_record(const Kind& kind, const Envelope& envelope) {
  begin_record_line(line_, record_id(module_, ++records_.count), kind.name, view_, envelope,
                    facts_->computer());
  return line_;
}

std::string EngineContext::end_record() {
  line_ += '}';
  parts_.feed.line(records_.stream, line_);
  if (parts_.record_written) parts_.record_written(line_);
  return record_id(module_, records_.count);
}

}  // namespace hozen
