#include "collector/engine/profile_xml.h"

#include <algorithm>
#include <array>
#include <set>

#include "collector/base/text.h"
#include "collector/engine/suggest.h"

namespace hozen {
namespace {

/// A profile is written by hand; the largest one shipped has a tenth of a hundredth of this.
constexpr std::size_t kMaxProfileBytes = 4u << 20;
/// After so many the rest is not listed: the text is something else than a profile.
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxDepth = 8;

struct ElementRule {
  std::string_view name;
  std::vector<std::string> required, optional, children;
  bool holds_text = false;
};

const std::vector<ElementRule>& schema() {
  static const std::vector<ElementRule> kSchema{
      {"profile", {"version", "summary"}, {}, {"include", "limits", "module", "target"}},
      {"include", {"profile"}, {}, {}},
      {"limits", {}, {"max-file-size", "max-total-size", "max-files"}, {}},
      {"module", {"name"}, {"priority", "max-file-size"}, {"option"}},
      {"option", {"name", "value"}, {}, {}},
      {"target", {"category", "reason"}, {"priority", "max-file-size", "streams"}, {"path"}},
      {"path", {}, {}, {}, true},
  };
  return kSchema;
}

const ElementRule* rule_for(std::string_view name) {
  const auto& rules = schema();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const ElementRule& rule) { return rule.name == name; });
  return found == rules.end() ? nullptr : &*found;
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string tag(std::string_view name) { return "<" + printable(name) + ">"; }

}  // namespace

ProfileXml::ProfileXml(const ProfileText& text, std::vector<ProfileProblem>& problems)
    : text_{text}, problems_{problems} {
  parse();
}

void ProfileXml::parse() {
  if (text_.xml.size() > kMaxProfileBytes) return problem_at(0, "larger than 4 MiB: not a profile");
  if (!is_utf8(text_.xml)) return problem_at(0, "not UTF-8 text");
  const auto parsed = document_.load_buffer(
      text_.xml.data(), text_.xml.size(),
      (pugi::parse_default | pugi::parse_doctype | pugi::parse_pi) & ~pugi::parse_eol,
      pugi::encoding_utf8);
  if (!parsed)
    return problem_at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, parsed.offset)),
                      std::string{"not well-formed XML: "} + parsed.description());
  std::size_t elements = 0;
  for (const auto node : document_.children()) {
    if (node.type() != pugi::node_element) {
      problem(node, "only elements are allowed here: no document type, no processing instruction");
      continue;
    }
    if (std::string_view{node.name()} != "profile" || ++elements > 1) {
      problem(node, "the root element must be <profile>, not " + tag(node.name()));
      continue;
    }
    readable_ = true;
    check_element(node, 0);
  }
}

void ProfileXml::check_element(pugi::xml_node node, std::size_t depth) {
  const ElementRule* rule = rule_for(node.name());
  if (rule == nullptr || depth > kMaxDepth) return;
  check_attributes(node);
  for (const auto child : node.children()) {
    if (child.type() != pugi::node_element) {
      check_text(node, child);
    } else if (!holds(rule->children, child.name())) {
      std::string message = "unknown element " + tag(child.name()) + " in " + tag(node.name());
      message += suggestion(child.name(), rule->children);
      message += rule->children.empty() ? "; nothing may stand there"
                                        : "; known: " + list_text(rule->children);
      problem(child, message);
    } else {
      check_element(child, depth + 1);
    }
  }
}

void ProfileXml::check_attributes(pugi::xml_node node) {
  const ElementRule& rule = *rule_for(node.name());
  std::vector<std::string> known = rule.required;
  known.insert(known.end(), rule.optional.begin(), rule.optional.end());
  std::set<std::string_view> seen;
  for (const auto attribute : node.attributes()) {
    const std::string_view name = attribute.name();
    if (!holds(known, name)) {
      problem(attribute, node,
              "unknown attribute \"" + printable(name) + "\" of " + tag(node.name()) +
                  suggestion(name, known) +
                  (known.empty() ? "; it has none" : "; known: " + list_text(known)));
    } else if (!seen.insert(name).second) {
      problem(attribute, node, "attribute \"" + std::string{name} + "\" stands twice");
    }
  }
  for (const auto& name : rule.required)
    if (trim(node.attribute(name.c_str()).value()).empty())
      problem(node, tag(node.name()) + " needs the attribute " + name + "=\"…\"");
}

void ProfileXml::check_text(pugi::xml_node node, pugi::xml_node child) {
  if (child.type() != pugi::node_pcdata && child.type() != pugi::node_cdata)
    return problem(child, "only elements and text are allowed here");
  if (!rule_for(node.name())->holds_text)
    problem(child, "text directly in " + tag(node.name()) + " has no meaning");
}

void ProfileXml::problem(pugi::xml_node node, std::string message) {
  problem_at(static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, node.offset_debug())),
             std::move(message));
}

void ProfileXml::problem(pugi::xml_attribute attribute, pugi::xml_node node, std::string message) {
  problem_at(offset_of(attribute, node), std::move(message));
}

/// pugixml knows where an element begins, not where its attributes stand: the name is looked up in
/// the text of the tag.
std::size_t ProfileXml::offset_of(pugi::xml_attribute attribute, pugi::xml_node node) const {
  const auto start = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, node.offset_debug()));
  const std::string_view name = attribute.name();
  for (std::size_t at = text_.xml.find(name, start); at != std::string::npos;
       at = text_.xml.find(name, at + 1)) {
    const std::size_t behind = text_.xml.find_first_not_of(" \t\r\n", at + name.size());
    const bool begins =
        at > 0 && std::string_view{" \t\r\n"}.find(text_.xml[at - 1]) != std::string_view::npos;
    if (begins && behind != std::string::npos && text_.xml[behind] == '=') return at;
  }
  return start;
}

void ProfileXml::problem_at(std::size_t offset, std::string message) {
  if (problems_.size() >= kMaxProblems) return;
  const auto end =
      text_.xml.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.xml.size()));
  const auto line = 1 + std::count(text_.xml.begin(), end, '\n');
  const std::string& label = text_.origin == "embedded" ? text_.name + ".xml" : text_.origin;
  problems_.push_back({label, static_cast<std::size_t>(line), std::move(message)});
}

}  // namespace hozen
