// What a judge asks a record: values of System, data by name.
#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/binxml_fields.h"
#include "collector/formats/binxml_text.h"
#include "collector/formats/evtx_event.h"

namespace hozen::evtx {
namespace {

constexpr std::string_view kParam = "param";

/// The inside of a JSON string, without its escapes; these names come from our own writer.
std::string unescaped(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\' || i + 1 == json.size()) {
      out += json[i];
      continue;
    }
    constexpr std::string_view kLetters = "btnfr", kCharacters = "\b\t\n\f\r";
    const char c = json[++i];
    if (const auto found = kLetters.find(c); found != kLetters.npos) {
      out += kCharacters[found];
    } else if (c == 'u' && i + 4 < json.size()) {
      const auto digit = [&](std::size_t at) {
        return json[at] <= '9' ? json[at] - '0' : json[at] - 'a' + 10;
      };
      out += static_cast<char>(digit(i + 3) * 16 + digit(i + 4));
      i += 4;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string field_name(const Program& program, Slice key) {
  if (key.size < 3) return {};
  return unescaped(program.text({key.at + 1, key.size - 3}));
}

Value Event::system(SystemField field) {
  const Section section = system_section();
  if (section.instance == nullptr) return {};
  const std::uint32_t node = section.instance->program->system[static_cast<std::size_t>(field)];
  return node == 0 ? Value{} : value(*section.instance, section.instance->program->nodes[node]);
}

std::string_view Event::text(SystemField field) {
  const Value now = system(field);
  Memo& memo = memos_[static_cast<std::size_t>(field)];
  if (now.type != memo.type || now.data.chars() != memo.bytes) {
    memo.type = now.type;
    memo.bytes = now.data.chars();
    memo.text = now.text();
  }
  return memo.text;
}

std::optional<std::uint32_t> Event::event_id() {
  const auto number = system(SystemField::event_id).number();
  if (!number || *number >> 32 != 0) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

FileTime Event::time_created() {
  const auto time = system(SystemField::time_created).time();
  return time && time->is_set() ? *time : head_.written;
}

bool Event::visit_field(const Instance& instance, const DataField& field, std::uint32_t& number,
                        FunctionRef<bool(std::string_view, const Value&)> visit) {
  const Program& program = *instance.program;
  const Node& node = program.nodes[field.node];
  if (field.number != 0) {
    const Value held = content(instance, node);
    bool go_on = true;
    std::uint32_t items = 0;
    const bool left_out = is_left_out(instance, node);
    held.each_item([&](const Value& item) {
      ++items;
      if (go_on && !left_out) go_on = visit(kParam.data() + std::to_string(number + items), item);
    });
    number += held.is_array() ? items : 1;
    return go_on;
  }
  if (is_left_out(instance, node)) return true;
  if (field.key.size != 0) {
    const std::string_view key = program.text({field.key.at + 1, field.key.size - 3});
    const bool plain = key.find('\\') == key.npos;
    return visit(plain ? key : field_name(program, field.key), content(instance, node));
  }
  for (std::uint32_t i = node.attributes; i != 0; i = program.nodes[i].next)
    if (program.name(program.nodes[i]) == "Name")
      return visit(content(instance, program.nodes[i]).text(), content(instance, node));
  return true;
}

void Event::each_data(FunctionRef<bool(std::string_view, const Value&)> visit) {
  std::uint32_t number = 0;
  const auto all = data_sections();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Section& section = all[i];
    // The fields of a program are those of all its sections.
    const bool again =
        std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Section& other) { return other.instance == section.instance; });
    if (again) continue;
    for (const DataField& field : section.instance->program->fields)
      if (!spend() || !visit_field(*section.instance, field, number, visit)) return;
  }
}

std::optional<Value> Event::data(std::string_view name) {
  std::optional<Value> found;
  // A name is compared before anything is looked up.
  for (const Section& section : data_sections()) {
    const Program& program = *section.instance->program;
    for (const DataField& field : program.fields) {
      if (field.section != section.node || field.key.size != name.size() + 3) continue;
      if (program.text({field.key.at + 1, field.key.size - 3}) != name) continue;
      const Node& node = program.nodes[field.node];
      if (!is_left_out(*section.instance, node)) return content(*section.instance, node);
    }
  }
  each_data([&](std::string_view other, const Value& held) {
    if (other != name) return true;
    found = held;
    return false;
  });
  return found;
}

}  // namespace hozen::evtx
