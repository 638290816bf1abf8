// hozen collect
#include <memory>
#include <optional>
#include <utility>

#include "collector/base/log.h"
#include "collector/base/text.h"
#include "collector/cli/begun_output.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/elevation.h"
#include "collector/cli/exit_code.h"
#include "collector/cli/operator_files.h"
#include "collector/cli/output_choice.h"
#include "collector/cli/profile_files.h"
#include "collector/cli/progress_view.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/host.h"
#include "collector/engine/report/summary.h"
#include "collector/engine/runner.h"
#include "collector/engine/suggest.h"
#include "collector/engine/time_span.h"
#include "collector/source/folder_source.h"
#include "collector/source/image_source.h"
#include "collector/source/live_source.h"

namespace hozen::cli {
namespace {

constexpr unsigned kMaxPartitionNumber = 1024;
/// Findings that the end of a run tells; `hozen report` tells more.
constexpr std::size_t kShownFindings = 5;

struct Options {
  std::optional<std::string> root, image;
  unsigned partition = 0;
  std::vector<std::string> profiles{"triage"}, modules;
  OperatorFiles lists;
  std::string output = ".", case_id, operator_name, max_file_size, max_total_size, timeout,
              log_level, progress = "auto", raw = "fallback";
  unsigned jobs = 0;
  bool unprivileged = false, low_priority = false, quiet = false, verbose = false;
};

/// Only these modules, and no files of targets: somebody asks for one answer.
std::optional<std::string> keep_modules(Profile& profile, const std::vector<std::string>& names) {
  const auto known = module_names_of(all_modules());
  std::vector<ProfileModule> kept;
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return "unknown module \"" + printable(name) + "\"" + suggestion(name, known) +
             "; hozen modules lists all";
    const auto in_profile =
        std::find_if(profile.modules.begin(), profile.modules.end(),
                     [&](const ProfileModule& module) { return module.name == name; });
    kept.push_back(in_profile != profile.modules.end() ? *in_profile : ProfileModule{name});
  }
  profile.modules = std::move(kept);
  profile.targets.clear();
  return std::nullopt;
}

void cap_files(Profile& profile, std::uint64_t max_bytes) {
  profile.limits.max_file_bytes = max_bytes;
  const auto cap = [&](std::uint64_t& bytes) { bytes = std::min(bytes, max_bytes); };
  for (auto& module : profile.modules) cap(module.max_file_bytes);
  for (auto& target : profile.targets) cap(target.max_file_bytes);
}

ProgressForm progress_form(const Options& options) {
  if (options.quiet || options.progress == "none") return ProgressForm::none;
  if (options.progress == "plain") return ProgressForm::plain;
  if (options.progress == "json") return ProgressForm::json;
  const bool log_is_shown = options.verbose || !options.log_level.empty();
  return error_is_terminal() && !log_is_shown ? ProgressForm::line : ProgressForm::plain;
}

/// What goes wrong is told at the end; a log line in between would tear the progress line.
LogLevel console_level(const Options& options, ProgressForm form) {
  if (!options.log_level.empty()) return *parse_log_level(options.log_level);
  if (options.verbose) return LogLevel::info;
  return form == ProgressForm::line || options.quiet ? LogLevel::off : LogLevel::warn;
}

int exit_code_of(const CollectResult& result) {
  switch (result.summary.manifest.collection.outcome) {
    case RunOutcome::interrupted:
      return kExitInterrupted;
    case RunOutcome::with_errors:
      return kExitIncomplete;
    case RunOutcome::complete:
      return result.seal_file_error ? kExitIncomplete : kExitComplete;
  }
  return kExitIncomplete;
}

/// Results go to standard output, unless the bundle itself does. Whoever does not read them to the
/// end (`| head`) has a bundle all the same: the exit code tells of that.
int tell(const CollectResult& result, const Options& options) {
  if (result.seal_file_error)
    print_error("hozen: the file with the seal could not be written: " +
                printable(result.seal_file_error->text()) + "\n");
  const BundleSummary& summary = result.summary;
  const std::string text = options.quiet ? summary.bundle_path + "\n" + to_hex(*summary.seal) + "\n"
                                         : summary_text(summary, kShownFindings);
  const int exit_code = exit_code_of(result);
  if (options.output == "-") {
    print_error(options.quiet ? "seal " + to_hex(*summary.seal) + "\n" : text);
  } else if (!print(text)) {
    print_error("hozen: standard output did not take the summary; the bundle is finished: " +
                printable(summary.bundle_path) + "\nseal " + to_hex(*summary.seal) + "\n");
  }
  return exit_code;
}

RawReading raw_reading(std::string_view word) {
  if (word == "always") return RawReading::always;
  return word == "never" ? RawReading::never : RawReading::fallback;
}

Result<std::unique_ptr<EvidenceSource>> open_source(const Options& options,
                                                    const Profile& profile) {
  if (options.image) {
    ImageChoice choice{*options.image};
    choice.bytes_are_enough =
        std::any_of(profile.modules.begin(), profile.modules.end(),
                    [](const ProfileModule& module) { return module.name == "volume_copy"; });
    if (options.partition != 0) choice.partition = options.partition;
    return make_image_source(choice);
  }
  return options.root ? make_folder_source(*options.root)
                      : make_live_source(utc_now(), raw_reading(options.raw));
}

int source_failure(const Options& options, const Error& error) {
  if (!options.root && !options.image && error.code == Errc::unsupported)
    return fail(kExitUsage,
                "there is no running Windows here to collect from: give the folder of a mounted or "
                "copied Windows volume with --root DIR, or a disk image with --image FILE");
  return fail(kExitSource, "the source cannot be read: " + printable(error.text()));
}

int run_collection(const Options& options, EvidenceSource& source, const OutputFactory& output,
                   const CollectOptions& collection) {
  const ProgressForm form = progress_form(options);
  set_console_log_level(console_level(options, form));
  std::stop_source stop;
  stop_on_interrupt(stop);
  ProgressView view{form};
  BegunOutput begun;
  const OutputFactory tracked =
      [&](const std::string& name) -> Result<std::unique_ptr<BundleOutput>> {
    HOZEN_TRY(auto sink, output(name));
    return tracked_output(std::move(sink), begun);
  };
  auto result = collect(source, tracked, collection, all_modules(), view, stop);
  view.finish();
  if (!result) {
    const std::string left = what_is_left(begun);
    return fail(kExitOutput, "the bundle cannot be written: " + printable(result.error().text()) +
                                 (left.empty() ? "" : "\n" + left));
  }
  return tell(*result, options);
}

int collect_command(const Options& options, const std::vector<std::string>& arguments) {
  ProfileChoice choice = choose_profiles(options.profiles);
  for (const auto& problem : choice.problems) print_error("hozen: " + problem + "\n");
  if (!choice.problems.empty()) return kExitUsage;
  if (options.output.empty())
    return fail(kExitUsage, "--output is empty: give a folder, a file ending in .zip, or -");
  if (!options.modules.empty())
    if (const auto problem = keep_modules(choice.profile, options.modules))
      return fail(kExitUsage, *problem);
  if (!options.max_file_size.empty())
    cap_files(choice.profile, *parse_byte_size(options.max_file_size));
  if (!options.max_total_size.empty())
    choice.profile.limits.max_total_bytes = *parse_byte_size(options.max_total_size);
  CollectOptions collection;
  if (const auto problem = read_operator_files(options.lists, collection))
    return fail(kExitUsage, *problem);
  if (!options.timeout.empty()) collection.time_limit_ticks = *parse_time_span(options.timeout);
  collection.profile = std::move(choice.profile);
  collection.case_id = options.case_id;
  collection.operator_name = options.operator_name;
  collection.command_line = arguments;
  collection.privileges = enable_privileges();
  collection.bundle.threads = options.jobs;
  const auto source = open_source(options, collection.profile);
  if (!source) return source_failure(options, source.error());
  if (options.root && lies_inside(options.output, *options.root))
    return fail(
        kExitUsage,
        "the bundle would be written into the evidence: " + printable(options.output) +
            " lies inside of --root " + printable(*options.root) +
            ", and evidence is never changed: give a folder elsewhere with --output, on another "
            "disk or a share, or --output - to send the bundle through a pipe");
  const bool live = (*source)->kind() == "live";
  if (const auto refusal = refuse_without_rights(live, options.unprivileged, collection.privileges))
    return fail(kExitPrivilege, *refusal);
  if (options.low_priority)
    if (const auto lowered = lower_priority(); !lowered)
      print_error("hozen: going on with the usual priority: " + printable(lowered.error().text()) +
                  "\n");
  const auto output = choose_output(options.output);
  if (!output)
    return fail(kExitOutput, "cannot write to " + printable(output.error().what) + ": " +
                                 printable(output.error().detail));
  return run_collection(options, **source, *output, collection);
}

/// "" for a size, else what is wrong.
std::string is_size(const std::string& text) {
  const auto bytes = parse_byte_size(text);
  return bytes && *bytes > 0 ? std::string{} : "\"" + text + "\" is not a size such as 512M";
}

/// What to collect from where.
void declare_scope(DeclaredCommand command, Options& options) {
  auto root = command.add_text("--root", options.root,
                               "Collect from a mounted or copied Windows volume, or from a "
                               "folder that holds C/, D/ …; without it from the running system");
  root.value_name("DIR");
  auto image = command.add_text("--image", options.image,
                                "Collect from a raw image of a disk or a volume: one file, the "
                                "first part of a split one (.001), or a block device");
  image.value_name("FILE").excludes(root);
  command
      .add_number("--partition", options.partition,
                  "Of the image only this partition, as its table numbers them; without it every "
                  "NTFS volume")
      .value_name("N")
      .between(1, kMaxPartitionNumber)
      .needs(image);
  command
      .add_texts("--profile", options.profiles,
                 "What to collect: a shipped profile or your own XML file (default triage); again "
                 "for the union of several")
      .value_name("NAME|FILE.xml");
  command
      .add_texts("--module", options.modules,
                 "Run only this module and collect only what it asks for; may be given again")
      .value_name("NAME");
  command
      .add_text("--max-file-size", options.max_file_size,
                "Of longer files only the beginning is kept; registry hives that modules read "
                "are kept whole")
      .value_name("SIZE")
      .check(is_size);
  command
      .add_text("--max-total-size", options.max_total_size,
                "All files together; the most valuable are taken first, and what is left out is "
                "listed in the bundle")
      .value_name("SIZE")
      .check(is_size);
  command
      .add_text("--timeout", options.timeout,
                "Evidence is read no longer than this (90s, 30m, 2h); what is left out is listed "
                "in the bundle")
      .value_name("TIME")
      .check([](const std::string& text) {
        const auto ticks = parse_time_span(text);
        return ticks && *ticks > 0 ? std::string{} : "\"" + text + "\" is not a time such as 30m";
      });
  command.add_flag("--low-priority", options.low_priority,
                   "Leave processor and disk to everything else that runs");
  command
      .add_text("--raw", options.raw,
                "When files of the running system are read from the volume itself, past its file "
                "system: always, fallback (default: when another program holds them) or never")
      .value_name("WHEN")
      .one_of({"always", "fallback", "never"})
      .excludes(root)
      .excludes(image);
  command
      .add_flag("--unprivileged", options.unprivileged,
                "Collect from the running system what is possible without administrator rights")
      .excludes(root)
      .excludes(image);
}

/// What the operator knows and the program does not.
void declare_lists(DeclaredCommand command, Options& options) {
  command
      .add_texts("--trust-roots", options.lists.trust_roots,
                 "Certificates (PEM or DER) that signatures may end at, beside the roots that are "
                 "known here; may be given again")
      .value_name("FILE");
  command
      .add_texts(
          "--revoked", options.lists.revoked,
          "Certificates that were stolen or revoked: a thumbprint a line (SHA-1 or SHA-256), "
          "# before comments; may be given again")
      .value_name("FILE");
  command
      .add_text("--hijacklibs", options.lists.hijack_list,
                "DLLs that programs are known to load from places that are not their own, in the "
                "format of HijackLibs: YAML, all entries in one file")
      .value_name("FILE");
}

/// Where the bundle goes, and what stands in it about this collection.
void declare_output(DeclaredCommand command, Options& options) {
  command
      .add_text("--output", options.output,
                "Folder or file for the bundle, outside of --root; - for standard output (default: "
                "this folder)")
      .value_name("DIR|FILE|-");
  command.add_text("--case", options.case_id, "Number of the case, kept in the manifest")
      .value_name("ID");
  command.add_text("--operator", options.operator_name, "Your name, kept in the manifest")
      .value_name("NAME");
  command.add_number("--jobs", options.jobs, "Threads that compress (default: one a processor)")
      .value_name("N")
      .between(1, kMaxBundleThreads);
}

void declare_console(DeclaredCommand command, Options& options) {
  command
      .add_text("--progress", options.progress, "auto, plain (lines), json (lines of JSON) or none")
      .value_name("FORM")
      .one_of({"auto", "plain", "json", "none"});
  command
      .add_text("--log-level", options.log_level,
                "What the log shows: trace, debug, info, warn, error or off")
      .value_name("LEVEL")
      .one_of({"trace", "debug", "info", "warn", "error", "off"});
  auto quiet =
      command.add_flag("--quiet", options.quiet, "Print only the path of the bundle and its seal");
  command.add_flag("--verbose", options.verbose, "Show the log: what is done as it is done")
      .excludes(quiet);
}

}  // namespace

void add_collect(DeclaredCommand program, const std::vector<std::string>& arguments) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command("collect", "Collect evidence into a bundle");
  declare_scope(command, *options);
  declare_lists(command, *options);
  declare_output(command, *options);
  declare_console(command, *options);
  command.footer(
      "\nExamples:\n"
      "  hozen collect --root /mnt/windows --output /cases/42 --case 42 --operator \"A. Sato\"\n"
      "  hozen collect --root /mnt/windows --profile full --output - > bundle.zip");
  command.action([&arguments, options] { return collect_command(*options, arguments); });
}

}  // namespace hozen::cli
