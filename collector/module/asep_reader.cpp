#include "collector/module/asep_reader.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/module/rules.h"
#include "collector/module/system_names.h"

namespace hozen {
namespace {

bool is_classes_row(const AsepLocation& location) {
  return location.kind == AsepKind::clsid || location.kind == AsepKind::program_id ||
         location.hive == AsepHive::user_classes || location.hive == AsepHive::classes;
}

/// A COM class key stands somewhere on the way: the class that the entry serves.
std::string class_in_path(const AsepEntry& entry) {
  const auto at = entry.key_path.find("CLSID\\");
  if (at == std::string::npos) return {};
  const auto guid = find_guid(std::string_view{entry.key_path}.substr(at, 48));
  return guid ? guid->text() : std::string{};
}

/// The path a resolved command leads to, in the form to compare by.
std::string target_of(const ResolvedCommand& command) {
  return command.target_path() ? command.target_path()->folded() : fold_case(command.image);
}

AsepEntry entry_at(const AsepHit& hit, const Registry& registry) {
  AsepEntry entry;
  RegistryHive& hive = *hit.hive;
  entry.location = hit.location;
  entry.installation_index = hive.installation;
  if (hive.installation < registry.installations().size())
    entry.installation = registry.installations()[hive.installation].label;
  entry.user = hive.user;
  entry.artifact = hive.artifact;
  entry.wow64 = hit.wow64;
  entry.is_link = hit.is_link;
  entry.control_set = hit.control_set;
  entry.current_control_set = !hit.control_set || *hit.control_set == 0 ||
                              hive.current_control_set == 0 ||
                              *hit.control_set == hive.current_control_set;
  if (!entry.current_control_set) {
    entry.next_control_set = *hit.control_set == hive.default_control_set;
    entry.last_known_good = *hit.control_set == hive.last_known_good;
  }
  if (hit.value != nullptr) {
    entry.value = *hit.value;
    entry.offset = hit.value->offset;
  }
  if (hit.key != nullptr) {
    entry.key_path = hit.key->path();
    entry.key_written = hit.key->last_written();
    if (!entry.offset) entry.offset = hit.key->offset();
  }
  return entry;
}

/// A path without arguments: quoted for the resolver, so that its blanks end nothing.
ResolvedCommand resolve_path(const std::string& text, const ResolverContext& context) {
  if (text.find('"') != std::string::npos) return resolve_command_line(text, context);
  ResolvedCommand command = resolve_command_line('"' + text + '"', context);
  std::erase(command.expanded, '"');
  return command;
}

/// Found by its name, or a program that every Windows has, also where the evidence lacks it.
bool is_found_program(const ResolvedCommand& command) {
  if (command.image_existence == Existence::exists) return true;
  const std::string_view name = command.image_path ? command.image_path->name() : command.image;
  return is_host_program(name) || is_system_program_name(name) ||
         is_system_program_name(std::string{name} + ".exe");
}

}  // namespace

AsepReader::AsepReader(ModuleContext& context, std::span<const AsepLocation> table,
                       AsepModule module)
    : context_{context}, module_{module}, evidence_{context} {
  for (const auto& location : table)
    if (location.module == module) locations_.push_back(&location);
}

bool AsepReader::needs_classes() const {
  return std::any_of(locations_.begin(), locations_.end(),
                     [](const auto* location) { return is_classes_row(*location); });
}

Result<void> AsepReader::read_registry(const OnEntry& on_entry) {
  if (context_.registry() == nullptr) return {};
  if (!needs_classes())
    return read_hives(
        {HiveRole::system, HiveRole::software, HiveRole::default_user, HiveRole::user}, on_entry);
  // One hive is open at a time: the classes of machine and users are known before the hives that
  // name them.
  HOZEN_CHECK(read_hives({HiveRole::system, HiveRole::software, HiveRole::user_classes}, on_entry));
  return read_hives({HiveRole::sam, HiveRole::default_user, HiveRole::user}, on_entry);
}

Result<void> AsepReader::read_hives(const std::vector<HiveRole>& roles, const OnEntry& on_entry) {
  HOZEN_CHECK(context_.registry()->each_hive(
      roles,
      [&](RegistryHive& hive) {
        read_hive(hive, on_entry);
        return !stopped();
      },
      [&](const EvidencePath& file, HiveRole role, const Error& error) {
        if (error.code == Errc::not_found) return;  // an answer, not a problem
        Error problem = error;
        problem.what = std::string{to_text(role)} + " hive" +
                       (file.empty() ? "" : " " + file.text()) + ": " + error.what;
        context_.note(std::move(problem));
      }));
  if (stopped()) return Error{Errc::cancelled, "autostart locations"};
  return {};
}

std::size_t AsepReader::installation_of(const UserProfile& user) const {
  if (const auto at = user_installations_.find(&user); at != user_installations_.end())
    return at->second;
  // A folder without a hive belongs to the Windows it lies beside.
  const std::size_t count = context_.registry()->installations().size();
  for (std::size_t i = 0; i < count; ++i)
    if (evidence_.belongs_to(user, i)) return i;
  return 0;
}

void AsepReader::read_hive(RegistryHive& hive, const OnEntry& on_entry) {
  if (hive.user != nullptr) user_installations_[hive.user] = hive.installation;
  evidence_.gather_volumes(hive);
  if (hive.role == HiveRole::system && !needs_classes()) return;  // read for its volumes only
  evidence_.gather_app_paths(hive);
  if (needs_classes()) evidence_.gather_classes(hive);
  if (module_ == AsepModule::run_keys) gather_approvals(hive);
  for (const auto* location : locations_) {
    if (stopped()) return;
    bool whole = is_whole(hive.state);
    walk_location(
        *location, hive,
        [&](const AsepHit& hit) {
          if (is_entry(hit)) {
            AsepEntry entry = entry_at(hit, *context_.registry());
            const AsepDatum datum{location, entry.key_path, hit.value,
                                  hit.key,  &hive,          hit.control_set};
            read_datum(std::move(entry), datum, &hit, on_entry);
          }
          return !stopped();
        },
        [&](Error error) {
          whole = false;
          context_.note(std::move(error));
        });
    if (whole && hive.installation == 0 && !stopped())
      context_.stated_all(location->id, hive.mount);
  }
  read_recovered(hive, on_entry);
}

void AsepReader::read_recovered(RegistryHive& hive, const OnEntry& on_entry) {
  if (!hive.each_deleted_value || hive.root == nullptr) return;
  const AsepMatcher matcher{locations_, hive};
  std::uint32_t count = 0;
  hive.each_deleted_value([&](const std::string& key_path, FileTime key_written,
                              const RegistryValue& value) {
    if (stopped() || count >= kMaxEntriesPerLocation) return;
    const auto match = matcher.match(key_path, value.name);
    if (!match || match->location->kind == AsepKind::machine_server) return;
    ++count;
    AsepHit place;
    place.location = match->location;
    place.hive = &hive;
    place.value = &value;
    place.wow64 = match->wow64;
    place.control_set = match->control_set;
    AsepEntry entry = entry_at(place, *context_.registry());
    entry.key_path = key_path;
    entry.key_written = key_written;
    entry.deleted = true;
    const AsepDatum datum{match->location, key_path, &value, nullptr, &hive, match->control_set};
    read_datum(std::move(entry), datum, nullptr, on_entry);
  });
}

bool AsepReader::is_entry(const AsepHit& hit) {
  if (hit.location->kind != AsepKind::machine_server || hit.is_link) return true;
  const AsepDatum datum{hit.location, hit.key->path(), hit.value, hit.key, hit.hive, {}};
  const auto elements = elements_of(datum, {});
  const std::size_t installation = hit.hive->installation;
  return !elements[0].text.empty() &&
         is_unusual_server(evidence_.expand(elements[0].text, installation, nullptr),
                           evidence_.windows(installation));
}

void AsepReader::read_datum(AsepEntry entry, const AsepDatum& datum, const AsepHit* hit,
                            const OnEntry& on_entry) {
  const std::size_t installation = datum.hive->installation;
  const ClassLookup classes{
      [&](const Guid& guid) {
        return evidence_.find_class(guid, installation, entry.user, entry.wow64);
      },
      [&](std::string_view name) {
        return evidence_.class_of_program_id(name, installation, entry.user);
      },
      [&](const std::string& text) {
        const auto path = EvidencePath::parse(evidence_.expand(text, installation, entry.user));
        return path && evidence_.existence(*path) == Existence::exists;
      }};
  if (entry.is_link) {
    AsepElement element;
    element.text = datum.value != nullptr ? wtf8_from_utf16le(Bytes{datum.value->data}) : "";
    entry.also_current = !entry.current_control_set && !in_current_set(datum, classes).empty();
    resolve(entry, element);
    return on_entry(entry, hit);
  }
  const auto elements = elements_of(datum, classes);
  if (elements.size() >= kMaxElements)
    context_.note(Error{Errc::limit, "entries of one value", {}, entry.place()});
  std::vector<std::string> current;
  if (!entry.current_control_set && !entry.deleted) current = in_current_set(datum, classes);
  for (const auto& element : elements) {
    AsepEntry next = entry;
    next.also_current = std::find(current.begin(), current.end(), element.text) != current.end();
    // The data are recorded once, with the first entry of a list.
    if (element.index.value_or(0) == 0 && entry.value) entry.value->data.clear();
    resolve(next, element);
    if (next.location->id == "run") {
      const auto list = next.wow64 ? ApprovalList::run32 : ApprovalList::run;
      if (const auto* found = approval(installation, next.user, list, datum.value->name)) {
        next.enabled = found->enabled;
        next.disabled_at = found->disabled_at;
      }
    }
    remember_folder(next);
    on_entry(next, hit);
  }
}

void AsepReader::remember_folder(const AsepEntry& entry) {
  if (entry.location->kind != AsepKind::folder || entry.target() == nullptr || entry.deleted ||
      entry.is_default() || module_ == AsepModule::run_keys)
    return;
  // Windows' own folders hold what Windows needs: their files are no entries.
  if (is_windows_folder(*entry.target() / "x", evidence_.windows(entry.installation_index))) return;
  if (folders_.size() < kMaxFolders)
    return folders_.push_back(
        {entry.location, *entry.target(), entry.installation_index, entry.user});
  context_.note(Error{Errc::limit, "folders of autostart locations", {}, entry.place()});
}

void AsepReader::resolve(AsepEntry& entry, const AsepElement& element) {
  const std::size_t installation = entry.installation_index;
  entry.text = element.text;
  entry.whole_characters = element.whole_characters;
  entry.clsid = element.clsid;
  entry.element = element.index;
  if (element.enabled) entry.enabled = element.enabled;
  if (element.shortcut) entry.shortcuts = {*element.shortcut};
  const std::string text = evidence_.with_drive(
      element.resolved.empty() ? element.text : element.resolved, installation);
  const bool logon = entry.location->module == AsepModule::run_keys;
  const auto context = evidence_.resolver(installation, entry.user, entry.wow64, logon);
  const auto resolved = [&](const std::string& what, auto resolver) {
    if (entry.user != nullptr || entry.location->hive == AsepHive::control_set)
      return resolver(what, context);
    return evidence_.resolve_for_all(
        what, installation, entry.wow64, logon, logon,
        [&](const ResolverContext& one) { return resolver(what, one); });
  };
  switch (element.resolution) {
    case AsepResolution::none:
      break;
    case AsepResolution::command:
      entry.command = resolved(text, resolve_command_line);
      if (!element.otherwise.empty() && entry.command->image_existence != Existence::exists)
        if (auto searched = resolved(element.otherwise, resolve_command_line);
            is_found_program(searched))
          entry.command = std::move(searched);
      if (!entry.shortcuts.empty()) {
        Shortcut& shortcut = entry.shortcuts.front();
        compare_targets(
            shortcut,
            [&](const std::string& what) {
              return resolved(evidence_.with_drive(what, installation), resolve_command_line);
            },
            *entry.command);
        entry.text = shortcut.command;
      }
      if (logon) follow_shortcuts(entry);
      break;
    case AsepResolution::dll:
      entry.command = resolved(text, resolve_dll);
      if (!element.otherwise.empty() && entry.command->image_existence != Existence::exists)
        if (auto searched = resolved(element.otherwise, resolve_dll);
            searched.image_existence == Existence::exists)
          entry.command = std::move(searched);
      break;
    case AsepResolution::path:
      entry.command = resolve_path(text, context);
      break;
    case AsepResolution::stored:
      if (entry.file) entry.command = resolve_stored_file(entry.file->path);
      break;
    case AsepResolution::expand: {
      ResolvedCommand folder;
      folder.expanded =
          context.own_paths->expand(text, *context.environment, &folder.unknown_variables);
      folder.image = folder.expanded;
      if (auto path = EvidencePath::parse(folder.expanded)) {
        folder.image_existence = evidence_.folder_existence(*path);
        folder.image_path = *std::move(path);
      }
      entry.command = std::move(folder);
      break;
    }
  }
  if (entry.command)
    for (const auto& library : element.libraries) {
      entry.command->other_commands.push_back(library);
      entry.command->others.push_back(resolve_dll(library, context));
    }
  entry.known = default_of(entry, context, evidence_.windows(installation));
  compare_with_machine(entry);
  evidence_.preserve_target(entry);
}

void AsepReader::compare_with_machine(AsepEntry& entry) {
  const std::size_t installation = entry.installation_index;
  if (entry.clsid.empty()) entry.clsid = class_in_path(entry);
  const AsepHive hive = entry.location->hive;
  if (entry.user == nullptr || !entry.command || entry.clsid.empty()) return;
  if ((hive != AsepHive::user_classes && hive != AsepHive::classes) ||
      entry.key_path.find("CLSID\\") == std::string::npos)
    return;
  // TreatAs names the class that takes the place of the one in its path.
  const std::string replaced = class_in_path(entry);
  const auto guid = find_guid(replaced.empty() ? entry.clsid : replaced);
  const auto server =
      guid ? evidence_.machine_class(*guid, installation, entry.wow64) : std::nullopt;
  if (!server) return;
  const auto context = evidence_.resolver(installation, nullptr, entry.wow64, false);
  const ResolvedCommand machine = server->kind == ServerKind::dll
                                      ? resolve_dll(server->text, context)
                                      : resolve_command_line(server->text, context);
  if (target_of(machine) != target_of(*entry.command))
    entry.machine_server = machine.target_path() ? machine.target_path()->text() : server->text;
  entry.machine_class = guid->text();
}

void AsepReader::gather_approvals(RegistryHive& hive) {
  if (hive.root == nullptr) return;
  constexpr std::pair<ApprovalList, std::string_view> kLists[] = {
      {ApprovalList::run, "Run"},
      {ApprovalList::run32, "Run32"},
      {ApprovalList::startup_folder, "StartupFolder"}};
  const std::string prefix = hive.role == HiveRole::software ? "" : "Software\\";
  for (const auto& [list, name] : kLists) {
    auto key =
        hive.root->open(prefix + "Microsoft\\Windows\\CurrentVersion\\Explorer\\StartupApproved\\" +
                        std::string{name});
    if (!key) continue;
    auto& approvals = approvals_[{{hive.installation, hive.user}, list}];
    const auto listed = (*key)->each_value([&](const RegistryValue& value) {
      // 12 bytes: a state whose lowest bit means switched off, then the time when that was done.
      const Bytes data{value.data};
      const auto state = data.get<std::uint32_t>(0);
      if (!state) return true;
      approvals[fold_case(value.name)] = {(*state & 1) == 0,
                                          FileTime{data.get<std::uint64_t>(4).value_or(0)}};
      return approvals.size() < kMaxElements;
    });
    if (!listed) context_.note(listed.error());
  }
}

const AsepReader::Approval* AsepReader::approval(std::size_t installation, const UserProfile* user,
                                                 ApprovalList list, std::string_view name) const {
  const auto found = approvals_.find({{installation, user}, list});
  if (found == approvals_.end()) return nullptr;
  const auto at = found->second.find(fold_case(name));
  return at == found->second.end() ? nullptr : &at->second;
}

}  // namespace hozen
