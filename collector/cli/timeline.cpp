// hozen timeline
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/bodyfile.h"
#include "collector/engine/file_sink.h"
#include "collector/engine/report/words.h"
#include "collector/engine/timeline_export.h"
#include "collector/module/module.h"

namespace hozen::cli {
namespace {

struct Options {
  std::string bundle, format;
  std::optional<std::string> output;
};

/// What the lines do not hold; 0 when they hold everything. `what`: of what they were made.
int told_exit_code(std::uint64_t unreadable, const std::vector<Error>& damaged,
                   const Manifest& manifest, std::string_view what) {
  const std::string name{what};
  if (manifest.collection.outcome == RunOutcome::interrupted)
    print_error("hozen: the collection was interrupted: its " + name + " may not be whole\n");
  for (const Error& damage : damaged)
    print_error("hozen: damaged, read as far as it goes: " + printable(damage.text()) + "\n");
  if (unreadable != 0)
    print_error("hozen: " + counted(unreadable, "line") + " of the " + name +
                " could not be read\n");
  if (!damaged.empty()) return kExitVerification;
  return unreadable != 0 ? kExitIncomplete : kExitComplete;
}

int cannot_write(const Error& error) {
  return fail(kExitOutput, "the timeline cannot be written: " + printable(error.text()));
}

/// Ends the output; gives it up where the lines could not be written.
template <class Counts>
Result<void> end_output(BundleOutput& output, const Result<Counts>& counts) {
  auto complete = counts ? output.complete() : Result<void>{counts.error()};
  if (!complete) output.discard();
  return complete;
}

int write_body(const BundleReader& bundle, BundleOutput& output) {
  const auto counts = write_bodyfile(
      bundle, [&](std::string_view lines) { return output.write(bytes_of(lines).span()); });
  if (const auto complete = end_output(output, counts); !complete)
    return cannot_write(complete.error());
  return told_exit_code(counts->unreadable, counts->damaged, bundle.manifest(), "file table");
}

int write_entries(const BundleReader& bundle, TimelineForm form, BundleOutput& output) {
  const auto counts = write_timeline(
      bundle, all_modules(), form, [&] { return output.open_scratch(); },
      [&](std::string_view lines) { return output.write(bytes_of(lines).span()); });
  if (const auto complete = end_output(output, counts); !complete) {
    if (complete.error().code == Errc::unsupported)
      return fail(kExitOutput,
                  "the timeline is made of the records of this bundle, which are too many to sort "
                  "in memory: give --output FILE, beside which a temporary file may lie");
    return cannot_write(complete.error());
  }
  return told_exit_code(counts->unreadable, counts->damaged, bundle.manifest(), "timeline");
}

int timeline(const Options& options) {
  const auto file = open_native_file(options.bundle);
  if (!file) return fail(kExitSource, "cannot read the bundle: " + printable(file.error().text()));
  const auto bundle = BundleReader::open(**file);
  if (!bundle)
    return fail(kExitSource, printable(options.bundle) + " cannot be read as a bundle: " +
                                 printable(bundle.error().text()));
  const bool is_body = options.format == "bodyfile";
  if (is_body && bundle->segments(kFileTableStream).empty())
    return fail(kExitIncomplete,
                "the bundle holds no file table: it comes from the module file_table, which is in "
                "the profile full, and only from a running Windows or an image with NTFS");
  const bool to_file = options.output && *options.output != "-";
  const auto output = to_file ? create_output_file(*options.output) : open_standard_output();
  if (!output) return cannot_write(output.error());
  if (is_body) return write_body(*bundle, **output);
  const TimelineForm form = options.format == "csv" ? TimelineForm::csv : TimelineForm::jsonl;
  return write_entries(*bundle, form, **output);
}

}  // namespace

void add_timeline(DeclaredCommand program) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "timeline", "Write the times of all records of a bundle, or of every file, for other tools");
  command.add_text("BUNDLE", options->bundle, "The bundle").required();
  command
      .add_text("--format", options->format,
                "jsonl: every time of every record, sorted, for Timesketch; csv: the same for "
                "spreadsheets; bodyfile: lines for mactime of The Sleuth Kit, from the file table")
      .value_name("NAME")
      .one_of({"jsonl", "csv", "bodyfile"})
      .required();
  command
      .add_text("--output", options->output,
                "Write into this new file; otherwise, or with -, to standard output")
      .value_name("FILE");
  command.footer(
      "\njsonl and csv: the stream timeline.jsonl of the bundle; of a bundle without one it is "
      "made\n"
      "of the records. In csv all cells are quoted, and an apostrophe stands before what begins\n"
      "with = + - or @, so that no spreadsheet computes it.\n"
      "\nbodyfile: each file of NTFS volumes, deleted ones included (module file_table, profile "
      "full), has "
      "a\n"
      "line with the times that programs can set, one for each alternate data stream, and one "
      "with\n"
      "those of $FILE_NAME, in whole seconds. The records of the bundle hold all digits.\n"
      "\nExamples:\n"
      "  hozen timeline --format jsonl --output HOST.jsonl HOST-20260301T120000Z.zip\n"
      "  hozen timeline --format bodyfile HOST-20260301T120000Z.zip | mactime -d -y -z UTC\n"
      "  hozen timeline --format bodyfile --output body.txt HOST-20260301T120000Z.zip");
  command.action([options] { return timeline(*options); });
}

}  // namespace hozen::cli
