#include "collector/module/side_load_redirections.h"

#include <algorithm>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/xml_attributes.h"

namespace hozen::side_load {
namespace {

/// Configurations of large programs have some 100 KiB.
constexpr std::uint64_t kMaxText = std::uint64_t{1} << 20U;
constexpr std::size_t kMaxNames = 32, kMaxLocal = 64;

std::vector<std::byte> bytes_of(EvidenceSource& source, const EvidencePath& path) {
  auto file = source.open(path);
  if (!file) return {};
  auto all = read_all(**file, kMaxText);
  return all ? *std::move(all) : std::vector<std::byte>{};
}

/// What stands in the right element and is no comment.
std::vector<std::string> values_of(const std::vector<std::byte>& text, std::string_view parent,
                                   std::string_view child, std::string_view attribute) {
  return xml_attributes(text, parent, child, attribute, kMaxNames).values;
}

std::string last_name(std::string_view path) {
  const std::size_t at = path.find_last_of("\\/");
  return to_lower_ascii(at == std::string_view::npos ? path : path.substr(at + 1));
}

void configuration(const Member& file, const std::vector<std::byte>& text,
                   const std::string& program, std::vector<Redirection>& all) {
  const std::string name = "'" + std::string{file.path.name()} + "' has .NET load '";
  for (const std::string& value : values_of(text, "runtime", "appDomainManagerAssembly", "value")) {
    const std::string assembly{trim(std::string_view{value}.substr(0, value.find(',')))};
    // An assembly is looked for as a library, then as a program.
    for (const std::string_view ending : {".dll", ".exe"})
      all.push_back(
          {program, to_lower_ascii(assembly) + std::string{ending},
           name + assembly + "' as the manager of the program's domain, before the program itself.",
           true});
  }
  for (const std::string& value : values_of(text, "dependentAssembly", "codeBase", "href"))
    all.push_back({program, last_name(value), name + value + "'.", false});
}

void manifest(const Member& file, const std::vector<std::byte>& text, const std::string& program,
              std::vector<Redirection>& all) {
  for (const std::string& value : values_of(text, "assembly", "file", "name"))
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
      configuration(file, bytes_of(context.source(), file.path), program, all);
    else
      manifest(file, bytes_of(context.source(), file.path), program, all);
  }
  return all;
}

}  // namespace hozen::side_load
