#include <utility>

#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/engine/manifest.h"

namespace hozen {
namespace {

/// Text is given out in pieces of about this size.
constexpr std::size_t kPieceBytes = 64 << 10;

void digest(JsonObject& object, std::string_view name, const std::optional<Sha256Digest>& value) {
  if (value) object.bytes(name, *value);
}

void write_tool(std::string& out, const ManifestTool& tool) {
  JsonObject object{out};
  object.text("name", tool.name);
  object.text("version", tool.version);
  object.text("revision", tool.revision);
  digest(object, "executable_sha256", tool.executable_sha256);
  object.texts("command_line", tool.command_line);
}

void write_collection(std::string& out, const ManifestCollection& collection, bool finished) {
  JsonObject object{out};
  object.text("id", collection.id);
  object.text("case", collection.case_id);
  object.text("operator", collection.operator_name);
  object.list("profiles", collection.profiles, [&out](const ManifestProfile& profile) {
    JsonObject member{out};
    member.text("name", profile.name);
    digest(member, "sha256", profile.sha256);
  });
  object.time("started", collection.started);
  if (finished) {
    object.time("finished", collection.finished);
    object.text("outcome", to_text(collection.outcome));
  }
  digest(object, "parent_seal", collection.parent_seal);
  object.list("lists", collection.lists, [&out](const ManifestList& list) {
    JsonObject member{out};
    member.text("use", list.use);
    member.text("file", list.file);
    digest(member, "sha256", list.sha256);
    member.number("entries", list.entries);
  });
}

void write_source(std::string& out, const ManifestSource& source) {
  JsonObject object{out};
  object.text("kind", source.kind);
  object.text("given", source.given);
  object.list("volumes", source.volumes, [&out](const VolumeInfo& volume) {
    JsonObject member{out};
    member.text("name", volume.name);
    if (volume.serial) member.text("serial", *volume.serial);
    member.text("file_system", volume.file_system);
    if (volume.partition) member.number("partition", *volume.partition);
    if (volume.offset_bytes) member.number("offset_bytes", *volume.offset_bytes);
    if (volume.size_bytes) member.number("size_bytes", *volume.size_bytes);
    if (volume.unreadable) member.text("unreadable", volume.unreadable->text());
  });
  object.list("hives_not_read", source.hives_not_read, [&out](const ManifestUnread& unread) {
    JsonObject member{out};
    member.text("hive", unread.hive);
    member.text("path", unread.path);
    member.text("reason", unread.reason);
    member.text("not_looked_at", unread.not_looked_at);
  });
}

void write_host(std::string& out, const ManifestHost& host) {
  const HostFacts& facts = host.facts;
  JsonObject object{out};
  object.text("name", facts.name);
  object.text("domain", facts.domain);
  object.text("role", facts.role);
  object.text("product", facts.product);
  object.text("build", facts.build);
  object.time("installed", facts.installed);
  object.text("machine_guid", facts.machine_guid);
  object.text("architecture", facts.architecture);
  object.text("time_zone", facts.time_zone);
  if (!facts.emulator.empty()) object.text("emulator", facts.emulator);
  object.time("last_boot", facts.last_boot);
  object.texts("addresses", facts.addresses);
  object.list("users", host.users, [&out](const ManifestUser& user) {
    JsonObject member{out};
    member.text("sid", user.sid);
    member.text("name", user.name);
    member.text("profile", user.profile);
  });
}

void write_clock(std::string& out, const ManifestClock& clock, bool finished) {
  JsonObject object{out};
  object.time("started", clock.started);
  if (finished) {
    object.time("ended", clock.ended);
    object.number("elapsed_ticks", clock.elapsed_ticks);
  }
  object.time("reference", clock.reference);
  object.text("reference_origin", clock.reference_origin);
}

void write_privileges(std::string& out, const ManifestPrivileges& privileges) {
  JsonObject object{out};
  object.boolean("elevated", privileges.elevated);
  object.texts("enabled", privileges.enabled);
  object.texts("refused", privileges.refused);
}

void write_footprint(std::string& out, const ManifestFootprint& footprint) {
  JsonObject object{out};
  object.text("image", footprint.image);
  object.number("pid", footprint.pid);
  object.time("process_started", footprint.process_started);
  object.text("account", footprint.account);
  object.texts("files_created", footprint.files_created);
  object.texts("registry_keys", footprint.registry_keys);
  object.texts("services", footprint.services);
  object.texts("notes", footprint.notes);
  if (footprint.bytes_written) object.number("bytes_written", *footprint.bytes_written);
}

void write_recovery(std::string& out, const ManifestRecovery& recovery) {
  JsonObject object{out};
  write_tool(object.key("tool"), recovery.tool);
  object.time("time", recovery.time);
  object.text("given", recovery.given);
  object.number("size", recovery.size);
  object.number("used", recovery.used);
  digest(object, "sha256", recovery.sha256);
  object.text("end", recovery.end);
  object.texts("missing", recovery.missing);
  object.number("entries_without_row", recovery.entries_without_row);
}

/// The members that stand in manifest.json and start.json alike.
void write_run(JsonObject& object, const Manifest& manifest, bool finished) {
  object.text("format", kBundleFormat);
  write_tool(object.key("tool"), manifest.tool);
  write_collection(object.key("collection"), manifest.collection, finished);
  write_source(object.key("source"), manifest.source);
  if (manifest.host) write_host(object.key("host"), *manifest.host);
  write_clock(object.key("clock"), manifest.clock, finished);
  write_privileges(object.key("privileges"), manifest.privileges);
}

void write_entry(std::string& out, const BundleEntry& entry) {
  JsonObject object{out};
  object.text("name", entry.name);
  object.number("method", entry.method);
  object.time("modified", entry.modified);
  object.number("size", entry.size);
  digest(object, "sha256", entry.sha256);
  object.number("stored_size", entry.stored_size);
  digest(object, "stored_sha256", entry.stored_sha256);
}

}  // namespace

std::string_view to_text(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::complete:
      return "complete";
    case RunOutcome::with_errors:
      return "with_errors";
    case RunOutcome::interrupted:
      return "interrupted";
  }
  return "interrupted";
}

std::string start_json(const Manifest& manifest, const RunPlan& plan) {
  std::string out;
  {
    JsonObject object{out};
    write_run(object, manifest, false);
    JsonObject members{object.key("plan")};
    members.texts("modules", plan.modules);
    members.texts("targets", plan.targets);
  }
  return out + '\n';
}

void write_manifest(const Manifest& manifest, const EachEntry& each_entry, const TextOutput& out) {
  std::string text;
  const auto pass_on = [&] {
    out(text);
    text.clear();
  };
  {
    JsonObject object{text};
    write_run(object, manifest, true);
    write_footprint(object.key("footprint"), manifest.footprint);
    if (manifest.recovery) write_recovery(object.key("recovery"), *manifest.recovery);
    object.key("entries") += '[';
    std::uint64_t entries = 0, bytes = 0;
    each_entry([&](const BundleEntry& entry) {
      text += entries == 0 ? "\n" : ",\n";
      write_entry(text, entry);
      ++entries;
      bytes += entry.size;
      if (text.size() >= kPieceBytes) pass_on();
    });
    text += "\n]";
    JsonObject counts{object.key("counts")};
    counts.number("entries", entries);
    counts.number("bytes", bytes);
    for (const auto& [name, count] : manifest.counts) counts.number(name, count);
  }
  text += '\n';
  pass_on();
}

}  // namespace hozen
