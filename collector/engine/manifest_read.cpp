#include <set>
#include <utility>

#include "collector/engine/json_read.h"
#include "collector/engine/manifest.h"

namespace hozen {
namespace {

/// Calls `read` for each object of a list.
template <class Read>
void each(const Json& object, const char* name, Read read) {
  if (const Json* list = json_member(object, name); list != nullptr && list->is_array())
    for (const Json& value : *list) read(value);
}

std::optional<BundleEntry> read_entry(const Json& object) {
  BundleEntry entry;
  entry.name = json_text(object, "name");
  entry.modified = json_time(object, "modified");
  const auto method = json_number(object, "method"), size = json_number(object, "size"),
             stored_size = json_number(object, "stored_size");
  const auto sha256 = json_sha256(object, "sha256"),
             stored_sha256 = json_sha256(object, "stored_sha256");
  if (entry.name.empty() || !method || *method > 0xFFFF || !size || !stored_size || !sha256 ||
      !stored_sha256)
    return std::nullopt;
  entry.method = static_cast<std::uint16_t>(*method);
  entry.size = *size;
  entry.stored_size = *stored_size;
  entry.sha256 = *sha256;
  entry.stored_sha256 = *stored_sha256;
  return entry;
}

void read_tool(const Json& object, ManifestTool& tool) {
  tool.name = json_text(object, "name");
  tool.version = json_text(object, "version");
  tool.revision = json_text(object, "revision");
  tool.executable_sha256 = json_sha256(object, "executable_sha256");
  tool.command_line = json_texts(object, "command_line");
}

void read_collection(const Json& object, ManifestCollection& collection) {
  collection.id = json_text(object, "id");
  collection.case_id = json_text(object, "case");
  collection.operator_name = json_text(object, "operator");
  each(object, "profiles", [&](const Json& profile) {
    collection.profiles.push_back(
        {json_text(profile, "name"), json_sha256(profile, "sha256").value_or(Sha256Digest{})});
  });
  collection.started = json_time(object, "started");
  collection.finished = json_time(object, "finished");
  const std::string outcome = json_text(object, "outcome");
  collection.outcome = RunOutcome::interrupted;
  for (const RunOutcome known : {RunOutcome::complete, RunOutcome::with_errors})
    if (outcome == to_text(known)) collection.outcome = known;
  collection.parent_seal = json_sha256(object, "parent_seal");
  each(object, "lists", [&](const Json& list) {
    collection.lists.push_back({json_text(list, "use"), json_text(list, "file"),
                                json_sha256(list, "sha256").value_or(Sha256Digest{}),
                                json_number(list, "entries").value_or(0)});
  });
}

void read_source(const Json& object, ManifestSource& source) {
  source.kind = json_text(object, "kind");
  source.given = json_text(object, "given");
  each(object, "volumes", [&](const Json& volume) {
    VolumeInfo info;
    info.name = json_text(volume, "name");
    if (std::string serial = json_text(volume, "serial"); !serial.empty())
      info.serial = std::move(serial);
    info.file_system = json_text(volume, "file_system");
    if (std::string reason = json_text(volume, "unreadable"); !reason.empty())
      info.unreadable = Error{Errc::io, std::move(reason)};
    source.volumes.push_back(std::move(info));
  });
  each(object, "hives_not_read", [&](const Json& unread) {
    source.hives_not_read.push_back({json_text(unread, "hive"), json_text(unread, "path"),
                                     json_text(unread, "reason"),
                                     json_text(unread, "not_looked_at")});
  });
}

void read_host(const Json& object, ManifestHost& host) {
  HostFacts& facts = host.facts;
  facts.name = json_text(object, "name");
  facts.domain = json_text(object, "domain");
  facts.role = json_text(object, "role");
  facts.product = json_text(object, "product");
  facts.build = json_text(object, "build");
  facts.installed = json_time(object, "installed");
  facts.machine_guid = json_text(object, "machine_guid");
  facts.architecture = json_text(object, "architecture");
  facts.time_zone = json_text(object, "time_zone");
  facts.emulator = json_text(object, "emulator");
  facts.last_boot = json_time(object, "last_boot");
  facts.addresses = json_texts(object, "addresses");
  each(object, "users", [&](const Json& user) {
    host.users.push_back(
        {json_text(user, "sid"), json_text(user, "name"), json_text(user, "profile")});
  });
}

void read_footprint(const Json& object, ManifestFootprint& footprint) {
  footprint.image = json_text(object, "image");
  footprint.pid = static_cast<std::uint32_t>(json_number(object, "pid").value_or(0));
  footprint.process_started = json_time(object, "process_started");
  footprint.account = json_text(object, "account");
  footprint.files_created = json_texts(object, "files_created");
  footprint.registry_keys = json_texts(object, "registry_keys");
  footprint.services = json_texts(object, "services");
  footprint.notes = json_texts(object, "notes");
  footprint.bytes_written = json_number(object, "bytes_written");
}

void read_recovery(const Json& object, ManifestRecovery& recovery) {
  if (const Json* tool = json_member(object, "tool")) read_tool(*tool, recovery.tool);
  recovery.time = json_time(object, "time");
  recovery.given = json_text(object, "given");
  recovery.size = json_number(object, "size").value_or(0);
  recovery.used = json_number(object, "used").value_or(0);
  recovery.sha256 = json_sha256(object, "sha256").value_or(Sha256Digest{});
  recovery.end = json_text(object, "end");
  recovery.missing = json_texts(object, "missing");
  recovery.entries_without_row = json_number(object, "entries_without_row").value_or(0);
}

Manifest read_rest(const Json& root) {
  static const Json kNothing = Json::object();
  const auto part = [&root](const char* name) -> const Json& {
    const Json* value = json_member(root, name);
    return value == nullptr ? kNothing : *value;
  };
  Manifest manifest;
  read_tool(part("tool"), manifest.tool);
  read_collection(part("collection"), manifest.collection);
  read_source(part("source"), manifest.source);
  if (json_member(root, "host") != nullptr) read_host(part("host"), manifest.host.emplace());
  const Json& clock = part("clock");
  manifest.clock = {json_time(clock, "started"), json_time(clock, "ended"),
                    json_number(clock, "elapsed_ticks").value_or(0), json_time(clock, "reference"),
                    json_text(clock, "reference_origin")};
  const Json& privileges = part("privileges");
  const Json* elevated = json_member(privileges, "elevated");
  manifest.privileges = {elevated != nullptr && elevated->is_boolean() && elevated->get<bool>(),
                         json_texts(privileges, "enabled"), json_texts(privileges, "refused")};
  read_footprint(part("footprint"), manifest.footprint);
  if (json_member(root, "recovery") != nullptr)
    read_recovery(part("recovery"), manifest.recovery.emplace());
  const Json& counts = part("counts");
  for (const auto& [name, count] : counts.items())
    if (count.is_number_unsigned() && name != "entries" && name != "bytes")
      manifest.counts.emplace_back(name, count.get<std::uint64_t>());
  return manifest;
}

/// Finds objects that name a member twice: readers differ in which of the two they take.
class MemberGuard {
 public:
  void look(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) {
      open_.emplace_back();
    } else if (event == Json::parse_event_t::object_end && !open_.empty()) {
      open_.pop_back();
    } else if (event == Json::parse_event_t::key && !open_.empty()) {
      const auto name = parsed.get<std::string>();
      if (!open_.back().insert(name).second && twice_.empty()) twice_ = name;
    }
  }
  const std::string& twice() const { return twice_; }  ///< the first; "" for none

 private:
  std::vector<std::set<std::string>> open_;
  std::string twice_;
};

/// Lets entries pass by one at a time, so that no tree of all of them is ever built.
class EntryFilter {
 public:
  explicit EntryFilter(const std::function<void(BundleEntry)>& entry) : entry_{entry} {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key) {
      in_entries_ = parsed == "entries";
      return true;
    }
    if (!in_entries_ || depth != 2) return true;
    if (event == Json::parse_event_t::value) damaged_ = true;  // not an object
    if (event != Json::parse_event_t::object_end && event != Json::parse_event_t::array_end)
      return true;
    auto entry = read_entry(parsed);
    if (entry) {
      entry_(*std::move(entry));
    } else {
      damaged_ = true;
    }
    return false;
  }
  bool damaged() const { return damaged_; }

 private:
  const std::function<void(BundleEntry)>& entry_;
  bool in_entries_ = false, damaged_ = false;
};

}  // namespace

namespace {

/// The JSON of `file`, whose format name is ours and which names no member twice; entries go by
/// `filter`.
Result<Json> parse_run_json(std::string_view file, std::string_view text, EntryFilter& filter) {
  const auto malformed_file = [file](std::string_view what) {
    return Error{Errc::malformed, std::string{file} + ": " + std::string{what}};
  };
  MemberGuard members;
  Json root = parse_json(text, "entries", [&](int depth, Json::parse_event_t event, Json& parsed) {
    members.look(event, parsed);
    return filter(depth, event, parsed);
  });
  if (!members.twice().empty()) return malformed_file("\"" + members.twice() + "\" stands twice");
  if (root.is_discarded() || !root.is_object()) return malformed_file("not a JSON object");
  const std::string format = json_text(root, "format");
  if (format.empty()) return malformed_file("no format name");
  if (format != kBundleFormat)
    return Error{Errc::unsupported, std::string{file} + ": format " + format};
  return root;
}

}  // namespace

Result<Manifest> read_manifest(std::string_view text_of_it,
                               const std::function<void(BundleEntry)>& entry) {
  EntryFilter filter{entry};
  HOZEN_TRY(const Json root, parse_run_json("manifest.json", text_of_it, filter));
  const Json* entries = json_member(root, "entries");
  if (entries == nullptr || !entries->is_array() || filter.damaged())
    return Error{Errc::malformed, "manifest.json: entries are missing or damaged"};
  return read_rest(root);
}

Result<RunStart> read_start(std::string_view text_of_it) {
  const std::function<void(BundleEntry)> none = [](const BundleEntry&) {};
  EntryFilter filter{none};
  HOZEN_TRY(const Json root, parse_run_json("start.json", text_of_it, filter));
  RunStart start{read_rest(root), {}};
  if (start.manifest.collection.id.empty())
    return Error{Errc::malformed, "start.json: no collection"};
  if (const Json* plan = json_member(root, "plan"); plan != nullptr && plan->is_object())
    start.plan = {json_texts(*plan, "modules"), json_texts(*plan, "targets")};
  return start;
}

}  // namespace hozen
