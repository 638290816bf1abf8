// Sources: RFC 4120 for KRB-CRED; MIT Kerberos, "Credential cache file format"; Microsoft,
// minidumpapiset.h; keys of SAM and SECURITY as Windows sets them up.
#include "collector/module/credential_content.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/minidump.h"
#include "collector/formats/regf.h"
#include "collector/module/credential_signs.h"
#include "collector/module/execution_files.h"
#include "collector/module/lateral.h"

namespace hozen::credentials {
namespace {

using Text = std::string_view;

/// Smaller ones are no dump of lsass.
constexpr std::uint64_t kLeastDumpBytes = 1'000'000;
/// Hives are of pages of this size, and SAM and SECURITY are small.
constexpr std::uint64_t kHivePage = 4096, kMostHiveBytes = 16u << 20;

bool is_ticket(Text name) { return ends_with_fold(name, ".kirbi"); }
bool is_ticket_cache(Text name) { return ends_with_fold(name, ".ccache"); }

/// KRB-CRED is application 22, constructed, with a length in one to three bytes behind the first.
bool begins_as_ticket(Bytes head) {
  const Text chars = head.chars();
  return chars.size() > 1 && chars[0] == '\x76' && (chars[1] >= '\x81' && chars[1] <= '\x83');
}
/// Versions 1 to 4 of the format.
bool begins_as_cache(Bytes head) {
  const Text chars = head.chars();
  return chars.size() > 1 && chars[0] == '\x05' && chars[1] >= '\x01' && chars[1] <= '\x04';
}

/// "SAM" or "SECURITY", by the keys that only it has; "" for other hives.
Text hive_of(const regf::Hive& hive) {
  const auto root = hive.root();
  if (!root) return {};
  if (root->find("SAM\\Domains\\Account")) return "SAM";
  if (root->find("Policy\\PolAdtEv") || root->find("Policy\\PolEKList") ||
      root->find("Policy\\PolSecretEncryptionKey"))
    return "SECURITY";
  return {};
}
/// The same by the path under which it was loaded, of which the base block has the end.
Text hive_of_name(Text embedded) {
  if (ends_with_fold(embedded, "\\config\\SAM")) return "SAM";
  return ends_with_fold(embedded, "\\config\\SECURITY") ? "SECURITY" : Text{};
}

Content content_of_hive(ModuleContext& context, const FileInfo& file, ByteSource& bytes,
                        bool is_named) {
  Text hive_name;
  if (file.size <= kMostHiveBytes) {
    std::vector<std::byte> all(static_cast<std::size_t>(file.size));
    if (const auto count = bytes.read_some(0, all); !count) {
      note_problems(context, file.path, {count.error()});
    } else {
      all.resize(*count);
      if (const auto base = regf::read_base_block(Bytes{all}))
        hive_name = hive_of_name(base->embedded_name);
      if (hive_name.empty())
        if (const auto hive = regf::Hive::open(std::move(all))) hive_name = hive_of(**hive);
    }
  }
  if (!hive_name.empty())
    return {kHoldsHive, file.path.text() + " is a copy of the hive " + std::string{hive_name} +
                            ", by its keys or the name in its head."};
  if (!is_named) return {};
  return {kHoldsHive, file.path.text() + " begins as a hive of the registry (regf)."};
}

Content content_of_dump(ModuleContext& context, const FileInfo& file, ByteSource& bytes) {
  const auto dump = read_minidump(bytes);
  if (!dump) {
    note_problems(context, file.path, {dump.error()});
    return {};
  }
  note_problems(context, file.path, dump->problems);
  const bool is_lsass = std::any_of(
      dump->modules.begin(), dump->modules.end(),
      [](const std::string& path) { return equals_fold(lateral::file_name(path), "lsasrv.dll"); });
  if (!is_lsass) return {};
  // A dump in which the time is 0, as some dumpers write it, tells none.
  constexpr std::uint64_t kUnixStart = 116'444'736'000'000'000;
  const std::string when =
      dump->written.ticks > kUnixStart ? ", of " + dump->written.iso8601() : std::string{};
  return {kHoldsDump, file.path.text() + " is a memory dump of lsass" + when +
                          ": lsasrv.dll is among its modules."};
}

}  // namespace

bool may_hold_credentials(const FileInfo& file) {
  if (is_placeholder(file.attributes.value_or(0))) return false;
  return file.size >= kLeastDumpBytes || file_named(file.path.text()) ||
         (file.size >= kHivePage && file.size % kHivePage == 0);
}

std::optional<Content> credential_content(ModuleContext& context, const FileInfo& file) {
  const auto bytes = context.source().open(file.path);
  if (!bytes) return std::nullopt;  // told where it is collected
  std::array<std::byte, 4> head{};
  if (const auto count = (*bytes)->read(0, head); !count) return std::nullopt;
  const Text name = file.path.name();
  if (is_ticket(name))
    return begins_as_ticket(Bytes{head})
               ? Content{kHoldsTicket,
                         file.path.text() + " begins as a Kerberos ticket with its key (KRB-CRED)."}
               : Content{};
  if (is_ticket_cache(name))
    return begins_as_cache(Bytes{head})
               ? Content{kHoldsTicket, file.path.text() + " begins as a cache of Kerberos tickets."}
               : Content{};
  const auto named = file_named(file.path.text());
  if (Bytes{head}.chars() == "regf")
    return content_of_hive(context, file, **bytes, named && named->is_hive);
  if (!looks_like_minidump(Bytes{head})) return Content{};
  return content_of_dump(context, file, **bytes);
}

}  // namespace hozen::credentials
