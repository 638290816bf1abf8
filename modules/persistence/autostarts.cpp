// Everything but Run keys and Startup folders that makes Windows, or a program of Windows, start or
// load a file by itself: the locations of locations.inc, in the registry and in the file system,
// for every user, control set and 32-bit copy. An entry proves that the setting exists and when its
// key was last written; not when the value was added, nor that its file ever ran.
#include <array>

#include "collector/module/asep_judge.h"
#include "collector/module/asep_reader.h"
#include "collector/module/asep_rules.h"

namespace hozen::modules {
namespace {

using H = AsepHive;
using K = AsepKind;
using M = AsepModule;
constexpr AsepLocation kLocations[] = {
#include "modules/persistence/locations.inc"
};

constexpr auto kAutostartColumns = columns_of(kAsepRegistryFields);
constexpr Kind kAutostart{
    "autostart", "One entry of an autostart location in the registry.", kAutostartColumns,
    "Autostart {location}: {key_path}[, {value_name}][ = {command_line|data}]"};
constexpr auto kAutostartFileColumns = columns_of(kAsepFileFields);
constexpr Kind kAutostartFile{
    "autostart_file", "One file of an autostart location, or one setting in such a file.",
    kAutostartFileColumns, "Autostart {location}: {path}[ = {command_line}]"};
constexpr std::array kKinds{kAutostart, kAutostartFile};

constexpr std::string_view kReferences[] = {
    "https://github.com/ForensicArtifacts/artifacts/blob/main/artifacts/data/windows.yaml",
    "https://github.com/EricZimmerman/RECmd/blob/master/BatchExamples/RegistryASEPs.reb",
    "https://github.com/EricZimmerman/KapeFiles",
    "https://github.com/last-byte/PersistenceSniper",
    "https://learn.microsoft.com/windows/win32/com/com-registry-keys",
    "https://learn.microsoft.com/windows-hardware/drivers/debugger/gflags-overview"};

constexpr std::string_view kAttack[] = {
    "T1003.001", "T1014",     "T1027.010", "T1027.011", "T1036.004", "T1036.005", "T1036.007",
    "T1036.008", "T1037.001", "T1047",     "T1053.002", "T1053.005", "T1059.001", "T1059.005",
    "T1070.004", "T1070.006", "T1090",     "T1090.001", "T1098",     "T1105",     "T1112",
    "T1127.001", "T1136.001", "T1136.002", "T1137",     "T1137.001", "T1137.002", "T1137.004",
    "T1137.006", "T1140",     "T1176",     "T1197",     "T1202",     "T1218",     "T1218.001",
    "T1218.002", "T1218.003", "T1218.004", "T1218.005", "T1218.007", "T1218.008", "T1218.009",
    "T1218.010", "T1218.011", "T1505.004", "T1505.005", "T1543.003", "T1546",     "T1546.001",
    "T1546.002", "T1546.003", "T1546.007", "T1546.008", "T1546.009", "T1546.010", "T1546.011",
    "T1546.012", "T1546.013", "T1546.015", "T1547",     "T1547.001", "T1547.002", "T1547.003",
    "T1547.004", "T1547.005", "T1547.008", "T1547.010", "T1547.012", "T1547.014", "T1548.002",
    "T1553.003", "T1556",     "T1556.002", "T1556.008", "T1562",     "T1562.001", "T1564",
    "T1564.001", "T1564.004", "T1574",     "T1574.001", "T1574.007", "T1574.009", "T1574.012"};

Result<void> run(ModuleContext& context) {
  AsepReader reader{context, kLocations, AsepModule::autostarts};
  const auto take = [&](AsepEntry& entry, const AsepHit* hit) {
    const std::string record =
        entry.file ? context.emit(kAutostartFile, kAsepFileFields, entry, entry.envelope())
                   : context.emit(kAutostart, kAsepRegistryFields, entry, entry.envelope());
    report_entry(
        context, reader.evidence(), "autostarts", entry, record,
        location_hits(entry, hit, reader.evidence().installation(entry.installation_index)));
  };
  HOZEN_CHECK(reader.read_registry(take));
  return context.reads_files() ? reader.read_files(take) : Result<void>{};
}

}  // namespace

extern const ModuleSpec autostarts;
const ModuleSpec autostarts{
    "autostarts",
    "Registry settings and files that make Windows start or load something by itself.",
    kKinds,
    kReferences,
    kAttack,
    run};

}  // namespace hozen::modules
