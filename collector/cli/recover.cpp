// hozen recover
#include <boost/filesystem/operations.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/cli/output_choice.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/file_sink.h"
#include "collector/engine/host.h"
#include "collector/engine/recover.h"
#include "collector/engine/report/words.h"
#include "collector/engine/run_manifest.h"
#include "collector/engine/verify.h"

namespace hozen::cli {
namespace {

namespace fs = boost::filesystem;

struct Options {
  std::string partial;
  std::optional<std::string> output;
};

/// HOST.zip.partial becomes HOST.recovered.zip beside it.
std::string default_output(std::string_view partial) {
  for (const std::string_view suffix : {".partial", ".zip"})
    if (ends_with_fold(partial, suffix)) partial.remove_suffix(suffix.size());
  return std::string{partial} + ".recovered.zip";
}

/// What the run had not done, and why the rest of the file is of no use.
std::string told(const Remainder& remainder) {
  if (remainder.manifest_json && remainder.behind != 0)
    return "The run had finished: its bundle is whole.\nNot taken: " + grouped(remainder.behind) +
           " bytes that stand behind the bundle\n";
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

/// Where there is more to have than the walk from the front could take.
std::string hint(const Remainder& remainder, ByteSource& partial) {
  if (!remainder.fault || remainder.is_cut || !BundleReader::open(partial)) return {};
  return "The file has its manifest: hozen extract takes out of it, as it is, all that is not "
         "damaged, and what lies behind the damage\n";
}

/// What stands in the way of `name`, and what to do about it.
std::string obstacle(const Options& options, const std::string& name, const Error& error) {
  const NativePath unfinished = native_path(name + ".partial");
  boost::system::error_code failure;
  if (fs::exists(native_path(name), failure))
    return printable(name) +
           " is there already, and nothing is overwritten: give another name with --output";
  if (fs::equivalent(unfinished, native_path(options.partial), failure))
    return printable(name) + " would be written to " + printable(name) +
           ".partial, which is what is to be recovered: give another name with --output";
  if (fs::exists(unfinished, failure))
    return printable(name) +
           ".partial is there already: a recovery that was interrupted left it, or one is "
           "running. Remove it when none is, or give another name with --output";
  return "cannot write " + printable(name) + ": " + printable(error.text());
}

/// A file beside what is recovered, or where --output says. The error's detail is for the user.
Result<std::unique_ptr<BundleOutput>> create_output(const Options& options) {
  std::string name = default_output(options.partial);
  OutputFactory create = create_output_file;
  if (options.output) {
    auto chosen = choose_output(*options.output);
    if (!chosen)
      return Error{chosen.error().code,
                   *options.output,
                   {},
                   "cannot write to " + printable(*options.output) + ": " +
                       printable(chosen.error().detail)};
    create = *std::move(chosen);
    name = native_text(native_path(name).filename());
  }
  auto output = create(name);
  if (output) return output;
  const bool is_file = options.output && ends_with_fold(*options.output, ".zip");
  return Error{output.error().code,
               name,
               {},
               obstacle(options, is_file ? *options.output : name, output.error())};
}

int recover(const Options& options, const std::vector<std::string>& arguments) {
  if (options.output == "")
    return fail(kExitUsage, "--output is empty: give a folder or a file ending in .zip");
  if (options.output == "-")
    return fail(kExitUsage,
                "a recovered bundle is read again to verify it, which standard output does not "
                "allow: give a folder or a file with --output");
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

  auto output = create_output(options);
  if (!output) return fail(kExitOutput, output.error().detail);
  std::string seal_name = (*output)->path();
  if (constexpr std::string_view kUnfinished = ".partial"; seal_name.ends_with(kUnfinished))
    seal_name.resize(seal_name.size() - kUnfinished.size());
  seal_name += ".seal";
  if (boost::system::error_code failure; fs::exists(native_path(seal_name), failure)) {
    (*output)->discard();
    return fail(kExitOutput, printable(seal_name) +
                                 " is there already, and nothing is overwritten: give another name "
                                 "with --output");
  }
  const auto seal = write_recovered(**file, *remainder, manifest, **output);
  const auto done = seal ? (*output)->complete() : Result<void>{seal.error()};
  if (!done) {
    (*output)->discard();
    return fail(kExitOutput, "cannot recover: " + printable(done.error().text()));
  }
  const std::string name = (*output)->path();
  const auto written = open_native_file(name);
  const auto report = written ? verify_bundle(**written) : Result<VerifyReport>{written.error()};
  if (!report || !report->intact()) {
    const std::string why = report ? report->problems.front().text() : report.error().text();
    boost::system::error_code failure;
    fs::remove(native_path(name), failure);
    return fail(kExitVerification, "what was written was not intact (" + printable(why) + ")" +
                                       (failure ? ", and " + printable(name) + " is still there"
                                                : " and is removed again"));
  }
  std::string text = told(*remainder) + hint(*remainder, **file);
  const auto sealed = write_seal_file(name, *seal);
  if (!sealed)
    print_error("hozen: the bundle is whole, but the file with its seal could not be written: " +
                printable(sealed.error().text()) + "\n");
  text += printable(name) + ": " + grouped(report->entries) +
          (report->entries == 1 ? " entry" : " entries") + ", " + byte_size_text(report->bytes) +
          ", intact\nseal " + to_hex(*seal) + "\n";
  if (!print(text))
    print_error(
        "hozen: standard output did not take what was to be told; the bundle is finished: " +
        printable(name) + "\nseal " + to_hex(*seal) + "\n");
  const bool all_used =
      sealed && (!remainder->fault || remainder->is_cut) && remainder->behind == 0;
  return all_used ? kExitComplete : kExitIncomplete;
}

}  // namespace

void add_recover(DeclaredCommand program, const std::vector<std::string>& arguments) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "recover", "Make a valid bundle of what an interrupted run left (….zip.partial)");
  command.add_text("PARTIAL", options->partial, "What the run left; it is only read").required();
  command
      .add_text("--output", options->output,
                "Folder or file for the bundle; without it beside PARTIAL, ending in "
                ".recovered.zip")
      .value_name("DIR|FILE.zip");
  command.footer(
      "\nEvery entry that was written whole is in the new bundle, byte for byte. Its manifest says "
      "that\nthe run was interrupted, what of its plan is not known to be finished, and how it was "
      "recovered.\nExit code 1: bytes were damaged, and what lies behind them could not be used.\n"
      "\nExample:\n"
      "  hozen recover HOST-20260301T120000Z.zip.partial");
  command.action([&arguments, options] { return recover(*options, arguments); });
}

}  // namespace hozen::cli
