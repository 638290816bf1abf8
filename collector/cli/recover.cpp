// hozen recover
#include <memory>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/file_sink.h"
#include "collector/engine/host.h"
#include "collector/engine/recover.h"
#include "collector/engine/report/words.h"
#include "collector/engine/run_manifest.h"
#include "collector/engine/verify.h"

namespace hozen::cli {
namespace {

struct Options {
  std::string partial, output;
};

/// HOST.zip.partial becomes HOST.recovered.zip beside it.
std::string default_output(std::string_view partial) {
  for (const std::string_view suffix : {".partial", ".zip"})
    if (ends_with_fold(partial, suffix)) partial.remove_suffix(suffix.size());
  return std::string{partial} + ".recovered.zip";
}

/// What the run had not done, and why the rest of the file is of no use.
std::string told(const Remainder& remainder) {
  if (remainder.manifest_json)
    return "The run had finished: nothing is missing but the end of the file, which was written "
           "anew.\n";
  std::string text = "The run was interrupted; this is what it had written.\n";
  if (!remainder.missing.empty()) text += "Not finished, or not known to be:\n";
  for (const std::string& step : remainder.missing) text += "  " + printable(step) + "\n";
  if (remainder.entries_without_row != 0)
    text += "Without a row in artifacts.jsonl: " +
            counted(remainder.entries_without_row, "evidence file") +
            " (whether read whole, and its times, are not known)\n";
  if (remainder.fault) {
    text += "Not used: the last " + byte_size_text(remainder.size - remainder.used) + ", " +
            (remainder.is_cut ? "an entry that was being written"
                              : "because of damage: " + printable(remainder.fault->text())) +
            "\n";
  }
  return text;
}

int recover(const Options& options, const std::vector<std::string>& arguments) {
  const auto file = open_native_file(options.partial);
  if (!file)
    return fail(kExitSource, "cannot read " + printable(options.partial) + ": " +
                                 printable(file.error().text()));
  const auto remainder = examine_remainder(**file);
  if (!remainder)
    return fail(kExitSource, printable(options.partial) +
                                 " is not what a run of hozen collect leaves, or nothing of it is "
                                 "whole: " +
                                 printable(remainder.error().text()));
  ManifestRecovery recovery;
  recovery.tool = manifest_tool(arguments);
  recovery.time = utc_now();
  recovery.given = options.partial;
  const Manifest manifest = recovered_manifest(*remainder, std::move(recovery));

  const std::string name =
      options.output.empty() ? default_output(options.partial) : options.output;
  const auto output = create_output_file(name);
  if (!output)
    return fail(kExitOutput,
                "cannot write " + printable(name) + ": " + printable(output.error().text()));
  const auto seal = write_recovered(**file, *remainder, manifest, **output);
  if (!seal) return fail(kExitOutput, "cannot recover: " + printable(seal.error().text()));
  if (const auto done = (*output)->complete(); !done)
    return fail(kExitOutput,
                "cannot write " + printable(name) + ": " + printable(done.error().text()));
  const auto written = open_native_file(name);
  const auto report = written ? verify_bundle(**written) : Result<VerifyReport>{written.error()};
  if (!report || !report->intact())
    return fail(kExitVerification,
                printable(name) + " was written but is not intact: hozen verify tells more");
  std::string text = told(*remainder);
  if (const auto sealed = write_seal_file(name, *seal); !sealed)
    print_error("hozen: the file with the seal could not be written: " +
                printable(sealed.error().text()) + "\n");
  text += printable(name) + ": " + grouped(report->entries) +
          (report->entries == 1 ? " entry" : " entries") + ", " + byte_size_text(report->bytes) +
          ", intact\nseal " + to_hex(*seal) + "\n";
  if (!print(text)) return kExitOutput;
  return remainder->fault && !remainder->is_cut ? kExitIncomplete : kExitComplete;
}

}  // namespace

void add_recover(DeclaredCommand program, const std::vector<std::string>& arguments) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "recover", "Make a valid bundle of what an interrupted run left (….zip.partial)");
  command.add_text("PARTIAL", options->partial, "What the run left; it is only read").required();
  command
      .add_text("--output", options->output,
                "The bundle to write; without it beside PARTIAL, ending in .recovered.zip")
      .value_name("FILE.zip");
  command.footer(
      "\nEvery entry that was written whole is in the new bundle, byte for byte. Its manifest says "
      "that\nthe run was interrupted, what of its plan is not known to be finished, and how it was "
      "recovered.\nExit code 1: bytes were damaged, and what lies behind them could not be used.\n"
      "\nExample:\n"
      "  hozen recover HOST-20260301T120000Z.zip.partial");
  command.action([&arguments, options] { return recover(*options, arguments); });
}

}  // namespace hozen::cli
