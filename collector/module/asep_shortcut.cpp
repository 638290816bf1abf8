// Autostart entries that are shortcuts, or lead to one.
#include <algorithm>
#include <functional>

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

std::string_view file_name(std::string_view path) {
  return path.substr(path.find_last_of("\\/") + 1);
}

/// One of them may have got the extension of a program that is looked for.
bool is_same_file_name(std::string_view a, std::string_view b) {
  a = file_name(a), b = file_name(b);
  if (a.size() > b.size()) std::swap(a, b);
  return starts_with_fold(b, a) && (a.size() == b.size() || b[a.size()] == '.');
}

bool is_share(std::string_view path) { return path.starts_with("\\\\"); }

bool is_there(const ResolvedCommand& command) {
  return command.image_existence == Existence::exists ||
         command.image_existence == Existence::folder;
}

/// A target of the shortcut that no other one before means.
struct Place {
  const ShortcutTarget* target;
  ResolvedCommand command;
};

/// The share that the link information names beside the local path: one file, seen from two hosts.
bool is_network_name(const Shortcut& shortcut, const Place& place) {
  return is_share(place.command.image) &&
         std::any_of(shortcut.targets.begin(), shortcut.targets.end(),
                     [&](const ShortcutTarget& target) {
                       return target.source == "network" &&
                              is_same_target(shortcut, target.path, place.command.image);
                     });
}

/// The second of two names of one program: the folder that it was moved or updated from, or the
/// share that the first one's drive is of. A share that only the ID list names is no such thing.
bool is_left_over(const Shortcut& shortcut, const Place& place, const ResolvedCommand& chosen) {
  const std::string& image = place.command.image;
  if (!is_same_file_name(image, chosen.image)) return false;
  if (is_share(image) && !is_network_name(shortcut, place)) return false;
  return !is_there(place.command) || !is_there(chosen);
}

std::vector<Place> places_of(const Shortcut& shortcut,
                             const std::function<ResolvedCommand(const std::string&)>& resolve) {
  std::vector<Place> places;
  for (const auto& target : shortcut.targets) {
    if (!target.is_path) continue;
    Place next{&target, resolve(shortcut.command_for(target))};
    const bool known = std::any_of(places.begin(), places.end(), [&](const Place& place) {
      return is_same_target(shortcut, place.command.image, next.command.image);
    });
    if (!known) places.push_back(std::move(next));
  }
  return places;
}

}  // namespace

/// Where the parts of a shortcut do not agree, `command` becomes the first that leads to a file,
/// and the others join its further commands.
void AsepReader::compare_targets(Shortcut& shortcut,
                                 const std::function<ResolvedCommand(const std::string&)>& resolve,
                                 ResolvedCommand& command) {
  std::vector<Place> places = places_of(shortcut, resolve);
  if (places.size() < 2) return;
  const auto same = [&](const Place& place) {
    return is_same_target(shortcut, place.command.image, command.image);
  };
  auto chosen = std::find_if(places.begin(), places.end(),
                             [](const Place& place) { return is_there(place.command); });
  if (chosen == places.end()) chosen = std::find_if(places.begin(), places.end(), same);
  if (chosen == places.end()) return;
  if (!same(*chosen)) {
    shortcut.command = shortcut.command_for(*chosen->target);
    command = chosen->command;
  }
  shortcut.same_names = true;
  for (auto place = places.begin(); place != places.end(); ++place) {
    if (place == chosen) continue;
    const bool left_over = is_left_over(shortcut, *place, command);
    // The share that a local file is in is no further target either.
    if (left_over &&
        (place->command.image_existence == Existence::missing || is_network_name(shortcut, *place)))
      continue;
    if (!left_over) {
      shortcut.differing.push_back(place->target->path);
      shortcut.same_names = shortcut.same_names && !is_share(place->command.image) &&
                            equals_fold(file_name(place->command.image), file_name(command.image));
    }
    add_command(command, shortcut.command_for(*place->target), std::move(place->command));
  }
}

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
    const auto resolve = [&](const std::string& what) {
      return resolve_command_line(what, context);
    };
    auto led_to = resolve(text);
    compare_targets(entry.shortcuts.back(), resolve, led_to);
    led_to.steps.insert(led_to.steps.begin(), "the shortcut " + file->text() + " starts " + text);
    file = shortcut_behind(led_to);
    add_command(*entry.command, text, std::move(led_to));
  }
}

namespace {

void judge_targets(const Shortcut& shortcut, std::vector<RuleHit>& hits) {
  if (shortcut.differing.empty()) return;
  std::string others;
  for (const auto& path : shortcut.differing)
    others += (others.empty() ? "'" : ", '") + printable(path) + "'";
  hits.push_back(
      {"shortcut_targets_differ",
       "Shortcut whose parts lead to different files",
       {"'" + printable(shortcut.file.text()) + "' stands for '" + printable(shortcut.command) +
            "', yet other parts of it name " + others + ".",
        shortcut.same_names ? 15 : 30,
        Family::content,
        {}},
       "T1547.009"});
}

}  // namespace

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
    judge_targets(shortcut, hits);
  }
}

}  // namespace hozen
