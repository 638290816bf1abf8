// What a command line or a script does with credentials, by its words.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <utility>

#include "collector/base/text.h"
#include "collector/module/credential_signs.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

/// All of `all` (';' between), and one of `any` where there are some, in one command of the plain
/// text, and one of `before` in front of the first of `all`; none of `none`. A `|` in front of a
/// part: a word begins there; behind it: one ends there; `!` behind it: a name of a file ends
/// there.
struct Pattern {
  Text all, any, before, none;
  Sign sign;
  /// Its parts may stand apart: in commands of one line, in lines of one script.
  bool is_of_whole = false;
};

constexpr Text kHiveFiles =
    "system32\\config\\sam!;system32\\config\\security!;sysnative\\config\\sam!;"
    "\\config\\regback\\sam!;windows\\repair\\sam!;windows\\repair\\security!";
constexpr Text kCopying =
    "|copy ;|xcopy ;copy.exe ;|robocopy ;|copy-item ;|cp ;|cpi ;|move ;|move-item ; /y ;|7z;|rar a;"
    "rar.exe a;|type ;|cat ;|gc ;|get-content ;|tar ;tar.exe ;|compress;ninjacopy";
constexpr Text kZero = " /d 0!; /d 0x0!; /d 0x00000000!; -value 0!; -value:0!; -value 0x0!";

// Mimikatz: github.com/gentilkiwi/mimikatz, modules of the program; the others: their own pages.
constexpr Text kMimikatz =
    "|sekurlsa::;|lsadump::;|misc::memssp!;|misc::skeleton!;|privilege::debug!;"
    "|ts::logonpasswords!;|kerberos::ptt!;|kerberos::ptc!";
/// Words that programs of others have too: they need a second sign.
constexpr Text kMimikatzToo =
    "|kerberos::golden!;|kerberos::list!;|token::elevate!;|vault::cred!;|vault::list!;"
    "|dpapi::masterkey!;|crypto::certificates!;|crypto::capi!;|sid::patch!;|event::drop!";
constexpr Text kMimikatzScripts = "invoke-mimikatz;invoke-mimikittenz;invoke-mimidogz;-dumpcreds|";
constexpr Text kTicketScripts = "invoke-kerberoast;get-domainspnticket";
constexpr Text kTools =
    "|secretsdump;|lsassy|;|pypykatz;|safetykatz;|nanodump;|handlekatz;|out-minidump;"
    "|get-passwordfile;|get-lsasecret;|invoke-dcsync";
// Secura's and Dirk-jan Mollema's programs for CVE-2020-1472, and SharpZeroLogon.
constexpr Text kZeroLogon =
    "|sharpzerologon;|zerologon_tester;|zerologon.py;|zerologon.exe;|cve-2020-1472-exploit;"
    "|set_empty_pw;|reinstall_original_pw";
/// What a program is called that takes credentials, without a number at its end.
constexpr Text kPrograms[] = {"lazagne", "pwdump", "fgdump", "gsecdump", "quarkspwdump"};

constexpr Pattern kPatterns[] = {
#include "collector/module/credential_patterns.inc"
};
constexpr Sign kUsesMimikatz{Act::tool, "uses commands of mimikatz", 80, "T1003.001"};
constexpr Sign kNamesTools{
    Act::tool, "only names what takes credentials: in a search, a test or an installation", 25,
    "T1003"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Where a part of a pattern is in the text, from `from` on.
std::size_t find_part(Text text, Text part, std::size_t from = 0) {
  const bool begins = part.starts_with('|'), ends = part.ends_with('|');
  const bool ends_file = part.ends_with('!');
  if (begins) part.remove_prefix(1);
  if (ends || ends_file) part.remove_suffix(1);
  for (std::size_t at = text.find(part, from); at != Text::npos; at = text.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    const char next = end < text.size() ? text[end] : ' ';
    const char after = end + 1 < text.size() ? text[end + 1] : ' ';
    if (begins && at > 0 && is_word(text[at - 1])) continue;
    if ((ends || ends_file) && is_word(next)) continue;
    if (ends_file && (next == '-' || next == ':' || (next == '.' && is_word(after)))) continue;
    return at;
  }
  return Text::npos;
}

template <class Visit>
void each_part(Text list, Visit visit) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(';'), list.size());
    visit(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

std::size_t find_any(Text text, Text list) {
  std::size_t first = Text::npos;
  each_part(list, [&](Text part) { first = std::min(first, find_part(text, part)); });
  return first;
}
bool has_any(Text text, Text list) { return find_any(text, list) != Text::npos; }

/// Where the pattern's first word is, npos where it does not hold.
std::size_t find_pattern(const Pattern& pattern, Text text) {
  bool all = pattern.none.empty() || !has_any(text, pattern.none);
  std::size_t first = Text::npos;
  each_part(pattern.all, [&](Text part) {
    const std::size_t at = find_part(text, part);
    all = all && at != Text::npos;
    if (first == Text::npos) first = at;
  });
  if (!all) return Text::npos;
  if (!pattern.any.empty()) {
    const std::size_t at = find_any(text, pattern.any);
    if (at == Text::npos) return at;
    if (first == Text::npos) first = at;
  }
  if (!pattern.before.empty() && !has_any(text.substr(0, first), pattern.before)) return Text::npos;
  return first;
}

/// What programs are given that look for words, test, install or edit.
bool is_talk(Text before) {
  constexpr Text kTalk =
      " select-string ; sls ; findstr ;findstr.exe ; find /i ;|grep ;grep.exe ; rg ;rg.exe ;"
      " -pattern ; -match ; -notmatch ; -like ; cargo ;cargo.exe ;|pytest;|unittest;|phpunit;"
      " artisan ; pip install ;pip.exe install ; pip show ; pip uninstall ; pip download ;"
      " pip3 install ; pipx install ; uv add ; poetry add ; choco install ; npm ; npx ;"
      " dotnet test ; go test ;|gradle;|gradlew; mvn ;|rspec ; ctest ; git ;git.exe ;"
      " --name ; --name=; get-help ; notepad ;notepad.exe ; code ;code.exe ;|vim ";
  // A page that is looked up; without an address it may be such a tool under a browser's name.
  constexpr Text kBrowsers = "chrome.exe;msedge.exe;firefox.exe;iexplore.exe;brave.exe";
  return has_any(before, kTalk) || (before.find("://") != Text::npos && has_any(before, kBrowsers));
}
/// What is left out of a copy or a scan.
bool is_left_out(Text before) {
  return has_any(before, " /xf ; /xd ; exclu;-exclu;/exclu;mppreference; --exclude");
}

/// Commands of one line: what `;`, `&`, a pipe or the end of a line divides. With a blank at both
/// ends.
std::vector<std::string> commands_of(Text text) {
  std::vector<std::string> commands;
  std::string one = " ";
  const auto end = [&] {
    if (one.size() < 2) return;
    if (one.back() != ' ') one += ' ';
    commands.push_back(std::exchange(one, " "));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pipe =
        text[i] == '|' && one.back() == ' ' && i + 1 < text.size() && text[i + 1] == ' ';
    if (text[i] == ';' || text[i] == '&' || text[i] == '\n' || is_pipe)
      end();
    else if (text[i] != ' ' || one.back() != ' ')
      one += text[i];
  }
  end();
  return commands;
}

/// As plain_command, with the ends of lines; a line that goes on in the next one has none.
std::string plain_lines(Text text) {
  std::string all;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    Text line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    const bool goes_on = line.ends_with('^') || line.ends_with('`');
    all += plain_command(line) + (goes_on ? " " : "\n");
  }
  return all;
}

/// The number of a function of a library, as rundll32 takes it: its low 16 bits count.
bool has_ordinal(Text text, std::uint16_t wanted) {
  for (std::size_t at = text.find('#'); at != Text::npos; at = text.find('#', at + 1)) {
    Text number = text.substr(at + 1, 12);
    if (number.starts_with('+')) number.remove_prefix(1);
    std::int64_t value = 0;
    const auto [stop, failed] =
        std::from_chars(number.data(), number.data() + number.size(), value);
    if (failed == std::errc{} && static_cast<std::uint16_t>(value) == wanted) return true;
  }
  return false;
}

std::vector<Text> words_of(Text text) {
  std::vector<Text> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool abbreviates(Text word, Text whole, std::size_t least) {
  return word.size() >= least && whole.starts_with(word);
}

/// Ntdsutil takes the beginnings of its words: "cr fu c:\x".
bool is_ntdsutil_copy(Text command) {
  if (command.find("ntdsutil") == Text::npos) return false;
  if (find_part(command, " ifm|") != Text::npos) return true;
  const auto words = words_of(command);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (!abbreviates(words[i], "create", 2)) continue;
    const bool with_sysvol = abbreviates(words[i + 1], "sysvol", 2) && i + 2 < words.size();
    if (abbreviates(words[with_sysvol ? i + 2 : i + 1], "full", 1)) return true;
  }
  return false;
}

bool is_program(Text path) {
  Text name = lateral::file_name(path);
  if (ends_with_fold(name, ".exe")) name.remove_suffix(4);
  while (!name.empty() && name.back() >= '0' && name.back() <= '9') name.remove_suffix(1);
  return std::any_of(std::begin(kPrograms), std::end(kPrograms),
                     [&](Text known) { return equals_fold(known, name); });
}

/// The program that a command starts, behind a shell's option.
Text program_of(Text command) {
  const std::size_t shell = std::max(command.find(" /c ") + 1, command.find(" /k ") + 1);
  if (shell != 0) command.remove_prefix(shell + 2);
  const auto words = words_of(command);
  return words.empty() ? Text{} : words.front();
}

/// The weaker words count beside another one, or as only mimikatz is given them.
bool is_mimikatz_like(Text whole, Text command, Text part, std::size_t at) {
  bool other = has_any(whole, kMimikatz) || whole.find("mimikatz") != Text::npos;
  each_part(kMimikatzToo, [&](Text one) { other = other || (one != part && has_any(whole, one)); });
  const Text rest = command.substr(std::min(command.find(' ', at), command.size()));
  return other || rest.starts_with(" /") || rest.starts_with(" exit");
}

void add(std::vector<Sign>& signs, const Sign& sign) {
  const bool is_there = std::any_of(signs.begin(), signs.end(),
                                    [&](const Sign& one) { return one.what == sign.what; });
  if (!is_there) signs.push_back(sign);
}

void add_mimikatz(std::vector<Sign>& signs, Text whole, Text command) {
  const auto tell = [&](std::size_t at) {
    add(signs, is_talk(command.substr(0, at)) ? kNamesTools : kUsesMimikatz);
  };
  if (const std::size_t at = find_any(command, kMimikatz); at != Text::npos) tell(at);
  each_part(kMimikatzToo, [&](Text part) {
    const std::size_t at = find_part(command, part);
    if (at != Text::npos && is_mimikatz_like(whole, command, part, at)) tell(at);
  });
}

void add_pattern(std::vector<Sign>& signs, const Pattern& pattern, Text text) {
  const std::size_t at = find_pattern(pattern, text);
  if (at == Text::npos) return;
  // SQL Server writes its own dumps so.
  if (pattern.all == "sqldumper" && text.find("microsoft sql server") != Text::npos &&
      text.find("lsass") == Text::npos)
    return;
  Text before = text.substr(0, at);
  // Of a whole line or script: what stands in front of it in its own command.
  if (const std::size_t end = before.find_last_of(";&\n"); end != Text::npos)
    before.remove_prefix(end + 1);
  const Act act = pattern.sign.act;
  const bool is_taking = act == Act::memory || act == Act::hives || act == Act::directory;
  if (is_taking && (is_left_out(before) || is_talk(before))) return;
  add(signs, act == Act::tool && is_talk(before) ? kNamesTools : pattern.sign);
}

void add_command(std::vector<Sign>& signs, Text whole, Text command) {
  add_mimikatz(signs, whole, command);
  for (const Pattern& pattern : kPatterns)
    if (!pattern.is_of_whole) add_pattern(signs, pattern, command);
  if (is_program(program_of(command)))
    add(signs, {Act::tool, "runs a tool that takes credentials, by its name", 60, "T1003"});
  if (command.find("comsvcs") != Text::npos && has_ordinal(command, 24))
    add(signs, {Act::memory, "writes the memory of a process with comsvcs.dll", 70, "T1003.001"});
  if (is_ntdsutil_copy(command))
    add(signs, {Act::directory, "makes a copy of Active Directory with ntdsutil", 60, "T1003.003"});
}

}  // namespace

std::string plain_command(Text text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text) {
    if (c == '^' || c == '"' || c == '\'' || c == '`') continue;
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (space && (plain.empty() || plain.back() == ' ')) continue;
    plain += space ? ' ' : c;
  }
  return to_lower_ascii(plain);
}

std::vector<Sign> signs_in(Text text, Text image) {
  const std::string lines = plain_lines(text);
  std::vector<Sign> signs;
  for (const std::string& command : commands_of(lines)) add_command(signs, lines, command);
  for (const Pattern& pattern : kPatterns)
    if (pattern.is_of_whole) add_pattern(signs, pattern, lines);
  if (is_program(image))
    add(signs, {Act::tool, "runs a tool that takes credentials, by its name", 60, "T1003"});
  const bool is_dumper = contains_fold(lateral::file_name(image), "dump");
  const bool named = std::any_of(signs.begin(), signs.end(),
                                 [](const Sign& sign) { return sign.act == Act::memory; });
  if (is_dumper && !named && find_part(lines, "|lsass") != Text::npos)
    signs.push_back(
        {Act::memory, "gives lsass to a program that is called a dumper", 60, "T1003.001"});
  return signs;
}

std::string telling_words(Text script) {
  const std::string plain = plain_lines(script);
  const auto commands = commands_of(plain);
  std::string words;
  const auto tell = [&](Text list) {
    each_part(list, [&](Text part) {
      const bool is_told = std::any_of(commands.begin(), commands.end(), [&](Text command) {
        const std::size_t at = find_part(command, part);
        return at != Text::npos && !is_talk(command.substr(0, at));
      });
      if (!is_told) return;
      while (part.starts_with('|')) part.remove_prefix(1);
      while (part.ends_with('|') || part.ends_with('!')) part.remove_suffix(1);
      words += (words.empty() ? "" : ", ") + std::string{part};
    });
  };
  tell(kMimikatz);
  // Without one of the others they say nothing.
  if (!words.empty()) tell(kMimikatzToo);
  for (const Text list : {kMimikatzScripts, kTicketScripts, kTools, kZeroLogon}) tell(list);
  return words;
}

}  // namespace hozen::credentials
