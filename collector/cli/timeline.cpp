// hozen timeline
#include <memory>
#include <optional>

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

namespace hozen::cli {
namespace {

struct Options {
  std::string bundle, format;
  std::optional<std::string> output;
};

/// What the lines do not hold; 0 when they hold everything.
int told_exit_code(const BodyfileCounts& counts, const Manifest& manifest) {
  if (manifest.collection.outcome == RunOutcome::interrupted)
    print_error("hozen: the collection was interrupted: its file table may not be whole\n");
  for (const Error& damage : counts.damaged)
    print_error("hozen: damaged, read as far as it goes: " + printable(damage.text()) + "\n");
  if (counts.unreadable != 0)
    print_error("hozen: " + counted(counts.unreadable, "line") +
                " of the file table could not be read\n");
  if (!counts.damaged.empty()) return kExitVerification;
  return counts.unreadable != 0 ? kExitIncomplete : kExitComplete;
}

int write_lines(const BundleReader& bundle, BundleOutput& output) {
  const auto counts = write_bodyfile(
      bundle, [&](std::string_view lines) { return output.write(bytes_of(lines).span()); });
  const auto complete = counts ? output.complete() : Result<void>{counts.error()};
  if (!complete) {
    output.discard();
    return fail(kExitOutput,
                "the timeline cannot be written: " + printable(complete.error().text()));
  }
  return told_exit_code(*counts, bundle.manifest());
}

int timeline(const Options& options) {
  const auto file = open_native_file(options.bundle);
  if (!file) return fail(kExitSource, "cannot read the bundle: " + printable(file.error().text()));
  const auto bundle = BundleReader::open(**file);
  if (!bundle)
    return fail(kExitSource, printable(options.bundle) + " cannot be read as a bundle: " +
                                 printable(bundle.error().text()));
  if (bundle->segments(kFileTableStream).empty())
    return fail(kExitIncomplete,
                "the bundle holds no file table: it comes from the module file_table, which is in "
                "the profile full, and only from a running Windows or an image with NTFS");
  const bool to_file = options.output && *options.output != "-";
  const auto output = to_file ? create_output_file(*options.output) : open_standard_output();
  if (!output)
    return fail(kExitOutput, "the timeline cannot be written: " + printable(output.error().text()));
  return write_lines(*bundle, **output);
}

}  // namespace

void add_timeline(DeclaredCommand program) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "timeline", "Write the times of every file of a bundle, for a tool that sorts them");
  command.add_text("BUNDLE", options->bundle, "The bundle").required();
  command
      .add_text("--format", options->format,
                "bodyfile: lines for mactime of The Sleuth Kit, from the file table")
      .value_name("NAME")
      .one_of({"bodyfile"})
      .required();
  command
      .add_text("--output", options->output,
                "Write into this new file; otherwise, or with -, to standard output")
      .value_name("FILE");
  command.footer(
      "\nEach file of NTFS volumes, deleted ones included (module file_table, profile full), has "
      "a\n"
      "line with the times that programs can set, one for each alternate data stream, and one "
      "with\n"
      "those of $FILE_NAME, in whole seconds. The records of the bundle hold all digits.\n"
      "\nExamples:\n"
      "  hozen timeline --format bodyfile HOST-20260301T120000Z.zip | mactime -d -y -z UTC\n"
      "  hozen timeline --format bodyfile --output body.txt HOST-20260301T120000Z.zip");
  command.action([options] { return timeline(*options); });
}

}  // namespace hozen::cli
