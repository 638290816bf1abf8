#include "collector/module/transfer_script.h"

#include <algorithm>
#include <string>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"

namespace hozen {
namespace {

/// Bytes of one command that are read, and places of a script that are looked at for each way.
constexpr std::size_t kMaxCommand = 8192, kMaxPlaces = 256;

bool is_address(std::string_view text) { return text.find("://") != std::string_view::npos; }

/// Where the command that begins or stands at `at` ends: at a line's end, a semicolon or a pipe
/// that is not within quotes.
std::size_t end_of_command(std::string_view text, std::size_t at) {
  text = text.substr(0, at + kMaxCommand);
  char quote = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    // A line that ends with a backtick goes on.
    if ((c == '\n' && (i == 0 || text.substr(0, i).find_last_not_of("\r ") == std::string::npos ||
                       text[text.substr(0, i).find_last_not_of("\r ")] != '`')) ||
        (quote == 0 && (c == ';' || c == '|')))
      return i;
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
  }
  return text.size();
}

/// The word behind `option` in `command`, quotes taken off; "" when it is not there.
std::string_view value_of(std::string_view command, std::string_view lower,
                          std::string_view option) {
  std::size_t at = lower.find(option);
  if (at == std::string_view::npos) return {};
  at = command.find_first_not_of(" \t:=`\r\n", at + option.size());
  if (at == std::string_view::npos) return {};
  const char quote = command[at];
  if (quote == '"' || quote == '\'') {
    const std::size_t end = command.find(quote, at + 1);
    return end == std::string_view::npos ? std::string_view{}
                                         : command.substr(at + 1, end - at - 1);
  }
  const std::string_view word =
      command.substr(at, std::min(command.find_first_of(" \t\r\n,", at), command.size()) - at);
  // "(irm -InFile a.rar).Content"
  const bool opens = word.find('(') != std::string_view::npos;
  return opens ? word : word.substr(0, word.find(')'));
}

void add_file(TransferCommand& command, std::string_view file) {
  // What a variable holds is not told by this command.
  if (file.empty() || file.starts_with('$') || file.starts_with('(')) return;
  if (command.files.size() < kMaxTransferFiles)
    command.files.emplace_back(file);
  else
    ++command.left_out;
}

void quoted_texts(std::string_view text, TransferCommand& found) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\'') continue;
    const std::size_t end = text.find(text[i], i + 1);
    if (end == std::string_view::npos) return;
    const std::string_view one = text.substr(i + 1, end - i - 1);
    if (is_address(one) && found.destination.empty()) found.destination = std::string{one};
    const bool path = one.find('\\') != std::string_view::npos || archive_name(one).has_value();
    if (path && !is_address(one)) add_file(found, one);
    i = end;
  }
}

/// An address that stands in it without quotes.
void bare_address(std::string_view command, std::string_view lower, TransferCommand& found) {
  for (const std::string_view scheme : {"https://", "http://", "ftp://"}) {
    const std::size_t at = lower.find(scheme);
    if (at == std::string_view::npos || !found.destination.empty()) continue;
    const std::size_t end = std::min(command.find_first_of(" \"'),;\r\n", at), command.size());
    found.destination = std::string{command.substr(at, end - at)};
  }
}

TransferCommand web_client(std::string_view command, std::string_view lower) {
  TransferCommand found{"PowerShell (WebClient)"};
  quoted_texts(command, found);
  bare_address(command, lower, found);
  return found;
}
TransferCommand web_request(std::string_view command, std::string_view lower) {
  TransferCommand found{"PowerShell (web request)"};
  add_file(found, value_of(command, lower, "-infile"));
  const std::string_view uri = value_of(command, lower, "-uri");
  if (is_address(uri)) found.destination = std::string{uri};
  if (uri.empty()) bare_address(command, lower, found);
  return found;
}
/// The first argument of a cmdlet, where it stands without a name and without quotes.
void first_word(std::string_view command, TransferCommand& found) {
  const std::size_t cmdlet = command.find_first_of(" \t");
  if (cmdlet == std::string_view::npos) return;
  const std::size_t begin = command.find_first_not_of(" \t`\r\n", cmdlet);
  if (begin == std::string_view::npos) return;
  const std::string_view word =
      command.substr(begin, command.find_first_of(" \t\r\n,;", begin) - begin);
  if (!word.starts_with('-') && !is_address(word)) add_file(found, word);
}

TransferCommand bits(std::string_view command, std::string_view lower) {
  TransferCommand found{"PowerShell (BITS)"};
  add_file(found, value_of(command, lower, "-source"));
  const std::string_view target = value_of(command, lower, "-destination");
  if (is_address(target)) found.destination = std::string{target};
  if (found.files.empty() && lower.find("-source") == std::string_view::npos) {
    quoted_texts(command, found);
    if (found.files.empty()) first_word(command, found);
  }
  if (target.empty()) bare_address(command, lower, found);
  return found;
}

struct Way {
  std::string_view begin, must, must_too;
  TransferCommand (*read)(std::string_view, std::string_view);
};
constexpr Way kWays[] = {{".uploadfile", "(", {}, web_client},
                         {".uploaddata(", {}, {}, web_client},
                         {"invoke-webrequest", "-infile", {}, web_request},
                         {"invoke-restmethod", "-infile", {}, web_request},
                         {"iwr ", "-infile", {}, web_request},
                         {"irm ", "-infile", {}, web_request},
                         {"start-bitstransfer", "-transfert", "upload", bits}};

}  // namespace

void read_transfer_script(std::string_view line, std::vector<TransferCommand>& found) {
  const std::string all = to_lower_ascii(line);
  const std::string_view lower{all};
  for (const Way& way : kWays) {
    std::size_t places = 0;
    for (std::size_t at = lower.find(way.begin);
         at != std::string_view::npos && found.size() < kMaxTransferCommands &&
         ++places <= kMaxPlaces;
         at = lower.find(way.begin, at + 1)) {
      const std::size_t length = end_of_command(line, at) - at;
      const std::string_view small_letters = lower.substr(at, length);
      const auto has = [&](std::string_view text) {
        return small_letters.find(text) != std::string_view::npos;
      };
      if (!has(way.must) || !has(way.must_too)) continue;
      TransferCommand command = way.read(line.substr(at, length), small_letters);
      command.program = "PowerShell";
      found.push_back(std::move(command));
    }
  }
}

}  // namespace hozen
