#include "collector/formats/xml_attributes.h"

#include <pugixml.hpp>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// The next node in the order of the file; not by recursion, for a hostile file nests deeply.
pugi::xml_node next_of(pugi::xml_node node) {
  if (const auto child = node.first_child()) return child;
  while (node) {
    if (const auto sibling = node.next_sibling()) return sibling;
    node = node.parent();
  }
  return {};
}

}  // namespace

XmlAttributes xml_attributes(std::span<const std::byte> file, std::string_view parent,
                             std::string_view child, std::string_view attribute, std::size_t cap) {
  XmlAttributes found;
  pugi::xml_document document;
  const auto parsed = document.load_buffer(file.data(), file.size());
  if (!parsed)
    found.problem = Error{Errc::malformed, "XML", static_cast<std::uint64_t>(parsed.offset),
                          parsed.description()};
  const std::string name{attribute};
  for (auto node = document.first_child(); node; node = next_of(node)) {
    if (node.name() != child || node.parent().name() != parent) continue;
    const auto value = node.attribute(name.c_str());
    if (*value.value() == '\0') continue;
    if (found.values.size() >= cap) {
      found.problem = Error{Errc::limit, "XML attributes", {}, name};
      break;
    }
    found.values.push_back(to_wtf8_lossy(value.value()));
  }
  return found;
}

}  // namespace hozen
