#include "collector/module/netlogon_files.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/text_lines.h"

namespace hozen {
namespace {

/// Netlogon itself ends a log at 20 MB (MaximumLogFileSize) unless it is told otherwise.
constexpr std::uint64_t kMaxRead = 64u << 20;

/// The builds that the update of August 2020 made (KB4571694, KB4565349, KB4565351, KB4566782).
/// What is older than 2016 has no revision in the registry, what is newer was never open.
struct Patched {
  std::uint32_t build = 0, revision = 0;
};
constexpr Patched kPatched[] = {
    {14393, 3866}, {17763, 1397}, {18362, 1016}, {18363, 1016}, {19041, 450}};

/// The end of the file, beginning at an even offset.
Result<std::vector<std::byte>> read_end(ModuleContext& context, const EvidencePath& path,
                                        ArtifactId artifact, std::uint64_t& from) {
  auto whole = context.read(artifact, kMaxRead);
  if (whole || whole.error().code != Errc::limit) return whole;
  auto file = context.source().open(path);
  if (!file) return file.error();
  const std::uint64_t size = (*file)->size();
  from = size > kMaxRead ? (size - kMaxRead + 1) / 2 * 2 : 0;
  std::vector<std::byte> bytes(static_cast<std::size_t>(size - from));
  HOZEN_CHECK((*file)->read(from, bytes));
  return bytes;
}

std::string text_of_value(RegistryKey& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? value->text().value_or("") : "";
}
std::optional<std::uint64_t> number_of_value(RegistryKey& key, std::string_view name) {
  const auto value = key.value(name);
  return value ? value->number() : std::nullopt;
}

void read_system(RegistryHive& hive, RegistryKey& set, std::vector<NetlogonSettings>& all) {
  const auto key = set.open("Services\\Netlogon\\Parameters");
  if (!key) return;
  NetlogonSettings settings;
  settings.key = (*key)->path();
  if (const auto options = set.open("Control\\ProductOptions"))
    settings.product_type = text_of_value(**options, "ProductType");
  settings.full_protection = number_of_value(**key, "FullSecureChannelProtection");
  settings.debug_flags = number_of_value(**key, "DBFlag");
  if (const std::string text = text_of_value(**key, "DBFlag"); !text.empty())
    settings.debug_flags = std::strtoull(text.c_str(), nullptr, 16);  // nltest writes text
  settings.allow_list = text_of_value(**key, "VulnerableChannelAllowList");
  settings.envelope = key_envelope(hive, **key);
  all.push_back(std::move(settings));
}

void read_build(RegistryHive& hive, NetlogonSettings& settings) {
  const auto key = key_at(hive, "Microsoft\\Windows NT\\CurrentVersion");
  if (!key) return;
  settings.build = text_of_value(*key, "CurrentBuildNumber");
  settings.build_number =
      static_cast<std::uint32_t>(std::strtoul(settings.build.c_str(), nullptr, 10));
  settings.revision = number_of_value(*key, "UBR");
  if (settings.revision) settings.build += "." + std::to_string(*settings.revision);
}

}  // namespace

bool NetlogonSettings::is_domain_controller() const {
  return equals_fold(product_type, "LanmanNT");
}

bool NetlogonSettings::is_unpatched() const {
  return revision &&
         std::any_of(std::begin(kPatched), std::end(kPatched), [&](const Patched& patched) {
           return build_number == patched.build && *revision < patched.revision;
         });
}

DatedBurst NetlogonFile::dated(const NetlogonBurst& burst) const {
  DatedBurst dated{burst, path, {}, {}, {}};
  LocalTime first = burst.first, last = burst.last;
  first.year = year_before(first, modified);
  last.year = year_before(last, modified);
  dated.first = first.text();
  dated.last = last.text();
  dated.assumption =
      first.year == 0 ? "The year is not known" : "The year is that of the file's last change";
  dated.assumption += bias_minutes ? "; the time zone is that of the registry, " +
                                         std::to_string(-*bias_minutes) + " minutes from UTC."
                                   : "; the time zone is not known.";
  if (bias_minutes && first.year != 0 && last.year != 0) {
    dated.first_time = utc_of(first, *bias_minutes).value_or(FileTime{});
    dated.last_time = utc_of(last, *bias_minutes).value_or(FileTime{});
  }
  dated.envelope.origin.artifact = envelope.origin.artifact;
  dated.envelope.timestamps.emplace_back("first_try", dated.first_time);
  dated.envelope.timestamps.emplace_back("last_try", dated.last_time);
  return dated;
}

void each_netlogon_file(ModuleContext& context, const std::function<void(NetlogonFile&)>& visit) {
  if (!context.reads_files() || context.registry() == nullptr) return;
  const auto biases = time_biases(context);
  each_trace_name(
      context, "%SystemRoot%\\debug\\netlogon.{log,bak}",
      [&](const FileInfo& info, const UserProfile*, std::size_t installation) {
        const auto artifact = context.collect(
            info.path, "log of Netlogon: who asked for secure channels", Priority::crown_jewels);
        NetlogonFile file;
        const auto bytes = read_end(context, info.path, artifact, file.read_from);
        if (!bytes) {
          note_problems(context, info.path, {bytes.error()});
          return true;
        }
        file.path = info.path.text();
        file.size = info.size;
        file.modified = info.si.modified;
        if (installation < biases.size()) file.bias_minutes = biases[installation];
        file.log = parse_netlogon_log(decode_text_file(*bytes));
        file.envelope.origin.artifact = artifact.row;
        file.envelope.timestamps.emplace_back("trace_created", info.si.created);
        file.envelope.timestamps.emplace_back("trace_modified", info.si.modified);
        if (!file.log.is_whole || file.log.left_out != 0 || file.read_from != 0)
          note_problems(context, info.path, {{Errc::limit, "parts of the log were not looked at"}});
        visit(file);
        return true;
      });
}

Result<void> read_netlogon_settings(ModuleContext& context, std::vector<NetlogonSettings>& all) {
  std::vector<std::size_t> installations;
  HOZEN_CHECK(each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      const std::size_t before = all.size();
      if (is_current) read_system(hive, set, all);
      if (all.size() != before) installations.push_back(hive.installation);
    });
  }));
  return each_trace_hive(context, {HiveRole::software}, [&](RegistryHive& hive) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (installations[i] == hive.installation) read_build(hive, all[i]);
  });
}

Fact fact_of_burst(const DatedBurst& dated, const std::string& record) {
  Fact fact;
  fact.kind = FactKind::secure_channel;
  fact.time = dated.first_time;
  fact.record = record;
  fact.subject = dated.burst.account;
  const auto flag = [](bool value) { return std::string_view{value ? "true" : "false"}; };
  fact.values.add("client", dated.burst.client);
  fact.values.add("address", dated.burst.address);
  fact.values.add("flags", dated.burst.flags);
  fact.values.add("secure_rpc", flag(asks_for_secure_rpc(dated.burst.flags)));
  fact.values.add("attempts", std::to_string(dated.burst.attempts));
  fact.values.add("refused", std::to_string(dated.burst.refused));
  fact.values.add("succeeded", flag(dated.burst.succeeded));
  fact.values.add("password_set", flag(dated.burst.password_set));
  fact.values.add("first", dated.first);
  fact.values.add("last", dated.last);
  return fact;
}

}  // namespace hozen
