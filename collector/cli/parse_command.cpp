// hozen parse
#include <memory>

#include "collector/cli/command.h"
#include "collector/cli/command_parser.h"
#include "collector/cli/parse.h"

namespace hozen::cli {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

void add_parse(DeclaredCommand program) {
  auto options = std::make_shared<ParseOptions>();
  auto no_logs = std::make_shared<bool>(false);
  DeclaredCommand command =
      program.add_command("parse", "Read files of a known format and print their records");
  command.add_texts("FILE", options->files, "The files, one or more").required();
  command
      .add_text("--format", options->format,
                "What the files are, whatever they look like: " + listed(parse_formats()))
      .value_name("NAME");
  command.add_flag("--no-logs", *no_logs,
                   "Leave the transaction logs beside a registry hive (.LOG, .LOG1, .LOG2)");
  command.add_flag("--xml", options->xml,
                   "Print event logs as XML, as the Event Viewer of Windows shows them");
  command.add_flag("--headers-only", options->headers_only,
                   "Of executables, leave out what the whole file is read for: digests, entropy, "
                   "page hashes");
  command.footer(
      "\nPrints JSON lines. What is damaged is read as far as it goes and said in lines of kind\n"
      "\"problem\"; the exit code is 1 then.\n"
      "\nExamples:\n"
      "  hozen parse NTUSER.DAT\n"
      "  hozen parse --no-logs SYSTEM | grep Services\n"
      "  hozen parse System32/Tasks/Updater At1.job\n"
      "  hozen parse Security.evtx | jq 'select(.event_id == 4624) | .data.IpAddress'\n"
      "  hozen parse --xml System.evtx > System.xml\n"
      "  hozen parse tool.exe | jq '.version_info.OriginalFilename'\n"
      "  hozen parse access.log.gz | jq 'select(.method == \"POST\") | .path'");
  command.action([options, no_logs] {
    options->logs = !*no_logs;
    return run_parse(*options);
  });
}

}  // namespace hozen::cli
