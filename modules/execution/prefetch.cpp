// Prefetch files: Windows watches what a program loads in its first ten seconds, to start it faster
// the next time. A file proves that the program ran from that path, how often, and when it was
// started the last times (8 since Windows 8, else 1). It does not tell who ran it nor with what
// arguments, and a run is written down some ten seconds late: of a program that ended before, or of
// a machine that was switched off, there may be nothing. Servers and many virtual machines do not
// keep them at all (prefetch_setting); Windows deletes the oldest above 128, 1,024 or 4,096 files.
#include <array>
#include <set>
#include <string>
#include <vector>

#include "collector/base/text.h"
#include "collector/module/archive_name.h"
#include "collector/module/execution_files.h"
#include "collector/module/execution_registry.h"
#include "collector/module/prefetch_row.h"
#include "collector/module/rules.h"

namespace hozen::modules {
namespace {

constexpr auto kPrefetchColumns = columns_of(kPrefetchFields);
constexpr Kind kPrefetch{"prefetch",
                         "One prefetch file: its program ran from that path at these times; not "
                         "who ran it, nor with which arguments.",
                         kPrefetchColumns,
                         "Prefetch: {executable_path|executable}[, run count {run_count}]"};

struct SettingRow {
  std::string control_set;
  bool is_current = false;
  std::optional<std::uint64_t> prefetcher;
};

/// EnablePrefetcher of PrefetchParameters.
std::string_view meaning_of(std::uint64_t value) {
  constexpr std::string_view kMeanings[] = {"off", "programs", "boot", "programs_and_boot"};
  return value < std::size(kMeanings) ? kMeanings[value] : "unknown";
}

using S = Field<SettingRow>;
constexpr std::array kSettingFields{
    S{{"control_set", "Control set that holds the setting."},
      [](const SettingRow& r, Cell& c) { c.text(r.control_set); }},
    S{{"current_control_set", "Whether Windows runs from it."},
      [](const SettingRow& r, Cell& c) { c.boolean(r.is_current); }},
    S{{"enable_prefetcher", "EnablePrefetcher as it stands there."},
      [](const SettingRow& r, Cell& c) { number_or_absent(c, r.prefetcher); }},
    S{{"meaning",
       "What is prefetched: off, programs, boot, programs_and_boot; off is usual on "
       "servers."},
      [](const SettingRow& r, Cell& c) {
        r.prefetcher ? c.text(meaning_of(*r.prefetcher)) : c.absent(Absent::not_present);
      }},
};
constexpr auto kSettingColumns = columns_of(kSettingFields);
constexpr Kind kSetting{"prefetch_setting",
                        "Whether Windows was to keep prefetch files: where it was not, their "
                        "absence says nothing.",
                        kSettingColumns, "Prefetch setting: {meaning}"};
constexpr std::array kKinds{kPrefetch, kSetting};

constexpr std::string_view kReferences[] = {
    "https://github.com/libyal/libscca/blob/main/documentation/"
    "Windows%20Prefetch%20File%20(PF)%20format.asciidoc",
    "https://learn.microsoft.com/openspecs/windows_protocols/ms-xca"};
constexpr std::string_view kAttack[] = {"T1564.004", "T1574.001"};

/// The eight times that a file may hold, by name.
constexpr std::string_view kRunNames[] = {"last_run",       "previous_run_1", "previous_run_2",
                                          "previous_run_3", "previous_run_4", "previous_run_5",
                                          "previous_run_6", "previous_run_7"};

/// "\\DEVICE\\HARDDISKVOLUME2" or "\\VOLUME{…}" of a path; "" of another one.
std::string_view device_of(std::string_view path) {
  const std::size_t first = path.starts_with("\\DEVICE\\")  ? path.find('\\', 1) + 1
                            : path.starts_with("\\VOLUME{") ? std::size_t{1}
                                                            : std::string_view::npos;
  const std::size_t end = first == std::string_view::npos ? first : path.find('\\', first);
  return end == std::string_view::npos ? std::string_view{} : path.substr(0, end);
}

/// A program that was started from a stream of a file leaves its prefetch file in a stream of one.
void report_stream(ModuleContext& context, const EvidencePath& path, const Prefetch& file,
                   const std::string& record) {
  Finding finding;
  finding.rule = "prefetch.in_stream";
  finding.title = "A program was run from an alternate data stream";
  finding.subject = path.text();
  finding.why.push_back({"Windows keeps the prefetch file of " + file.executable +
                             " in an alternate data stream (" + path.text() +
                             "), as it does for programs that are started from a stream.",
                         40,
                         Family::path,
                         {record}});
  finding.attack = {"T1564.004"};
  finding.next = {"Look for the file with that stream: file_table lists the streams of all files."};
  context.report(std::move(finding));
}

/// A path below a device as the evidence has it: on the volume of Windows where it is on the device
/// that the program is on.
EvidencePath evidence_path(std::string_view path, std::string_view device,
                           const EvidencePath& windows) {
  const bool is_same = path.starts_with(device) && path.substr(device.size()).starts_with('\\');
  return EvidencePath{is_same ? windows.volume() : "other"} / path.substr(device_of(path).size());
}

/// Defender's own tools unpack their engine into Windows\Temp.
bool is_defender(std::string_view executable) {
  return equals_fold(executable, "MRT.EXE") || equals_fold(executable, "MPSIGSTUB.EXE");
}

/// Libraries from where ordinary users can write, in a program of Windows: of the files of the
/// program's own device.
void judge_libraries(ModuleContext& context, const EvidencePath& source, const Prefetch& file,
                     const EvidencePath& windows, const std::string& record) {
  const std::string_view device = device_of(file.executable_path);
  if (device.empty() || is_defender(file.executable)) return;
  if (!is_windows_folder(evidence_path(file.executable_path, device, windows), windows)) return;
  for (const PrefetchedFile& one : file.files) {
    const std::string path = wtf8_from_utf16le(one.path);
    // The files may name the volume otherwise than the program's path does.
    const EvidencePath library = evidence_path(path, device_of(path), windows);
    const auto because =
        ends_with_fold(path, ".dll") ? writable_because(library, windows) : std::nullopt;
    if (!because) continue;
    Finding finding;
    finding.rule = "prefetch.library_in_writable_folder";
    finding.title = "A program of Windows loaded a library from a folder that users can write to";
    finding.subject = source.text();
    finding.why.push_back({file.executable + " (" + file.executable_path + ") loaded '" + path +
                               "': " + *because + ".",
                           30,
                           Family::location,
                           {record}});
    finding.attack = {"T1574.001"};
    finding.benign = {
        "Extensions of Explorer that were installed for one user, and drivers "
        "while they are set up."};
    finding.not_checked = {
        "Signature of the library: none, or a broken one, would raise the "
        "score."};
    finding.next = {"The library, if it is still there; who made it and when (file_table)."};
    return context.report(std::move(finding));  // one finding a program
  }
}

/// One for each time; one without a time when the file holds none.
void state_runs(ModuleContext& context, const Prefetch& file, const std::string& record) {
  std::vector<FileTime> times = file.runs;
  if (times.empty()) times.emplace_back();
  for (const FileTime time : times) {
    Fact fact;
    fact.kind = FactKind::execution;
    fact.time = time;
    fact.record = record;
    fact.subject = file.executable_path.empty() ? file.executable : file.executable_path;
    fact.values.add("source", "prefetch");
    fact.values.add("executable", file.executable);
    fact.values.add("run_count", std::to_string(file.run_count));
    fact.values.add("runs_kept", std::to_string(file.runs.size()));
    context.state(std::move(fact));
  }
}

/// Archives among the files that it read in its first seconds: what an archiver under any name
/// leaves. Those that every program may have, as .zip, are left out.
void state_archives(ModuleContext& context, const Prefetch& file, const std::string& record) {
  constexpr std::size_t kMost = 16;
  std::size_t count = 0;
  for (const PrefetchedFile& one : file.files) {
    const std::string path = wtf8_from_utf16le(one.path);
    const auto archive = archive_name(path);
    if (!archive || archive->is_everyday || ++count > kMost) continue;
    const FileTime time = file.runs.empty() ? FileTime{} : file.runs.front();
    Fact fact = trace_fact(FactKind::archive_trace, "prefetch", path, time, record);
    fact.values.add("program",
                    file.executable_path.empty() ? file.executable : file.executable_path);
    context.state(std::move(fact));
  }
}

/// The device that Windows lies on: every program loads ntdll.dll; "" where none is told.
std::string windows_device(const std::vector<std::string>& files, const EvidencePath& windows) {
  const std::string library =
      windows.text().substr(windows.volume().size()) + "\\System32\\ntdll.dll";
  for (const std::string& path : files) {
    const std::string_view device = device_of(path);
    if (!device.empty() && equals_fold(std::string_view{path}.substr(device.size()), library))
      return std::string{device};
  }
  return {};
}

bool is_library_name(std::string_view path) {
  return ends_with_fold(path, ".dll") || ends_with_fold(path, ".ocx") ||
         ends_with_fold(path, ".cpl");
}

/// Libraries that are none of Windows' own, where users can write to their folder or to that of the
/// program: for rules that ask which library a program took.
void state_loads(ModuleContext& context, const Prefetch& file, const EvidencePath& windows,
                 const std::string& record) {
  constexpr std::size_t kMost = 64;
  std::vector<std::string> files;
  files.reserve(file.files.size());
  for (const PrefetchedFile& one : file.files) files.push_back(wtf8_from_utf16le(one.path));
  const std::string device = windows_device(files, windows);
  if (device.empty() || file.executable_path.empty()) return;
  // Other volumes have no letter here: such paths stay as Windows wrote them down.
  const auto told = [&](const std::string& path) {
    const EvidencePath place = evidence_path(path, device, windows);
    return place.volume() == windows.volume() ? place.text() : path;
  };
  const auto is_writable = [&](const std::string& path) {
    return writable_because(evidence_path(path, device, windows), windows).has_value();
  };
  const bool writable_program = is_writable(file.executable_path);
  std::size_t count = 0;
  for (const std::string& path : files) {
    if (!is_library_name(path) ||
        is_windows_folder(evidence_path(path, device, windows), windows) ||
        (!writable_program && !is_writable(path)))
      continue;
    if (++count > kMost) return;
    Fact fact = trace_fact(FactKind::module_load, "prefetch", told(path),
                           file.runs.empty() ? FileTime{} : file.runs.front(), record);
    fact.values.add("Image", told(file.executable_path));
    context.state(std::move(fact));
  }
}

void emit(ModuleContext& context, const TraceFile& trace, const EvidencePath& path,
          std::span<const std::byte> content) {
  std::vector<std::byte> unpacked;
  const auto file = parse_prefetch(Bytes{content}, unpacked);
  if (!file) return note_problems(context, path, {file.error()});
  Envelope envelope = trace.envelope();
  for (std::size_t i = 0; i < file->runs.size(); ++i)
    envelope.timestamps.emplace_back(kRunNames[i], file->runs[i]);
  const std::string name = path.stream().empty() ? std::string{path.name()} : path.stream();
  const std::string record =
      context.emit(kPrefetch, kPrefetchFields, PrefetchRow{*file, name}, envelope);
  note_problems(context, path, file->problems);
  state_runs(context, *file, record);
  state_archives(context, *file, record);
  if (!path.stream().empty()) report_stream(context, path, *file, record);
  const auto& installations = context.registry()->installations();
  const EvidencePath& windows = installations[trace.installation].windows;
  judge_libraries(context, path, *file, windows, record);
  state_loads(context, *file, windows, record);
}

void read_streams(ModuleContext& context, const FileInfo& info, std::size_t installation) {
  for (const std::string& stream : info.streams) {
    if (!ends_with_fold(stream, ".pf")) continue;
    const EvidencePath path = info.path.with_stream(stream);
    const auto artifact = context.collect(path, "prefetch file in a stream", Priority::high);
    const auto content = context.read(artifact, kMaxPrefetchBytes);
    if (!content) {
      note_problems(context, path, {content.error()});
      continue;
    }
    emit(context, {info, nullptr, installation, artifact.row}, path, *content);
  }
}

void read_files(ModuleContext& context) {
  each_trace_file(context, {"%SystemRoot%\\Prefetch\\*.pf", "prefetch file"}, kMaxPrefetchBytes,
                  [&](const TraceFile& trace, std::span<const std::byte> content) {
                    emit(context, trace, trace.info.path, content);
                    return true;
                  });
  each_trace_name(context, "%SystemRoot%\\Prefetch\\*",
                  [&](const FileInfo& info, const UserProfile*, std::size_t installation) {
                    read_streams(context, info, installation);
                    return true;
                  });
  if (!context.reads_files() || context.registry() == nullptr) return;
  const auto& all = context.registry()->installations();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const auto folder = context.source().stat(all[i].windows / "Prefetch"))
      read_streams(context, *folder, i);
}

Result<void> read_settings(ModuleContext& context) {
  return each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      const auto key = set.open("Control\\Session Manager\\Memory Management\\PrefetchParameters");
      if (!key) return;
      SettingRow row{set.name(), is_current, {}};
      if (const auto value = (*key)->value("EnablePrefetcher")) row.prefetcher = value->number();
      context.emit(kSetting, kSettingFields, row, key_envelope(hive, **key));
    });
  });
}

Result<void> run(ModuleContext& context) {
  read_files(context);
  return read_settings(context);
}

}  // namespace

extern const ModuleSpec prefetch;
const ModuleSpec prefetch{"prefetch",
                          "Prefetch files: which programs ran, how often, when, and what they "
                          "loaded.",
                          kKinds,
                          kReferences,
                          kAttack,
                          run};

}  // namespace hozen::modules
