#include "collector/source/wow64.h"

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kNode = "WOW6432Node";

/// True when `path` is `prefix` or lies below it.
bool is_within(std::string_view path, std::string_view prefix) {
  return starts_with_fold(path, prefix) &&
         (path.size() == prefix.size() || path[prefix.size()] == '\\');
}

/// `path` with the node put in behind its first `prefix_size` characters.
std::string insert_node(std::string_view path, std::size_t prefix_size) {
  std::string result{path.substr(0, prefix_size)};
  if (!result.empty()) result += '\\';
  result += kNode;
  std::string_view rest = path.substr(prefix_size);
  if (!rest.empty() && rest.front() == '\\') rest.remove_prefix(1);
  if (!rest.empty()) {
    result += '\\';
    result += rest;
  }
  return result;
}

/// Where the node goes: behind the longest of these keys that `path` lies in; "" stands for the
/// root.
std::string_view redirected_root(HiveRole role, std::string_view path) {
  constexpr std::string_view kMachineClasses = "Classes";
  constexpr std::string_view kUserSoftware = "Software";
  constexpr std::string_view kUserClasses = "Software\\Classes";
  if (role == HiveRole::software) return is_within(path, kMachineClasses) ? kMachineClasses : "";
  if (role == HiveRole::user_classes) return "";
  return is_within(path, kUserClasses) ? kUserClasses : kUserSoftware;
}

bool has_redirection(HiveRole role, std::string_view path) {
  switch (role) {
    case HiveRole::software:
    case HiveRole::user_classes:
      return true;
    case HiveRole::user:
    case HiveRole::default_user:
      return is_within(path, "Software");
    case HiveRole::system:
    case HiveRole::sam:
    case HiveRole::security:
    case HiveRole::components:
      return false;
  }
  return false;
}

}  // namespace

std::string_view to_text(Bitness bitness) { return bitness == Bitness::wow64 ? "wow64" : "native"; }

std::vector<KeyView> both_views(HiveRole role, std::string_view path) {
  std::vector<KeyView> views;
  if (is_wow64_path(path)) {
    views.push_back({Bitness::wow64, std::string{path}});
    return views;
  }
  views.push_back({Bitness::native, std::string{path}});
  if (has_redirection(role, path))
    views.push_back({Bitness::wow64, insert_node(path, redirected_root(role, path).size())});
  return views;
}

bool is_wow64_path(std::string_view key_path) {
  while (!key_path.empty()) {
    const std::size_t end = std::min(key_path.find('\\'), key_path.size());
    const std::string_view component = key_path.substr(0, end);
    if (equals_fold(component, kNode) || equals_fold(component, "WowAA32Node")) return true;
    key_path.remove_prefix(std::min(key_path.size(), end + 1));
  }
  return false;
}

}  // namespace hozen
