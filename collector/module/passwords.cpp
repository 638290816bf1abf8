#include "collector/module/passwords.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/command_line_words.h"
#include "collector/module/form_secrets.h"
#include "collector/module/password_names.h"
#include "collector/module/tool_secrets.h"

namespace hozen {
namespace {

using command_line::bare;
using command_line::is_literal;
using command_line::is_one_of;
using command_line::is_space;
using command_line::Names;
using command_line::Option;
using command_line::option_of;
using command_line::tool_of;
using command_line::Word;
using command_line::words_of;

using namespace password_names;

constexpr int kMaxQuotesInQuotes = 4;

class Masker {
 public:
  Masker(std::string_view text, int depth) : text_{text}, depth_{depth}, words_{words_of(text)} {}

  std::string result() {
    for (const Word& word : words_) {
      const auto option = option_of(of(word));
      const bool user = option && equals_fold(option->name, "u");
      // -u of Python itself is none.
      if (user && (&word == words_.data() || !is_one_of(tool_of(of(*(&word - 1))), kPython)))
        user_until_ = static_cast<std::size_t>(&word - words_.data()) + 1;
    }
    has_user_ = user_until_ > 0;
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
    // A line may come here twice: what was left out has no second password in it.
    if (text_.substr(begin).starts_with(kPasswordLeftOut)) return;
    end = end_of_quote(begin, end);
    const std::string_view value = text_.substr(begin, end - begin);
    if (begin < done_ || bare(value).empty() || bare(value) == "*" || value == "-") return;
    out_ += text_.substr(done_, begin - done_);
    out_ += kPasswordLeftOut;
    done_ = end;
  }
  /// Where a value in single quotes, as PowerShell has them, ends if it holds spaces.
  std::size_t end_of_quote(std::size_t begin, std::size_t end) const {
    constexpr std::size_t kLongest = 256;
    if (begin >= text_.size() || text_[begin] != '\'') return end;
    const std::string_view reach = text_.substr(begin, kLongest);
    std::size_t close = reach.find('\'', 1);
    while (close != std::string_view::npos && reach.substr(close + 1).starts_with('\''))
      close = reach.find('\'', close + 2);  // two stand for one
    if (close == std::string_view::npos || begin + close < end) return end;
    end = begin + close + 1;
    while (end < text_.size() && !is_space(text_[end])) ++end;
    return end;
  }
  void leave_out_next(std::size_t i) {
    if (i + 1 < words_.size()) leave_out(words_[i + 1].begin, words_[i + 1].end);
  }

  void look_at(std::size_t i) {
    const Word& word = words_[i];
    if (word.begin < done_) return;  // it was a password
    const std::string_view text = of(word);
    if (is_net_) net_word(word);
    if (ends_with_fold(bare(text), "ConvertTo-SecureString")) secure_string(i);
    follow_command(i);
    if (const auto option = option_of(text)) {
      if (of_option(i, *option)) return;
    } else {
      begin_tool(text);
    }
    in_quotes(word);
    settings(i);
    variable(i);
    address(word);
  }

  /// PsExec's own options end where the command begins; so they do behind the host of a tool
  /// under another name.
  void follow_command(std::size_t i) {
    constexpr std::string_view kBetween[] = {"&", "&&", "|", "||", ";"};
    const std::string_view text = of(words_[i]);
    if (is_one_of(text, kBetween)) {
      if (is_one_of(tool_, kOtherP)) tool_.clear();
      in_front_ = false;
      return;
    }
    if (text.starts_with("\\\\") && tool_.empty() && !is_net_) in_front_ = true;
    if (!in_front_ || text.starts_with("\\\\") || text.starts_with('@') || option_of(text)) return;
    const auto before = i > 0 ? option_of(of(words_[i - 1])) : std::nullopt;
    const bool number = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (before &&
        (is_one_of(before->name, kPsExecValues) || (number && equals_fold(before->name, "i"))))
      return;
    if (text.starts_with('(')) return;  // "PsExec.exe (psexec ...)" of a sentence
    in_front_ = false;
    has_user_ = user_until_ > i;
    if (is_one_of(tool_, kPsExecLike)) tool_.clear();
  }

  void begin_tool(std::string_view text) {
    std::string tool = tool_of(text);
    is_script_ = is_script_ || tool.ends_with(".py") || tool.starts_with("impacket-");
    const bool net = is_one_of(tool, kNet);
    constexpr std::array<Names, 9> kTools{kPsExecLike,      kDashP,   kJoined, kCapitalP, kSshPass,
                                          kUserAndPassword, kPercent, kDashH,  kOtherP};
    if (!net && std::none_of(kTools.begin(), kTools.end(),
                             [&](Names names) { return is_one_of(tool, names); }))
      return;
    tool_ = std::move(tool);
    is_net_ = net;
    in_front_ = is_one_of(tool_, kPsExecLike);
    has_user_ = user_until_ > 0;
    net_words_ = 0;
    net_verb_.clear();
  }

  /// Whether the word is done with.
  bool of_option(std::size_t i, const Option& option) {
    const Word& word = words_[i];
    const bool joined = option.value != std::string_view::npos;
    const std::size_t name = word.begin + of(word).find(option.name);
    const bool is_hash =
        (joined && is_one_of(option.name, kHashes)) ||
        (is_one_of(tool_, kDashH) && (option.name == "H" || equals_fold(option.name, "hash")));
    if (is_one_of(option.name, kOptions) || is_hash) {
      joined_or_next(i, option.value);
    } else if (is_default_password_ && equals_fold(option.name, "d")) {
      leave_out_next(i);
    } else if (is_one_of(tool_, kUserAndPassword)) {
      return user_and_password(i, option);
    } else if (is_one_of(tool_, kPercent) && option.name == "U") {
      if (i + 1 < words_.size()) behind(words_[i + 1], '%');
    } else if (starts_with_fold(option.name, "hp") &&
               (is_one_of(tool_, kJoined) || is_behind_verb(i))) {
      leave_out(name + 2, word.end);  // of RAR: it encrypts the names too
    } else if (starts_with_fold(option.name, "p") && !is_one_of(option.name, kNotJoined) &&
               packs_under_other_name(i)) {
      if (option.name.size() > 1) leave_out(name + 1, word.end);
    } else {
      return dash_p(i, option, name);
    }
    return true;
  }

  /// Whether one of the few words before is a verb of RAR: "r.exe a -r -hpx".
  bool is_behind_verb(std::size_t i) const {
    constexpr std::size_t kFew = 12;
    for (std::size_t j = i; j > first_verb() && i - j < kFew; --j)
      if (is_verb(j - 1)) return true;
    return false;
  }
  /// In quotes, arguments stand without their program: Start-Process rar.exe "a -hpx".
  std::size_t first_verb() const { return depth_ > 0 ? 0 : 1; }
  bool is_verb(std::size_t i) const {
    constexpr std::string_view kVerbs[] = {"a", "u", "m", "f", "x", "e", "t", "l", "v"};
    return is_one_of(of(words_[i]), kVerbs);
  }
  /// RAR and 7-Zip under another name: a program, a verb, and the name of an archive in the line.
  bool packs_under_other_name(std::size_t i) const {
    constexpr std::size_t kFew = 12;
    bool form = false;
    for (std::size_t j = i; j > first_verb() && i - j < kFew && !form; --j)
      form = is_verb(j - 1) &&
             (j == 1 || bare(of(words_[j - 2])).find_first_of("\\.") != std::string_view::npos);
    if (!form) return false;
    const std::size_t first = i > kFew ? i - kFew : 0;
    for (std::size_t j = first; j < words_.size() && j < i + kFew; ++j)
      if (archive_name(bare(of(words_[j])))) return true;
    return false;
  }

  /// `-p x`, `/p:x`, `-px`; `name` is where "p" stands in the text.
  bool dash_p(std::size_t i, const Option& option, std::size_t name) {
    const Word& word = words_[i];
    const bool capital = is_one_of(tool_, kCapitalP);
    const char first = option.name.front();
    if (is_one_of(tool_, kOtherP)) return false;
    if (first != 'P' && (capital || first != 'p')) return false;
    const bool alone = option.name.size() == 1;
    const bool joins = capital || is_one_of(tool_, kJoined) || is_one_of(tool_, kSshPass) ||
                       (in_front_ && has_user_ && !is_one_of(option.name, kNotJoined));
    if (alone &&
        (joins || is_one_of(tool_, kPsExecLike) || has_user_ || is_one_of(tool_, kDashP))) {
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

  /// The first word that is neither an option nor its key; and `"x" | ConvertTo-SecureString`.
  void secure_string(std::size_t i) {
    if (i > 1 && of(words_[i - 1]) == "|" && is_literal(of(words_[i - 2])))
      leave_out(words_[i - 2].begin, words_[i - 2].end);
    for (std::size_t next = i + 1; next < words_.size(); ++next) {
      const std::string_view text = of(words_[next]);
      const auto option = option_of(text);
      if (!option) {
        if (!text.starts_with('$') && text != "|" && text != ";")
          leave_out(words_[next].begin, words_[next].end);
        return;
      }
      if (equals_fold(option->name, "String") && option->value != std::string_view::npos)
        return leave_out(words_[next].begin + option->value, words_[next].end);
      if (equals_fold(option->name, "Key") || equals_fold(option->name, "SecureKey")) ++next;
      if (text.ends_with(')') || text.ends_with(';')) return;
    }
  }

  /// `$pass = "x"` and `$pass="x"` of PowerShell.
  void variable(std::size_t i) {
    const Word& word = words_[i];
    const std::string_view text = of(word);
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) return;
    const std::size_t equal = std::min(text.find('=', dollar), text.size());
    const std::string_view name = text.substr(dollar, equal - dollar);
    if (!contains_fold(name, "pass") && !contains_fold(name, "pwd")) return;
    std::size_t next = i;
    std::size_t begin = word.begin + equal + 1;
    if (equal == text.size()) {  // "=" is the next word, or begins it
      if (++next >= words_.size() || !of(words_[next]).starts_with('=')) return;
      begin = words_[next].begin + 1;
    }
    if (begin >= words_[next].end) {
      if (++next >= words_.size()) return;
      begin = words_[next].begin;
    }
    if (is_literal(text_.substr(begin, words_[next].end - begin)))
      leave_out(begin, words_[next].end);
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
    if (option_of(text)) return;
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos && text.find('/') == std::string_view::npos)
      return user_at_host(word);
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

  /// user:x@10.0.0.5; before a name only for a script, as Impacket's tools are.
  void user_at_host(const Word& word) {
    const std::string_view text = of(word);
    const std::size_t colon = text.find(':');
    const std::size_t at = text.rfind('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return;
    const std::string_view user = bare(text.substr(0, colon));
    const std::string_view host = bare(text.substr(at + 1));
    const bool drive = user.size() == 1 && text.substr(colon + 1).starts_with('\\');
    const bool address = host.find_first_not_of("0123456789.") == std::string_view::npos &&
                         host.find('.') != std::string_view::npos;
    if (user.empty() || host.empty() || drive || equals_fold(user, "mailto")) return;
    if (address || is_script_) leave_out(word.begin + colon + 1, word.begin + at);
  }

  std::string_view text_;
  int depth_;
  std::vector<Word> words_;
  std::string out_, tool_, net_verb_;
  std::size_t done_ = 0;  ///< up to where the text is in out_
  bool has_user_ = false, in_front_ = false, is_script_ = false, is_net_ = false,
       is_default_password_ = false;
  int net_words_ = 0;
  std::size_t user_until_ = 0;  ///< behind the last -u, in words
};

}  // namespace

std::string without_passwords(std::string_view text) {
  const std::string rest = without_tool_secrets(without_form_secrets(text));
  return Masker{rest, 0}.result();
}

}  // namespace hozen
