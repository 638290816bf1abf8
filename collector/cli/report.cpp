// hozen report
#include <memory>

#include "collector/base/bytes.h"
#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/console.h"
#include "collector/cli/exit_code.h"
#include "collector/engine/file_sink.h"
#include "collector/engine/report/read_bundle.h"
#include "collector/engine/report/summary.h"
#include "collector/engine/report/ticket.h"

namespace hozen::cli {
namespace {

struct Options {
  std::string bundle, ticket;
  bool json = false;
};

Result<void> write_file(const std::string& path, std::string_view text) {
  HOZEN_TRY(const auto output, create_output_file(path));
  HOZEN_CHECK(output->write(bytes_of(text).span()));
  return output->complete();
}

int report(const Options& options) {
  const auto file = open_native_file(options.bundle);
  if (!file) return fail(kExitSource, "cannot read the bundle: " + printable(file.error().text()));
  auto summary = read_bundle_summary(**file);
  if (!summary)
    return fail(kExitSource, printable(options.bundle) + " cannot be read as a bundle: " +
                                 printable(summary.error().text()));
  summary->bundle_path = options.bundle;
  if (!options.ticket.empty()) {
    if (const auto written = write_file(options.ticket, ticket_text(*summary)); !written)
      return fail(kExitOutput,
                  "the ticket cannot be written: " + printable(written.error().text()));
    return print(printable(options.ticket) + "\nseal " + to_hex(*summary->seal) + "\n")
               ? kExitComplete
               : kExitOutput;
  }
  const std::string text =
      options.json ? summary_json(*summary) + "\n" : summary_text(*summary, kSummaryFindings);
  return print(text) ? kExitComplete : kExitOutput;
}

}  // namespace

void add_report(DeclaredCommand program) {
  auto options = std::make_shared<Options>();
  DeclaredCommand command = program.add_command(
      "report", "Tell what a bundle holds: findings with their reasons, and what failed");
  command.add_text("BUNDLE", options->bundle, "The bundle").required();
  auto ticket = command.add_text("--ticket", options->ticket,
                                 "Write the text for a ticket, with the seal, into this new file");
  ticket.value_name("FILE");
  command.add_flag("--json", options->json, "Print the summary as JSON").excludes(ticket);
  command.footer(
      "\nIt reads the bundle as it is; hozen verify checks that nothing was changed.\n"
      "\nExamples:\n"
      "  hozen report HOST-20260301T120000Z.zip\n"
      "  hozen report --ticket ticket.md HOST-20260301T120000Z.zip");
  command.action([options] { return report(*options); });
}

}  // namespace hozen::cli
