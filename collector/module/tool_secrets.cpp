// Sources: the tools' own help texts (AdFind, fscan, WCE, rclone, ngrok, frp, chisel, curl); RFC
// 7235 for the header Authorization.
#include "collector/module/tool_secrets.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
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

/// A quoted secret that is longer is taken for one that is not closed.
constexpr std::size_t kLongestQuoted = 4'096;
constexpr std::size_t kMaxVariables = 16;
constexpr std::size_t kHashDigits = 32;

/// Ends of names of options and variables whose values are secrets: "sftp-pass", "FTP_TOKEN".
constexpr Text kNameEnds[] = {"-pass",       "-password",   "-passwd",      "-passphrase",
                              "-token",      "-secret",     "-api-key",     "-access-key",
                              "-apikey",     "-auth-key",   "-account-key", "_pass",
                              "_password",   "_token",      "_secret",      "_api_key",
                              "_access_key", "_secret_key", "_apikey",      "unattendedpassword"};
/// Whole names of such options.
constexpr Text kNames[] = {"pwda", "authtoken", "add-authtoken", "token", "api-key", "apikey"};
/// They ask for it, or say that there is none.
constexpr Text kAskingFor[] = {"ask-", "no-", "read-", "prompt-", "without-"};
/// Parameters of addresses and of rclone's remotes.
constexpr Text kParameters[] = {"token",         "access_token", "auth_token",
                                "refresh_token", "id_token",     "api_key",
                                "apikey",        "api-key",      "key",
                                "secret",        "sig",          "client_secret",
                                "password",      "passwd",       "pass",
                                "pwd",           "auth",         "secret_access_key",
                                "session_key",   "private_key",  "x-amz-signature",
                                "bearer_token"};
/// Ends of names of headers that hold secrets.
constexpr Text kHeaders[] = {"authorization", "-key",   "apikey", "-token",
                             "-secret",       "cookie", "-auth",  "-password"};
constexpr Text kSchemes[] = {"Bearer", "Basic", "Token", "Digest", "NTLM", "Negotiate", "ApiKey"};
/// Behind them stands a variable of a script that is a password.
constexpr Text kBeforeVariable[] = {
    "-p",  "/p",        "-pw",       "/pw",    "-hp", "-pass", "/pass",      "-pwd",   "/pwd",
    "-up", "-password", "/password", "-token", "-rp", "/rp",   "--password", "--token"};

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}
bool ends_so(Text name, command_line::Names ends) {
  return std::any_of(ends.begin(), ends.end(), [&](Text end) { return ends_with_fold(name, end); });
}

class Secrets : private SecretText {
 public:
  explicit Secrets(Text text) : SecretText{text} {}

  std::string result() {
    for (std::size_t i = 0; i < words_.size(); ++i) look_at(i);
    for (std::size_t at = text_.find_first_of("=:"); at != Text::npos;
         at = text_.find_first_of("=:", at + 1))
      named(at);
    hashes();
    variables();
    return put_together();
  }

 private:
  /// The value that begins at `at`: in quotes without them, or to the next blank.
  Span value_at(std::size_t at) const {
    while (at < text_.size() && is_space(text_[at])) ++at;
    if (at + 1 < text_.size() && text_[at] == '\\' && is_quote(text_[at + 1])) ++at;
    if (at < text_.size() && is_quote(text_[at])) {
      const std::size_t close =
          text_.substr(0, std::min(text_.size(), at + kLongestQuoted)).find(text_[at], at + 1);
      if (close != Text::npos)
        return {at + 1, text_[close - 1] == '\\' && close > at + 1 ? close - 1 : close};
    }
    return {at, std::min(text_.find_first_of(" \t\r\n\"", at), text_.size())};
  }
  void leave_out(Span span) {
    if (span.begin >= span.end || text_.substr(span.begin).starts_with(kPasswordLeftOut)) return;
    const Text value = text_.substr(span.begin, span.end - span.begin);
    if (value == "*" || value == "-" || value == "|" || value.starts_with('$')) return;
    out_.push_back(span);
  }
  /// What follows a word, unless it is an option itself.
  void leave_out_next(std::size_t i) {
    const Span span = value_at(is_quote_at(words_[i].end) ? words_[i].end + 1 : words_[i].end);
    const Text value = text_.substr(span.begin, span.end - span.begin);
    if (!value.starts_with('-') && !value.starts_with('/')) leave_out(span);
  }
  bool is_quote_at(std::size_t at) const { return at < text_.size() && text_[at] == '"'; }

  bool has_word(Text word) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if (equals_fold(of(i), word)) return true;
    return false;
  }

  void look_at(std::size_t i) {
    const Text word = of(i);
    const auto option = command_line::option_of(word);
    if (!option) {
      begin_tool(word);
      // `ngrok authtoken x`, `ngrok config add-authtoken x`.
      const bool is_ngrok = starts_with_fold(tool_, "ngrok");
      if (equals_fold(word, "add-authtoken") || (is_ngrok && equals_fold(word, "authtoken")))
        leave_out_next(i);
      return;
    }
    if (equals_fold(option->name, "auth")) return user_and_secret(i, option->value);
    if (equals_fold(option->name, "set-password")) return piped(i);
    if (equals_fold(option->name, "s") && starts_with_fold(tool_, "wce")) return hashes_next(i);
    if (!is_secret(option->name)) return;
    if (option->value == Text::npos) return leave_out_next(i);
    leave_out(value_at(words_[i].begin + option->value));
  }
  /// `--auth user:x` of chisel.
  void user_and_secret(std::size_t i, std::size_t value) {
    Span span = value_at(value == Text::npos ? words_[i].end : words_[i].begin + value);
    const std::size_t colon = text_.substr(0, span.end).find(':', span.begin);
    if (colon == Text::npos || text_.substr(colon).starts_with("://")) return;
    span.begin = colon + 1;
    leave_out(span);
  }
  /// `echo x | AnyDesk.exe --set-password`.
  void piped(std::size_t i) {
    constexpr std::size_t kFew = 4;
    for (std::size_t j = i; j > 1 && i - j < kFew; --j)
      if (of(j - 1) == "|" && !text_.substr(0, words_[j - 2].end).ends_with(kPasswordLeftOut))
        return leave_out(words_[j - 2]);
  }
  /// `-s user:domain:LM:NT` of WCE.
  void hashes_next(std::size_t i) {
    Span span = value_at(words_[i].end);
    for (int colons = 0; colons < 2; ++colons) {
      const std::size_t colon = text_.substr(0, span.end).find(':', span.begin);
      if (colon == Text::npos) return;
      span.begin = colon + 1;
    }
    leave_out(span);
  }
  void begin_tool(Text word) {
    constexpr Text kTools[] = {"adfind", "frpc",     "frps",     "ngrok", "wce",
                               "wce64",  "chisel",   "wce32",    "fscan", "fscan64",
                               "tcp",    "ngrok-v3", "chisel64", "stcp",  "udp"};
    std::string tool = command_line::tool_of(word);
    if (is_one_of(tool, kTools) || starts_with_fold(tool, "chisel")) tool_ = std::move(tool);
  }
  bool is_secret(Text name) {
    if (std::any_of(std::begin(kAskingFor), std::end(kAskingFor),
                    [&](Text begin) { return starts_with_fold(name, begin); }))
      return false;
    if (is_one_of(name, kNames) || ends_so(name, kNameEnds)) return true;
    // AdFind and frpc under other names: by the options that go with it.
    if (equals_fold(name, "up")) return equals_fold(tool_, "adfind") || has_word("-u");
    constexpr Text kOfFrp[] = {"frpc", "frps", "tcp", "stcp", "udp"};
    if (name == "t") return is_one_of(tool_, kOfFrp) && (tool_[0] == 'f' || has_word("-s"));
    return false;
  }

  /// `name=x` and `name: x`; `at`: where the mark stands.
  void named(std::size_t at) {
    std::size_t end = at;
    while (end > 0 && (text_[end - 1] == ' ' || is_quote(text_[end - 1]))) --end;
    std::size_t begin = end;
    while (begin > 0 && is_in_name(text_[begin - 1]) && end - begin < 64) --begin;
    const Text name = text_.substr(begin, end - begin);
    if (name.empty()) return;
    const char before = begin > 0 ? text_[begin - 1] : ' ';
    if (text_[at] == '=' && end == at && Text{"?&,"}.find(before) != Text::npos &&
        is_one_of(name, kParameters))
      return parameter(at + 1);
    if (text_[at] == '=' && end == at && name.find('_') != Text::npos && ends_so(name, kNameEnds))
      return leave_out(value_at(at + 1));
    if (name.starts_with('-') || before == '/' || before == '\\' || !ends_so(name, kHeaders))
      return;
    if (text_[at] == ':' && end == at) return header(at + 1, false);
    // In a table of PowerShell: "X-Key"="x"; Authorization = "Basic x".
    if (begin > 0 && (is_quote(before) || before == '{' || before == ';' || before == ' '))
      header(at + 1, true);
  }
  void parameter(std::size_t begin) {
    if (is_quote_at(begin)) return leave_out(value_at(begin));
    leave_out({begin, std::min(text_.find_first_of("&,:;\"' \t\r\n", begin), text_.size())});
  }
  void header(std::size_t at, bool is_quoted) {
    while (at < text_.size() && text_[at] == ' ') ++at;
    if (is_quoted) {
      if (at >= text_.size() || !is_quote(text_[at])) return;
      Span span = value_at(at);
      span.begin = behind_scheme(span.begin, span.end);
      return leave_out(span);
    }
    const std::size_t stop = std::min(text_.find_first_of("\"'\r\n", at), text_.size());
    const std::size_t begin = behind_scheme(at, stop);
    leave_out({begin, std::min(text_.find_first_of(" \t\"'\r\n", begin), text_.size())});
  }
  std::size_t behind_scheme(std::size_t begin, std::size_t end) const {
    const Text value = text_.substr(begin, end - begin);
    const std::size_t blank = value.find(' ');
    if (blank == Text::npos || !is_one_of(value.substr(0, blank), kSchemes)) return begin;
    const std::size_t next = value.find_first_not_of(' ', blank);
    return next == Text::npos ? begin : begin + next;
  }

  /// user:domain:LM:NT of WCE, user:id:LM:NT::: of what dumps hashes.
  void hashes() {
    constexpr Text kHex = "0123456789abcdefABCDEF";
    for (std::size_t at = text_.find(':'); at != Text::npos; at = text_.find(':', at + 1)) {
      const std::size_t middle = at + 1 + kHashDigits, end = middle + 1 + kHashDigits;
      if (end > text_.size() || text_[middle] != ':') continue;
      if (text_.substr(at + 1, kHashDigits).find_first_not_of(kHex) == Text::npos &&
          text_.substr(middle + 1, kHashDigits).find_first_not_of(kHex) == Text::npos)
        leave_out({at + 1, end});
    }
  }

  /// `$p="x"` where `-p$p` follows.
  void variables() {
    std::vector<Text> names;
    for (std::size_t at = text_.find('$'); at != Text::npos; at = text_.find('$', at + 1)) {
      std::size_t end = at + 1;
      while (end < text_.size() && is_in_name(text_[end]) && text_[end] != '-') ++end;
      const Text name = text_.substr(at, end - at);
      if (name.size() < 2 || names.size() >= kMaxVariables) continue;
      std::size_t stop = at;
      while (stop > 0 && (text_[stop - 1] == ' ' || is_quote(text_[stop - 1]) ||
                          text_[stop - 1] == ':' || text_[stop - 1] == '='))
        --stop;
      std::size_t begin = stop;
      while (begin > 0 && is_in_name(text_[begin - 1]) && stop - begin < 16) --begin;
      if (begin > 0 && text_[begin - 1] == '/') --begin;
      if (is_one_of(text_.substr(begin, stop - begin), kBeforeVariable) && !is_one_of(name, names))
        names.push_back(name);
    }
    for (const Text name : names) assigned(name);
    if (text_.find("p" + std::string{kPasswordLeftOut}) != Text::npos) never_used();
  }
  /// Variables that stand nowhere but where they are set: where their use was left out before.
  void never_used() {
    std::size_t looked_at = 0;
    for (std::size_t at = text_.find('$'); at != Text::npos && looked_at < kMaxVariables;
         at = text_.find('$', at + 1), ++looked_at) {
      std::size_t end = at + 1;
      while (end < text_.size() && is_in_name(text_[end]) && text_[end] != '-') ++end;
      const Text name = text_.substr(at, end - at);
      if (name.size() > 1 && text_.find(name) == at && text_.find(name, end) == Text::npos)
        assigned(name);
    }
  }
  void assigned(Text name) {
    for (std::size_t at = text_.find(name); at != Text::npos;
         at = text_.find(name, at + name.size())) {
      std::size_t next = at + name.size();
      while (next < text_.size() && text_[next] == ' ') ++next;
      if (next >= text_.size() || text_[next] != '=') continue;
      ++next;
      while (next < text_.size() && text_[next] == ' ') ++next;
      if (next < text_.size() && (is_quote(text_[next]) || text_[next] == '\\'))
        leave_out(value_at(next));
    }
  }

  std::string tool_;
};

}  // namespace

std::string without_tool_secrets(Text text) { return Secrets{text}.result(); }

}  // namespace hozen
