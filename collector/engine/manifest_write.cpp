#include <utility>

#include "collector/base/json_text.h"
#include "collector/engine/manifest.h"

namespace hozen {
namespace {

/// Text is given out in pieces of about this size.
constexpr std::size_t kPieceBytes = 64 << 10;

/// Writes the members of one object. What is empty or unset is left out.
class Object {
 public:
  explicit Object(std::string& out) : out_{out} { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    const bool exact = append_json_string(out_, value);
    if (exact) return;
    key(std::string{name} + "_utf16");
    append_json_utf16_hex(out_, value);
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    append_json_number(out_, value);
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void time(std::string_view name, FileTime value) {
    if (!value.is_set()) return;
    key(name);
    append_json_time(out_, value);
  }
  void digest(std::string_view name, const std::optional<Sha256Digest>& value) {
    if (!value) return;
    key(name);
    append_json_hex(out_, *value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    list(name, values, [this](const std::string& value) { append_json_string(out_, value); });
  }
  template <class T, class Write>
  void list(std::string_view name, const std::vector<T>& values, Write write) {
    if (values.empty()) return;
    key(name);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      write(values[i]);
    }
    out_ += ']';
  }
  /// For a value that the caller writes.
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void write_tool(std::string& out, const ManifestTool& tool) {
  Object object{out};
  object.text("name", tool.name);
  object.text("version", tool.version);
  object.text("revision", tool.revision);
  object.digest("executable_sha256", tool.executable_sha256);
  object.texts("command_line", tool.command_line);
}

void write_collection(std::string& out, const ManifestCollection& collection, bool finished) {
  Object object{out};
  object.text("id", collection.id);
  object.text("case", collection.case_id);
  object.text("operator", collection.operator_name);
  object.list("profiles", collection.profiles, [&out](const ManifestProfile& profile) {
    Object member{out};
    member.text("name", profile.name);
    member.digest("sha256", profile.sha256);
  });
  object.time("started", collection.started);
  if (finished) {
    object.time("finished", collection.finished);
    object.text("outcome", to_text(collection.outcome));
  }
  object.digest("parent_seal", collection.parent_seal);
}

void write_source(std::string& out, const ManifestSource& source) {
  Object object{out};
  object.text("kind", source.kind);
  object.text("given", source.given);
  object.list("volumes", source.volumes, [&out](const VolumeInfo& volume) {
    Object member{out};
    member.text("name", volume.name);
    if (volume.serial) member.text("serial", *volume.serial);
    member.text("file_system", volume.file_system);
    if (volume.unreadable) member.text("unreadable", volume.unreadable->text());
  });
}

void write_host(std::string& out, const ManifestHost& host) {
  const HostFacts& facts = host.facts;
  Object object{out};
  object.text("name", facts.name);
  object.text("domain", facts.domain);
  object.text("role", facts.role);
  object.text("product", facts.product);
  object.text("build", facts.build);
  object.time("installed", facts.installed);
  object.text("machine_guid", facts.machine_guid);
  object.text("architecture", facts.architecture);
  object.text("time_zone", facts.time_zone);
  object.time("last_boot", facts.last_boot);
  object.texts("addresses", facts.addresses);
  object.list("users", host.users, [&out](const ManifestUser& user) {
    Object member{out};
    member.text("sid", user.sid);
    member.text("name", user.name);
    member.text("profile", user.profile);
  });
}

void write_clock(std::string& out, const ManifestClock& clock, bool finished) {
  Object object{out};
  object.time("started", clock.started);
  if (finished) {
    object.time("ended", clock.ended);
    object.number("elapsed_ticks", clock.elapsed_ticks);
  }
  object.time("reference", clock.reference);
  object.text("reference_origin", clock.reference_origin);
}

void write_privileges(std::string& out, const ManifestPrivileges& privileges) {
  Object object{out};
  object.boolean("elevated", privileges.elevated);
  object.texts("enabled", privileges.enabled);
  object.texts("refused", privileges.refused);
}

void write_footprint(std::string& out, const ManifestFootprint& footprint) {
  Object object{out};
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
  Object object{out};
  write_tool(object.key("tool"), recovery.tool);
  object.time("time", recovery.time);
  object.text("given", recovery.given);
  object.number("size", recovery.size);
  object.number("used", recovery.used);
  object.digest("sha256", recovery.sha256);
  object.text("end", recovery.end);
  object.texts("missing", recovery.missing);
  object.number("entries_without_row", recovery.entries_without_row);
}

/// The members that stand in manifest.json and start.json alike.
void write_run(Object& object, const Manifest& manifest, bool finished) {
  object.text("format", kBundleFormat);
  write_tool(object.key("tool"), manifest.tool);
  write_collection(object.key("collection"), manifest.collection, finished);
  write_source(object.key("source"), manifest.source);
  if (manifest.host) write_host(object.key("host"), *manifest.host);
  write_clock(object.key("clock"), manifest.clock, finished);
  write_privileges(object.key("privileges"), manifest.privileges);
}

void write_entry(std::string& out, const BundleEntry& entry) {
  Object object{out};
  object.text("name", entry.name);
  object.number("method", entry.method);
  object.time("modified", entry.modified);
  object.number("size", entry.size);
  object.digest("sha256", entry.sha256);
  object.number("stored_size", entry.stored_size);
  object.digest("stored_sha256", entry.stored_sha256);
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
    Object object{out};
    write_run(object, manifest, false);
    Object members{object.key("plan")};
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
    Object object{text};
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
    Object counts{object.key("counts")};
    counts.number("entries", entries);
    counts.number("bytes", bytes);
    for (const auto& [name, count] : manifest.counts) counts.number(name, count);
  }
  text += '\n';
  pass_on();
}

}  // namespace hozen
