#include <algorithm>
#include <array>
#include <unordered_map>

#include "collector/base/json_text.h"
#include "collector/formats/binxml_fields.h"
#include "collector/formats/evtx_print.h"

namespace hozen::evtx {
namespace {

/// Members of an object whose names may repeat.
class Members {
 public:
  void add(std::string_view key, std::string_view json) {
    const auto [found, is_new] = places_.try_emplace(std::string{key}, members_.size());
    if (is_new) members_.emplace_back().key = key;
    Member& member = members_[found->second];
    member.json += member.count == 0 ? "" : ",";
    member.json += json;
    ++member.count;
  }
  void write(TextOut& out) const {
    out.put('{');
    for (const Member& member : members_) {
      if (&member != members_.data()) out.put(',');
      out.append(member.key);
      if (member.count > 1) out.put('[');
      out.append(member.json);
      if (member.count > 1) out.put(']');
    }
    out.put('}');
  }

 private:
  struct Member {
    std::string key, json;
    std::size_t count = 0;
  };
  std::vector<Member> members_;
  std::unordered_map<std::string, std::size_t> places_;
};

class JsonWriter {
 public:
  JsonWriter(TextOut& out, Event& event, std::size_t max_bytes)
      : out_{out}, event_{event}, limit_{out.size() + max_bytes} {}

  void run() {
    if (!event_.has_content()) return loose_values();
    const auto sections = event_.sections();
    out_.append("\"data\":");
    const std::size_t begin = out_.size();
    data(event_.data_sections());
    const std::size_t end = out_.size();
    out_.append(",\"System\":");
    if (const Section system = event_.system_section(); system.instance != nullptr)
      object(*system.instance, node_of(system));
    else
      out_.append("null");
    for (const Section& section : sections) this->section(section, sections, begin, end);
    further(sections);
  }

 private:
  static const Node& node_of(const Section& section) {
    return section.instance->program->nodes[section.node];
  }
  static std::string_view name_of(const Section& section) {
    return section.instance->program->name(node_of(section));
  }
  /// True, with a fault, when no more may be written.
  bool full() { return (out_.size() > limit_ || !event_.spend()) && tell_full(); }
  [[gnu::noinline]] bool tell_full() {
    event_.add_fault(Errc::limit, "event record of too much text", event_.head().offset);
    return true;
  }

  void loose_values() {
    out_.append("\"data\":null,\"System\":null,\"values\":[");
    bool first = true;
    for (const Slot& slot : event_.loose_values()) {
      if (full()) break;
      if (!first) out_.put(',');
      first = false;
      append_json(out_, event_.slot_value(slot));
    }
    out_.put(']');
  }

  // data

  void data(std::span<const Section> sections) {
    const Instance* only = nullptr;
    bool simple = true;
    for (const Section& section : sections) {
      if (section.instance->program->fields.empty() || section.instance == only) continue;
      simple = simple && only == nullptr && !section.instance->program->repeated_fields;
      only = section.instance;
    }
    if (!simple) return merged_data();
    out_.put('{');
    if (only != nullptr) fields(*only);
    out_.put('}');
  }

  void fields(const Instance& instance) {
    const Program& program = *instance.program;
    bool first = true;
    std::uint32_t number = 0;
    for (const DataField& field : program.fields) {
      if (full()) return;
      const Node& node = program.nodes[field.node];
      if (field.number != 0) {
        numbered(instance, node, number, first);
        continue;
      }
      if (event_.is_left_out(instance, node)) continue;
      if (!first) out_.put(',');
      first = false;
      named(instance, node, program.text(field.key));
    }
  }

  /// A value without name: param1, param2, ...; each item of an array has its own number.
  void numbered(const Instance& instance, const Node& node, std::uint32_t& number, bool& first) {
    if (event_.is_left_out(instance, node)) {
      ++number;
      return;
    }
    const Value value = event_.content(instance, node);
    const auto item = [&](const Value* held) {
      if (!first) out_.put(',');
      first = false;
      const std::string key = "\"param" + std::to_string(++number) + "\":";
      out_.append(key);
      if (held == nullptr)
        content(instance, node);
      else if (!append_json(out_, *held))
        exact_units(key, *held);
    };
    if (!value.is_array()) return item(nullptr);
    value.each_item([&](const Value& held) {
      if (!full()) item(&held);
    });
  }

  /// A member and, behind it, the exact form where JSON could not have it.
  void named(const Instance& instance, const Node& node, std::string_view key) {
    out_.append(key);
    if (const auto inexact = content(instance, node)) exact_units(key, *inexact);
  }

  void exact_units(std::string_view key, const Value& value) {
    out_.put(',');
    out_.append(key.substr(0, key.size() - 2));
    out_.append("_utf16\":");
    std::string hex;
    append_json_hex(hex, value.data.span());
    out_.append(hex);
  }

  void merged_data() {
    Members members;
    event_.each_data([&](std::string_view name, const Value& value) {
      if (full()) return false;
      std::string key;
      append_json_string(key, name);
      const std::size_t begin = out_.size();
      bool exact = true;
      if (value.is_binxml())
        out_.append("null");  // what is in it stands in the section's own object
      else
        exact = append_json(out_, value);
      members.add(key + ":", out_.text_from(begin));
      out_.rewind(begin);
      if (exact) return true;
      std::string hex;
      append_json_hex(hex, value.data.span());
      members.add(key.substr(0, key.size() - 1) + "_utf16\":", hex);
      return true;
    });
    members.write(out_);
  }

  // Sections as they are in the XML.

  static bool is_known(std::string_view name) {
    constexpr std::array<std::string_view, 6> kNames{"EventData",           "UserData",
                                                     "RenderingInfo",       "DebugData",
                                                     "ProcessingErrorData", "BinaryEventData"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
  }
  static bool is_member(const Section& section, std::span<const Section> sections) {
    const std::string_view name = name_of(section);
    if (!is_known(name)) return false;
    const auto first = std::find_if(sections.begin(), sections.end(),
                                    [&](const Section& other) { return name_of(other) == name; });
    return &*first == &section;
  }

  void section(const Section& section, std::span<const Section> sections, std::size_t data_begin,
               std::size_t data_end) {
    if (!is_member(section, sections) || full()) return;
    const std::string_view name = name_of(section);
    out_.append(",\"");
    out_.append(name);
    out_.append("\":");
    const bool only = std::all_of(sections.begin(), sections.end(), [&](const Section& other) {
      return &other == &section || !is_data_section(name_of(other));
    });
    if (name == "EventData" && only && !has_nested_elements(section))
      out_.append_again(data_begin, data_end - data_begin);
    else
      section_content(section);
  }

  /// Whether `data` may lack what is in the section: values that hold elements.
  bool has_nested_elements(const Section& section) {
    const Program& program = *section.instance->program;
    const Node& node = node_of(section);
    if (node.content != Content::elements) return node.content != Content::none;
    if (!program.repeated_fields) return false;
    for (std::uint32_t i = node.child; i != 0; i = program.nodes[i].next) {
      const Content held = program.nodes[i].content;
      if (held == Content::elements || held == Content::mixed) return true;
    }
    return false;
  }

  void section_content(const Section& section) {
    if (const auto inexact = content(*section.instance, node_of(section))) {
      out_.append(",\"");
      out_.append(name_of(section));
      out_.append("_utf16\":");
      std::string hex;
      append_json_hex(hex, inexact->data.span());
      out_.append(hex);
    }
  }

  /// Sections of names that are none of Windows's, or that are there twice.
  void further(std::span<const Section> sections) {
    if (std::all_of(sections.begin(), sections.end(),
                    [&](const Section& one) { return is_member(one, sections); }))
      return;
    Members members;
    for (const Section& section : sections)
      if (!is_member(section, sections) && !full())
        add_member(members, *section.instance, node_of(section));
    out_.append(",\"other\":");
    members.write(out_);
  }

  // Any element.

  /// The value of an element or attribute; what could not be written exactly is returned.
  std::optional<Value> content(const Instance& instance, const Node& node) {
    if (node.content == Content::elements || node.content == Content::mixed) {
      object(instance, node);
      return std::nullopt;
    }
    if (node.content == Content::none) {
      if (node.kind != NodeKind::element || node.attributes == 0)
        out_.append("null");
      else
        attribute_object(instance, node);
      return std::nullopt;
    }
    const Value value = event_.content(instance, node);
    if (value.is_binxml()) {
      embedded(instance, value);
      return std::nullopt;
    }
    if (append_json(out_, value)) return std::nullopt;
    return value;
  }

  void embedded(const Instance& instance, const Value& value) {
    const auto parts = event_.expand(instance, value);
    if (parts.empty()) {
      append_json(out_, {value_type::kBinary, value.data});
      return;
    }
    if (parts.size() > 1) out_.put('[');
    for (const Instance& part : parts) {
      if (&part != parts.data()) out_.put(',');
      full() ? out_.append("null") : void(content(part, part.program->nodes[0]));
    }
    if (parts.size() > 1) out_.put(']');
  }

  void attribute_object(const Instance& instance, const Node& node) {
    bool first = true;
    out_.put('{');
    attributes(instance, node, "\"", first);
    out_.put('}');
  }

  /// Attributes as members; `before`: what stands in place of their opening quote.
  void attributes(const Instance& instance, const Node& node, std::string_view before,
                  bool& first) {
    const Program& program = *instance.program;
    for (std::uint32_t i = node.attributes; i != 0; i = program.nodes[i].next) {
      const Node& attribute = program.nodes[i];
      const std::string_view key = program.text(attribute.key);
      if (attribute.is_namespace) continue;
      if (event_.is_left_out(instance, attribute)) continue;
      if (full()) return;
      if (!first) out_.put(',');
      first = false;
      const std::size_t begin = out_.size();
      out_.append(before);
      out_.append(key.substr(1));
      const std::size_t end = out_.size();
      const auto inexact = content(instance, attribute);
      if (inexact) exact_units(std::string{out_.text().substr(begin, end - begin)}, *inexact);
    }
  }

  static bool has_text(const Node& node) {
    return node.content == Content::single || node.content == Content::text;
  }

  /// `{...}` of the elements, with the attributes before them.
  void object(const Instance& instance, const Node& node) {
    const Program& program = *instance.program;
    if (node.content == Content::mixed || node.repeated_names) return merged_object(instance, node);
    bool first = true;
    out_.put('{');
    attributes(instance, node, "\"@", first);
    for (std::uint32_t i = node.child; i != 0; i = program.nodes[i].next) {
      const Node& child = program.nodes[i];
      if (child.kind != NodeKind::element || event_.is_left_out(instance, child)) continue;
      if (full()) break;
      if (!first) out_.put(',');
      first = false;
      const std::string_view key = program.text(child.key);
      named(instance, child, key);
      if (!has_text(child) || child.attributes == 0) continue;
      attributes(instance, child, std::string{key.substr(0, key.size() - 2)} + "@", first);
    }
    out_.put('}');
  }

  /// The same where names may repeat, or texts and fragments stand between the elements.
  void merged_object(const Instance& instance, const Node& node) {
    Members members;
    add_attributes(members, instance, node, "\"@");
    add_children(members, instance, node);
    if (node.content == Content::mixed) {
      const Value held = event_.content(instance, node);
      const std::size_t begin = out_.size();
      if (held.data.size() != 0) {
        append_json(out_, held);
        members.add("\"#text\":", out_.text_from(begin));
        out_.rewind(begin);
      }
    }
    members.write(out_);
  }

  void add_children(Members& members, const Instance& instance, const Node& node) {
    const Program& program = *instance.program;
    for (std::uint32_t i = node.child; i != 0 && !full(); i = program.nodes[i].next) {
      const Node& child = program.nodes[i];
      if (child.kind == NodeKind::element) {
        add_member(members, instance, child);
      } else if (child.kind == NodeKind::nested) {
        for (const Instance& part : event_.expand_nested(instance, child))
          add_children(members, part, part.program->nodes[0]);
      } else if (child.kind == NodeKind::substitution) {
        const Value value = event_.value(instance, child);
        if (!value.is_binxml()) continue;
        for (const Instance& part : event_.expand(instance, value))
          add_children(members, part, part.program->nodes[0]);
      }
    }
  }

  void add_member(Members& members, const Instance& instance, const Node& child) {
    if (event_.is_left_out(instance, child)) return;
    const std::string_view key = instance.program->text(child.key);
    const std::size_t begin = out_.size();
    const auto inexact = content(instance, child);
    members.add(key, out_.text_from(begin));
    out_.rewind(begin);
    const std::string before{key.substr(0, key.size() - 2)};
    if (inexact) {
      std::string hex;
      append_json_hex(hex, inexact->data.span());
      members.add(before + "_utf16\":", hex);
    }
    if (has_text(child)) add_attributes(members, instance, child, before + "@");
  }

  void add_attributes(Members& members, const Instance& instance, const Node& node,
                      const std::string& before) {
    const Program& program = *instance.program;
    for (std::uint32_t i = node.attributes; i != 0; i = program.nodes[i].next) {
      const Node& attribute = program.nodes[i];
      const std::string_view key = program.text(attribute.key);
      if (attribute.is_namespace) continue;
      if (event_.is_left_out(instance, attribute) || full()) continue;
      const std::size_t begin = out_.size();
      (void)content(instance, attribute);
      members.add(before + std::string{key.substr(1)}, out_.text_from(begin));
      out_.rewind(begin);
    }
  }

  TextOut& out_;
  Event& event_;
  std::size_t limit_;
};

}  // namespace

void append_event_json(TextOut& out, Event& event, std::size_t max_bytes) {
  JsonWriter{out, event, max_bytes}.run();
}

}  // namespace hozen::evtx
