#include "collector/engine/json_read.h"

#include <algorithm>
#include <charconv>

namespace hozen {
namespace {

constexpr std::size_t kMaxDepth = 32;
// Members are looked up one after the other: without a limit an object of a line takes hours.
constexpr std::size_t kMaxMembers = 1'000;
constexpr std::size_t kMaxValues = 1u << 20;
// The parser that calls back looks through an array at the end of each object in it.
constexpr std::size_t kMaxObjects = 1u << 16;

/// Bounds what a text can make the parser build, before it is parsed: bundles come from anywhere.
/// What the text is made of is counted, whether it is JSON or not.
class SizeGuard {
 public:
  /// Elements of the array `streamed` at the top are counted each for itself.
  SizeGuard(std::string_view text, std::string_view streamed) : text_{text}, streamed_{streamed} {}

  bool accepts() {
    for (std::size_t at = 0; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '"') {
        const std::size_t begin = ++at;
        while (at < text_.size() && text_[at] != '"')
          at += text_[at] == '\\' ? std::size_t{2} : std::size_t{1};
        last_string_ = text_.substr(std::min(begin, text_.size()), at - begin);
      } else if (!take(c)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool take(char c) {
    const std::size_t depth = members_.size();
    if (c == '{' || c == '[') {
      if (in_streamed_ && depth == 2) values_ = objects_ = 0;
      members_.push_back(0);
      if (c == '{') ++objects_;
      ++values_;
    } else if (c == '}' || c == ']') {
      if (depth > 0) members_.pop_back();
    } else if (c == ',') {
      ++values_;
    } else if (c == ':' && depth > 0) {
      if (depth == 1) in_streamed_ = !streamed_.empty() && last_string_ == streamed_;
      ++members_.back();
    }
    return members_.size() <= kMaxDepth && values_ <= kMaxValues && objects_ <= kMaxObjects &&
           (members_.empty() || members_.back() <= kMaxMembers);
  }

  std::string_view text_, streamed_, last_string_;
  std::vector<std::size_t> members_;  // of each object that is open
  std::size_t values_ = 0, objects_ = 0;
  bool in_streamed_ = false;
};

}  // namespace

Json parse_json(std::string_view text) {
  return SizeGuard{text, {}}.accepts() ? Json::parse(text, nullptr, false)
                                       : Json(Json::value_t::discarded);
}

Json parse_json(std::string_view text, std::string_view streamed,
                const Json::parser_callback_t& filter) {
  return SizeGuard{text, streamed}.accepts() ? Json::parse(text, filter, false)
                                             : Json(Json::value_t::discarded);
}

std::string indented_json(const Json& value) { return value.dump(2); }

const Json* json_member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

std::string json_text(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

std::optional<std::uint64_t> json_number(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<std::uint64_t>();
}

FileTime json_time(const Json& object, const char* name) {
  return parse_iso8601(json_text(object, name)).value_or(FileTime{});
}

std::optional<std::vector<std::byte>> json_bytes(const Json& object, const char* name) {
  const Json* value = json_member(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const std::string hex = value->get<std::string>();
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* const from = hex.data() + 2 * i;
    std::uint8_t octet = 0;
    const auto [end, error] = std::from_chars(from, from + 2, octet, 16);
    if (error != std::errc{} || end != from + 2) return std::nullopt;
    bytes[i] = std::byte{octet};
  }
  return bytes;
}

std::optional<Sha256Digest> json_sha256(const Json& object, const char* name) {
  const auto bytes = json_bytes(object, name);
  Sha256Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::vector<std::string> json_texts(const Json& object, const char* name) {
  std::vector<std::string> texts;
  if (const Json* list = json_member(object, name); list != nullptr && list->is_array())
    for (const Json& value : *list)
      if (value.is_string()) texts.push_back(value.get<std::string>());
  return texts;
}

}  // namespace hozen
