// The XML of profiles: which elements and attributes there are, and where each stands in the text.
#pragma once

#include <pugixml.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/profile.h"

namespace hozen {

/// One parsed text with its line numbers. Collects problems; what is there is read all the same, so
/// that one mistake does not hide another.
class ProfileXml {
 public:
  /// Parses `text` and checks elements, attributes and text against the schema.
  ProfileXml(const ProfileText& text, std::vector<ProfileProblem>& problems);

  pugi::xml_node root() const { return document_.child("profile"); }
  /// Well-formed, and its root is a profile.
  bool readable() const { return readable_; }
  void problem(pugi::xml_node node, std::string message);
  void problem(pugi::xml_attribute attribute, pugi::xml_node node, std::string message);

 private:
  void parse();
  void check_element(pugi::xml_node node, std::size_t depth);
  void check_attributes(pugi::xml_node node);
  void check_text(pugi::xml_node node, pugi::xml_node child);
  void problem_at(std::size_t offset, std::string message);
  std::size_t offset_of(pugi::xml_attribute attribute, pugi::xml_node node) const;

  const ProfileText& text_;
  std::vector<ProfileProblem>& problems_;
  pugi::xml_document document_;
  bool readable_ = false;
};

}  // namespace hozen
