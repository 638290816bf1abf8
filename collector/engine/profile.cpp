#include "collector/engine/profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "collector/base/text.h"
#include "collector/engine/byte_size.h"
#include "collector/engine/profile_xml.h"
#include "collector/engine/suggest.h"

namespace hozen {
namespace {

constexpr std::string_view kFormatVersion = "1";

std::vector<std::string> priority_names() {
  std::vector<std::string> names;
  names.reserve(kPriorities.size());
  for (const Priority priority : kPriorities) names.emplace_back(to_text(priority));
  return names;
}

std::string known_names(std::span<const std::string> names) {
  std::string text = "; known:";
  for (const auto& name : names) text += " " + name;
  return text;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// The schema demands it, and has told where it is missing.
bool is_given(pugi::xml_attribute attribute) { return !trim(attribute.value()).empty(); }

/// Limits as far as a text gives them.
struct GivenLimits {
  std::optional<std::uint64_t> max_file_bytes, max_total_bytes, max_files;
};

void raise(std::optional<std::uint64_t>& limit, std::optional<std::uint64_t> given) {
  if (given) limit = std::max(limit.value_or(0), *given);
}

void raise(GivenLimits& limits, const GivenLimits& given) {
  raise(limits.max_file_bytes, given.max_file_bytes);
  raise(limits.max_total_bytes, given.max_total_bytes);
  raise(limits.max_files, given.max_files);
}

/// `own`, and where it says nothing what the includes say.
GivenLimits own_or_included(const GivenLimits& own, const GivenLimits& included) {
  const auto choose = [&](auto limit) { return own.*limit ? own.*limit : included.*limit; };
  return {choose(&GivenLimits::max_file_bytes), choose(&GivenLimits::max_total_bytes),
          choose(&GivenLimits::max_files)};
}

void add_option(ProfileModule& module, std::pair<std::string, std::string> option) {
  const bool is_known = std::any_of(module.options.begin(), module.options.end(),
                                    [&](const auto& other) { return other.first == option.first; });
  if (!is_known) module.options.push_back(std::move(option));
}

/// What one text, with its includes, brings along beside modules and targets.
struct TextRead {
  GivenLimits limits;
  bool collects = false;  ///< names a module or a target
};

/// Unites the texts as they are read.
class ProfileReader {
 public:
  ProfileReader(std::span<const EmbeddedProfile> embedded, std::span<const KnownModule> modules)
      : embedded_{embedded}, modules_{modules} {
    for (const KnownModule& module : modules) module_names_.push_back(module.name);
  }

  /// A text that the operator gave.
  void read_given(const ProfileText& text);
  ProfileReading finish();

 private:
  TextRead read(const ProfileText& text, bool given);
  TextRead read_elements(ProfileXml& xml);
  TextRead read_include(ProfileXml& xml, pugi::xml_node node);
  GivenLimits read_limits(ProfileXml& xml, pugi::xml_node node);
  void read_module(ProfileXml& xml, pugi::xml_node node);
  void read_option(ProfileXml& xml, pugi::xml_node node, ProfileModule& module);
  void read_target(ProfileXml& xml, pugi::xml_node node);
  void read_path(ProfileXml& xml, pugi::xml_node node, const FileTarget& target);
  void add_target(FileTarget target);

  std::optional<std::uint64_t> size(ProfileXml& xml, pugi::xml_node node, const char* name);
  std::optional<std::uint64_t> count(ProfileXml& xml, pugi::xml_node node, const char* name);
  Priority priority(ProfileXml& xml, pugi::xml_node node, Priority otherwise);
  bool flag(ProfileXml& xml, pugi::xml_node node, const char* name);

  std::span<const EmbeddedProfile> embedded_;
  std::span<const KnownModule> modules_;
  std::vector<std::string> module_names_;
  ProfileReading reading_;
  GivenLimits limits_;
  std::map<Sha256Digest, TextRead> texts_;  // by hash: each text once, whatever includes it
  std::map<std::string, std::size_t> target_index_;  // folded pattern -> index into targets
};

void ProfileReader::read_given(const ProfileText& text) { raise(limits_, read(text, true).limits); }

TextRead ProfileReader::read(const ProfileText& text, bool given) {
  const Sha256Digest hash = sha256(bytes_of(text.xml).span());
  if (const auto known = texts_.find(hash); known != texts_.end()) return known->second;
  texts_[hash] = {};  // a text that includes itself adds nothing to itself
  const std::size_t problems = reading_.problems.size();
  ProfileXml xml{text, reading_.problems};
  if (!xml.readable()) return {};
  Profile& profile = reading_.profile;
  profile.files.push_back({text.name, text.origin, hash});
  const auto root = xml.root();
  if (is_given(root.attribute("version")) && root.attribute("version").value() != kFormatVersion)
    xml.problem(root.attribute("version"), root, "this program reads version=\"1\" only");
  if (profile.summary.empty()) profile.summary = root.attribute("summary").value();
  const TextRead read = read_elements(xml);
  if (given && !read.collects && reading_.problems.size() == problems)
    xml.problem(root,
                "this profile collects nothing: it needs a <module>, a <target> or an <include> "
                "of a shipped profile");
  // What the schema finds comes before what the names mean; a person reads from the top.
  std::stable_sort(
      reading_.problems.begin() + static_cast<std::ptrdiff_t>(problems), reading_.problems.end(),
      [](const ProfileProblem& a, const ProfileProblem& b) { return a.line < b.line; });
  return texts_[hash] = read;
}

TextRead ProfileReader::read_elements(ProfileXml& xml) {
  GivenLimits own, included;
  bool collects = false;
  for (const auto node : xml.root().children()) {
    const std::string_view name = node.name();
    if (name == "include") {
      const TextRead other = read_include(xml, node);
      raise(included, other.limits);
      collects = collects || other.collects;
    }
    if (name == "limits") raise(own, read_limits(xml, node));
    if (name == "module") read_module(xml, node);
    if (name == "target") read_target(xml, node);
    collects = collects || name == "module" || name == "target";
  }
  return {own_or_included(own, included), collects};
}

TextRead ProfileReader::read_include(ProfileXml& xml, pugi::xml_node node) {
  const auto attribute = node.attribute("profile");
  const std::string name{trim(attribute.value())};
  if (const auto text = embedded_profile_text(embedded_, name)) return read(*text, false);
  if (!is_given(attribute)) return {};
  const auto names = embedded_profile_names(embedded_);
  xml.problem(attribute, node,
              "no shipped profile is named \"" + printable(name) + "\"" + suggestion(name, names) +
                  known_names(names));
  return {};
}

GivenLimits ProfileReader::read_limits(ProfileXml& xml, pugi::xml_node node) {
  return {size(xml, node, "max-file-size"), size(xml, node, "max-total-size"),
          count(xml, node, "max-files")};
}

void ProfileReader::read_module(ProfileXml& xml, pugi::xml_node node) {
  const auto attribute = node.attribute("name");
  ProfileModule module;
  module.name = trim(attribute.value());
  module.priority = priority(xml, node, module.priority);
  module.max_file_bytes = size(xml, node, "max-file-size").value_or(0);
  if (!is_given(attribute)) return;
  if (std::find(module_names_.begin(), module_names_.end(), module.name) == module_names_.end()) {
    xml.problem(attribute, node,
                "unknown module \"" + printable(module.name) + "\"" +
                    suggestion(module.name, module_names_) + known_names(module_names_));
    return;
  }
  for (const auto option : node.children("option")) read_option(xml, option, module);
  auto& modules = reading_.profile.modules;
  const auto known = std::find_if(modules.begin(), modules.end(), [&](const ProfileModule& other) {
    return other.name == module.name;
  });
  if (known == modules.end()) {
    modules.push_back(std::move(module));
    return;
  }
  known->priority = std::min(known->priority, module.priority);
  known->max_file_bytes = std::max(known->max_file_bytes, module.max_file_bytes);
  for (auto& option : module.options) add_option(*known, std::move(option));
}

/// Kept only where it differs from the default: of two profiles, the one that chose counts.
void ProfileReader::read_option(ProfileXml& xml, pugi::xml_node node, ProfileModule& module) {
  const auto spec = std::find_if(modules_.begin(), modules_.end(), [&](const KnownModule& known) {
    return known.name == module.name;
  });
  const auto name = node.attribute("name"), value = node.attribute("value");
  if (!is_given(name) || !is_given(value)) return;
  std::vector<std::string> names;
  const ModuleOption* option = nullptr;
  for (const ModuleOption& known : spec->options) {
    names.emplace_back(known.name);
    if (known.name == trim(name.value())) option = &known;
  }
  if (option == nullptr)
    return xml.problem(name, node,
                       "module \"" + module.name + "\" has no option \"" +
                           printable(trim(name.value())) + "\"" +
                           suggestion(trim(name.value()), names) +
                           (names.empty() ? "; it has none" : known_names(names)));
  const std::vector<std::string> values(option->values.begin(), option->values.end());
  const std::string chosen{trim(value.value())};
  if (std::find(values.begin(), values.end(), chosen) == values.end())
    return xml.problem(value, node,
                       "unknown value \"" + printable(chosen) + "\" of the option \"" +
                           std::string{option->name} + "\"" + suggestion(chosen, values) +
                           known_names(values));
  if (chosen != values.front()) add_option(module, {std::string{option->name}, chosen});
}

void ProfileReader::read_target(ProfileXml& xml, pugi::xml_node node) {
  FileTarget target;
  target.category = trim(node.attribute("category").value());
  target.reason = trim(node.attribute("reason").value());
  if (is_given(node.attribute("category")) && !is_word(target.category))
    xml.problem(node.attribute("category"), node,
                "a category is one word of small letters, digits and _, not \"" +
                    printable(target.category) + "\"");
  target.priority = priority(xml, node, target.priority);
  target.max_file_bytes = size(xml, node, "max-file-size").value_or(0);
  target.streams = flag(xml, node, "streams");
  if (!node.first_child()) xml.problem(node, "<target> needs at least one <path>");
  for (const auto path : node.children("path")) read_path(xml, path, target);
}

void ProfileReader::read_path(ProfileXml& xml, pugi::xml_node node, const FileTarget& target) {
  auto pattern = parse_path_pattern(trim(node.text().get()));
  if (pattern) {
    FileTarget complete = target;
    complete.pattern = *std::move(pattern);
    return add_target(std::move(complete));
  }
  std::string message = pattern.error().what;
  if (pattern.error().code == Errc::not_found) {
    const auto names = pattern_variables();
    message = printable(message) + suggestion(pattern.error().detail, names) + known_names(names);
  }
  xml.problem(node, "<path>" + printable(trim(node.text().get())) + "</path>: " + message);
}

void ProfileReader::add_target(FileTarget target) {
  auto& targets = reading_.profile.targets;
  const auto [known, is_new] =
      target_index_.try_emplace(fold_case(target.pattern.text), targets.size());
  if (is_new) {
    targets.push_back(std::move(target));
    return;
  }
  FileTarget& same = targets[known->second];
  same.priority = std::min(same.priority, target.priority);
  same.max_file_bytes = std::max(same.max_file_bytes, target.max_file_bytes);
  same.streams = same.streams || target.streams;
}

std::optional<std::uint64_t> ProfileReader::size(ProfileXml& xml, pugi::xml_node node,
                                                 const char* name) {
  const auto attribute = node.attribute(name);
  if (!attribute) return std::nullopt;
  const auto bytes = parse_byte_size(attribute.value());
  if (bytes && *bytes > 0) return bytes;
  xml.problem(attribute, node,
              std::string{name} + "=\"" + printable(attribute.value()) +
                  "\" is not a size such as \"512 MiB\"");
  return std::nullopt;
}

std::optional<std::uint64_t> ProfileReader::count(ProfileXml& xml, pugi::xml_node node,
                                                  const char* name) {
  const auto attribute = node.attribute(name);
  if (!attribute) return std::nullopt;
  const std::string_view text = trim(attribute.value());
  std::uint32_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc{} && end == text.data() + text.size() && number > 0) return number;
  xml.problem(
      attribute, node,
      std::string{name} + "=\"" + printable(text) + "\" is not a number from 1 to 4294967295");
  return std::nullopt;
}

Priority ProfileReader::priority(ProfileXml& xml, pugi::xml_node node, Priority otherwise) {
  const auto attribute = node.attribute("priority");
  if (!attribute) return otherwise;
  const std::string_view text = trim(attribute.value());
  for (const Priority known : kPriorities)
    if (to_text(known) == text) return known;
  const auto names = priority_names();
  xml.problem(attribute, node,
              "unknown priority \"" + printable(text) + "\"" + suggestion(text, names) +
                  known_names(names));
  return otherwise;
}

bool ProfileReader::flag(ProfileXml& xml, pugi::xml_node node, const char* name) {
  const auto attribute = node.attribute(name);
  if (!attribute) return false;
  const std::string_view text = trim(attribute.value());
  if (text == "true") return true;
  if (text != "false")
    xml.problem(attribute, node,
                std::string{name} + "=\"" + printable(text) + "\" must be \"true\" or \"false\"");
  return false;
}

ProfileReading ProfileReader::finish() {
  Profile& profile = reading_.profile;
  Limits& limits = profile.limits;
  limits.max_file_bytes = limits_.max_file_bytes.value_or(limits.max_file_bytes);
  limits.max_total_bytes = limits_.max_total_bytes.value_or(limits.max_total_bytes);
  limits.max_files = limits_.max_files.value_or(limits.max_files);
  std::stable_sort(
      profile.modules.begin(), profile.modules.end(),
      [](const ProfileModule& a, const ProfileModule& b) { return a.priority < b.priority; });
  return std::move(reading_);
}

}  // namespace

std::string ProfileProblem::text() const {
  return file + ":" + std::to_string(line) + ": " + message;
}

ProfileReading read_profiles(std::span<const ProfileText> texts,
                             std::span<const EmbeddedProfile> embedded,
                             std::span<const KnownModule> modules) {
  ProfileReader reader{embedded, modules};
  for (const auto& text : texts) reader.read_given(text);
  return reader.finish();
}

std::optional<ProfileText> embedded_profile_text(std::span<const EmbeddedProfile> embedded,
                                                 std::string_view name) {
  for (const auto& profile : embedded)
    if (equals_fold(profile.name, name))
      return ProfileText{std::string{profile.name}, "embedded", std::string{profile.xml}};
  return std::nullopt;
}

std::vector<std::string> embedded_profile_names(std::span<const EmbeddedProfile> embedded) {
  std::vector<std::string> names;
  for (const auto& profile : embedded) names.emplace_back(profile.name);
  return names;
}

std::vector<KnownModule> known_modules(std::span<const ModuleSpec* const> modules) {
  std::vector<KnownModule> known;
  for (const ModuleSpec* module : modules)
    known.push_back({std::string{module->name}, module->options});
  return known;
}

std::vector<std::string> module_names_of(std::span<const ModuleSpec* const> modules) {
  std::vector<std::string> names;
  for (const ModuleSpec* module : modules) names.emplace_back(module->name);
  return names;
}

}  // namespace hozen
