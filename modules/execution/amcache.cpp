// Amcache.hve: what Windows' compatibility service found on the disk: programs with their SHA-1,
// drivers, applications and shortcuts. An entry proves that the file was there when the inventory
// was made (its key's last write is about that time), also of files that are gone; not that it ran.
// The SHA-1 is that of the first 30 MiB.
#include "collector/formats/amcache.h"

#include <array>
#include <string>
#include <vector>

#include "collector/base/json_object.h"
#include "collector/base/text.h"
#include "collector/module/cells.h"
#include "collector/module/execution_files.h"

namespace hozen::modules {
namespace {

using F = Field<AmcacheFile>;
constexpr std::array kFileFields{
    F{{"path", "Path of the file, in lower case where Windows 10 and later wrote it."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.path); }},
    F{{"name", "Name of the file."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.name); }},
    F{{"proves", "What the entry is evidence of: `presence` of the file, not that it ran."},
      [](const AmcacheFile&, Cell& c) { c.text("presence"); }},
    F{{"sha1", "SHA-1 of the first 31,457,280 bytes of the file."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.sha1); }},
    F{{"size", "Size of the file in bytes."},
      [](const AmcacheFile& r, Cell& c) { number_or_absent(c, r.size); }},
    F{{"linked", "Link time in the file's header, which its maker can set."},
      [](const AmcacheFile& r, Cell& c) { time_or_absent(c, r.linked); }},
    F{{"modified", "Last change of the file, in the layout of Windows 8."},
      [](const AmcacheFile& r, Cell& c) { time_or_absent(c, r.modified); }},
    F{{"created", "Creation of the file, in the layout of Windows 8."},
      [](const AmcacheFile& r, Cell& c) { time_or_absent(c, r.created); }},
    F{{"publisher", "Company in the file's version resource."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.publisher); }},
    F{{"product", "Product in the version resource."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.product); }},
    F{{"version", "Version in the version resource."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.version); }},
    F{{"description", "Description in the version resource, in the layout of Windows 8."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.description); }},
    F{{"original_name",
       "Original name in the version resource: another one than `name` where the "
       "file was renamed."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.original_name); }},
    F{{"binary_type", "Kind of program, such as pe64_amd64."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.binary_type); }},
    F{{"pe_checksum", "Checksum in the file's header, in the layout of Windows 8."},
      [](const AmcacheFile& r, Cell& c) { number_or_absent(c, r.pe_checksum); }},
    F{{"language", "Language of the version resource, a number."},
      [](const AmcacheFile& r, Cell& c) { number_or_absent(c, r.language); }},
    F{{"usn", "Number of the record in the change journal that the entry was made of."},
      [](const AmcacheFile& r, Cell& c) { number_or_absent(c, r.usn); }},
    F{{"is_os_component", "Whether Windows takes it for a part of itself."},
      [](const AmcacheFile& r, Cell& c) { flag_or_absent(c, r.is_os_component); }},
    F{{"program_id", "Application that it belongs to."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.program_id); }},
    F{{"volume", "Identifier of its volume, in the layout of Windows 8."},
      [](const AmcacheFile& r, Cell& c) { text_or_absent(c, r.volume); }},
    F{{"layout", "Layout of the entry: file (Windows 8 and early 10) or inventory."},
      [](const AmcacheFile& r, Cell& c) { c.text(r.is_old_layout ? "file" : "inventory"); }},
};
constexpr auto kFileColumns = columns_of(kFileFields);
constexpr Kind kFile{"amcache_file",
                     "One program file of the inventory: it was there when its key was written; "
                     "not that it ran.",
                     kFileColumns, "Amcache: file {path|name}[, SHA-1 {sha1}]"};

struct DriverRow {
  const AmcacheEntry& entry;
  std::string sha1;
  FileTime built{}, modified{};

  void text(Cell& cell, std::string_view name) const { text_or_absent(cell, entry.text(name)); }
};

using D = Field<DriverRow>;
constexpr std::array kDriverFields{
    D{{"path", "Path of the driver: the name of its key."},
      [](const DriverRow& r, Cell& c) { c.text(r.entry.key.substr(r.entry.key.rfind('\\') + 1)); }},
    D{{"name", "Name of its file."}, [](const DriverRow& r, Cell& c) { r.text(c, "DriverName"); }},
    D{{"proves", "What the entry is evidence of: `presence` of the file, not that it was loaded."},
      [](const DriverRow&, Cell& c) { c.text("presence"); }},
    D{{"sha1", "SHA-1 of the file."},
      [](const DriverRow& r, Cell& c) { text_or_absent(c, r.sha1); }},
    D{{"is_signed", "Whether Windows found a signature."},
      [](const DriverRow& r, Cell& c) {
        const auto number = r.entry.number("DriverSigned");
        flag_or_absent(c, number ? std::optional{*number != 0} : std::nullopt);
      }},
    D{{"is_inbox", "Whether it came with Windows."},
      [](const DriverRow& r, Cell& c) {
        const auto number = r.entry.number("DriverInBox");
        flag_or_absent(c, number ? std::optional{*number != 0} : std::nullopt);
      }},
    D{{"service", "Service that loads it."},
      [](const DriverRow& r, Cell& c) { r.text(c, "Service"); }},
    D{{"company", "Company in its version resource."},
      [](const DriverRow& r, Cell& c) { r.text(c, "DriverCompany"); }},
    D{{"product", "Product in its version resource."},
      [](const DriverRow& r, Cell& c) { r.text(c, "Product"); }},
    D{{"version", "Version in its version resource."},
      [](const DriverRow& r, Cell& c) { r.text(c, "DriverVersion"); }},
    D{{"inf", "Setup file of the driver."}, [](const DriverRow& r, Cell& c) { r.text(c, "Inf"); }},
    D{{"image_size", "Bytes of the driver in memory."},
      [](const DriverRow& r, Cell& c) { number_or_absent(c, r.entry.number("ImageSize")); }},
    D{{"linked", "Link time in the file's header, which its maker can set."},
      [](const DriverRow& r, Cell& c) { time_or_absent(c, r.built); }},
    D{{"modified", "Last change of the file."},
      [](const DriverRow& r, Cell& c) { time_or_absent(c, r.modified); }},
};
constexpr auto kDriverColumns = columns_of(kDriverFields);
constexpr Kind kDriver{"amcache_driver",
                       "One driver of the inventory: it was there when its key was written; not "
                       "that it was loaded.",
                       kDriverColumns, "Amcache: driver {path|name}[, SHA-1 {sha1}]"};

using E = Field<AmcacheEntry>;
constexpr std::array kEntryFields{
    E{{"category",
       "What the entry tells of: InventoryApplication, InventoryApplicationShortcut, "
       "Programs, InventoryDriverPackage and others."},
      [](const AmcacheEntry& r, Cell& c) { c.text(r.category); }},
    E{{"name", "Name of the entry's key."},
      [](const AmcacheEntry& r, Cell& c) { c.text(r.key.substr(r.key.rfind('\\') + 1)); }},
    E{{"proves", "What the entry is evidence of: `presence` of what it names."},
      [](const AmcacheEntry&, Cell& c) { c.text("presence"); }},
    E{{"values", "Its values by name, as text; other data in hex."},
      [](const AmcacheEntry& r, Cell& c) {
        JsonObject object{c.raw()};
        for (const auto& [name, value] : r.values) object.text(name, value);
      }},
};
constexpr auto kEntryColumns = columns_of(kEntryFields);
constexpr Kind kEntry{"amcache_entry",
                      "Any other entry of the inventory: an application, shortcut, device or "
                      "package that was there when its key was written.",
                      kEntryColumns, "Amcache: {category}[ {name}]"};
constexpr std::array kKinds{kFile, kDriver, kEntry};

constexpr std::string_view kReferences[] = {
    "https://www.ssi.gouv.fr/uploads/2019/01/anssi-coriin_2019-analysis_amcache.pdf",
    "https://github.com/libyal/dtformats/blob/main/documentation/AMCache.asciidoc"};

/// An Amcache has some MiB.
constexpr std::uint64_t kMaxHiveBytes = 512u << 20;
constexpr std::string_view kReason = "Amcache: programs that were present, with their SHA-1";

Envelope envelope_of(const TraceFile& trace, const AmcacheEntry& entry) {
  Envelope envelope;
  envelope.origin = {trace.artifact, entry.key, entry.offset};
  envelope.timestamps.emplace_back("key_last_written", entry.key_written);
  return envelope;
}

void add_time(Envelope& envelope, std::string_view name, FileTime time) {
  if (time.is_set()) envelope.timestamps.emplace_back(name, time);
}

void emit_file(ModuleContext& context, const TraceFile& trace, const AmcacheEntry& entry) {
  const AmcacheFile file = amcache_file(entry);
  Envelope envelope = envelope_of(trace, entry);
  add_time(envelope, "file_linked", file.linked);
  add_time(envelope, "file_modified", file.modified);
  add_time(envelope, "file_created", file.created);
  // Its time is that of the entry, not of a run.
  Fact fact = trace_fact(FactKind::presence, "amcache", file.path, {},
                         context.emit(kFile, kFileFields, file, envelope));
  fact.values.add("OriginalFileName", file.original_name);
  fact.values.add("Description", file.description);
  fact.values.add("Product", file.product);
  fact.values.add("sha1", file.sha1);
  context.state(std::move(fact));
}

void emit_driver(ModuleContext& context, const TraceFile& trace, const AmcacheEntry& entry) {
  DriverRow row{entry, amcache_sha1(entry.text("DriverId")), {}, {}};
  if (const auto built = entry.number("DriverTimeStamp"); built && *built != 0)
    row.built = filetime_from_unix(static_cast<std::int64_t>(*built & 0xFFFF'FFFF), 0);
  row.modified = amcache_time(entry.text("DriverLastWriteTime"));
  Envelope envelope = envelope_of(trace, entry);
  add_time(envelope, "file_linked", row.built);
  add_time(envelope, "file_modified", row.modified);
  context.emit(kDriver, kDriverFields, row, envelope);
}

void emit_entry(ModuleContext& context, const TraceFile& trace, const AmcacheEntry& entry) {
  if (equals_fold(entry.category, "File") ||
      equals_fold(entry.category, "InventoryApplicationFile"))
    return emit_file(context, trace, entry);
  if (equals_fold(entry.category, "InventoryDriverBinary"))
    return emit_driver(context, trace, entry);
  context.emit(kEntry, kEntryFields, entry, envelope_of(trace, entry));
}

/// The transaction logs beside the hive, preserved; those that are there.
std::vector<regf::Log> logs_of(ModuleContext& context, const EvidencePath& hive) {
  std::vector<regf::Log> logs;
  for (const std::string_view suffix : {".LOG1", ".LOG2"}) {
    const EvidencePath path = hive.parent().child(std::string{hive.name()}.append(suffix));
    if (!context.source().stat(path)) continue;
    auto bytes = context.read(context.collect(path, kReason, Priority::high), kMaxHiveBytes);
    if (bytes)
      logs.push_back({*std::move(bytes), std::string{suffix.substr(1)}});
    else
      note_problems(context, path, {bytes.error()});
  }
  return logs;
}

void read_hive(ModuleContext& context, const TraceFile& trace, std::span<const std::byte> content) {
  const EvidencePath& path = trace.info.path;
  const auto hive = regf::Hive::open({content.begin(), content.end()}, logs_of(context, path));
  if (!hive) return note_problems(context, path, {hive.error()});
  const auto done = each_amcache_entry(**hive, [&](const AmcacheEntry& entry) {
    emit_entry(context, trace, entry);
    return !context.stop().stop_requested();
  });
  if (!done) note_problems(context, path, {done.error()});
  for (const regf::Problem& problem : (*hive)->problems())
    context.note(
        {problem.code, path.text() + ": " + problem.what, problem.offset, problem.key_path});
  if ((*hive)->state() == regf::State::dirty)
    context.note({Errc::truncated, path.text() + ": dirty, no transaction log that fits", {}, {}});
}

Result<void> run(ModuleContext& context) {
  each_trace_file(context, {"%SystemRoot%\\AppCompat\\Programs\\Amcache.hve", kReason},
                  kMaxHiveBytes, [&](const TraceFile& trace, std::span<const std::byte> content) {
                    read_hive(context, trace, content);
                    return true;
                  });
  return {};
}

}  // namespace

extern const ModuleSpec amcache;
const ModuleSpec amcache{"amcache",
                         "Amcache: programs, drivers and applications that were present, with "
                         "their SHA-1.",
                         kKinds,
                         kReferences,
                         {},
                         run};

}  // namespace hozen::modules
