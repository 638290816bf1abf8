#include "collector/module/side_load_redirections.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"

namespace hozen::side_load {
namespace {

/// Configurations of large programs have some 100 KiB.
constexpr std::uint64_t kMaxText = std::uint64_t{1} << 20U;
constexpr std::size_t kMaxNames = 32, kMaxLocal = 64;

std::string text_of(EvidenceSource& source, const EvidencePath& path) {
  auto file = source.open(path);
  if (!file) return {};
  const auto all = read_all(**file, kMaxText);
  if (!all) return {};
  const Bytes bytes{*all};
  const bool wide =
      all->size() >= 2 && (*all)[0] == std::byte{0xFF} && (*all)[1] == std::byte{0xFE};
  if (wide) return wtf8_from_utf16le(bytes);
  std::string text;
  text.reserve(all->size());
  for (const std::byte byte : *all) text += static_cast<char>(byte);
  return text;
}

/// Values of an attribute behind a word: `<file … name="a.dll"`.
std::vector<std::string> values_of(const std::string& text, std::string_view element,
                                   std::string_view attribute) {
  std::vector<std::string> values;
  const std::string lower = to_lower_ascii(text);
  for (std::size_t at = lower.find(element); at != std::string::npos && values.size() < kMaxNames;
       at = lower.find(element, at + 1)) {
    const std::size_t end = std::min(lower.find('>', at), lower.size());
    const std::size_t name = lower.find(attribute, at + element.size());
    if (name == std::string::npos || name >= end) continue;
    const std::size_t open = lower.find_first_of("\"'", name);
    if (open == std::string::npos || open >= end) continue;
    const std::size_t close = lower.find(lower[open], open + 1);
    if (close == std::string::npos) continue;
    values.push_back(text.substr(open + 1, close - open - 1));
  }
  return values;
}

std::string last_name(std::string_view path) {
  const std::size_t at = path.find_last_of("\\/");
  return to_lower_ascii(at == std::string_view::npos ? path : path.substr(at + 1));
}

void configuration(const Member& file, const std::string& text, const std::string& program,
                   std::vector<Redirection>& all) {
  for (const std::string& value : values_of(text, "<appdomainmanagerassembly", "value")) {
    const std::string assembly{trim(std::string_view{value}.substr(0, value.find(',')))};
    all.push_back({program, to_lower_ascii(assembly) + ".dll",
                   "'" + std::string{file.path.name()} + "' has .NET load '" + assembly +
                       "' as the manager of the program's domain, before the program itself.",
                   true});
  }
  for (const std::string& value : values_of(text, "<codebase", "href"))
    all.push_back({program, last_name(value),
                   "'" + std::string{file.path.name()} + "' has .NET load '" + value + "'.",
                   false});
}

void manifest(const Member& file, const std::string& text, const std::string& program,
              std::vector<Redirection>& all) {
  for (const std::string& value : values_of(text, "<file ", "name"))
    all.push_back(
        {program, last_name(value),
         "'" + std::string{file.path.name()} + "' names '" + value + "' as a file of the program.",
         false});
}

void local(ModuleContext& context, Folder& folder, const Member& file, const std::string& program,
           std::vector<Redirection>& all) {
  all.push_back({program, "",
                 "There is '" + std::string{file.path.name()} +
                     "': with it Windows loads DLLs from there, or from the program's folder, even "
                     "those that are named with a path.",
                 true});
  const auto info = context.source().stat(file.path);
  if (!info || !info->is_directory) return;
  std::size_t left = kMaxLocal;
  const auto visit = [&](const FileInfo& one) {
    if (left-- == 0) return Visit::stop;
    const bool is_known =
        std::any_of(folder.below.begin(), folder.below.end(),
                    [&](const Member& member) { return member.path == one.path; });
    if (one.is_directory || is_known || is_placeholder(one.attributes.value_or(0)))
      return Visit::enter;
    Member member = member_of(one);
    read_head(context.source(), member);
    if (!member.pe || !member.pe->is_dll) return Visit::enter;
    member.is_below = true;
    folder.below.push_back(std::move(member));
    return Visit::enter;
  };
  (void)context.source().walk(file.path, visit, [](const EvidencePath&, const Error&) {});
}

}  // namespace

std::vector<Redirection> redirections_of(ModuleContext& context, Folder& folder) {
  std::vector<Redirection> all;
  for (const Member& file : folder.redirections) {
    const std::string name = to_lower_ascii(file.path.name());
    const std::string program = name.substr(0, name.find_last_of('.'));
    if (name.ends_with(".local"))
      local(context, folder, file, program, all);
    else if (name.ends_with(".config"))
      configuration(file, text_of(context.source(), file.path), program, all);
    else
      manifest(file, text_of(context.source(), file.path), program, all);
  }
  return all;
}

}  // namespace hozen::side_load
