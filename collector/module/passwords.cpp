#include "collector/module/passwords.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "collector/base/text.h"

namespace hozen {
namespace {

using Names = std::span<const std::string_view>;
constexpr int kMaxQuotesInQuotes = 4;

// The tools' own help texts say what -p means to them.
constexpr std::string_view kPsExecLike[] = {"psexec", "psexec64",   "paexec",     "csexec",
                                            "remcom", "psservice",  "psloggedon", "pslist",
                                            "pskill", "psinfo",     "psloglist",  "psgetsid",
                                            "psfile", "psshutdown", "pspasswd",   "pssuspend"};
constexpr std::string_view kDashP[] = {"winrs",        "schtasks", "certutil", "xfreerdp",
                                       "crackmapexec", "cme",      "nxc",      "netexec",
                                       "evil-winrm",   "kerbrute", "smbmap"};
/// -px only: -p alone asks for it.
constexpr std::string_view kJoined[] = {"rar", "winrar", "unrar", "7z",       "7za",
                                        "7zr", "7zg",    "mysql", "mysqldump"};
/// -P x and -Px.
constexpr std::string_view kCapitalP[] = {"sqlcmd", "osql", "isql", "bcp"};
constexpr std::string_view kSshPass[] = {"sshpass"};
constexpr std::string_view kUserAndPassword[] = {"curl", "wget"};              // user:x
constexpr std::string_view kPercent[] = {"winexe", "smbclient", "rpcclient"};  // user%x
constexpr std::string_view kNet[] = {"net", "net1"};
/// Options that mean a password whatever the tool is; behind them ':', '=', or the next word.
constexpr std::string_view kOptions[] = {
    "password", "passwordd", "passwordo",     "passwd",       "pass",           "pwd",
    "pw",       "rp",        "http-password", "ftp-password", "proxy-password", "hashes"};
/// Hashes that serve as passwords, behind ':' only.
constexpr std::string_view kHashes[] = {"ntlm", "rc4", "aes128", "aes256", "hash"};
/// `Password=x;` of connection strings and variables, by the ends of their names.
constexpr std::string_view kSettings[] = {"password", "passwd", "pwd"};

bool is_one_of(std::string_view text, Names names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equals_fold(text, name); });
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Word {
  std::size_t begin = 0, end = 0;  ///< in the text, quotes included
};

/// Quotes hold words together as Windows does it: `\"` is none.
std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    Word word{i, i};
    bool quoted = false;
    for (std::size_t slashes = 0; i < text.size() && (quoted || !is_space(text[i])); ++i) {
      if (text[i] == '"' && slashes % 2 == 0) quoted = !quoted;
      slashes = text[i] == '\\' ? slashes + 1 : 0;
    }
    word.end = i;
    words.push_back(word);
  }
  return words;
}

/// What may stand around a word in a sentence.
std::string_view bare(std::string_view word) {
  constexpr std::string_view kAround = "\"'`(),;";
  while (!word.empty() && kAround.find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  while (!word.empty() && kAround.find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  return word;
}

/// "psexec" of `"C:\a b\PsExec.exe"`; lower case.
std::string tool_of(std::string_view word) {
  word = bare(word);
  const std::size_t slash = word.find_last_of("\\/");
  if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
  if (ends_with_fold(word, ".exe")) word.remove_suffix(4);
  return to_lower_ascii(word);
}

/// The name of an option: "p" of `-p`, "password" of `--password=x`; nothing for other words.
struct Option {
  std::string_view name;
  std::size_t value = std::string_view::npos;  ///< where a joined value begins, in the word
};
std::optional<Option> option_of(std::string_view word) {
  std::size_t begin = 0;
  while (begin < word.size() && (word[begin] == '"' || word[begin] == '(')) ++begin;
  if (begin >= word.size() || (word[begin] != '-' && word[begin] != '/')) return std::nullopt;
  begin += word.substr(begin).starts_with("--") ? 2U : 1U;
  const std::size_t end = word.find_first_of(":=", begin);
  Option option{word.substr(begin, end == std::string_view::npos ? end : end - begin)};
  if (end != std::string_view::npos) option.value = end + 1;
  while (option.name.ends_with('"')) option.name.remove_suffix(1);
  if (option.name.empty() || option.name.find_first_of("\\/") != std::string_view::npos)
    return std::nullopt;
  return option;
}

class Masker {
 public:
  Masker(std::string_view text, int depth) : text_{text}, depth_{depth}, words_{words_of(text)} {}

  std::string result() {
    for (const Word& word : words_) {
      const auto option = option_of(of(word));
      has_user_ = has_user_ || (option && equals_fold(option->name, "u"));
      has_host_ = has_host_ || of(word).starts_with("\\\\");
    }
    for (std::size_t i = 0; i < words_.size(); ++i) look_at(i);
    out_ += text_.substr(done_);
    return std::move(out_);
  }

 private:
  std::string_view of(const Word& word) const {
    return text_.substr(word.begin, word.end - word.begin);
  }

  /// Leaves out from `begin` (in the text) to the end of the word; what stands behind it in a
  /// sentence goes too, because a password may end so.
  void leave_out(std::size_t begin, std::size_t end) {
    const std::string_view value = text_.substr(begin, end - begin);
    if (begin < done_ || bare(value).empty() || bare(value) == "*" || value == "-") return;
    out_ += text_.substr(done_, begin - done_);
    out_ += kPasswordLeftOut;
    done_ = end;
  }
  void leave_out_next(std::size_t i) {
    if (i + 1 < words_.size()) leave_out(words_[i + 1].begin, words_[i + 1].end);
  }

  void look_at(std::size_t i) {
    const Word& word = words_[i];
    if (word.begin < done_) return;  // it was a password
    const std::string_view text = of(word);
    if (is_net_) net_word(word);
    if (const auto option = option_of(text)) {
      if (of_option(i, *option)) return;
    } else {
      begin_tool(text);
      if (equals_fold(bare(text), "ConvertTo-SecureString")) secure_string(i);
    }
    in_quotes(word);
    settings(i);
    address(word);
  }

  void begin_tool(std::string_view text) {
    std::string tool = tool_of(text);
    const bool net = is_one_of(tool, kNet);
    constexpr std::array<Names, 7> kTools{kPsExecLike, kDashP,           kJoined, kCapitalP,
                                          kSshPass,    kUserAndPassword, kPercent};
    if (!net && std::none_of(kTools.begin(), kTools.end(),
                             [&](Names names) { return is_one_of(tool, names); }))
      return;
    tool_ = std::move(tool);
    is_net_ = net;
    net_words_ = 0;
    net_verb_.clear();
  }

  /// Whether the word is done with.
  bool of_option(std::size_t i, const Option& option) {
    const Word& word = words_[i];
    const bool joined = option.value != std::string_view::npos;
    const std::size_t name = word.begin + of(word).find(option.name);
    if (is_one_of(option.name, kOptions) || (joined && is_one_of(option.name, kHashes))) {
      joined_or_next(i, option.value);
    } else if (is_default_password_ && equals_fold(option.name, "d")) {
      leave_out_next(i);
    } else if (is_one_of(tool_, kUserAndPassword)) {
      return user_and_password(i, option);
    } else if (is_one_of(tool_, kPercent) && option.name == "U") {
      if (i + 1 < words_.size()) behind(words_[i + 1], '%');
    } else if (is_one_of(tool_, kJoined) && starts_with_fold(option.name, "hp")) {
      leave_out(name + 2, word.end);  // of RAR: it encrypts the names too
    } else {
      return dash_p(i, option, name);
    }
    return true;
  }

  /// `-p x`, `/p:x`, `-px`; `name` is where "p" stands in the text.
  bool dash_p(std::size_t i, const Option& option, std::size_t name) {
    const Word& word = words_[i];
    const bool capital = is_one_of(tool_, kCapitalP);
    const char first = option.name.front();
    if (first != 'P' && (capital || first != 'p')) return false;
    const bool alone = option.name.size() == 1;
    const bool joins = capital || is_one_of(tool_, kPsExecLike) || is_one_of(tool_, kJoined) ||
                       is_one_of(tool_, kSshPass) || (has_user_ && has_host_);
    if (alone && (joins || has_user_ || is_one_of(tool_, kDashP))) {
      if (option.value != std::string_view::npos)
        leave_out(word.begin + option.value, word.end);
      else if (!is_one_of(tool_, kJoined))
        leave_out_next(i);
      return true;
    }
    if (joins && !alone && name == word.begin + 1) leave_out(name + 1, word.end);
    return joins;
  }

  void joined_or_next(std::size_t i, std::size_t value) {
    if (value != std::string_view::npos && words_[i].begin + value < words_[i].end)
      leave_out(words_[i].begin + value, words_[i].end);
    else if (i + 1 < words_.size() && !option_of(of(words_[i + 1])))
      leave_out_next(i);
  }

  /// curl -u user:x, --user user:x, -uuser:x.
  bool user_and_password(std::size_t i, const Option& option) {
    constexpr std::string_view kUser[] = {"u", "user", "proxy-user"};
    const bool user = is_one_of(option.name, kUser);
    if (user && option.value == std::string_view::npos && i + 1 < words_.size()) {
      behind(words_[i + 1], ':');
      return true;
    }
    if (!starts_with_fold(option.name, "u")) return false;
    behind(words_[i], ':');
    return true;
  }

  /// What stands behind the first `mark` of a word.
  void behind(const Word& word, char mark) {
    const std::size_t place = of(word).find(mark);
    if (place != std::string_view::npos) leave_out(word.begin + place + 1, word.end);
  }

  /// net use [device] \\host\share [password], net user name [password].
  void net_word(const Word& word) {
    const std::string_view text = bare(of(word));
    if (text.starts_with('/')) return;
    if (net_verb_.empty()) {
      net_verb_ = to_lower_ascii(text);
      is_net_ = net_verb_ == "use" || net_verb_ == "user";
      return;
    }
    if (net_verb_ == "use" && net_words_ == 0 && !text.starts_with("\\\\")) return;
    if (++net_words_ == 2 && text != "at") leave_out(word.begin, word.end);  // "... at 2024-"
    is_net_ = net_words_ < 2 && !of(word).ends_with(')');
  }

  void secure_string(std::size_t i) {
    std::size_t next = i + 1;
    while (next < words_.size() && option_of(of(words_[next])) &&
           equals_fold(option_of(of(words_[next]))->name, "String"))
      ++next;
    if (next < words_.size() && !of(words_[next]).starts_with('$'))
      leave_out(words_[next].begin, words_[next].end);
  }

  /// A quoted word that is a command line itself.
  void in_quotes(const Word& word) {
    const std::string_view text = of(word);
    const std::size_t first = text.find('"');
    const std::size_t last = text.rfind('"');
    if (depth_ >= kMaxQuotesInQuotes || first == std::string_view::npos || word.begin < done_)
      return;
    // One that is not closed reaches to the end.
    const std::size_t end = last == first ? text.size() : last;
    const std::string_view inner = text.substr(first + 1, end - first - 1);
    if (std::none_of(inner.begin(), inner.end(), is_space)) return;
    const std::string masked = Masker{inner, depth_ + 1}.result();
    if (masked == inner) return;
    out_ += text_.substr(done_, word.begin + first + 1 - done_);
    out_ += masked;
    done_ = word.begin + end;
  }

  /// "Server=x;Pwd=y;", "PGPASSWORD=y", "password= y" of sc; and the value of Winlogon.
  void settings(std::size_t i) {
    const Word& word = words_[i];
    const std::string_view text = of(word);
    if (equals_fold(bare(text), "DefaultPassword")) is_default_password_ = true;
    for (std::size_t equal = text.find('='); equal != std::string_view::npos;
         equal = text.find('=', equal + 1)) {
      const std::string_view name = text.substr(0, equal);
      const bool secret =
          std::any_of(std::begin(kSettings), std::end(kSettings),
                      [&](std::string_view known) { return ends_with_fold(name, known); });
      if (!secret) continue;
      if (equal + 1 == text.size()) return leave_out_next(i);
      const std::size_t end = std::min(text.find(';', equal), text.size());
      leave_out(word.begin + equal + 1, word.begin + end);
    }
  }

  /// https://user:x@host and, of Impacket, domain/user:x@host.
  void address(const Word& word) {
    const std::string_view text = of(word);
    const std::size_t scheme = text.find("://");
    const std::size_t begin =
        scheme != std::string_view::npos ? scheme + 3 : std::min(text.find('/'), text.size());
    const std::size_t colon = text.find(':', begin);
    const std::size_t at = colon == std::string_view::npos ? colon : text.rfind('@');
    if (at == std::string_view::npos || at < colon) return;
    const std::string_view between = text.substr(begin, at - begin);
    const bool path =
        scheme != std::string_view::npos && between.find('/') != std::string_view::npos;
    if (!path && between.find('?') == std::string_view::npos)
      leave_out(word.begin + colon + 1, word.begin + at);
  }

  std::string_view text_;
  int depth_;
  std::vector<Word> words_;
  std::string out_, tool_, net_verb_;
  std::size_t done_ = 0;  ///< up to where the text is in out_
  bool has_user_ = false, has_host_ = false, is_net_ = false, is_default_password_ = false;
  int net_words_ = 0;
};

}  // namespace

std::string without_passwords(std::string_view text) { return Masker{text, 0}.result(); }

}  // namespace hozen
