#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/engine/manifest.h"

namespace hozen {
namespace {

/// Keeps the order of members: counts are shown as they were written.
using json = nlohmann::ordered_json;

Error malformed(std::string_view what) {
  return Error{Errc::malformed, "manifest.json: " + std::string{what}};
}

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

std::string text(const json& object, const char* name) {
  const json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

std::optional<std::uint64_t> number(const json& object, const char* name) {
  const json* value = member(object, name);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  return value->get<std::uint64_t>();
}

FileTime time(const json& object, const char* name) {
  return parse_iso8601(text(object, name)).value_or(FileTime{});
}

std::optional<Sha256Digest> digest(const json& object, const char* name) {
  const std::string hex = text(object, name);
  Sha256Digest out{};
  if (hex.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const from = hex.data() + 2 * i;
    unsigned value = 0;
    const auto [end, error] = std::from_chars(from, from + 2, value, 16);
    if (error != std::errc{} || end != from + 2) return std::nullopt;
    out[i] = static_cast<std::byte>(value);
  }
  return out;
}

std::vector<std::string> texts(const json& object, const char* name) {
  std::vector<std::string> out;
  if (const json* list = member(object, name); list != nullptr && list->is_array())
    for (const json& value : *list)
      if (value.is_string()) out.push_back(value.get<std::string>());
  return out;
}

/// Calls `read` for each object of a list.
template <class Read>
void each(const json& object, const char* name, Read read) {
  if (const json* list = member(object, name); list != nullptr && list->is_array())
    for (const json& value : *list) read(value);
}

std::optional<BundleEntry> read_entry(const json& object) {
  BundleEntry entry;
  entry.name = text(object, "name");
  entry.modified = time(object, "modified");
  const auto method = number(object, "method"), size = number(object, "size"),
             stored_size = number(object, "stored_size");
  const auto sha256 = digest(object, "sha256"), stored_sha256 = digest(object, "stored_sha256");
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

void read_tool(const json& object, ManifestTool& tool) {
  tool.name = text(object, "name");
  tool.version = text(object, "version");
  tool.revision = text(object, "revision");
  tool.executable_sha256 = digest(object, "executable_sha256");
  tool.command_line = texts(object, "command_line");
}

void read_collection(const json& object, ManifestCollection& collection) {
  collection.id = text(object, "id");
  collection.case_id = text(object, "case");
  collection.operator_name = text(object, "operator");
  each(object, "profiles", [&](const json& profile) {
    collection.profiles.push_back(
        {text(profile, "name"), digest(profile, "sha256").value_or(Sha256Digest{})});
  });
  collection.started = time(object, "started");
  collection.finished = time(object, "finished");
  const std::string outcome = text(object, "outcome");
  collection.outcome = RunOutcome::interrupted;
  for (const RunOutcome known : {RunOutcome::complete, RunOutcome::with_errors})
    if (outcome == to_text(known)) collection.outcome = known;
  collection.parent_seal = digest(object, "parent_seal");
}

void read_source(const json& object, ManifestSource& source) {
  source.kind = text(object, "kind");
  source.given = text(object, "given");
  each(object, "volumes", [&](const json& volume) {
    VolumeInfo info;
    info.name = text(volume, "name");
    if (std::string serial = text(volume, "serial"); !serial.empty())
      info.serial = std::move(serial);
    info.file_system = text(volume, "file_system");
    if (std::string reason = text(volume, "unreadable"); !reason.empty())
      info.unreadable = Error{Errc::io, std::move(reason)};
    source.volumes.push_back(std::move(info));
  });
}

void read_host(const json& object, ManifestHost& host) {
  HostFacts& facts = host.facts;
  facts.name = text(object, "name");
  facts.domain = text(object, "domain");
  facts.role = text(object, "role");
  facts.product = text(object, "product");
  facts.build = text(object, "build");
  facts.installed = time(object, "installed");
  facts.machine_guid = text(object, "machine_guid");
  facts.architecture = text(object, "architecture");
  facts.time_zone = text(object, "time_zone");
  facts.last_boot = time(object, "last_boot");
  facts.addresses = texts(object, "addresses");
  each(object, "users", [&](const json& user) {
    host.users.push_back({text(user, "sid"), text(user, "name"), text(user, "profile")});
  });
}

void read_footprint(const json& object, ManifestFootprint& footprint) {
  footprint.image = text(object, "image");
  footprint.pid = static_cast<std::uint32_t>(number(object, "pid").value_or(0));
  footprint.process_started = time(object, "process_started");
  footprint.account = text(object, "account");
  footprint.files_created = texts(object, "files_created");
  footprint.registry_keys = texts(object, "registry_keys");
  footprint.services = texts(object, "services");
  footprint.notes = texts(object, "notes");
  footprint.bytes_written = number(object, "bytes_written");
}

Manifest read_rest(const json& root) {
  static const json kNothing = json::object();
  const auto part = [&root](const char* name) -> const json& {
    const json* value = member(root, name);
    return value == nullptr ? kNothing : *value;
  };
  Manifest manifest;
  read_tool(part("tool"), manifest.tool);
  read_collection(part("collection"), manifest.collection);
  read_source(part("source"), manifest.source);
  if (member(root, "host") != nullptr) read_host(part("host"), manifest.host.emplace());
  const json& clock = part("clock");
  manifest.clock = {time(clock, "started"), time(clock, "ended"),
                    number(clock, "elapsed_ticks").value_or(0), time(clock, "reference"),
                    text(clock, "reference_origin")};
  const json& privileges = part("privileges");
  const json* elevated = member(privileges, "elevated");
  manifest.privileges = {elevated != nullptr && elevated->is_boolean() && elevated->get<bool>(),
                         texts(privileges, "enabled"), texts(privileges, "refused")};
  read_footprint(part("footprint"), manifest.footprint);
  const json& counts = part("counts");
  for (const auto& [name, count] : counts.items())
    if (count.is_number_unsigned() && name != "entries" && name != "bytes")
      manifest.counts.emplace_back(name, count.get<std::uint64_t>());
  return manifest;
}

/// Lets entries pass by one at a time, so that no tree of all of them is ever built.
class EntryFilter {
 public:
  explicit EntryFilter(const std::function<void(BundleEntry)>& entry) : entry_{entry} {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth == 1 && event == json::parse_event_t::key) {
      in_entries_ = parsed == "entries";
      return true;
    }
    if (!in_entries_ || depth != 2) return true;
    if (event == json::parse_event_t::value) damaged_ = true;  // not an object
    if (event != json::parse_event_t::object_end && event != json::parse_event_t::array_end)
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

Result<Manifest> read_manifest(std::string_view text_of_it,
                               const std::function<void(BundleEntry)>& entry) {
  EntryFilter filter{entry};
  const json root = json::parse(
      text_of_it,
      [&filter](int depth, json::parse_event_t event, json& parsed) {
        return filter(depth, event, parsed);
      },
      false);
  if (root.is_discarded() || !root.is_object()) return malformed("not a JSON object");
  const std::string format = text(root, "format");
  if (format.empty()) return malformed("no format name");
  if (format != kBundleFormat) return Error{Errc::unsupported, "manifest.json: format " + format};
  const json* entries = member(root, "entries");
  if (entries == nullptr || !entries->is_array() || filter.damaged())
    return malformed("entries are missing or damaged");
  return read_rest(root);
}

}  // namespace hozen
