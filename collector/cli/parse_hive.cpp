#include "collector/cli/parse_hive.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/json_text.h"
#include "collector/base/text.h"

namespace hozen::cli {
namespace {

using regf::Key;
using regf::KeyView;
using regf::ValueView;

constexpr std::array<std::string_view, 12> kTypeNames{"\"REG_NONE\"",
                                                      "\"REG_SZ\"",
                                                      "\"REG_EXPAND_SZ\"",
                                                      "\"REG_BINARY\"",
                                                      "\"REG_DWORD\"",
                                                      "\"REG_DWORD_BIG_ENDIAN\"",
                                                      "\"REG_LINK\"",
                                                      "\"REG_MULTI_SZ\"",
                                                      "\"REG_RESOURCE_LIST\"",
                                                      "\"REG_FULL_RESOURCE_DESCRIPTOR\"",
                                                      "\"REG_RESOURCE_REQUIREMENTS_LIST\"",
                                                      "\"REG_QWORD\""};
constexpr std::uint32_t kSz = 1, kExpandSz = 2, kDword = 4, kDwordBigEndian = 5, kLink = 6,
                        kMultiSz = 7, kQword = 11;
/// A path that no Windows could open (UNICODE_STRING: 32,767 units of up to 6 characters of JSON).
constexpr std::size_t kMaxEscapedPathBytes = 192u << 10;
/// Paths may take this many times the size of the hive: a real one takes less than 5.
constexpr std::uint64_t kPathBytesPerHiveByte = 64;

void append_type(std::string& out, std::uint32_t type) {
  if (type < kTypeNames.size()) {
    out += kTypeNames[type];
    return;
  }
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += "\"REG_0x";
  bool started = false;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const std::uint32_t digit = type >> shift & 15;
    started = started || digit != 0;
    if (started) out += kDigits[digit];
  }
  out += '"';
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.span().begin(), bytes.span().end(),
                     [](std::byte b) { return b == std::byte{0}; });
}

class HivePrinter {
 public:
  HivePrinter(const regf::Hive& hive, std::string_view source, LineBuffer& lines)
      : hive_{hive}, source_{source}, lines_{lines}, out_{lines.text()} {
    std::string quoted_source;
    append_json_string(quoted_source, source);
    key_prefix_ = "{\"kind\":\"registry_key\",\"source\":" + quoted_source + ",\"path\":";
    value_prefix_ = "{\"kind\":\"registry_value\",\"source\":" + quoted_source + ",\"key\":";
    hive_prefix_ = "{\"kind\":\"registry_hive\",\"source\":" + quoted_source + ",\"state\":\"";
    end_prefix_ = "{\"kind\":\"registry_hive_end\",\"source\":" + quoted_source + ",\"keys\":";
    path_budget_ = (std::uint64_t{hive.bytes().size()} + (1u << 20)) * kPathBytesPerHiveByte;
  }

  std::uint64_t run() {
    print_head();
    if (const auto root = hive_.root()) print_key(*root, root->view());
    if (!lines_.failed()) print_deleted();
    const std::uint64_t problems = print_problems();
    print_end(problems);
    return problems;
  }

 private:
  void print_head() {
    const regf::BaseBlock& base = hive_.base_block();
    out_ += hive_prefix_;
    out_ += regf::to_text(hive_.state());
    out_ += "\",\"sequence1\":";
    append_json_number(out_, std::uint64_t{base.sequence1});
    out_ += ",\"sequence2\":";
    append_json_number(out_, std::uint64_t{base.sequence2});
    out_ += ",\"version\":\"" + std::to_string(base.major) + "." + std::to_string(base.minor);
    out_ += "\",\"embedded_name\":";
    append_exact(out_, base.embedded_name, "embedded_name");
    out_ += ",\"last_written\":";
    append_json_time(out_, base.last_written);
    out_ += ",\"checksum_ok\":";
    out_ += base.checksum_ok ? "true" : "false";
    out_ += ",\"bins_size\":";
    append_json_number(out_, std::uint64_t{hive_.effective_bins_size()});
    if (const auto root = hive_.root()) {
      out_ += ",\"root\":";
      append_exact(out_, root->name(), "root");
    }
    if (const auto& replay = hive_.replay()) {
      out_ += ",\"replay\":{\"entries\":" + std::to_string(replay->entries_applied);
      out_ += ",\"pages\":" + std::to_string(replay->pages_applied);
      out_ += ",\"logs\":" + std::to_string(replay->logs_used);
      out_ += ",\"last_sequence\":" + std::to_string(replay->last_sequence) + "}";
    }
    end_record();
  }

  /// The text, and behind it its exact form under `name` when JSON cannot hold it.
  static void append_exact(std::string& out, std::string_view text, std::string_view name) {
    if (append_json_string(out, text)) return;
    out += ",\"";
    out += name;
    out += "_utf16\":";
    append_json_utf16_hex(out, text);
  }

  void end_record() {
    out_ += '}';
    lines_.end_line();
  }

  // Live keys. `path_` holds the current key's path as a JSON string without its closing quote.

  bool print_key(const Key& key, const KeyView& view) {
    if (!spend_path()) return false;
    out_ += key_prefix_;
    out_ += path_;
    out_ += '"';
    if (inexact_path_) append_path_units(key, "path");
    out_ += ",\"last_written\":";
    append_json_time(out_, view.last_written);
    out_ += ",\"deleted\":false";
    append_key_details(key, view);
    append_offset(view.file_offset);
    ++keys_;
    if (view.stated_values != 0)
      key.visit_values([&](const ValueView& value) { return print_value(key, value); });
    if (view.stated_subkeys != 0 && !lines_.failed())
      key.each_subkey([&](const Key& child) { return descend(child); });
    return !lines_.failed() && !stopped_;
  }

  bool descend(const Key& child) {
    const std::size_t length = path_.size();
    const bool inexact = inexact_path_;
    const KeyView view = child.view();
    if (length == 1)
      path_.clear();
    else
      path_ += '\\';
    if (!append_name(path_, view.name, view.latin1_name)) inexact_path_ = true;
    // The name's own quotes: the opening one begins the path, or is the other half of a backslash.
    path_.pop_back();
    if (length != 1) path_[length + 1] = '\\';
    bool go_on = true;
    if (path_.size() > kMaxEscapedPathBytes)
      limit("path of a key", view.file_offset);
    else
      go_on = print_key(child, view);
    path_.resize(length);
    inexact_path_ = inexact;
    return go_on;
  }

  /// A name of the hive as a JSON string; false when it holds a lone surrogate.
  bool append_name(std::string& out, Bytes name, bool latin1) {
    if (!latin1) return append_json_utf16le(out, name, false).exact;
    const std::string_view chars = name.chars();
    if (std::all_of(chars.begin(), chars.end(), [](char c) { return (c & 0x80) == 0; }))
      return append_json_string(out, chars);
    scratch_.clear();
    append_wtf8_from_latin1(scratch_, name);
    return append_json_string(out, scratch_);
  }

  bool spend_path() {
    if (path_.size() > path_budget_) {
      if (!stopped_) limit("paths of the keys", 0);
      stopped_ = true;
      return false;
    }
    path_budget_ -= path_.size();
    return true;
  }

  void limit(std::string_view what, std::uint64_t offset) {
    constexpr std::size_t kMaxOwnProblems = 100;
    if (own_problems_.size() < kMaxOwnProblems)
      own_problems_.push_back({Errc::limit, std::string{what}, offset, {}});
    else
      ++further_problems_;
  }

  void append_path_units(const Key& key, std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "_utf16\":";
    append_json_utf16_hex(out_, key.path());
  }

  void append_key_details(const Key& key, const KeyView& view) {
    constexpr std::uint16_t kSymbolicLink = 0x0010;
    if ((view.flags & kSymbolicLink) != 0) out_ += ",\"symbolic_link\":true";
    if (!view.has_class_name) return;
    out_ += ",\"class_name\":";
    append_exact(out_, key.class_name(), "class_name");
  }

  void append_offset(std::uint64_t offset) {
    out_ += ",\"offset\":";
    append_json_number(out_, offset);
    end_record();
  }

  bool print_value(const Key& key, const ValueView& value) {
    if (!spend_path()) return false;
    out_ += value_prefix_;
    out_ += path_;
    out_ += '"';
    if (inexact_path_) append_path_units(key, "key");
    out_ += ",\"name\":";
    if (!append_name(out_, value.name, value.latin1_name)) append_name_units(value);
    append_data(value.type, value.data);
    if (value.incomplete) append_stated_size(value.stated_size);
    out_ += ",\"deleted\":false";
    append_offset(value.file_offset);
    ++values_;
    return !lines_.failed();
  }

  void append_name_units(const ValueView& value) {
    scratch_.clear();
    value.append_name(scratch_);
    out_ += ",\"name_utf16\":";
    append_json_utf16_hex(out_, scratch_);
  }

  void append_stated_size(std::uint32_t size) {
    out_ += ",\"incomplete\":true,\"stated_size\":";
    append_json_number(out_, std::uint64_t{size});
  }

  // Data: text up to its NUL, numbers of the right size, lists; everything else, and what these
  // forms leave out, as hex.

  void append_data(std::uint32_t type, Bytes data) {
    out_ += ",\"type\":";
    append_type(out_, type);
    out_ += ",\"data\":";
    if (type == kSz || type == kExpandSz || type == kLink) return append_text(data);
    if (type == kMultiSz) return append_list(data);
    if (type == kDword && data.size() == 4)
      return append_json_number(out_, std::uint64_t{*data.get<std::uint32_t>(0)});
    if (type == kDwordBigEndian && data.size() == 4)
      return append_json_number(out_, big_endian(data));
    if (type == kQword && data.size() == 8)
      return append_json_number(out_, *data.get<std::uint64_t>(0));
    append_json_hex(out_, data.span());
  }

  static std::uint64_t big_endian(Bytes data) {
    std::uint64_t value = 0;
    for (const std::byte b : data.span()) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }

  void append_text(Bytes data) {
    const JsonUtf16 text = append_json_utf16le(out_, data, true);
    if (!text.exact || !is_zero(data.tail(2 * text.units))) append_all_bytes(data);
  }

  void append_list(Bytes data) {
    // The list ends with an empty string, its terminator; further empty ones are padding.
    std::size_t end = data.size() / 2;
    while (end != 0 && *data.get<std::uint16_t>(2 * (end - 1)) == 0) --end;
    bool exact = data.size() % 2 == 0;
    out_ += '[';
    for (std::size_t at = 0; at < end;) {
      const Bytes rest = data.head(2 * end).tail(2 * at);
      if (at != 0) out_ += ',';
      const JsonUtf16 text = append_json_utf16le(out_, rest, true);
      exact = exact && text.exact;
      at += text.units + 1;
    }
    out_ += ']';
    if (!exact) append_all_bytes(data);
  }

  void append_all_bytes(Bytes data) {
    out_ += ",\"data_hex\":";
    append_json_hex(out_, data.span());
  }

  // Deleted keys and values.

  void print_deleted() {
    hive_.each_deleted(
        [&](const regf::DeletedKey& key) {
          if (lines_.failed()) return;
          out_ += key_prefix_;
          append_exact(out_, key.path, "path");
          out_ += ",\"last_written\":";
          append_json_time(out_, key.last_written);
          out_ += ",\"deleted\":true,\"parent_known\":";
          out_ += key.parent_known ? "true" : "false";
          append_offset(key.file_offset);
          ++deleted_keys_;
        },
        [&](const regf::DeletedValue& value) {
          if (lines_.failed()) return;
          print_deleted_value(value);
          ++deleted_values_;
        });
  }

  void print_deleted_value(const regf::DeletedValue& deleted) {
    const regf::Value& value = deleted.value;
    out_ += value_prefix_;
    append_exact(out_, deleted.key_path, "key");
    out_ += ",\"name\":";
    append_exact(out_, value.name, "name");
    append_data(value.type, Bytes{value.data});
    if (value.incomplete) append_stated_size(value.stated_size);
    out_ += ",\"deleted\":true,\"key_known\":";
    out_ += deleted.key_known ? "true" : "false";
    out_ += ",\"key_last_written\":";
    append_json_time(out_, deleted.key_last_written);
    append_offset(value.file_offset);
  }

  std::uint64_t print_problems() {
    for (const regf::Problem& problem : hive_.problems()) print_problem(source_, problem, lines_);
    for (const regf::Problem& problem : own_problems_) print_problem(source_, problem, lines_);
    const std::uint64_t further =
        further_problems_ + hive_.problem_count() - hive_.problems().size();
    if (further != 0) {
      const std::string what = std::to_string(further) + " further problems, not listed";
      print_problem(source_, Error{Errc::limit, what}, lines_);
    }
    return hive_.problem_count() + own_problems_.size() + further_problems_;
  }

  void print_end(std::uint64_t problems) {
    out_ += end_prefix_;
    append_json_number(out_, keys_);
    out_ += ",\"values\":";
    append_json_number(out_, values_);
    out_ += ",\"deleted_keys\":";
    append_json_number(out_, deleted_keys_);
    out_ += ",\"deleted_values\":";
    append_json_number(out_, deleted_values_);
    out_ += ",\"problems\":";
    append_json_number(out_, problems);
    end_record();
  }

  const regf::Hive& hive_;
  std::string_view source_;
  LineBuffer& lines_;
  std::string& out_;
  std::string hive_prefix_, key_prefix_, value_prefix_, end_prefix_;
  std::string path_ = "\"";
  std::string scratch_;
  bool inexact_path_ = false;  // a name in path_ holds a lone surrogate
  bool stopped_ = false;
  std::uint64_t path_budget_ = 0;
  std::uint64_t keys_ = 0, values_ = 0, deleted_keys_ = 0, deleted_values_ = 0;
  std::vector<regf::Problem> own_problems_;
  std::uint64_t further_problems_ = 0;
};

}  // namespace

namespace {

void begin_problem(std::string& text, std::string_view source, const Error& error) {
  text += "{\"kind\":\"problem\",\"source\":";
  append_json_string(text, source);
  text += ",\"what\":";
  append_json_string(text, error.what);
  text += ",\"reason\":\"";
  text += to_text(error.code);
  text += '"';
  if (error.offset) {
    text += ",\"offset\":";
    append_json_number(text, *error.offset);
  }
}

void append_text(std::string& text, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  text += ",\"";
  text += name;
  text += "\":";
  append_json_string(text, value);
}

}  // namespace

void print_problem(std::string_view source, const regf::Problem& problem, LineBuffer& out) {
  begin_problem(out.text(), source, {problem.code, problem.what, problem.offset, {}});
  append_text(out.text(), "key", problem.key_path);
  out.text() += '}';
  out.end_line();
}

void print_problem(std::string_view source, const Error& error, LineBuffer& out) {
  begin_problem(out.text(), source, error);
  append_text(out.text(), "detail", error.detail);
  out.text() += '}';
  out.end_line();
}

Result<std::uint64_t> print_hive(std::vector<std::byte> file, std::vector<regf::Log> logs,
                                 std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const auto hive, regf::Hive::open(std::move(file), std::move(logs)));
  return HivePrinter{*hive, source, out}.run();
}

}  // namespace hozen::cli
