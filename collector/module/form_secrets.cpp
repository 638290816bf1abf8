// Sources: the tools' own help texts (mimikatz, Rubeus, curl, MEGAcmd, rclone, WinSCP, RAR, ftp);
// Telegram, "Bot API"; Microsoft, System.Net.NetworkCredential.
#include "collector/module/form_secrets.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/command_line_words.h"
#include "collector/module/passwords.h"
#include "collector/module/secret_text.h"

namespace hozen {
namespace {

using command_line::is_one_of;
using command_line::is_space;
using Text = std::string_view;

/// Variables that are followed, and how far a quoted value reaches.
constexpr std::size_t kMaxVariables = 16, kLongestQuoted = 4'096;
/// Digits of a hash or key, characters of a ticket in Base64.
constexpr std::size_t kHexDigits = 16, kTicketChars = 12;

constexpr Text kHex = "0123456789abcdefABCDEF";
constexpr Text kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
/// Fields of forms, cookies apart, and of rclone's remotes, that are secrets.
constexpr Text kFields[] = {
    "token",   "access_token",  "auth_token",        "api_key", "apikey", "api-key", "key",
    "secret",  "client_secret", "password",          "passwd",  "pass",   "pwd",     "auth",
    "session", "passphrase",    "secret_access_key", "pin"};
/// Behind them a password is joined, or follows.
constexpr Text kPasswordOptions[] = {"-p",         "/p",    "-hp",       "/hp",       "-pw",
                                     "-pass",      "/pass", "-password", "/password", "-up",
                                     "--password", "-rp",   "/rp",       "-s"};

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_of(Text text, Text characters) { return text.find_first_not_of(characters) == Text::npos; }

class Forms : private SecretText {
 public:
  explicit Forms(Text text) : SecretText{text} {}

  std::string result() {
    for (std::size_t i = 0; i < words_.size(); ++i) look_at(i);
    credentials();
    bots();
    quoted_options();
    echoes();
    variables();
    return put_together();
  }

 private:
  void leave_out(std::size_t begin, std::size_t end) {
    if (begin >= end || text_.substr(begin).starts_with(kPasswordLeftOut)) return;
    const Text value = text_.substr(begin, end - begin);
    if (value == "*" || value == "-" || value.starts_with('$') || value.starts_with('%')) return;
    out_.push_back({begin, end});
  }
  /// The value at `begin`: in quotes without them, or to a blank, `&`, `|`, `>` or a bracket.
  Span value_at(std::size_t begin) const {
    if (begin < text_.size() && is_quote(text_[begin])) {
      const std::size_t close = text_.substr(0, std::min(text_.size(), begin + kLongestQuoted))
                                    .find(text_[begin], begin + 1);
      if (close != Text::npos) return {begin + 1, close};
    }
    return {begin, std::min(text_.find_first_of(" \t\r\n\"'&|<>)", begin), text_.size())};
  }

  void look_at(std::size_t i) {
    const Text word = of(i);
    begin_tool(word);
    kerberos(i);
    if (is_curl_) curl(i);
    if (is_mega_) mega(i);
    if (is_rclone_ && is_one_of(word, kFields) && i + 1 < words_.size())
      leave_out(words_[i + 1].begin, end_of(i + 1));
    // The command ends here.
    if (word.find_first_of(";|") != Text::npos || word == "&" || word == "&&")
      is_curl_ = is_rclone_ = is_mega_ = false;
  }
  /// Without what ends a command.
  std::size_t end_of(std::size_t i) const {
    std::size_t end = words_[i].end;
    while (end > words_[i].begin && Text{";,)&|"}.find(text_[end - 1]) != Text::npos) --end;
    return end;
  }
  void begin_tool(Text word) {
    const std::string tool = command_line::tool_of(word);
    if (tool == "curl") is_curl_ = true;
    if (tool == "mega-login") is_mega_ = true, mega_words_ = 0;
    if (tool == "config" && is_rclone_word_) is_rclone_ = true;
    is_rclone_word_ = tool == "rclone";
    is_kerberos_ =
        is_kerberos_ || word.find("::") != Text::npos || tool == "rubeus" || tool == "changepw";
  }

  /// `/krbtgt:x`, `/old:x`, `/ticket:x` of mimikatz and Rubeus.
  void kerberos(std::size_t i) {
    const Text word = of(i);
    const auto option = command_line::option_of(word);
    if (!option || option->value == Text::npos) {
      return;
    }
    constexpr Text kHashes[] = {"krbtgt", "des",    "old",     "new", "masterkey", "asrepkey",
                                "aes",    "aes128", "credkey", "rc4", "ntlm",      "key",
                                "sha1",   "sha256", "nthash",  "lm"};
    constexpr Text kAny[] = {"oldpassword", "newpassword",  "oldpass",     "newpass",
                             "passphrase",  "certpassword", "credpassword"};
    constexpr Text kCoded[] = {"ticket", "certificate", "tgs", "tgt"};
    const std::size_t begin = words_[i].begin + option->value;
    const Text value = text_.substr(begin, words_[i].end - begin);
    const bool is_hex = value.size() >= kHexDigits && is_of(value, kHex);
    const bool is_ticket =
        is_of(value, kBase64) &&
        (value.starts_with("doI") || value.starts_with("MII") || value.size() >= 4 * kTicketChars);
    if (is_one_of(option->name, kAny) || (is_one_of(option->name, kHashes) && is_hex) ||
        (is_one_of(option->name, kCoded) && is_ticket) ||
        (is_kerberos_ && (option->name == "new" || option->name == "old")))
      return leave_out(value_at(begin).begin, value_at(begin).end);
  }

  /// `-su user:x`, `-b "sid=x"`, `-F token=x`.
  void curl(std::size_t i) {
    const Text word = of(i);
    if (i + 1 >= words_.size() || word.size() < 2 || word[0] != '-') return;
    const Span next = words_[i + 1];
    const bool is_short = word[1] != '-' && word.size() < 8;
    if (is_short && word.size() > 2 && word.back() == 'u') {
      const std::size_t colon = text_.substr(0, next.end).find(':', next.begin);
      if (colon != Text::npos && !text_.substr(colon).starts_with("://"))
        leave_out(colon + 1, next.end);
    }
    if ((is_short && word.back() == 'b') || word == "--cookie") {
      const std::size_t equal = text_.substr(0, next.end).find('=', next.begin);
      // What stands in one pair of quotes is one cookie after another.
      const bool quoted = next.begin > 0 && is_quote(text_[next.begin - 1]);
      const std::size_t end = quoted ? value_at(next.begin - 1).end : next.end;
      if (equal != Text::npos) leave_out(equal + 1, end);
    }
    constexpr Text kForms[] = {"-F",     "--form",     "--form-string",   "-d",
                               "--data", "--data-raw", "--data-urlencode"};
    if (std::find(std::begin(kForms), std::end(kForms), word) != std::end(kForms)) fields(next);
  }
  void fields(Span span) {
    for (std::size_t at = span.begin; at < span.end;) {
      const std::size_t end = std::min(text_.find('&', at), span.end);
      const std::size_t equal = text_.substr(0, end).find('=', at);
      if (equal != Text::npos && is_one_of(text_.substr(at, equal - at), kFields))
        leave_out(equal + 1, end);
      at = end + 1;
    }
  }
  /// `mega-login account x`.
  void mega(std::size_t i) {
    const Text word = of(i);
    if (word.starts_with('-') || mega_words_++ < 2) return;
    leave_out(words_[i].begin, end_of(i));
    is_mega_ = false;
  }

  /// `NetworkCredential('user','x')`.
  void credentials() {
    constexpr Text kClass = "networkcredential(";
    const std::string lower = to_lower_ascii(text_);
    for (std::size_t at = lower.find(kClass); at != std::string::npos;
         at = lower.find(kClass, at + 1)) {
      const std::size_t comma = text_.find(',', at);
      if (comma == Text::npos || comma - at > kLongestQuoted) continue;
      const std::size_t begin = text_.find_first_not_of(' ', comma + 1);
      if (begin != Text::npos && is_quote(text_[begin]))
        leave_out(value_at(begin).begin, value_at(begin).end);
    }
  }

  /// `/bot123456:x/` in addresses of Telegram.
  void bots() {
    for (std::size_t at = text_.find("/bot"); at != Text::npos; at = text_.find("/bot", at + 1)) {
      const std::size_t colon = text_.find_first_not_of("0123456789", at + 4);
      if (colon == Text::npos || colon == at + 4 || text_[colon] != ':') continue;
      leave_out(colon + 1, std::min(text_.find_first_of("/ \t\r\n\"'", colon + 1), text_.size()));
    }
  }

  /// `-"hpx"` and `-"px"`: cmd takes the quotes off.
  void quoted_options() {
    for (std::size_t at = text_.find("-\""); at != Text::npos; at = text_.find("-\"", at + 2)) {
      const Text rest = text_.substr(at + 2);
      const std::size_t name = starts_with_fold(rest, "hp")  ? 2
                               : starts_with_fold(rest, "p") ? 1
                                                             : 0;
      const std::size_t close = rest.find('"');
      const bool is_begun = at == 0 || is_space(text_[at - 1]);
      if (name != 0 && is_begun && close != Text::npos && close < kLongestQuoted)
        leave_out(at + 2 + name, at + 2 + close);
    }
  }

  /// `echo x|rar a -hp`, and the scripts of ftp that are written by echo.
  void echoes() {
    const std::string lower = to_lower_ascii(text_);
    const bool is_ftp =
        lower.find("ftp") != std::string::npos &&
        (lower.find("-s:") != std::string::npos || lower.find("open ") != std::string::npos ||
         lower.find(">>") != std::string::npos);
    bool has_account = false;
    for (std::size_t at = lower.find("echo "); at != std::string::npos;
         at = lower.find("echo ", at + 1)) {
      if (at > 0 && is_in_name(lower[at - 1])) continue;
      const std::size_t begin = text_.find_first_not_of(' ', at + 5);
      if (begin == Text::npos) return;
      const std::size_t end = std::min(text_.find_first_of("&|>)\r\n", begin), text_.size());
      const Text value = trim(text_.substr(begin, end - begin));
      if (value.size() > 1 && end < text_.size() && text_[end] == '|' && asks_behind(end + 1))
        leave_out(begin, begin + value.size());
      else if (is_ftp)
        ftp_line(begin, value, has_account);
    }
  }
  /// Whether the command behind a pipe is a packer or another program that asks for a password.
  bool asks_behind(std::size_t begin) const {
    const std::size_t end = std::min(text_.find_first_of("&|\r\n", begin), text_.size());
    for (const Span& word : words_) {
      if (word.begin < begin || word.begin >= end) continue;
      if (is_one_of(text_.substr(word.begin, word.end - word.begin), kAsking)) return true;
    }
    return false;
  }
  static constexpr Text kAsking[] = {"-hp", "/hp", "-p", "runas", "runas.exe", "-S"};
  void ftp_line(std::size_t begin, Text value, bool& has_account) {
    constexpr Text kUser = "user ";
    if (starts_with_fold(value, kUser)) {
      const std::size_t blank = value.find(' ', kUser.size());
      if (blank != Text::npos) leave_out(begin + blank + 1, begin + value.size());
      return;
    }
    constexpr Text kCommands[] = {"bye",     "quit", "binary", "bin",       "ascii", "prompt",
                                  "hash",    "dir",  "ls",     "user",      "close", "open",
                                  "passive", "pwd",  "off.",   "disconnect"};
    if (value.empty() || value.find(' ') != Text::npos || is_one_of(value, kCommands)) return;
    // The first line of one word is the account.
    if (has_account) leave_out(begin, begin + value.size());
    has_account = true;
  }

  /// `set P=x& rar a -hp%P%` and `$env:P="x"; 7z a -p$env:P`.
  void variables() {
    std::vector<Text> names;
    for (std::size_t at = text_.find_first_of("%$");
         at != Text::npos && names.size() < kMaxVariables; at = text_.find_first_of("%$", at + 1)) {
      const bool is_shell = text_[at] == '%';
      std::size_t begin = at + 1;
      if (!is_shell) {
        if (!starts_with_fold(text_.substr(begin), "env:")) continue;
        begin += 4;
      }
      std::size_t end = begin;
      while (end < text_.size() && is_in_name(text_[end])) ++end;
      if (end == begin || (is_shell && (end >= text_.size() || text_[end] != '%'))) continue;
      const Text name = text_.substr(begin, end - begin);
      if (is_behind_option(at) && !is_one_of(name, names)) names.push_back(name);
      if (is_shell) at = end;
    }
    for (const Text name : names) assigned(name);
    if (text_.find("p" + std::string{kPasswordLeftOut}) != Text::npos) never_used();
  }
  /// Variables that stand nowhere but where they are set: where their use was left out before.
  void never_used() {
    for (const Text set : {Text{"set "}, Text{"set \""}, Text{"$env:"}}) {
      std::size_t times = 0;
      for (std::size_t at = text_.find(set); at != Text::npos && times < kMaxVariables;
           at = text_.find(set, at + 1), ++times) {
        const std::size_t begin = at + set.size();
        std::size_t end = begin;
        while (end < text_.size() && is_in_name(text_[end])) ++end;
        const Text name = text_.substr(begin, end - begin);
        const bool is_used =
            text_.find("%" + std::string{name} + "%") != Text::npos ||
            (set == "$env:" && text_.find("$env:" + std::string{name}, at + 1) != Text::npos) ||
            (set == "$env:" && text_.find("$env:" + std::string{name}) != at);
        if (!name.empty() && !is_used) assigned(name);
      }
    }
  }
  bool is_behind_option(std::size_t at) const {
    std::size_t end = at;
    while (end > 0 && (is_quote(text_[end - 1]) || text_[end - 1] == ':' || text_[end - 1] == '=' ||
                       text_[end - 1] == ' '))
      --end;
    std::size_t begin = end;
    while (begin > 0 && !is_space(text_[begin - 1]) && !is_quote(text_[begin - 1]) &&
           end - begin < 16)
      --begin;
    return is_one_of(text_.substr(begin, end - begin), kPasswordOptions);
  }
  void assigned(Text name) {
    for (std::size_t at = text_.find(name); at != Text::npos;
         at = text_.find(name, at + name.size())) {
      std::size_t next = at + name.size();
      const Text before = text_.substr(0, at);
      const bool is_shell = ends_with_fold(before, "set ") || ends_with_fold(before, "set \"");
      const bool is_environment = ends_with_fold(before, "$env:");
      if (!is_shell && !is_environment) continue;
      while (is_environment && next < text_.size() && text_[next] == ' ') ++next;
      if (next >= text_.size() || text_[next] != '=') continue;
      ++next;
      while (is_environment && next < text_.size() && text_[next] == ' ') ++next;
      if (is_environment) {
        if (next < text_.size() && is_quote(text_[next]))
          leave_out(value_at(next).begin, value_at(next).end);
        continue;
      }
      leave_out(next, std::min(text_.find_first_of("&|\"\r\n", next), text_.size()));
    }
  }

  bool is_curl_ = false, is_mega_ = false, is_rclone_ = false, is_rclone_word_ = false,
       is_kerberos_ = false;
  int mega_words_ = 0;
};

}  // namespace

std::string without_form_secrets(Text text) { return Forms{text}.result(); }

}  // namespace hozen
