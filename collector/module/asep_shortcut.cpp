// Autostart entries that are shortcuts, or lead to one.
#include "collector/base/text.h"
#include "collector/module/asep_judge.h"
#include "collector/module/asep_reader.h"

namespace hozen {
namespace {

/// Shortcuts that lead to shortcuts: more than any honest chain has.
constexpr std::size_t kMaxShortcuts = 4;

std::optional<EvidencePath> shortcut_behind(const ResolvedCommand& command) {
  const auto& target = command.target_path();
  const bool is_one =
      target && command.target_existence() == Existence::exists && is_shortcut_name(target->name());
  return is_one ? target : std::nullopt;
}

/// Moves `command` and the further commands of its line behind those of `first`.
void add_command(ResolvedCommand& first, const std::string& text, ResolvedCommand command) {
  std::vector<ResolvedCommand> others = std::move(command.others);
  std::vector<std::string> texts = std::move(command.other_commands);
  command.others.clear();
  command.other_commands.clear();
  first.other_commands.push_back(text);
  first.others.push_back(std::move(command));
  for (std::size_t i = 0; i < others.size(); ++i) {
    first.other_commands.push_back(i < texts.size() ? std::move(texts[i]) : text);
    first.others.push_back(std::move(others[i]));
  }
}

}  // namespace

std::optional<Shortcut> AsepReader::read_shortcut(const EvidencePath& file, ArtifactId artifact) {
  const auto fail = [&](const Error& error) {
    context_.note(Error{error.code, "shortcut " + file.text() + ": " + error.what, error.offset,
                        error.detail});
  };
  const auto content = context_.read_beginning(artifact, kMaxShortcutBytes);
  if (!content) {
    fail(content.error());
    return {};
  }
  auto shortcut = hozen::read_shortcut(file, Bytes{content->bytes}, content->file_size);
  if (!shortcut) {
    fail(shortcut.error());
    return {};
  }
  for (const auto& problem : shortcut->problems) fail(problem);
  return *std::move(shortcut);
}

/// An entry may name a shortcut: what that starts stands among the further commands. It may be a
/// shortcut again.
void AsepReader::follow_shortcuts(AsepEntry& entry) {
  const auto context = evidence_.resolver(entry.installation_index, entry.user, entry.wow64, true);
  std::optional<EvidencePath> file = shortcut_behind(*entry.command);
  while (file && entry.shortcuts.size() < kMaxShortcuts) {
    const auto artifact = context_.collect(
        *file, "autostart " + std::string{entry.location->id} + ": " + entry.place(),
        Priority::high);
    auto shortcut = read_shortcut(*file, artifact);
    if (!shortcut) return;
    entry.shortcuts.push_back(*std::move(shortcut));
    const std::string& text = entry.shortcuts.back().command;
    if (text.empty()) return;
    auto led_to = resolve_command_line(text, context);
    led_to.steps.insert(led_to.steps.begin(), "the shortcut " + file->text() + " starts " + text);
    file = shortcut_behind(led_to);
    add_command(*entry.command, text, std::move(led_to));
  }
}

void judge_shortcuts(const AsepEntry& entry, std::vector<RuleHit>& hits) {
  for (const auto& shortcut : entry.shortcuts) {
    if (shortcut.command.empty()) continue;
    const std::string name = "'" + printable(shortcut.file.text()) + "'";
    std::string fact;
    if (shortcut.trailing_bytes != 0) {
      fact = "Behind the end of " + name + " follow " + std::to_string(shortcut.trailing_bytes) +
             " bytes that are no part of the shortcut.";
    } else if (shortcut.size > kLargeShortcutBytes) {
      fact = name + " is " + std::to_string(shortcut.size) +
             " bytes large; a shortcut needs a few thousand.";
    }
    if (!fact.empty())
      hits.push_back({"shortcut_payload",
                      "Shortcut that carries data of its own",
                      {std::move(fact), 30, Family::content, {}},
                      "T1027.009"});
  }
}

}  // namespace hozen
