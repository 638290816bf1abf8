#include "collector/formats/binxml_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include "collector/base/json_text.h"

namespace hozen::evtx {
namespace {

/// Says of a text whether it may have been there before: never a false "no".
class SeenTexts {
 public:
  bool may_be_known(std::string_view text) {
    const std::size_t size = text.size();
    std::size_t hash = size * 31;
    if (size != 0)
      hash += static_cast<std::uint8_t>(text[size / 2]) * 7u +
              static_cast<std::uint8_t>(text[size - 3 * size / 4]) * 131u +
              static_cast<std::uint8_t>(text[size >= 4 ? size - 4 : 0]) * 17u;
    std::uint64_t& word = words_[hash / 64 % words_.size()];
    const std::uint64_t bit = std::uint64_t{1} << (hash % 64);
    const bool known = (word & bit) != 0;
    word |= bit;
    return known;
  }

 private:
  std::array<std::uint64_t, 8> words_{};
};

constexpr std::size_t kMaxCompared = 512;  ///< names; longer lists count as repeating

struct SystemName {
  std::string_view element, attribute;  ///< "": the content
  SystemField field;
};
constexpr std::array<SystemName, kSystemFields> kSystemNames{{
    {"Provider", "Name", SystemField::provider},
    {"Provider", "Guid", SystemField::provider_guid},
    {"Provider", "EventSourceName", SystemField::event_source},
    {"EventID", "", SystemField::event_id},
    {"EventID", "Qualifiers", SystemField::qualifiers},
    {"Version", "", SystemField::version},
    {"Level", "", SystemField::level},
    {"Task", "", SystemField::task},
    {"Opcode", "", SystemField::opcode},
    {"Keywords", "", SystemField::keywords},
    {"TimeCreated", "SystemTime", SystemField::time_created},
    {"EventRecordID", "", SystemField::record_id},
    {"Correlation", "ActivityID", SystemField::activity_id},
    {"Correlation", "RelatedActivityID", SystemField::related_activity_id},
    {"Execution", "ProcessID", SystemField::process_id},
    {"Execution", "ThreadID", SystemField::thread_id},
    {"Channel", "", SystemField::channel},
    {"Computer", "", SystemField::computer},
    {"Security", "UserID", SystemField::user_id},
}};

class FieldFinder {
 public:
  FieldFinder(Bytes chunk, Program& program) : chunk_{chunk}, program_{program} {}

  void run() {
    for (std::uint32_t i = program_.nodes[0].child; i != 0; i = program_.nodes[i].next)
      if (is_element(i)) root(i);
    program_.repeated_fields = program_.repeated_fields || has_repeated_fields();
  }

 private:
  bool is_element(std::uint32_t node) const {
    return program_.nodes[node].kind == NodeKind::element;
  }
  std::string_view name_of(std::uint32_t node) const { return program_.name(program_.nodes[node]); }

  void root(std::uint32_t element) {
    if (program_.event != 0 || name_of(element) != "Event") return section(element);
    program_.event = element;
    for (std::uint32_t i = program_.nodes[element].child; i != 0; i = program_.nodes[i].next)
      if (is_element(i)) section(i);
  }

  void section(std::uint32_t element) {
    const std::string_view name = name_of(element);
    if (name == "System" && program_.system_node == 0) return system(element);
    if (!is_data_section(name)) return;
    const bool is_event_data = name == "EventData";
    attributes(element, element, "@");  // the pool grows: `name` lies in it
    if (is_event_data)
      event_data(element);
    else
      leaves(element, element);
  }

  /// The node of the content, 0 when that is not one constant or substitution.
  std::uint32_t single(std::uint32_t node) const {
    const Node& found = program_.nodes[node];
    return node != 0 && found.content == Content::single ? found.child : 0;
  }

  void system(std::uint32_t element) {
    program_.system_node = element;
    for (std::uint32_t i = program_.nodes[element].child; i != 0; i = program_.nodes[i].next)
      if (is_element(i)) system_element(i);
  }

  void system_element(std::uint32_t element) {
    const std::string_view name = name_of(element);
    for (const SystemName& known : kSystemNames) {
      if (known.element != name) continue;
      std::uint32_t& found = program_.system[static_cast<std::size_t>(known.field)];
      if (found != 0) continue;
      found =
          known.attribute.empty() ? single(element) : single(attribute(element, known.attribute));
    }
  }

  std::uint32_t attribute(std::uint32_t element, std::string_view name) const {
    for (std::uint32_t i = program_.nodes[element].attributes; i != 0; i = program_.nodes[i].next)
      if (name_of(i) == name) return i;
    return 0;
  }

  // EventData: `<Data Name="x">`, `<Data>`, and elements whose own name counts.

  void event_data(std::uint32_t section) {
    std::uint16_t number = 0;
    for (std::uint32_t i = program_.nodes[section].child; i != 0; i = program_.nodes[i].next) {
      if (!is_element(i)) continue;
      DataField field{i, section, {}, 0};
      const std::uint32_t name = attribute(i, "Name");
      const bool has_name = name != 0;
      if (has_name)
        field.key = constant_key(name);
      else if (name_of(i) != "Data")
        field.key = program_.nodes[i].key;
      else if (number < std::numeric_limits<std::uint16_t>::max())
        field.number = ++number;
      if (has_name && field.key.size == 0) program_.repeated_fields = true;
      program_.fields.push_back(field);
      attributes(i, section, "", has_name ? name : 0);
    }
  }

  /// `"text":` for an attribute whose text is constant.
  Slice constant_key(std::uint32_t attribute) {
    const std::uint32_t text = single(attribute);
    if (text == 0 || program_.nodes[text].kind != NodeKind::text) return {};
    if (program_.pool.size() > kMaxPoolBytes) return {};
    const Bytes units =
        chunk_.tail(program_.nodes[text].data_offset).head(program_.nodes[text].data_bytes);
    std::string& pool = program_.pool;
    const std::size_t at = pool.size();
    bool exact = true;
    pool.resize(at + json_utf16_bytes(units.size() / 2) + 1);
    char* end = write_json_utf16le(pool.data() + at, units, exact);
    *end++ = ':';
    pool.resize(static_cast<std::size_t>(end - pool.data()));
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(pool.size() - at)};
  }

  // UserData and the like: the elements that have no elements in them.

  void leaves(std::uint32_t element, std::uint32_t section) {
    for (std::uint32_t i = program_.nodes[element].child; i != 0; i = program_.nodes[i].next) {
      if (!is_element(i)) continue;
      const Node& node = program_.nodes[i];
      const bool has_elements = node.content == Content::elements || node.content == Content::mixed;
      if (!has_elements && (node.content != Content::none || node.attributes == 0))
        program_.fields.push_back({i, section, node.key, 0});
      attributes(i, section, "");
      if (has_elements) leaves(i, section);
    }
  }

  /// Attributes as fields named `element@attribute`, or `@attribute`.
  void attributes(std::uint32_t element, std::uint32_t section, std::string_view own,
                  std::uint32_t but = 0) {
    for (std::uint32_t i = program_.nodes[element].attributes; i != 0; i = program_.nodes[i].next) {
      if (i == but || program_.nodes[i].is_namespace) continue;
      const Slice element_key = program_.nodes[element].key, key = program_.nodes[i].key;
      std::string& pool = program_.pool;
      const std::size_t at = pool.size();
      if (at > kMaxPoolBytes) return program_.fields.push_back({i, section, key, 0});
      pool.reserve(at + element_key.size + key.size + 2);  // what is appended lies in the pool
      if (own.empty())
        pool += program_.text({element_key.at, element_key.size - 2});
      else
        pool += '"';
      pool += '@';
      pool += program_.text({key.at + 1, key.size - 1});
      program_.fields.push_back(
          {i,
           section,
           {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(pool.size() - at)},
           0});
    }
  }

  bool has_repeated_fields() const {
    const auto& fields = program_.fields;
    if (fields.size() > kMaxCompared) return true;
    SeenTexts seen;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view key = program_.text(fields[i].key);
      if (key.empty() || !seen.may_be_known(key)) continue;
      for (std::size_t k = 0; k < i; ++k)
        if (program_.text(fields[k].key) == key) return true;
    }
    return false;
  }

  Bytes chunk_;
  Program& program_;
};

}  // namespace

bool has_repeated_names(const Program& program, std::uint32_t first) {
  SeenTexts seen;
  std::size_t count = 0;
  for (std::uint32_t i = first; i != 0; i = program.nodes[i].next) {
    if (program.nodes[i].kind != NodeKind::element) continue;
    if (++count > kMaxCompared) return true;
    const std::string_view key = program.text(program.nodes[i].key);
    if (!seen.may_be_known(key)) continue;
    for (std::uint32_t k = first; k != i; k = program.nodes[k].next)
      if (program.nodes[k].kind == NodeKind::element && program.text(program.nodes[k].key) == key)
        return true;
  }
  return false;
}

void find_fields(Bytes chunk, Program& program) { FieldFinder{chunk, program}.run(); }

bool is_data_section(std::string_view name) { return name != "System" && name != "RenderingInfo"; }

}  // namespace hozen::evtx
