// What rules read out of command lines and scripts: secrets that are left out, signs of credential
// theft, tools by their arguments, forwarded ports, single commands, signs of web shells.
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "collector/base/bytes.h"
#include "collector/module/credential_signs.h"
#include "collector/module/passwords.h"
#include "collector/module/shell_commands.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/tool_arguments.h"
#include "collector/module/typed_commands.h"
#include "collector/module/web_attacks.h"
#include "collector/module/web_script_signs.h"
#include "collector/module/web_script_use.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_line(std::string_view text) {
  // Each secret is replaced by the same short text.
  const std::string shown = without_passwords(text);
  require(shown.size() <= (kPasswordLeftOut.size() + 1) * (text.size() + 1));
  for (const credentials::Sign& sign : credentials::signs_in(text, "C:\\T\\a.exe"))
    require(sign.weight > 0 && !sign.what.empty());
  (void)credentials::telling_words(text);
  (void)credentials::file_named(text);
  (void)tool_by_arguments(text);
  for (const bool is_client : {false, true})
    for (const std::string& forward : ssh::forwards_in(text, is_client))
      require(forward.size() <= text.size() + 2);
  std::size_t count = 0;
  each_shell_command(text, [&](const ShellCommand&) { ++count; });
  require(count <= kMaxShellCommands);
  Fact typed = trace_fact(FactKind::script, "powershell_history", "C:\\h.txt", {}, "r");
  typed.values.add("ScriptBlockText", text);
  each_typed_command(typed, [](const Fact& fact) { require(!fact.values["CommandLine"].empty()); });
}

void read_script(std::string_view text) {
  for (const char language : {'a', 'x', 'p', 'j', 'c', 'g', 'w'})
    for (const ScriptSign* sign : script_signs(text, language))
      require(script_sign(sign->id) == sign);
  (void)odd_script_name(text);
}

void read_path(std::string_view text) {
  const std::string_view script = called_script(text);
  require(script.size() <= text.size());
  require(!script.empty() || !is_named_as_file(text));
  (void)odd_script_place(text);
  web_log::Request request;
  request.method = "GET";
  request.path = text.substr(0, text.find('?'));
  request.query = text.substr(std::min(text.find('?'), text.size()));
  request.client = "203.0.113.5";
  request.status = 200;
  const SeenRequest seen = seen_request(request);
  (void)attack_of(seen);
  ScriptUses uses{[](const web_log::Request&) { return std::string{"r"}; }};
  uses.take(seen);
  for (const Fact& fact : uses.facts()) (void)judge_script_use(fact);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span{data, size}).subspan(1);
  const std::string_view text = Bytes{bytes}.chars();
  switch (data[0] % 3) {
    case 0:
      read_line(text);
      break;
    case 1:
      read_script(text);
      break;
    default:
      read_path(text);
      break;
  }
  return 0;
}
