#include "collector/engine/runner.h"

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/log.h"
#include "collector/base/text.h"
#include "collector/engine/block_overflow.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/hive_record.h"
#include "collector/engine/module_context.h"
#include "collector/engine/report/ticket.h"
#include "collector/engine/run_manifest.h"
#include "collector/engine/run_steps.h"
#include "collector/engine/run_stop.h"
#include "collector/engine/target_expander.h"
#include "collector/engine/target_matcher.h"
#include "collector/engine/timeline.h"
#include "collector/engine/view_compare.h"

namespace hozen {
namespace {

/// Hives are read into memory whole. The largest seen in the field is a SOFTWARE hive of some 300
/// MiB.
constexpr std::uint64_t kMaxHiveBytes = 1ull << 30;
/// Up to this size what does not begin like a hive is read as one that was damaged.
constexpr std::uint64_t kMaxDamagedHiveBytes = 64ull << 20;
constexpr std::string_view kPartial = ".partial";
constexpr std::string_view kSourceOrigin = "source";

double seconds_since(std::uint64_t start_ticks) {
  return static_cast<double>(monotonic_ticks() - start_ticks) / kTicksPerSecond;
}

/// The log goes into the bundle while this lives.
class LogCapture {
 public:
  explicit LogCapture(BundleFeed& feed) {
    set_log_line_sink([&feed](std::string_view line) { feed.log_line(line); });
  }
  ~LogCapture() { set_log_line_sink({}); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
};

class Run {
 public:
  Run(EvidenceSource& source, const CollectOptions& options,
      std::span<const ModuleSpec* const> modules, ProgressListener& listener, std::stop_source stop)
      : source_{source},
        options_{options},
        modules_{modules},
        listener_{listener},
        stop_{std::move(stop), options.time_limit_ticks},
        fact_overflow_{[this] { return output_->open_scratch(); }},
        facts_{FactStore::kBytesPerKind, &fact_overflow_},
        files_{source, options.profile.limits, stop_, progress_, listener},
        timeline_{modules, [this] { return output_->open_scratch(); }} {}

  Result<CollectResult> run(const OutputFactory& open_output);

 private:
  void look_around();
  void note_unread(bool has_windows);
  void find_reference_time();
  Result<void> open(const OutputFactory& open_output);
  void run_modules(bool last);
  void run_module(const ModuleSpec& module, const ProfileModule& use);
  RunParts parts();
  FileSignatures& signatures();
  /// Joins what the modules stated, also where the run was stopped meanwhile.
  void judge_modules();
  bool may_judge();
  void judge_module(const ModuleSpec& module, const ProfileModule& use);
  bool call(Result<void> (*function)(ModuleContext&), const ModuleSpec& module,
            EngineContext& context);
  void leave_out(std::string_view origin, std::string what);
  void step_done(RunStep step, std::uint64_t start_ticks);
  /// What the source noticed of itself.
  void tell_remarks();
  void tell_signature_problems();
  void write_findings();
  void write_sources();
  void add_to_timeline(std::string_view record_json);
  void write_timeline();
  TargetExpander& expander();
  TargetMatcher& matcher();
  void collect_targets();
  void complete_manifest();
  BundleSummary summary();
  Result<CollectResult> finish();
  void phase(std::string text);
  const ModuleSpec* module_named(std::string_view name) const;
  std::optional<Error> refuse_hive(const EvidencePath& path);
  Result<PreservedFile> preserve_hive(const EvidencePath& path, std::string_view reason,
                                      bool expected);

  EvidenceSource& source_;
  const CollectOptions& options_;
  std::span<const ModuleSpec* const> modules_;
  ProgressListener& listener_;
  RunStop stop_;
  std::optional<RunStop> grace_;  // of the rules, once the run was stopped
  bool stopped_reading_ = false;  // before the rules had their turn
  ProgressState progress_;
  ProblemLog problems_;
  std::optional<FileSignatures> signatures_;  // once the registry is open
  FindingStore findings_;
  BlockOverflow fact_overflow_;
  FactStore facts_;
  ArtifactStore files_;
  Timeline timeline_;
  std::optional<Error> timeline_error_;  // why there will be none
  std::unique_ptr<OfflineRegistry> raw_registry_;
  std::optional<TargetExpander> expander_;
  std::optional<TargetMatcher> matcher_;
  Manifest manifest_;
  std::uint64_t started_ticks_ = monotonic_ticks();
  std::uint64_t records_ = 0, steps_ = 0;
  std::map<std::string_view, std::uint64_t> records_of_;  // module
  bool failed_ = false;                                   // beyond what files and problems count
  std::unique_ptr<BundleOutput> output_;
  std::unique_ptr<BundleWriter> writer_;
  std::unique_ptr<BundleFeed> feed_;
  std::unique_ptr<LogCapture> log_;
};

void Run::phase(std::string text) {
  progress_.phase = std::move(text);
  progress_.findings = findings_.size();
  listener_.update(progress_);
}

const ModuleSpec* Run::module_named(std::string_view name) const {
  const auto found = std::find_if(modules_.begin(), modules_.end(),
                                  [&](const ModuleSpec* module) { return module->name == name; });
  return found == modules_.end() ? nullptr : *found;
}

/// Anybody can give a file the name of a hive: what cannot be one gets no hive's rights, and is
/// asked for as an ordinary file.
std::optional<Error> Run::refuse_hive(const EvidencePath& path) {
  constexpr std::string_view kSignature = "regf";
  const auto content = source_.open(path);
  if (!content) return std::nullopt;  // told by whoever reads it
  const std::uint64_t size = (*content)->size();
  if (size > kMaxHiveBytes)
    return Error{
        Errc::limit, path.text(), {}, "longer than a hive can be: " + byte_size_text(size)};
  if (size <= kMaxDamagedHiveBytes) return std::nullopt;  // a log may repair its beginning
  std::array<std::byte, kSignature.size()> start{};
  const auto got = (*content)->read_some(0, start);
  if (got && *got == start.size() && Bytes{start}.chars() == kSignature) return std::nullopt;
  return Error{Errc::malformed, path.text(), {}, "no registry hive: it does not begin with regf"};
}

Result<PreservedFile> Run::preserve_hive(const EvidencePath& path, std::string_view reason,
                                         bool expected) {
  FileRequest request;
  request.path = path;
  request.module = kSourceOrigin;
  request.reason = reason;
  request.priority = Priority::crown_jewels;
  request.expected = expected;
  if (auto refused = refuse_hive(path)) {
    files_.request(std::move(request));
    return *std::move(refused);
  }
  request.max_bytes = kMaxHiveBytes;
  request.beyond_total = true;
  return files_.preserve(std::move(request), kMaxHiveBytes);
}

/// The registry comes first: it names the host, and so the bundle.
void Run::look_around() {
  phase("looking at the source");
  manifest_ = manifest_at_start(source_, options_, utc_now());
  for (const auto& volume : source_.volumes())
    if (volume.unreadable) problems_.add(kSourceOrigin, std::nullopt, *volume.unreadable);
  raw_registry_ = make_offline_registry(
      source_,
      [this](const EvidencePath& path, std::string_view reason, bool expected) {
        return preserve_hive(path, reason, expected);
      },
      [this](const Error& error) { problems_.add(kSourceOrigin, View::raw, error); });
  const Registry* registry = raw_registry_.get();
  if (source_.api_registry() != nullptr) registry = source_.api_registry();
  const bool has_windows = !registry->installations().empty();
  if (!has_windows && needs_windows(options_.profile))
    problems_.add(kSourceOrigin, std::nullopt,
                  Error{Errc::not_found, "a Windows installation in " + source_.describe()});
  note_unread(has_windows);
  manifest_.host = manifest_host(source_.live_host(), *registry);
  find_reference_time();
}

/// What could not be read is a problem already; what is not there becomes one here, where the
/// profile asks for what it tells.
void Run::note_unread(bool has_windows) {
  const bool is_asked_for = needs_windows(options_.profile);
  for (const HiveUnread& hive : raw_registry_->hives_unread())
    if (hive.why.code == Errc::not_found && is_asked_for)
      problems_.add(kSourceOrigin, View::raw,
                    Error{Errc::not_found,
                          hive.file.text(),
                          {},
                          "a hive that should be there; what it tells was not looked at"});
  manifest_.source.hives_not_read =
      manifest_unread(*raw_registry_, has_windows, source_.describe());
}

void Run::find_reference_time() {
  ManifestClock& clock = manifest_.clock;
  clock.reference = clock.started;
  clock.reference_origin = "start of the run";
  if (const auto live = source_.live_time()) {
    clock.reference = *live;
  } else if (const TrustedTime newest = raw_registry_->newest_trusted_time(clock.started);
             newest.time.is_set()) {
    clock.reference = newest.time;
    clock.reference_origin = newest.how;
  } else {
    clock.reference_origin = "start of the run, because the evidence vouches for no time";
  }
}

/// Some file systems keep times to two seconds only.
FileTime before(FileTime time, std::uint64_t ticks) {
  return FileTime{time.ticks > ticks ? time.ticks - ticks : 0};
}

Result<void> Run::open(const OutputFactory& open_output) {
  std::string host = manifest_.host->facts.name;
  if (host.empty() && source_.kind() == "live") host = machine_name();
  HOZEN_TRY(output_, open_output(bundle_name(host, manifest_.collection.started)));
  HOZEN_TRY(writer_, BundleWriter::create(*output_, options_.bundle));
  feed_ = std::make_unique<BundleFeed>(*writer_, stop_.interrupt());
  log_ = std::make_unique<LogCapture>(*feed_);
  logger("engine").info("started source={} given={} modules={} targets={}", manifest_.source.kind,
                        quoted(manifest_.source.given), options_.profile.modules.size(),
                        options_.profile.targets.size());
  feed_->entry("start.json", start_json(manifest_, plan_of(options_.profile)));
  problems_.open(*feed_);
  const std::string output = output_->path();
  files_.leave_out_own(std::string_view{output}.substr(output.find_last_of("/\\") + 1),
                       before(manifest_.collection.started, 2 * kTicksPerSecond));
  files_.open(*feed_);
  return {};
}

/// Those that are to run last, or the others.
void Run::run_modules(bool last) {
  for (const auto& use : options_.profile.modules) {
    const ModuleSpec* module = module_named(use.name);
    if (module == nullptr || module->runs_last != last) continue;
    if (!stop_.stop_requested()) run_module(*module, use);
    if (stop_.stop_requested()) leave_out(use.name, "module " + use.name);
  }
}

FileSignatures& Run::signatures() {
  if (!signatures_) {
    Registry* const registry = raw_registry_ ? raw_registry_.get() : source_.api_registry();
    signatures_.emplace(source_, registry, options_.trust, manifest_.clock.reference);
  }
  return *signatures_;
}

RunParts Run::parts() {
  const std::stop_token stop = grace_ ? grace_->token() : stop_.token();
  signatures().set_stop(stop);
  return {source_,
          *feed_,
          files_,
          findings_,
          facts_,
          signatures(),
          options_.lists,
          problems_,
          manifest_.clock.reference,
          stop,
          stopped_reading_,
          [this](const EvidencePath& path, KnownPath known) { return matcher().find(path, known); },
          [this](std::string_view record) { add_to_timeline(record); }};
}

void Run::run_module(const ModuleSpec& module, const ProfileModule& use) {
  const std::uint64_t start = monotonic_ticks();
  const RunParts parts = this->parts();
  Registry* api = source_.api_registry();
  ViewCompare compare{module.name, manifest_.clock.reference};
  const bool two_views = raw_registry_ != nullptr && api != nullptr;
  ModuleRecords records{"records/" + std::string{module.name}, 0, two_views ? &compare : nullptr};
  bool works = true;
  for (const View view : {View::raw, View::api}) {
    Registry* registry = view == View::raw ? raw_registry_.get() : api;
    if (registry == nullptr || stop_.stop_requested()) continue;
    phase(std::string{module.name} + " (" + std::string{to_text(view)} + ")");
    // Files are the same in both views; on a live system they are read with the view of the system.
    const bool reads_files = view == View::api || api == nullptr;
    EngineContext context{parts, module, records, view, registry, reads_files, use};
    works = call(module.run, module, context) && works;
  }
  // A run that was stopped has not seen all.
  if (two_views && works && !stop_.stop_requested())
    if (auto done = compare.report([&](Finding found) { findings_.add(std::move(found)); }); !done)
      problems_.add(module.name, std::nullopt, done.error());
  feed_->close(records.stream);
  feed_->close("artifacts");
  step_done({std::string{kModuleStep}, std::string{module.name},
             std::string{works ? kStepComplete : kStepFailed}, 0, records.count},
            start);
  records_of_[module.name] = records.count;
  records_ += records.count;
  progress_.records = records_;
  logger("engine").info("ran module={} records={} seconds={:.2f}", module.name, records.count,
                        seconds_since(start));
}

/// What was read is told also where the run was stopped: that logs were cleared must not be lost
/// with the rest. Rules over facts in memory take a second; a second interrupt ends them too.
bool Run::may_judge() {
  constexpr std::uint64_t kGrace = 10 * kTicksPerSecond;
  if (feed_->failure()) return false;
  if (stop_.stop_requested() && !grace_) grace_.emplace(std::stop_source{}, kGrace);
  return !grace_ || !grace_->stop_requested();
}

void Run::judge_modules() {
  stopped_reading_ = stop_.stop_requested();
  if (stopped_reading_)
    leave_out("judge", "rules that join records saw only what was read until then");
  facts_.settle(manifest_.host ? manifest_.host->facts.name : std::string_view{});
  for (std::size_t i = 0; i < kFactKinds; ++i) {
    const auto kind = static_cast<FactKind>(i);
    if (const std::uint64_t left_out = facts_.left_out(kind))
      problems_.add("judge", std::nullopt,
                    Error{Errc::limit,
                          "rules that join records saw the last of " + std::string{to_text(kind)} +
                              " and those near others only: " + std::to_string(left_out) +
                              " before them had no room, " + std::to_string(facts_.dropped(kind)) +
                              " of these stood near others"});
  }
  if (const std::uint64_t refused = facts_.unknown_computers())
    problems_.add(
        "judge", std::nullopt,
        Error{Errc::limit, "rules that join records looked at events of the host and of " +
                               std::to_string(FactStore::kMaxComputers) +
                               " other computers only: " + std::to_string(refused) +
                               " events of further computers are records alone"});
  for (const auto& use : options_.profile.modules) {
    const ModuleSpec* module = module_named(use.name);
    if (module == nullptr || module->judge == nullptr) continue;
    const bool may = may_judge();
    if (may) judge_module(*module, use);
    if (!may || (grace_ ? *grace_ : stop_).stop_requested())
      leave_out(use.name, "rules of module " + use.name);
  }
  grace_.reset();
  stopped_reading_ = false;
}

/// Of what was stated in both views there is one judgement; files and the raw view can be asked.
void Run::judge_module(const ModuleSpec& module, const ProfileModule& use) {
  const std::uint64_t start = monotonic_ticks();
  phase("judging: " + std::string{module.name});
  const RunParts parts = this->parts();
  std::uint64_t& count = records_of_[module.name];
  const std::uint64_t before = count;
  ModuleRecords records{"records/" + std::string{module.name}, before, nullptr};
  EngineContext context{parts, module, records, View::raw, raw_registry_.get(), true, use};
  context.set_facts(facts_.own());
  bool works = call(module.judge, module, context);
  for (const ComputerFacts& other : facts_.others()) {
    if (parts.stop.stop_requested()) break;
    context.set_facts(other);
    works = call(module.judge, module, context) && works;
  }
  feed_->close(records.stream);
  step_done({std::string{kJudgeStep}, std::string{module.name},
             std::string{works ? kStepComplete : kStepFailed}, 0, records.count - before},
            start);
  records_ += records.count - before;
  count = records.count;
  progress_.records = records_;
  logger("engine").info("judged module={} records={} seconds={:.2f}", module.name,
                        records.count - before, seconds_since(start));
}

/// The run ends before its plan is done: tells what of it was not, or not wholly, done.
void Run::leave_out(std::string_view origin, std::string what) {
  const Error why = stop_.error();
  problems_.add(origin, std::nullopt, Error{why.code, std::move(what), {}, why.what});
}

/// Tells in the bundle, and at once, that a step of the plan is over.
void Run::step_done(RunStep step, std::uint64_t start_ticks) {
  if (stop_.stop_requested()) step.outcome = kStepInterrupted;
  step.number = ++steps_;
  step.elapsed_ticks = monotonic_ticks() - start_ticks;
  std::string json;
  append_run_step(json, step);
  feed_->line(kStepsStream, json);
  feed_->close(kStepsStream);
}

/// The last wall: whatever a module does, the run goes on. False when it failed.
bool Run::call(Result<void> (*function)(ModuleContext&), const ModuleSpec& module,
               EngineContext& context) {
  std::optional<Error> failure;
  try {
    if (auto result = function(context); !result) failure = std::move(result).error();
  } catch (const std::exception& exception) {
    failure = Error{Errc::malformed, "module " + std::string{module.name}, {}, exception.what()};
  } catch (...) {
    failure = Error{Errc::malformed, "module " + std::string{module.name}, {}, "unknown exception"};
  }
  if (!failure || failure->code == Errc::cancelled) return true;
  failed_ = true;
  problems_.add(module.name, context.view(), *failure);
  logger("engine").error("failed module={} view={} error={}", module.name, to_text(context.view()),
                         quoted(failure->text()));
  return false;
}

void Run::tell_remarks() {
  for (const Error& remark : source_.take_remarks())
    problems_.add(kSourceOrigin, std::nullopt, remark);
}

void Run::write_findings() {
  const std::uint64_t start = monotonic_ticks();
  phase("findings");
  if (findings_.dropped() > 0)
    problems_.add("findings", std::nullopt,
                  Error{Errc::limit, std::to_string(findings_.dropped()) +
                                         " findings of least importance were dropped"});
  std::string json;
  for (const auto& ranked : findings_.sorted()) {
    json.clear();
    append_finding(json, ranked);
    feed_->line("findings", json);
  }
  feed_->close("findings");
  step_done({std::string{kFindingsStep}, std::string{kAllFindings}, std::string{kStepComplete}, 0,
             findings_.size()},
            start);
}

/// What of the host's catalogs and certificates could not be read, where files were held against
/// them.
void Run::tell_signature_problems() {
  if (!signatures_) return;
  for (const Error& problem : signatures_->problems())
    problems_.add("signatures", std::nullopt, problem);
}

/// What was made of the evidence as such: its hives, and all that could not be read.
void Run::write_sources() {
  std::string json;
  std::size_t hives = 0;
  for (const HiveRead& hive : raw_registry_->hives_read()) {
    json.clear();
    append_hive_record(json, ++hives, hive);
    feed_->line("records/registry_hives", json);
    add_to_timeline(json);
  }
  feed_->close("records/registry_hives");
  feed_->close("records/problems");
}

void Run::add_to_timeline(std::string_view record_json) {
  if (timeline_error_) return;
  if (auto added = timeline_.add(record_json); !added) timeline_error_ = std::move(added).error();
}

/// Sorted at last, when all records are there; also of a run that was stopped. The records hold
/// all that it says: where it cannot be had, it can be made of them.
void Run::write_timeline() {
  const std::uint64_t start = monotonic_ticks();
  phase("timeline");
  if (!timeline_error_) {
    auto written =
        timeline_.finish([this](std::string_view line) { feed_->line(kTimelineStream, line); });
    if (!written) timeline_error_ = std::move(written).error();
  }
  feed_->close(kTimelineStream);
  if (timeline_error_) {
    timeline_error_->what =
        "the timeline is not in the bundle, or not whole (hozen timeline makes "
        "it of the records): " +
        timeline_error_->what;
    problems_.add("timeline", std::nullopt, *timeline_error_);
  }
  logger("engine").info("sorted timeline entries={} scratch_bytes={} seconds={:.2f}",
                        timeline_.entries(), timeline_.scratch_bytes(), seconds_since(start));
}

/// Made when it is first asked for: it looks into folders.
TargetExpander& Run::expander() {
  if (expander_) return *expander_;
  std::vector<const Registry*> registries;
  if (const Registry* api = source_.api_registry()) registries.push_back(api);
  registries.push_back(raw_registry_.get());
  return expander_.emplace(source_, std::move(registries), [this](const Error& error) {
    problems_.add(kSourceOrigin, std::nullopt, error);
  });
}

TargetMatcher& Run::matcher() {
  return matcher_ ? *matcher_ : matcher_.emplace(options_.profile.targets, expander());
}

void Run::collect_targets() {
  for (const Priority priority : kPriorities) {
    const std::uint64_t start = monotonic_ticks();
    phase("files: " + std::string{to_text(priority)});
    for (const auto& target : options_.profile.targets) {
      if (target.priority != priority) continue;
      expander().expand(target, files_, stop_.token());
      if (stop_.stop_requested())
        leave_out(kSourceOrigin, "search for files: " + target.pattern.text);
    }
    files_.drain(priority);
    feed_->close("artifacts");
    step_done({std::string{kFilesStep}, std::string{to_text(priority)}, std::string{kStepComplete},
               0, progress_.files},
              start);
  }
  for (const Error& difference : files_.differences())
    problems_.add(kSourceOrigin, View::api, difference);
  const FileCounts& counts = files_.counts();
  logger("engine").info("collected files={} bytes={} missing={} failed={} skipped={}",
                        progress_.files, counts.bytes_read, counts.missing, counts.failed,
                        counts.skipped);
}

void Run::complete_manifest() {
  const FileCounts& counts = files_.counts();
  manifest_.collection.finished = manifest_.clock.ended = utc_now();
  manifest_.clock.elapsed_ticks = monotonic_ticks() - started_ticks_;
  const bool loss = counts.left_out > 0 || problems_.count() > 0 || failed_;
  manifest_.collection.outcome = stop_.interrupted() ? RunOutcome::interrupted
                                 : loss              ? RunOutcome::with_errors
                                                     : RunOutcome::complete;
  if (output_->path() != "-") {
    std::string path = output_->path();
    if (path.ends_with(kPartial)) path.resize(path.size() - kPartial.size());
    manifest_.footprint.files_created = {path, path + ".seal"};
  }
  for (const std::uint64_t bytes : {timeline_.scratch_bytes(), fact_overflow_.scratch_bytes()})
    if (bytes != 0)
      manifest_.footprint.notes.push_back("a temporary file beside the bundle, " +
                                          byte_size_text(bytes) +
                                          ", deleted at the end, to sort the timeline");
  manifest_.footprint.bytes_written = writer_->bytes_written();
  manifest_.counts = {{"files", progress_.files},
                      {"files_complete", counts.complete},
                      {"files_truncated", counts.truncated},
                      {"files_incomplete", counts.incomplete},
                      {"files_changed", counts.changed},
                      {"files_missing", counts.missing},
                      {"files_failed", counts.failed},
                      {"files_skipped", counts.skipped},
                      {"evidence_bytes", counts.bytes_read},
                      {"records", records_},
                      {"timeline_entries", timeline_error_ ? 0 : timeline_.entries()},
                      {"problems", problems_.count()},
                      {"findings", findings_.size()}};
  if (counts.compared > 0) {
    manifest_.counts.emplace_back("files_compared", counts.compared);
    manifest_.counts.emplace_back("files_differing", counts.differing);
  }
  const auto severities = findings_.by_severity();
  for (std::size_t i = severities.size(); i-- > 0;)
    manifest_.counts.emplace_back("findings_" + std::string{to_text(static_cast<Severity>(i))},
                                  severities[i]);
}

BundleSummary Run::summary() {
  BundleSummary summary;
  summary.manifest = manifest_;
  summary.stored_files = progress_.files;
  summary.volume_parts = files_.counts().volume_parts;
  summary.volume_bytes = files_.counts().volume_bytes;
  summary.by_severity = findings_.by_severity();
  const auto& findings = findings_.sorted();
  const auto shown = static_cast<std::ptrdiff_t>(std::min(findings.size(), kSummaryFindings));
  summary.findings.assign(findings.begin(), findings.begin() + shown);
  summary.left_out = files_.counts().left_out;
  summary.failures = files_.failures();
  summary.problem_count = problems_.count();
  summary.problems = problems_.first();
  return summary;
}

Result<CollectResult> Run::finish() {
  phase("closing the bundle");
  complete_manifest();
  CollectResult result;
  result.summary = summary();
  feed_->entry("ticket.md", ticket_text(result.summary));
  if (feed_->failure()) return *feed_->failure();
  logger("engine").info("finished outcome={} seconds={:.2f} peak_memory_bytes={}",
                        to_text(manifest_.collection.outcome), seconds_since(started_ticks_),
                        peak_memory_bytes());
  log_.reset();
  feed_->settle();
  if (feed_->failure()) return *feed_->failure();
  HOZEN_TRY(result.summary.seal, writer_->finish(manifest_, utc_now()));
  result.summary.bundle_bytes = writer_->bytes_written();
  HOZEN_CHECK(output_->complete());
  if (output_->path() == "-") return result;
  result.summary.bundle_path = output_->path();
  if (auto written = write_seal_file(output_->path(), *result.summary.seal); !written)
    result.seal_file_error = std::move(written).error();
  return result;
}

Result<CollectResult> Run::run(const OutputFactory& open_output) {
  look_around();
  HOZEN_CHECK(open(open_output));
  run_modules(false);
  judge_modules();
  tell_remarks();
  tell_signature_problems();
  write_findings();
  write_sources();
  collect_targets();
  run_modules(true);
  tell_remarks();
  write_timeline();
  feed_->close("records/problems");
  return finish();
}

}  // namespace

Result<CollectResult> collect(EvidenceSource& source, const OutputFactory& open_output,
                              const CollectOptions& options,
                              std::span<const ModuleSpec* const> modules,
                              ProgressListener& listener, std::stop_source stop) {
  return Run{source, options, modules, listener, std::move(stop)}.run(open_output);
}

}  // namespace hozen
