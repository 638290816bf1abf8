#include "collector/module/service_reader.h"

#include <algorithm>
#include <charconv>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::string_view kSvchostKey = "Microsoft\\Windows NT\\CurrentVersion\\Svchost";
constexpr std::string_view kVersionKey = "Microsoft\\Windows NT\\CurrentVersion";
/// Where services stand, in the form that finds control sets.
constexpr AsepLocation kServicesRoot{"services",
                                     "Services and drivers",
                                     AsepModule::services,
                                     AsepHive::control_set,
                                     "Services",
                                     "*",
                                     AsepKind::service,
                                     "",
                                     false,
                                     kNoPoints,
                                     "",
                                     ""};

/// What decides what a service runs.
constexpr std::string_view kDecidingValues[] = {
    "Type",           "Start",   "ImagePath",  "ObjectName",  "FailureCommand",
    "FailureActions", "Library", "ServiceDll", "ServiceMain", "Security"};

/// Of the service's process: that of the machine, and over it the service's own.
Environment environment_of(const ServiceEntry& entry, const Environment& machine) {
  Environment environment = machine;
  for (const auto& variable : entry.environment)
    if (const auto equals = variable.find('='); equals != std::string::npos && equals != 0)
      environment.set(variable.substr(0, equals), variable.substr(equals + 1));
  return environment;
}

}  // namespace

const SvchostGroup* ServiceHost::group(std::string_view name) const {
  const auto at = std::find_if(groups.begin(), groups.end(), [&](const SvchostGroup& group) {
    return !group.wow64 && equals_fold(group.name, name);
  });
  return at != groups.end() ? &*at : nullptr;
}

void ServiceReader::note(const Error& error, const std::string& place) {
  context_.note(Error{error.code, place + ": " + error.what, error.offset, error.detail});
}

Result<void> ServiceReader::each_hive(HiveRole role,
                                      const std::function<void(RegistryHive&)>& visit) {
  HOZEN_CHECK(context_.registry()->each_hive(
      {role},
      [&](RegistryHive& hive) {
        if (hive.root != nullptr) visit(hive);
        return !stopped();
      },
      [&](const EvidencePath& file, HiveRole failed, const Error& error) {
        if (error.code == Errc::not_found) return;  // an answer, not a problem
        note(error,
             std::string{to_text(failed)} + " hive" + (file.empty() ? "" : " " + file.text()));
      }));
  if (stopped()) return Error{Errc::cancelled, "services"};
  return {};
}

Result<void> ServiceReader::read(const Visitor& visitor) {
  if (context_.registry() == nullptr) return {};
  HOZEN_CHECK(each_hive(HiveRole::software, [&](RegistryHive& hive) { read_software(hive); }));
  HOZEN_CHECK(each_hive(HiveRole::system, [&](RegistryHive& hive) { read_system(hive, visitor); }));
  finish_groups(visitor);
  return {};
}

void ServiceReader::read_software(RegistryHive& hive) {
  ServiceHost& host = hosts_[hive.installation];
  host.read = true;
  if (auto version = hive.root->open(kVersionKey)) {
    const auto value = (*version)->value("CurrentBuildNumber");
    const std::string text = value ? value->text().value_or("") : "";
    std::from_chars(text.data(), text.data() + text.size(), host.build);
  }
  read_groups(hive, std::string{kSvchostKey}, false);
  read_groups(hive, "WOW6432Node\\" + std::string{kSvchostKey}, true);
}

void ServiceReader::read_groups(RegistryHive& hive, const std::string& path, bool wow64) {
  auto key = hive.root->open(path);
  if (!key) return;
  auto& groups = hosts_[hive.installation].groups;
  const auto listed = (*key)->each_value([&](const RegistryValue& value) {
    SvchostGroup group;
    group.name = value.name;
    group.services = value.strings();
    if (const auto text = value.text(); text && !text->empty()) group.services = {*text};
    if (group.services.empty()) return true;
    if (group.services.size() > kMaxServiceValues) group.services.resize(kMaxServiceValues);
    group.key_path = (*key)->path();
    group.written = (*key)->last_written();
    group.artifact = hive.artifact;
    group.offset = value.offset ? value.offset : (*key)->offset();
    group.wow64 = wow64;
    if (hive.installation < context_.registry()->installations().size())
      group.installation = context_.registry()->installations()[hive.installation].label;
    groups.push_back(std::move(group));
    return groups.size() < kMaxServiceValues;
  });
  if (!listed) note(listed.error(), (*key)->path());
}

void ServiceReader::read_system(RegistryHive& hive, const Visitor& visitor) {
  for (const auto& root : roots_in(kServicesRoot, hive))
    if (!stopped()) read_set(hive, root.key, root.control_set.value_or(0), visitor);
  if (!stopped()) read_recovered(hive, visitor);
}

ServiceEntry ServiceReader::entry_in(const RegistryHive& hive, std::uint32_t control_set) const {
  ServiceEntry entry;
  entry.installation_index = hive.installation;
  if (hive.installation < context_.registry()->installations().size())
    entry.installation = context_.registry()->installations()[hive.installation].label;
  entry.artifact = hive.artifact;
  entry.control_set = control_set;
  entry.current_control_set =
      control_set == 0 || hive.current_control_set == 0 || control_set == hive.current_control_set;
  entry.next_control_set = !entry.current_control_set && control_set == hive.default_control_set;
  return entry;
}

void ServiceReader::read_set(RegistryHive& hive, const std::string& path, std::uint32_t number,
                             const Visitor& visitor) {
  auto services = hive.root->open(path);
  if (!services) {
    if (services.error().code != Errc::not_found) note(services.error(), hive.mount + "\\" + path);
    return;
  }
  const ServiceEntry place = entry_in(hive, number);
  ServiceSet set;
  set.installation = hive.installation;
  set.control_set = number;
  set.current = place.current_control_set;
  set.next = place.next_control_set;
  set.hive_whole = is_whole(hive.state);
  set.key = (*services)->path();
  const auto listed = (*services)->each_subkey([&](RegistryKey& key) {
    if (set.services.size() >= kMaxServices) {
      set.whole = false;
      note(Error{Errc::limit, "services of one control set"}, (*services)->path());
      return false;
    }
    if (set.current) current_names_[hive.installation].insert(fold_case(key.name()));
    ServiceEntry entry = read_service(key, place);
    set.records.push_back(visitor.service(entry));
    set.services.push_back(std::move(entry));
    return !stopped();
  });
  set.whole = set.whole && listed.has_value();
  if (!listed) note(listed.error(), (*services)->path());
  if (!stopped()) visitor.end_of_set(set);
}

void ServiceReader::read_recovered(RegistryHive& hive, const Visitor& visitor) {
  if (!hive.each_deleted_value) return;
  struct Recovered {
    ServiceEntry entry;
    Keys keys;
  };
  std::map<std::string, Recovered> found;
  const auto roots = roots_in(kServicesRoot, hive);
  hive.each_deleted_value(
      [&](const std::string& path, FileTime written, const RegistryValue& value) {
        for (const auto& root : roots) {
          const std::string prefix = hive.mount + "\\" + root.key + "\\";
          if (found.size() >= kMaxServices || !starts_with_fold(path, prefix)) continue;
          const std::string_view rest = std::string_view{path}.substr(prefix.size());
          const std::string name{rest.substr(0, rest.find('\\'))};
          const std::string_view below =
              rest.size() > name.size() ? rest.substr(name.size() + 1) : std::string_view{};
          if (!below.empty() && !equals_fold(below, "Parameters")) return;
          Recovered& one = found[fold_case(prefix + name)];
          if (one.entry.name.empty()) {
            one.entry = entry_in(hive, root.control_set.value_or(0));
            one.entry.name = name;
            one.entry.key_path = prefix + name;
            one.entry.deleted = true;
            one.entry.offset = value.offset;
          }
          (below.empty() ? one.entry.written : one.entry.parameters_written) = written;
          Values& values = below.empty() ? one.keys.own : one.keys.parameters;
          if (values.size() < kMaxServiceValues) values.emplace(fold_case(value.name), value);
        }
      });
  for (auto& [path, one] : found) {
    fill(one.entry, one.keys);
    // Without any of these the values say nothing of a service.
    if (one.entry.image.text.empty() && one.entry.library.text.empty() &&
        one.entry.failure.text.empty())
      continue;
    resolve(one.entry);
    visitor.service(one.entry);
  }
}

ServiceReader::Values ServiceReader::read_values(RegistryKey& key, ServiceEntry& entry) {
  Values values;
  const auto listed = key.each_value([&](const RegistryValue& value) {
    values.emplace(fold_case(value.name), value);
    return values.size() < kMaxServiceValues;
  });
  if (!listed) note(listed.error(), key.path());
  entry.incomplete = entry.incomplete || !listed || values.size() >= kMaxServiceValues;
  if (values.size() < kMaxServiceValues) return values;
  note(Error{Errc::limit, "values of a service's key"}, key.path());
  // However many others stand before them.
  for (const std::string_view name : kDecidingValues)
    if (auto value = key.value(name)) values.insert_or_assign(fold_case(name), *std::move(value));
  return values;
}

ServiceReader::Values ServiceReader::read_subkey(RegistryKey& key, std::string_view name,
                                                 FileTime* written, ServiceEntry& entry) {
  auto subkey = key.open(name);
  if (!subkey) {
    if (subkey.error().code == Errc::not_found) return {};
    entry.incomplete = true;
    note(subkey.error(), key.path() + "\\" + std::string{name});
    return {};
  }
  if (is_link(**subkey, entry.linked_keys)) return {};
  *written = (*subkey)->last_written();
  return read_values(**subkey, entry);
}

bool ServiceReader::is_link(RegistryKey& key, std::vector<std::string>& linked) {
  if (!key.is_symbolic_link()) return false;
  linked.push_back(key.path());
  return true;
}

ServiceEntry ServiceReader::read_service(RegistryKey& key, ServiceEntry entry) {
  entry.name = key.name();
  entry.key_path = key.path();
  entry.written = key.last_written();
  entry.offset = key.offset();
  if (is_link(key, entry.linked_keys)) return entry;
  Keys keys;
  keys.own = read_values(key, entry);
  keys.parameters = read_subkey(key, "Parameters", &entry.parameters_written, entry);
  keys.performance = read_subkey(key, "Performance", &entry.performance_written, entry);
  keys.security = read_subkey(key, "Security", &entry.security_written, entry);
  fill(entry, keys);
  read_triggers(key, entry);
  read_filters(key, entry);
  resolve(entry);
  return entry;
}

void ServiceReader::read_triggers(RegistryKey& key, ServiceEntry& entry) {
  auto triggers = key.open("TriggerInfo");
  if (!triggers || is_link(**triggers, entry.linked_keys)) return;
  const auto listed = (*triggers)->each_subkey([&](RegistryKey& one) {
    const Values values = read_values(one, entry);
    const auto number = [&](const std::string& name) {
      const auto at = values.find(fold_case(name));
      return at != values.end() ? at->second.number() : std::nullopt;
    };
    ServiceTrigger trigger;
    trigger.type = static_cast<std::uint32_t>(number("Type").value_or(0));
    trigger.action = static_cast<std::uint32_t>(number("Action").value_or(0));
    if (const auto at = values.find(fold_case("Guid")); at != values.end())
      if (const auto guid = Bytes{at->second.data}.fixed<16>(0, "trigger subtype"))
        trigger.subtype = Guid::from(guid->raw<0, 16>());
    for (std::size_t i = 0; i < kMaxTriggerItems; ++i) {
      const auto at = values.find(fold_case("Data" + std::to_string(i)));
      if (at == values.end()) break;
      const auto type = number("DataType" + std::to_string(i)).value_or(0);
      trigger.data.push_back(
          trigger_data_text(static_cast<std::uint32_t>(type), Bytes{at->second.data}));
    }
    entry.triggers.push_back(std::move(trigger));
    return entry.triggers.size() < kMaxServiceParts;
  });
  if (!listed) note(listed.error(), (*triggers)->path());
}

void ServiceReader::read_filters(RegistryKey& key, ServiceEntry& entry) {
  if (!entry.is_driver()) return;
  auto instances = key.open("Instances");
  if (!instances || is_link(**instances, entry.linked_keys)) return;
  const auto listed = (*instances)->each_subkey([&](RegistryKey& one) {
    FilterInstance filter;
    filter.name = one.name();
    if (const auto altitude = one.value("Altitude"))
      filter.altitude = altitude->text().value_or("");
    if (const auto flags = one.value("Flags")) filter.flags = flags->number();
    entry.filters.push_back(std::move(filter));
    return entry.filters.size() < kMaxServiceParts;
  });
  if (!listed) note(listed.error(), (*instances)->path());
}

void ServiceReader::resolve(ServiceEntry& entry) {
  const EvidencePath windows = evidence_.windows(entry.installation_index);
  auto resolver = evidence_.resolver(entry.installation_index, nullptr,
                                     entry.wow64.value_or(0) != 0 && !entry.is_driver(), false);
  resolver.driver = true;
  if (entry.is_driver() && entry.image.text.empty() && !entry.deleted) {
    entry.image_is_default = true;
    entry.image.text = "System32\\drivers\\" + entry.name + ".sys";
  }
  if (!entry.image.text.empty()) {
    // The path of a driver has no arguments: its blanks end nothing.
    const bool bare_path = entry.is_driver() && entry.image.text.find('"') == std::string::npos;
    entry.image.command =
        resolve_command_line(bare_path ? '"' + entry.image.text + '"' : entry.image.text, resolver);
  }
  if (!entry.failure.text.empty())
    entry.failure.command = resolve_command_line(entry.failure.text, resolver);
  resolver.driver = false;
  if (!entry.performance.text.empty())
    entry.performance.command = resolve_dll(entry.performance.text, resolver);
  // These the process of the service loads, with its own variables.
  const Environment own = environment_of(entry, *resolver.environment);
  resolver.environment = &own;
  std::vector<ServiceFile*> files{&entry.library, &entry.unused_library};
  for (auto& file : entry.environment_libraries) files.push_back(&file);
  for (ServiceFile* file : files)
    if (!file->text.empty()) file->command = resolve_dll(file->text, resolver);
  files.push_back(&entry.performance);
  files.insert(files.end(), {&entry.image, &entry.failure});
  for (ServiceFile* file : files)
    if (file->target() != nullptr && file->command->target_existence() == Existence::exists)
      file->info = evidence_.look_at(*file->target());
  compare_with_baseline(entry);
  preserve(entry);
}

void ServiceReader::finish_groups(const Visitor& visitor) {
  for (auto& [installation, host] : hosts_)
    for (auto& group : host.groups) {
      if (const auto names = current_names_.find(installation); names != current_names_.end()) {
        group.without_service.emplace();
        for (const auto& service : group.services)
          if (!names->second.contains(fold_case(service)))
            group.without_service->push_back(service);
      }
      visitor.group(group);
    }
}

}  // namespace hozen
