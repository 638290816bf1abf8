#include "collector/formats/hijack_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxProblems = 50;
constexpr std::size_t kMaxDepth = 16;

/// One line without its comment: `- ` in front are items of lists.
struct Line {
  std::size_t indent = 0;  ///< of the key or the text, behind the dashes
  std::size_t dash = 0;    ///< of the last dash, where there is one
  bool is_item = false;
  std::string key{};       ///< lower case; "" for a text alone
  std::string value{};     ///< without quotes
  bool is_unread = false;  ///< the value is of a kind that is not read
};

/// A text without its quotes; one that is not quoted ends before " #".
std::string scalar(std::string_view text) {
  text = trim(text);
  if (text.empty()) return {};
  const char quote = text.front();
  if (quote == '\'' || quote == '"') {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
      const bool doubled =
          quote == '\'' && text[i] == quote && i + 1 < text.size() && text[i + 1] == quote;
      const bool escaped = quote == '"' && text[i] == '\\' && i + 1 < text.size();
      if (text[i] == quote && !doubled) break;
      if (doubled || escaped) ++i;
      out += text[i];
    }
    return out;
  }
  return std::string{trim(text.substr(0, text.find(" #")))};
}

/// A collection in brackets, an anchor, or what refers to one. An empty list says what no list
/// does.
bool is_unread(std::string_view text) {
  text = trim(text);
  return !text.empty() && std::string_view{"[{&*"}.find(text.front()) != std::string_view::npos &&
         scalar(text) != "[]";
}

/// Where the key ends: a colon with a space or nothing behind it, outside quotes.
std::size_t end_of_key(std::string_view text) {
  if (text.empty() || text.front() == '\'' || text.front() == '"') return std::string_view::npos;
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1))
    if (at + 1 == text.size() || text[at + 1] == ' ') return at;
  return std::string_view::npos;
}

std::optional<Line> line_of(std::string_view text) {
  Line line;
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  };
  skip();
  while (at < text.size() && text[at] == '-' && (at + 1 == text.size() || text[at + 1] == ' ')) {
    line.is_item = true;
    line.dash = at++;
    skip();
  }
  line.indent = at;
  const std::string_view rest = text.substr(at);
  if (rest.empty() && !line.is_item) return std::nullopt;
  if (!rest.empty() && rest.front() == '#') return std::nullopt;
  const std::size_t colon = end_of_key(rest);
  if (colon != std::string_view::npos) line.key = to_lower_ascii(trim(rest.substr(0, colon)));
  const std::string_view value = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
  line.value = scalar(value);
  line.is_unread = is_unread(value) || is_unread(rest) || line.key == "<<";
  return line;
}

void add(std::vector<std::string>& texts, std::string text) {
  if (!text.empty() && texts.size() < kMaxHijackTexts) texts.push_back(std::move(text));
}

class Reader {
 public:
  Result<HijackList> read(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view one = text.substr(0, end);
      if (one.ends_with('\r')) one.remove_suffix(1);
      take(one);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number_;
    }
    finish();
    if (list_.entries.empty())
      return Error{Errc::malformed, "list of DLLs in the format of HijackLibs", std::nullopt,
                   "no entry with a Name in it"};
    std::stable_sort(list_.entries.begin(), list_.entries.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(list_);
  }

 private:
  /// The keys that a line stands below, with their indents.
  using Path = std::vector<std::pair<std::size_t, std::string>>;

  void take(std::string_view text) {
    if (text.starts_with("---") || text.starts_with("...")) return finish();
    const auto line = line_of(text);
    if (!line) return;
    // An item of a list may stand as far left as the key above the list.
    while (!path_.empty() &&
           (line->is_item ? path_.back().first > line->dash : path_.back().first >= line->indent))
      path_.pop_back();
    if (line->is_unread && is_read(line->key))
      return problem("a list in brackets, or a reference: it is not read");
    if (line->key.empty()) return value(line->value);
    // A file that was put together without `---`.
    if (path_.empty() && !line->is_item && line->key == "name" && !entry_.name.empty()) finish();
    if (line->is_item) begin_item();
    keyed(line->key, line->value);
    if (path_.size() >= kMaxDepth) return problem("too many levels");
    path_.emplace_back(line->indent, line->key);
  }

  bool is_below(std::string_view key) const {
    return !path_.empty() && path_.front().second == key;
  }
  bool has(std::string_view key) const {
    return std::any_of(path_.begin(), path_.end(),
                       [&](const auto& level) { return level.second == key; });
  }

  /// Whether what stands at this place says anything to us.
  bool is_read(const std::string& key) const {
    const std::string& top = path_.empty() ? key : path_.front().second;
    return top == "name" || top == "<<" || top == "expectedlocations" ||
           top == "expectedsignatureinformation" || top == "vulnerableexecutables";
  }
  void begin_item() {
    if (!is_below("vulnerableexecutables") || has_deeper_list()) return;
    if (entry_.ways.size() >= kMaxHijackWays) return problem("too many programs of one DLL");
    entry_.ways.emplace_back();
  }
  bool has_deeper_list() const {
    return has("expectedsignatureinformation") || has("expectedversioninformation") ||
           has("sha256");
  }

  void keyed(const std::string& key, const std::string& text) {
    if (path_.empty()) {
      if (key == "name") entry_.name = to_lower_ascii(text);
      if (key == "vendor") entry_.vendor = text;
      return;
    }
    if (is_below("expectedsignatureinformation") && key == "subject")
      return add(entry_.expected_signers, text);
    if (!is_below("vulnerableexecutables") || has_deeper_list() || entry_.ways.empty()) return;
    HijackListWay& way = entry_.ways.back();
    if (key == "path") way.path = text;
    if (key == "type") way.type = text;
    if (key == "variable") way.variable = text;
    if (key == "sha256" && !text.empty()) add(way.sha256, to_lower_ascii(text));
  }

  void value(const std::string& text) {
    if (is_below("expectedlocations")) return add(entry_.expected_locations, text);
    if (is_below("vulnerableexecutables") && has("sha256") && !entry_.ways.empty())
      add(entry_.ways.back().sha256, to_lower_ascii(text));
  }

  void finish() {
    path_.clear();
    HijackListEntry entry = std::exchange(entry_, {});
    std::erase_if(entry.ways, [](const HijackListWay& way) { return way.path.empty(); });
    if (entry.name.empty()) {
      if (!entry.ways.empty()) problem("an entry without a Name");
      return;
    }
    if (list_.entries.size() >= kMaxHijackEntries) return problem("too many entries");
    // What Windows does not bring at all has no place.
    const bool is_phantom = !entry.ways.empty() &&
                            std::all_of(entry.ways.begin(), entry.ways.end(), [](const auto& way) {
                              return equals_fold(way.type, "Phantom");
                            });
    if (entry.expected_locations.empty() && !is_phantom)
      problem("'" + entry.name +
              "' has no ExpectedLocations: every place of it is taken for wrong");
    list_.entries.push_back(std::move(entry));
  }

  void problem(std::string_view what) {
    if (list_.problems.size() < kMaxProblems)
      list_.problems.push_back(Error{Errc::malformed, "list of DLLs", std::nullopt,
                                     "line " + std::to_string(number_) + ": " + std::string{what}});
  }

  HijackList list_;
  HijackListEntry entry_;
  Path path_;
  std::uint64_t number_ = 1;
};

}  // namespace

Result<HijackList> parse_hijack_list(std::string_view text) {
  if (text.size() > kMaxHijackListBytes)
    return Error{Errc::limit, "list of DLLs in the format of HijackLibs", text.size()};
  return Reader{}.read(text);
}

}  // namespace hozen
