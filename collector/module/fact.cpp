#include "collector/module/fact.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// At most `limit` bytes of `text`, no character cut in two.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0u) == 0x80u) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::string_view to_text(FactKind kind) {
  constexpr std::array<std::string_view, kFactKinds> kTexts{"logon",
                                                            "machine_logon",
                                                            "session",
                                                            "service",
                                                            "service_state",
                                                            "share",
                                                            "pipe",
                                                            "process",
                                                            "file",
                                                            "registry",
                                                            "task",
                                                            "task_run",
                                                            "wmi",
                                                            "network",
                                                            "remoting",
                                                            "log_cleared",
                                                            "execution",
                                                            "presence",
                                                            "eula",
                                                            "service_entry",
                                                            "clock",
                                                            "start",
                                                            "account_change",
                                                            "directory",
                                                            "secure_channel",
                                                            "process_access",
                                                            "module_load",
                                                            "detection",
                                                            "script",
                                                            "database",
                                                            "file_change",
                                                            "archive",
                                                            "archive_trace",
                                                            "autostart"};
  return kTexts.at(static_cast<std::size_t>(kind));
}

void FactValues::add(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  value = cut(value, kMaxValue);
  packed_ += name;
  packed_ += '\0';
  packed_ += static_cast<char>(value.size() & 0xFFu);
  packed_ += static_cast<char>(value.size() >> 8u);
  packed_ += value;
}

std::string_view FactValues::operator[](std::string_view name) const {
  std::string_view rest = packed_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    const std::size_t size = static_cast<unsigned char>(rest[end + 1]) |
                             std::size_t{static_cast<unsigned char>(rest[end + 2])} << 8u;
    if (rest.substr(0, end) == name) return rest.substr(end + 3, size);
    rest.remove_prefix(end + 3 + size);
  }
  return {};
}

Fact trace_fact(FactKind kind, std::string_view source, std::string_view path, FileTime time,
                std::string record) {
  Fact fact;
  fact.kind = kind;
  fact.time = time;
  fact.record = std::move(record);
  fact.subject = std::string{path};
  fact.values.add("source", source);
  return fact;
}

bool is_same_computer(std::string_view a, std::string_view b) {
  constexpr std::size_t kNetBiosName = 15;
  if (a.empty() || b.empty()) return false;
  const bool a_is_bare = a.find('.') == std::string_view::npos;
  const bool b_is_bare = b.find('.') == std::string_view::npos;
  if (!a_is_bare && !b_is_bare) return equals_fold(a, b);
  const std::string_view first = a.substr(0, a.find('.')), second = b.substr(0, b.find('.'));
  return equals_fold(first, second) ||
         (a_is_bare && first.size() == kNetBiosName && starts_with_fold(second, first)) ||
         (b_is_bare && second.size() == kNetBiosName && starts_with_fold(first, second));
}

std::span<const Fact> FactBook::between(FactKind kind, FileTime first, FileTime last) const {
  const std::span<const Fact> all = facts(kind);
  const auto begin = std::partition_point(all.begin(), all.end(),
                                          [&](const Fact& fact) { return fact.time < first; });
  const auto end =
      std::partition_point(begin, all.end(), [&](const Fact& fact) { return !(last < fact.time); });
  return {begin, end};
}

}  // namespace hozen
