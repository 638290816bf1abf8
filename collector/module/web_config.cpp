#include "collector/module/web_config.h"

#include <algorithm>
#include <map>

#include "collector/base/text.h"
#include "collector/formats/xml_attributes.h"
#include "collector/module/text_lines.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxPaths = 1000;
constexpr std::size_t kMaxVariables = 200;

/// The next word of a directive: in quotes, or up to a space or semicolon.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::string_view word;
  if (text.starts_with('"') || text.starts_with('\'')) {
    const std::size_t end = std::min(text.find(text[0], 1), text.size());
    word = text.substr(1, end - 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  } else {
    const std::size_t end = std::min(text.find_first_of(" \t;"), text.size());
    word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return word;
}

bool is_absolute(std::string_view path) {
  return path.starts_with('/') || path.starts_with('\\') || (path.size() > 1 && path[1] == ':');
}

class Reader {
 public:
  explicit Reader(std::string_view prefix) : prefix_{prefix} {}

  void line(std::string_view text) {
    text = trim(text);
    if (text.empty() || text.front() == '#' || text.front() == '<') return;
    const std::string_view name = take_word(text);
    const auto is = [&](std::string_view directive) { return equals_fold(name, directive); };
    if (is("Define")) {
      const std::string variable{take_word(text)};
      if (variables_.size() < kMaxVariables) variables_[variable] = filled(take_word(text));
    } else if (is("ServerRoot")) {
      prefix_ = filled(take_word(text));
    } else if (is("DocumentRoot") || is("root")) {
      add(config.roots, take_word(text));
    } else if (is("Alias") || is("ScriptAlias")) {
      const std::string_view first = take_word(text), second = take_word(text);
      add(config.roots, second.empty() ? first : second);
    } else if (is("CustomLog") || is("TransferLog") || is("access_log")) {
      add_log(take_word(text));
    }
  }

  WebConfig config;

 private:
  std::string filled(std::string_view text) const {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const std::size_t end = text.substr(at, 2) == "${" ? text.find('}', at) : text.npos;
      if (end == text.npos) {
        out += text[at];
        continue;
      }
      const auto found = variables_.find(std::string{text.substr(at + 2, end - at - 2)});
      if (found != variables_.end()) out += found->second;
      at = end;
    }
    return out;
  }

  void add(std::vector<std::string>& paths, std::string_view path) const {
    std::string whole = filled(path);
    if (whole.empty() || paths.size() >= kMaxPaths) return;
    if (!is_absolute(whole)) whole = prefix_ + "/" + whole;
    constexpr std::string_view kCygwin = "/cygdrive/";  // Squid for Windows
    if (whole.starts_with(kCygwin) && whole.size() > kCygwin.size() + 1)
      whole = std::string{whole[kCygwin.size()]} + ":" + whole.substr(kCygwin.size() + 1);
    paths.push_back(std::move(whole));
  }

  void add_log(std::string_view log) {
    if (log.starts_with('|')) {  // a program that takes the lines: the last path of its own
      std::string_view rest = log.substr(1);
      if (rest.starts_with('$')) rest.remove_prefix(1);
      take_word(rest);
      while (!rest.empty()) {
        const std::string_view word = take_word(rest);
        if (word.find_first_of("/\\") != word.npos) log = word;
      }
      if (log.starts_with('|')) return;
    }
    for (const std::string_view way : {"daemon:", "stdio:", "buffered:"})
      if (log.starts_with(way)) log.remove_prefix(way.size());
    if (log.starts_with("udp:") || log.starts_with("tcp:") || log.starts_with("syslog:") ||
        log == "none" || log == "off")
      return;
    // A time in the name, as of rotatelogs: the folder is what is known.
    if (const std::size_t time = log.find('%'); time != log.npos)
      log = log.substr(0, log.find_last_of("/\\", time) + 1);
    add(config.logs, log);
  }

  std::string prefix_;
  std::map<std::string, std::string> variables_;
};

}  // namespace

WebConfig read_web_config(std::string_view text, std::string_view prefix) {
  Reader reader{prefix};
  each_text_line(text, [&](std::string_view line, std::uint32_t) {
    reader.line(line);
    return true;
  });
  return std::move(reader.config);
}

WebConfig read_tomcat_config(std::span<const std::byte> file, std::string_view prefix) {
  WebConfig config;
  const auto put = [&](std::vector<std::string>& out, std::vector<std::string> values,
                       std::string_view end) {
    for (std::string& value : values)
      out.push_back((is_absolute(value) ? value : std::string{prefix} + "/" + value) +
                    std::string{end});
  };
  for (const char* const parent : {"Host", "Engine"})
    put(config.logs, xml_attributes(file, parent, "Valve", "directory", kMaxPaths).values, "/");
  put(config.roots, xml_attributes(file, "Engine", "Host", "appBase", kMaxPaths).values, "");
  return config;
}

}  // namespace hozen
