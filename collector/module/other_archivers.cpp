#include "collector/module/other_archivers.h"

#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

using Words = std::span<const std::string>;

/// tar -a -c -f archive -C folder files; tar czf archive files. Source: bsdtar(1).
std::optional<ArchiveCommand> tar(Words words) {
  ArchiveCommand command;
  bool creates = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool letters = word.size() > 1 && (word[0] == '-' ? word[1] != '-' : i == 0);
    if (word == "--create") creates = true;
    if (word.starts_with("--file=")) command.archive = word.substr(7);
    if (word.starts_with("--")) continue;
    if (!letters) {
      command.sources.push_back(word);
      continue;
    }
    creates = creates || word.find('c') != std::string::npos;
    if (i + 1 >= words.size()) break;
    if (word.ends_with('f')) command.archive = words[++i];
    if (word == "-C") command.sources.push_back(words[++i]);
  }
  if (!creates) return std::nullopt;
  return command;
}

/// makecab [/D name=value] [/L folder] source [archive]. Source: Microsoft, "makecab".
std::optional<ArchiveCommand> makecab(Words words) {
  std::vector<std::string> plain;
  ArchiveCommand command;
  std::string folder;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_option = words[i].starts_with('/') || words[i].starts_with('-');
    if (!is_option) {
      plain.push_back(words[i]);
      continue;
    }
    const bool has_value = words[i].size() == 2 && i + 1 < words.size();
    if (has_value && equals_fold(words[i].substr(1), "L")) folder = words[i + 1] + "\\";
    if (has_value && !equals_fold(words[i].substr(1), "V")) ++i;
  }
  constexpr std::size_t kSourceAndArchive = 2;
  if (plain.size() != kSourceAndArchive) return std::nullopt;
  command.sources = {plain[0]};
  command.archive = folder + plain[1];
  return command;
}

/// Compress-Archive -Path a, b -DestinationPath c; the names may be left out.
std::optional<ArchiveCommand> compress_archive(Words words) {
  ArchiveCommand command;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (starts_with_fold(word, "-Dest") && i + 1 < words.size()) {
      command.archive = words[++i];
    } else if (starts_with_fold(word, "-Comp") && i + 1 < words.size()) {
      ++i;
    } else if (!word.starts_with('-')) {
      const bool more = !command.sources.empty() && command.sources.back().ends_with(',');
      if (!command.sources.empty() && !more && command.archive.empty())
        command.archive = word;
      else
        command.sources.push_back(word);
    }
  }
  return command;
}

/// zip [-options] archive files. Source: the manual of Info-ZIP 3.0.
std::optional<ArchiveCommand> info_zip(Words words) {
  ArchiveCommand command;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with("--")) {
      command.encrypts_files =
          command.encrypts_files || word == "--encrypt" || word.starts_with("--password");
      if (word == "--password") ++i;
    } else if (word.size() > 1 && word[0] == '-') {
      const bool secret = word.find_first_of("eP") != std::string::npos;
      command.encrypts_files = command.encrypts_files || secret;
      command.deletes_sources = command.deletes_sources || word.find('m') != std::string::npos;
      const char last = word.back();
      if (last == 'P' || last == 's' || last == 'b' || last == 't') ++i;
      if (last == 's') command.has_volumes = true;
      // What stands behind -x and -i are names.
      if (last == 'x' || last == 'i') break;
    } else if (command.archive.empty()) {
      command.archive = word;
    } else {
      command.sources.push_back(word);
    }
  }
  if (command.archive.empty() || command.sources.empty()) return std::nullopt;
  if (command.archive != "-" && !archive_name(command.archive)) command.archive += ".zip";
  return command;
}

}  // namespace

std::optional<ArchiveCommand> zip_of_dot_net(std::string_view line) {
  constexpr std::string_view kCall = "::createfromdirectory(";
  const std::string lower = to_lower_ascii(line);
  const std::size_t at = lower.find(kCall);
  if (at == std::string::npos) return std::nullopt;
  std::vector<std::string> texts;
  for (std::size_t i = at + kCall.size(); i < line.size() && line[i] != ')'; ++i) {
    if (line[i] != '"' && line[i] != '\'') continue;
    const std::size_t end = line.find(line[i], i + 1);
    if (end == std::string_view::npos) break;
    texts.emplace_back(line.substr(i + 1, end - i - 1));
    i = end;
  }
  constexpr std::size_t kSourceAndArchive = 2;
  if (texts.size() != kSourceAndArchive) return std::nullopt;
  ArchiveCommand command;
  command.program = "CreateFromDirectory";
  command.is_known_name = command.is_of_windows = true;
  command.sources = {texts[0]};
  command.archive = texts[1];
  return command;
}

std::optional<ArchiveCommand> other_archiver(Words words) {
  if (words.empty()) return std::nullopt;
  const std::string stem = program_stem(words[0]);
  std::optional<ArchiveCommand> command;
  if (stem == "tar" || stem == "bsdtar") command = tar(words.subspan(1));
  if (stem == "makecab" || stem == "diantz") command = makecab(words.subspan(1));
  if (stem == "compress-archive") command = compress_archive(words.subspan(1));
  if (stem == "zip") command = info_zip(words.subspan(1));
  if (!command || command->archive.empty() || command->archive == "-") return std::nullopt;
  command->program = words[0];
  command->is_known_name = true;
  command->is_of_windows = stem != "zip";
  if (stem == "compress-archive" && !archive_name(command->archive)) command->archive += ".zip";
  return command;
}

}  // namespace hozen
