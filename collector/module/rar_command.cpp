#include "collector/module/rar_command.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/other_archivers.h"
#include "collector/module/shell_commands.h"

namespace hozen {
namespace {

constexpr std::string_view kRarNames[] = {"rar", "winrar", "unrar", "rar32", "rar64"};
constexpr std::string_view kSevenZipNames[] = {"7z", "7za", "7zr", "7zg", "7zz", "7-zip"};
/// Arguments kept of one command.
constexpr std::size_t kMaxArguments = 100;

bool is_one_of(std::string_view text, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// "rar", "rar (2)", "rar_x64" and "7z1900" are called so.
bool is_called(std::string_view stem, std::span<const std::string_view> names) {
  const std::size_t end = stem.find_first_of(" _(");
  return is_one_of(stem.substr(0, end), names);
}

/// Bytes of "100m": RAR counts thousands where no unit stands, 7-Zip bytes; capital letters are
/// powers of 1000 to RAR. Nothing for what is no size ("-ver", "-vn").
std::optional<std::uint64_t> size_of(std::string_view text, bool is_seven_zip) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr std::uint64_t kKibi = 1024, kKilo = 1000;
  std::uint64_t factor = 0;
  if (unit.empty()) {
    factor = is_seven_zip ? 1 : kKilo;
  } else if (unit.size() > 1) {
    return std::nullopt;
  } else {
    const char letter = unit[0];
    const bool decimal = !is_seven_zip && letter >= 'A' && letter <= 'Z';
    const std::uint64_t base = decimal ? kKilo : kKibi;
    switch (letter | 0x20) {
      case 'b':
        factor = 1;
        break;
      case 'k':
        factor = base;
        break;
      case 'm':
        factor = base * base;
        break;
      case 'g':
        factor = base * base * base;
        break;
      case 't':
        factor = base * base * base * base;
        break;
      default:
        return std::nullopt;
    }
  }
  if (number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

/// One command, word by word.
class Reader {
 public:
  Reader(std::string_view program, bool is_seven_zip, bool is_known) {
    command_.program = std::string{program};
    command_.is_known_name = is_known;
    command_.is_seven_zip = is_seven_zip;
  }

  std::optional<ArchiveCommand> read(std::span<const std::string> words) {
    if (words.size() > kMaxArguments) words = words.first(kMaxArguments);
    for (const std::string& word : words)
      if (!take(word)) return std::nullopt;
    // "." is what WinRAR's menu gives: the name is asked for in a dialog.
    if (command_.archive.empty() || command_.archive == ".") return std::nullopt;
    if (!command_.is_known_name && !has_form()) return std::nullopt;
    if (command_.archive.find('.', command_.archive.find_last_of("\\/") + 1) == std::string::npos)
      command_.archive += command_.is_seven_zip ? ".7z" : ".rar";
    return std::move(command_);
  }

 private:
  /// False when it is no such command.
  bool take(std::string_view word) {
    if (word == "--" && command_.is_known_name) {
      ended_ = true;
    } else if (!ended_ && word.size() > 1 && is_switch(word)) {
      option(word.substr(1));
    } else if (!has_verb_) {
      return verb(word);
    } else if (word.starts_with('@')) {
      command_.lists.emplace_back(word.substr(1));
    } else if (command_.archive.empty()) {
      command_.archive = std::string{word};
    } else {
      source(word);
    }
    return true;
  }
  /// RAR for Windows takes '/' too; of an unknown program it would be anything.
  bool is_switch(std::string_view word) const {
    const bool slash = word[0] == '/' && command_.is_known_name && !command_.is_seven_zip;
    return word[0] == '-' || slash;
  }

  bool verb(std::string_view word) {
    constexpr std::string_view kRar[] = {"a",  "c",  "cf", "ch", "cw", "d",  "e", "f", "i",
                                         "k",  "l",  "lb", "lt", "m",  "mf", "p", "r", "rc",
                                         "rn", "rr", "rv", "s",  "t",  "u",  "v", "x"};
    constexpr std::string_view kSevenZip[] = {"a", "b",  "d", "e", "h", "i",
                                              "l", "rn", "t", "u", "x"};
    constexpr std::string_view kPacking[] = {"a", "m", "u", "x", "e"};
    const std::string lower = to_lower_ascii(word);
    const bool known = !command_.is_known_name ? is_one_of(lower, kPacking)
                       : command_.is_seven_zip ? is_one_of(lower, kSevenZip)
                                               : is_one_of(lower, kRar);
    if (!known) return false;
    has_verb_ = true;
    command_.verb = lower[0];
    if (lower.size() > 1 && lower != "mf") command_.verb = '-';  // changes an archive, or lists it
    command_.deletes_sources = command_.verb == 'm';
    return true;
  }

  void source(std::string_view word) {
    const bool mask = word.find_first_of("*?") != std::string_view::npos;
    const bool all = word.ends_with("*") || word.ends_with("*.*");
    (mask && !all ? command_.masks : command_.sources).emplace_back(word);
  }

  void option(std::string_view text) {
    const std::string lower = to_lower_ascii(text);
    const std::string_view low = lower;
    if (low.starts_with("hp")) {
      command_.encrypts_headers = command_.encrypts_files = names_secret_ = true;
      keep_secret(text.substr(2));
    } else if (low.starts_with("mhe")) {
      command_.encrypts_headers = !low.ends_with("off") && !low.ends_with('-');
      secret_ = true;
    } else if (low.starts_with('p') && low != "p-") {
      command_.encrypts_files = true;
      // "-p" alone asks for it; behind an unknown program it may mean anything.
      secret_ = secret_ || low.size() > 1;
      keep_secret(text.substr(1));
    } else if (low.starts_with('v') && low != "ver" && low != "v-") {
      volumes(text.substr(1));
    } else if (low == "df" || low == "dr" || low == "dw" || low == "sdel") {
      command_.deletes_sources = true;
    } else if (low == "inul" || low == "ibck" || low.starts_with("id") || low == "bd") {
      command_.is_quiet = true;
    } else {
      choice(text, low);
    }
  }
  void keep_secret(std::string_view text) {
    if (!text.empty()) command_.secrets.emplace_back(text);
  }
  void volumes(std::string_view size) {
    command_.volume_bytes = size_of(size, command_.is_seven_zip);
    command_.has_volumes =
        command_.volume_bytes.has_value() || (size.empty() && command_.is_known_name);
    // "-v1" is a level of talk to many programs.
    sized_ = sized_ || (command_.volume_bytes && (size.back() < '0' || size.back() > '9'));
  }
  /// What is taken and what is not: times, names, lists.
  void choice(std::string_view text, std::string_view low) {
    const bool time = low.size() > 2 && low[0] == 't' &&
                      std::string_view{"abno"}.find(low[1]) != std::string_view::npos &&
                      low.find_first_of("0123456789") != std::string_view::npos;
    if (time && !command_.is_seven_zip) {
      command_.time_filters.push_back("-" + std::string{text});
    } else if (low.starts_with("n@") || (low.starts_with("i") && low.find('@') < 4)) {
      command_.lists.emplace_back(text.substr(text.find('@') + 1));
    } else if (low.size() > 1 && low[0] == 'n' && !command_.is_seven_zip) {
      command_.masks.emplace_back(text.substr(1));
    } else if (command_.is_seven_zip && low.starts_with('i') && low.find('!') < 4) {
      source(text.substr(text.find('!') + 1));
    }
  }

  /// Of a program under another name.
  bool has_form() const {
    if (names_secret_) return true;
    if ((secret_ && sized_) || (command_.encrypts_headers && secret_)) return true;
    const auto name = archive_name(command_.archive);
    // "-p8080 x.zip" may be anything's.
    return name && !name->is_everyday && (secret_ || sized_);
  }

  ArchiveCommand command_;
  bool has_verb_ = false, ended_ = false;
  bool names_secret_ = false, secret_ = false, sized_ = false;
};

/// Cheap, before a line is divided: whether one of the names, or a verb, stands in it.
bool may_have_command(std::string_view line) {
  const std::string lower = to_lower_ascii(line);
  for (const std::string_view sign :
       {"rar", "7z", "tar", "makecab", "diantz", "compress-archive", "zip", "createfromdirectory",
        " a ", " u ", " m ", " x ", " e ", "powershell", "pwsh"})
    if (lower.find(sign) != std::string::npos) return true;
  return false;
}

using ArchiverOf = std::function<std::string_view(std::string_view)>;

std::optional<ArchiveCommand> read_words(const std::vector<std::string>& words,
                                         const ArchiverOf& archiver_of) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string stem = program_stem(words[i]);
    bool seven_zip = is_called(stem, kSevenZipNames);
    const bool called = seven_zip || is_called(stem, kRarNames);
    // Other names count only where a command begins.
    if (!called && i != 0) continue;
    const std::string_view other =
        called || !archiver_of ? std::string_view{} : archiver_of(words[i]);
    if (other == "7-Zip") seven_zip = true;
    const std::span rest = std::span{words}.subspan(i + 1);
    if (auto command = Reader{words[i], seven_zip, called || !other.empty()}.read(rest)) {
      command->is_known_name = called;
      return command;
    }
  }
  return other_archiver(words);
}

/// A name below the folder that the shell was in; one that begins with a variable is not.
std::string below(const std::string& folder, std::string name) {
  const bool is_open = name.empty() || name.find_first_of(":$%") != std::string::npos ||
                       name.starts_with('\\') || name.starts_with('/') || name.starts_with('@');
  if (is_open) return name;
  if (name.starts_with(".\\")) name.erase(0, 2);
  return folder + (folder.ends_with('\\') ? "" : "\\") + name;
}

void put_below(ArchiveCommand& command, const std::string& folder) {
  const bool is_whole = folder.starts_with("\\\\") || (folder.size() > 2 && folder[1] == ':');
  if (!is_whole) return;
  command.archive = below(folder, std::move(command.archive));
  for (auto* const names : {&command.sources, &command.masks, &command.lists})
    for (std::string& name : *names) name = below(folder, std::move(name));
}

}  // namespace

std::vector<ArchiveCommand> archive_commands(std::string_view line, const ArchiverOf& archiver_of) {
  std::vector<ArchiveCommand> found;
  if (!may_have_command(line)) return found;
  each_shell_command(line, [&](const ShellCommand& one) {
    if (found.size() >= kMaxArchiveCommands) return;
    auto command = read_words(one.words, archiver_of);
    if (!command) return;
    // `gci C:\a | Compress-Archive`: the pipe names what is packed.
    const bool is_open =
        command->sources.empty() && command->masks.empty() && command->lists.empty();
    constexpr std::string_view kListing[] = {"gci", "ls", "dir", "get-childitem", "get-item", "gi"};
    if (is_open && !one.input.empty() && is_one_of(program_stem(one.input[0]), kListing))
      for (std::size_t i = 1; i < one.input.size(); ++i)
        if (!one.input[i].starts_with('-')) command->sources.push_back(one.input[i]);
    command->host = one.host;
    put_below(*command, one.folder);
    found.push_back(*std::move(command));
  });
  if (found.size() < kMaxArchiveCommands)
    if (auto command = zip_of_dot_net(line)) found.push_back(*std::move(command));
  return found;
}

bool is_archiver_name(std::string_view path) {
  const std::string stem = program_stem(path);
  return is_called(stem, kRarNames) || is_called(stem, kSevenZipNames) || stem == "7zfm" ||
         stem == "rarextinstaller" || stem == "rarextloader" || stem.starts_with("7z");
}

std::string_view archiver_of_version(std::string_view original_file_name,
                                     std::string_view description) {
  struct Version {
    std::string_view text, name;
  };
  // Self-extracting archives say "7z SFX", "Default SFX": they are no archivers.
  constexpr Version kVersions[] = {{"Command line RAR", "RAR"},
                                   {"WinRAR archiver", "WinRAR"},
                                   {"Command line UnRAR", "UnRAR"},
                                   {"7-Zip Console", "7-Zip"},
                                   {"7-Zip Standalone Console", "7-Zip"},
                                   {"7-Zip Reduced Standalone Console", "7-Zip"},
                                   {"7-Zip GUI", "7-Zip"},
                                   {"7-Zip Console for LZMA", "7-Zip"},
                                   {"rar.exe", "RAR"},
                                   {"winrar.exe", "WinRAR"},
                                   {"unrar.exe", "UnRAR"},
                                   {"7z.exe", "7-Zip"},
                                   {"7za.exe", "7-Zip"},
                                   {"7zr.exe", "7-Zip"},
                                   {"7zg.exe", "7-Zip"}};
  for (const Version& version : kVersions)
    if (equals_fold(version.text, original_file_name) || equals_fold(version.text, description))
      return version.name;
  return {};
}

}  // namespace hozen
