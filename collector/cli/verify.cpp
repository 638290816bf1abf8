// hozen verify
#include <memory>
#include <optional>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/report/words.h"
#include "collector/engine/verify.h"

namespace hozen::cli {
namespace {

struct Options {
  std::string bundle;
  std::optional<std::string> seal;
};

bool is_seal(std::string_view text) {
  return text.size() == 2 * Sha256Digest{}.size() &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// What an intact bundle is a bundle of.
std::string contents(const VerifyReport& report) {
  const Manifest& manifest = *report.manifest;
  std::string text = "  " + grouped(report.entries) +
                     (report.entries == 1 ? " entry, " : " entries, ") +
                     byte_size_text(report.bytes) + " (" + byte_size_text(report.stored_bytes) +
                     " stored), " + counted(report.artifacts, "artifact row") + "\n";
  if (manifest.host) text += "  host " + printable(manifest.host->facts.name) + "\n";
  text += "  collection " + printable(manifest.collection.id);
  if (manifest.collection.finished.is_set())
    text += ", finished " + manifest.collection.finished.iso8601();
  return text + ", " + std::string{to_text(manifest.collection.outcome)} + "\n";
}

int verify(const Options& options) {
  if (options.seal && !is_seal(*options.seal))
    return fail(kExitUsage, "--seal takes the 64 hex digits that collect printed");
  const auto file = open_native_file(options.bundle);
  if (!file) return fail(kExitSource, "cannot read the bundle: " + printable(file.error().text()));
  const auto report = verify_bundle(**file);
  if (!report)
    return fail(kExitSource, "cannot read the bundle: " + printable(report.error().text()));

  const std::string name = printable(options.bundle);
  const std::string seal = report->seal ? to_hex(*report->seal) : "";
  const bool other_seal = options.seal && to_lower_ascii(*options.seal) != seal;
  std::string text;
  for (const VerifyProblem& problem : report->problems) text += problem.text() + "\n";
  if (report->ended_early) text += "The check ended here: there may be more.\n";
  if (other_seal)
    text +=
        "The seal is not the one given: this is not the bundle it was printed for, or "
        "manifest.json was changed.\n";
  if (report->intact() && !other_seal)
    text += name + ": intact\n" + contents(*report);
  else
    text += name + ": NOT intact, " +
            counted(report->problems.size() + (other_seal ? 1 : 0), "problem") + "\n";
  if (!seal.empty())
    text += "seal " + seal + (!options.seal || other_seal ? "" : " (as given)") + "\n";
  if (!print(text)) return kExitOutput;
  return report->intact() && !other_seal ? kExitComplete : kExitVerification;
}

}  // namespace

void add_verify(DeclaredCommand program) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "verify", "Check every byte of a bundle against its manifest and print the seal");
  command.add_text("BUNDLE", options->bundle, "The bundle").required();
  command
      .add_text("--seal", options->seal,
                "The seal that collect printed: shows that the manifest is the same, too")
      .value_name("HEX");
  command.footer(
      "\nEach fault is named with where it lies; the exit code is 6 then, and when the seal "
      "differs.\n"
      "Whoever can change a bundle can make it consistent again: only a seal that was kept\n"
      "elsewhere proves that nobody did.\n"
      "\nExamples:\n"
      "  hozen verify HOST-20260301T120000Z.zip\n"
      "  hozen verify --seal 3f0c... HOST-20260301T120000Z.zip");
  command.action([options] { return verify(*options); });
}

}  // namespace hozen::cli
