#include "collector/module/hijack_entries.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// The value of CN or O in "CN=a, O=\"b, c\", C=US"; "" for none.
std::string part_of(std::string_view subject, std::string_view name) {
  while (!subject.empty()) {
    subject = trim(subject);
    const std::size_t equals = subject.find('=');
    if (equals == std::string_view::npos) return {};
    const bool is_wanted = equals_fold(trim(subject.substr(0, equals)), name);
    subject = trim(subject.substr(equals + 1));
    const bool is_quoted = subject.starts_with('"');
    if (is_quoted) subject.remove_prefix(1);
    const std::size_t end = std::min(subject.find(is_quoted ? '"' : ','), subject.size());
    if (is_wanted) return std::string{trim(subject.substr(0, end))};
    subject.remove_prefix(end);
    subject.remove_prefix(std::min(subject.find(',') + 1, subject.size()));
    if (subject.find('=') == std::string_view::npos) return {};
  }
  return {};
}

bool is_signer(std::string_view subject, const FileSignature& signature) {
  const std::string name = part_of(subject, "CN"), organization = part_of(subject, "O");
  if (name.empty() && organization.empty()) return false;
  return (name.empty() || equals_fold(name, signature.signer)) &&
         (organization.empty() || equals_fold(organization, signature.organization));
}

}  // namespace

bool is_of_expected_signer(const HijackEntry& entry, const FileSignature& signature) {
  return is_sound(signature.status) &&
         std::any_of(entry.expected_signers.begin(), entry.expected_signers.end(),
                     [&](const std::string& one) { return is_signer(one, signature); });
}

bool is_loaded_from_beside(const HijackWay& way) {
  return !equals_fold(way.type, "Environment Variable");
}

void take_hijack_list(std::string name, HijackList list, OperatorLists& lists) {
  lists.hijack_list_name = std::move(name);
  for (HijackListEntry& from : list.entries) {
    HijackEntry& entry = lists.hijack_entries.emplace_back();
    entry.name = std::move(from.name);
    entry.vendor = std::move(from.vendor);
    entry.expected_locations = std::move(from.expected_locations);
    entry.expected_signers = std::move(from.expected_signers);
    for (HijackListWay& way : from.ways)
      entry.ways.push_back({std::move(way.path), std::move(way.type), std::move(way.variable),
                            std::move(way.sha256)});
  }
}

}  // namespace hozen
