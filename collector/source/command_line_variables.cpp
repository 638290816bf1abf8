// Variables as cmd.exe puts them together: %name:~offset,length% and %name:text=replacement%.
#include <algorithm>
#include <charconv>

#include "collector/base/text.h"
#include "collector/source/command_line_impl.h"

namespace hozen::resolver {
namespace {

/// References in one line; the rest stays as it is. Lines that are put together letter by letter
/// have a few dozen.
constexpr std::size_t kMaxReferences = 128;
/// Bytes of a value, and of the line that comes out: about three times what cmd.exe takes.
constexpr std::size_t kMaxText = 32'768;

/// What stands between two `%`, taken apart.
struct Reference {
  std::string_view name;
  std::string_view change;  ///< behind the colon; "" without one
};

/// Nothing for what is no variable: "%i in (C:\x) do %".
std::optional<Reference> parse_reference(std::string_view inside) {
  const std::size_t colon = inside.find(':');
  Reference reference{inside.substr(0, colon), {}};
  if (colon != std::string_view::npos) reference.change = inside.substr(colon + 1);
  if (reference.name.empty() ||
      reference.name.find_first_of(" \t\"'\\/,;<>|&=^!*?") != std::string_view::npos)
    return {};
  const bool changes =
      reference.change.starts_with('~') ||
      (reference.change.find('=') != std::string_view::npos && !reference.change.starts_with('='));
  if (colon != std::string_view::npos && !changes) return {};
  return reference;
}

/// A number with or without sign at the front; nothing when there is none.
std::optional<long long> take_number(std::string_view& text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  text = trim(text);
  return number;
}

/// `~offset` or `~offset,length`; negative ones count from the end.
std::optional<std::string> part_of(std::string_view value, std::string_view change) {
  change.remove_prefix(1);
  const auto offset = take_number(change);
  std::optional<long long> length;
  if (!change.empty()) {
    if (!change.starts_with(',')) return {};
    change.remove_prefix(1);
    length = take_number(change);
    if (!length || !change.empty()) return {};
  }
  if (!offset && !length) return {};
  const std::u16string units = utf16_from_wtf8(value);
  const auto size = static_cast<long long>(units.size());
  const long long from = offset.value_or(0);
  const long long begin = std::clamp(from < 0 ? size + from : from, 0LL, size);
  const long long count = length.value_or(size);
  const long long end = std::clamp(count < 0 ? size + count : begin + count, begin, size);
  return wtf8_from_utf16(std::u16string_view{units}.substr(static_cast<std::size_t>(begin),
                                                           static_cast<std::size_t>(end - begin)));
}

/// `text=replacement`, in any case; `*text` is everything up to the first `text`.
std::string replaced(std::string_view value, std::string_view change) {
  const std::size_t equals = change.find('=');
  std::string_view wanted = change.substr(0, equals);
  const std::string_view replacement = change.substr(equals + 1);
  const bool up_to = wanted.starts_with('*');
  if (up_to) wanted.remove_prefix(1);
  if (wanted.empty()) return std::string{value};
  const std::string lower = to_lower_ascii(value), folded = to_lower_ascii(wanted);
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = lower.find(folded); at != std::string::npos && out.size() < kMaxText;
       at = lower.find(folded, done)) {
    if (!up_to) out += value.substr(done, at - done);
    out += replacement;
    done = at + folded.size();
    if (up_to) break;
  }
  out += value.substr(done);
  return out;
}

/// The value as the line gets it; nothing when the variable is not known or the text no change.
std::optional<std::string> value_of(const Environment* environment, const Reference& reference) {
  if (environment == nullptr || !environment->get(reference.name)) return {};
  const std::string value = environment->expand('%' + std::string{reference.name} + '%');
  if (value.size() > kMaxText) return {};
  if (reference.change.empty()) return value;
  return reference.change.starts_with('~') ? part_of(value, reference.change)
                                           : replaced(value, reference.change);
}

}  // namespace

bool has_changed_variable(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::size_t end = text.find('%', at + 1);
    if (end == std::string_view::npos) return false;
    const auto reference = parse_reference(text.substr(at + 1, end - at - 1));
    if (reference && !reference->change.empty()) return true;
  }
  return false;
}

std::string with_cmd_variables(Resolution& resolution, std::string_view text,
                               const Environment* environment) {
  std::string out;
  std::size_t references = 0;
  bool changed = false;
  const std::string_view whole = text;
  while (!text.empty()) {
    const std::size_t percent = text.find('%');
    out += text.substr(0, percent);
    if (percent == std::string_view::npos) break;
    text.remove_prefix(percent);
    const std::size_t end = text.find('%', 1);
    if (end == std::string_view::npos || ++references > kMaxReferences || out.size() > kMaxText) {
      out += text;
      break;
    }
    const auto reference = parse_reference(text.substr(1, end - 1));
    const auto value = reference ? value_of(environment, *reference) : std::nullopt;
    changed = changed || (reference && !reference->change.empty());
    if (value) {
      out += *value;
      text.remove_prefix(end + 1);
    } else {
      // Literal up to the next `%`, which may begin a variable itself.
      out += text.substr(0, end);
      text.remove_prefix(end);
    }
  }
  if (!changed) return out;
  resolution.flag(command_flag::kObfuscated);
  if (out != whole) resolution.step("variables cut or changed as cmd.exe does: " + out);
  if (has_changed_variable(out))
    resolution.step("holds variables that only cmd.exe can put together; left as they are");
  return out;
}

}  // namespace hozen::resolver
