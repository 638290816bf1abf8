// hozen extract
#include <memory>
#include <span>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/extract.h"
#include "collector/engine/report/words.h"

namespace hozen::cli {
namespace {

struct Options {
  std::string bundle;
  ExtractRequest request;
};

/// What did not go as it should, and what has another name now: one line each.
std::string details(const ExtractResult& result) {
  std::string text;
  for (const Error& problem : result.problems) text += printable(problem.text()) + "\n";
  for (const UnwrittenFile& file : result.unwritten)
    text += printable(file.path) + ": not unpacked: " + printable(file.error.text()) + "\n";
  for (const std::string& entry : result.nameless)
    text +=
        printable(entry) +
        ": no row of artifacts.jsonl tells its path, which was too long for the bundle; unpacked "
        "under the name it has there\n";
  for (const RenamedFile& file : result.renamed)
    text += printable(file.path) + ": this system cannot take the name; unpacked as " +
            printable(file.written) + "\n";
  return text;
}

std::string volume_text(const RestoredVolume& image) {
  std::string text;
  for (const Error& problem : image.problems) text += printable(problem.text()) + "\n";
  if (image.size == 0) return text;
  text += printable(image.written) + ": image of volume " + printable(image.volume) + ", " +
          byte_size_text(image.size) + ", " + counted(image.parts, "part");
  if (image.sha256 && !image.damaged)
    text += ", SHA-256 as recorded: " + to_hex(std::span{*image.sha256});
  else if (!image.sha256)
    text += ", not held against a SHA-256";
  return text + "\n";
}

int exit_code_of(const ExtractResult& result) {
  for (const RestoredVolume& image : result.volumes)
    if (image.damaged) return kExitVerification;
  for (const RestoredVolume& image : result.volumes)
    if (!image.problems.empty()) return kExitIncomplete;
  for (const UnwrittenFile& file : result.unwritten)
    if (file.damaged) return kExitVerification;
  if (!result.unwritten.empty() || !result.problems.empty() || !result.nameless.empty() ||
      result.matched == 0)
    return kExitIncomplete;
  return kExitComplete;
}

int extract(const Options& options) {
  const auto file = open_native_file(options.bundle);
  if (!file) return fail(kExitSource, "cannot read the bundle: " + printable(file.error().text()));
  const auto bundle = BundleReader::open(**file);
  if (!bundle)
    return fail(kExitSource, printable(options.bundle) + " cannot be read as a bundle: " +
                                 printable(bundle.error().text()));
  const auto result = extract_evidence(*bundle, options.request);
  if (!result)
    return fail(kExitOutput, "cannot write to the folder: " + printable(result.error().text()));
  std::string text = details(*result);
  for (const RestoredVolume& image : result->volumes) text += volume_text(image);
  text += counted(result->files, "file") + ", " + byte_size_text(result->bytes) + " in " +
          printable(options.request.folder) + "\n";
  if (result->deleted != 0)
    text += counted(result->deleted, "deleted file") + " of them, in the folder deleted there\n";
  if (!print(text)) return kExitOutput;
  if (result->stopped)
    return fail(kExitOutput, "cannot write to the folder, the rest is not unpacked: " +
                                 printable(result->stopped->text()));
  if (result->matched == 0)
    return fail(kExitIncomplete, options.request.only.empty() ? "the bundle holds no evidence files"
                                                              : "no file matches --only");
  return exit_code_of(*result);
}

}  // namespace

void add_extract(DeclaredCommand program) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "extract", "Unpack the evidence of a bundle into a folder, names and times restored");
  command.add_text("BUNDLE", options->bundle, "The bundle").required();
  command.add_text("DIR", options->request.folder, "The folder; made when it does not exist")
      .required();
  command
      .add_texts("--only", options->request.only,
                 "Only files whose Windows path matches; * and ? as usual, * also across folders; "
                 "may be given several times")
      .value_name("GLOB");
  command.footer(
      "\nC:\\Windows\\x becomes DIR/C/Windows/x, so that hozen collect --root DIR can read it "
      "again; the copy of a volume becomes DIR/C.raw, for hozen collect --image and every other "
      "tool.\n"
      "A deleted file that was recovered becomes DIR/deleted/C/<record>-<sequence>/Windows/x; "
      "that is not read again.\n"
      "Nothing is overwritten, no link is followed, every file is checked against its SHA-256.\n"
      "\nExamples:\n"
      "  hozen extract HOST-20260301T120000Z.zip evidence\n"
      "  hozen extract --only '*\\config\\*' HOST-20260301T120000Z.zip hives");
  command.action([options] { return extract(*options); });
}

}  // namespace hozen::cli
