#include "collector/module/side_load_signs.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "collector/base/text.h"
#include "collector/module/side_load_machine.h"
#include "collector/module/side_load_pe.h"

namespace hozen::side_load {
namespace {

using Name = std::string_view;

/// Files of one folder that are looked into, and of one kind: the first part of an archive in many
/// parts has the signature, the others have none.
constexpr std::size_t kMaxClaims = 64, kMaxOfOneKind = 6;
constexpr std::size_t kHeadBytes = 4'096;

enum class Form {
  library,
  folder,    ///< with something in it
  unity,     ///< a folder of Unity's data
  number,    ///< digits and nothing else
  settings,  ///< sections and values
  values,    ///< values without sections
  either,    ///< a folder, settings or a library
  marked     ///< begins with `mark`
};
struct Sign {
  Name pattern;
  Form form;
  Name mark{};
};

/// Formats: FORM of GameMaker; BSA of Bethesda (version of 2002: 0x100); VPK of Valve ("VPK File
/// Format", Valve Developer Community); RPF of Rockstar; forge of Ubisoft; JSON of Unreal.
constexpr Sign kGame[] = {{"steam_api*.dll", Form::library},
                          {"unityplayer.dll", Form::library},
                          {"gameassembly.dll", Form::library},
                          {"*_data", Form::unity},
                          {"steam_appid.txt", Form::number},
                          {"nvngx_dlss.dll", Form::library},
                          {"eossdk-*.dll", Form::library},
                          {"galaxy*.dll", Form::library},
                          {"fmod*.dll", Form::library},
                          {"bink2w*.dll", Form::library},
                          {"*.uproject", Form::marked, "{"},
                          {"physx*.dll", Form::library},
                          {"data.win", Form::marked, "FORM"},
                          {"*.bsa", Form::marked, "BSA"},
                          {"*.vpk", Form::marked, "\x34\x12\xAA\x55"},
                          {"*.rpf", Form::marked, "RPF"},
                          {"gfsdk_*.dll", Form::library},
                          {"monobleedingedge", Form::folder},
                          {"amd_ags_*.dll", Form::library},
                          {"*.forge", Form::marked, "scimitar"}};
constexpr Sign kAdditions[] = {{"doorstop_config.ini", Form::settings},
                               {"*.asi", Form::library},
                               {"bepinex", Form::folder},
                               {"melonloader*", Form::either},
                               {"reshade*.ini", Form::settings},
                               {"dxvk.conf", Form::values},
                               {"mods", Form::folder},
                               {"reshade-shaders", Form::folder},
                               {"*.asi.ini", Form::settings},
                               {"userdata", Form::folder},
                               {"scripts", Form::folder},
                               {"enbseries*", Form::either},
                               {"enblocal.ini", Form::settings},
                               {"modloader*", Form::either},
                               {"dinput8.ini", Form::settings},
                               {"version.ini", Form::settings},
                               {"winmm.ini", Form::settings},
                               {"plugins", Form::folder},
                               {"modengine*", Form::either},
                               {"specialk*", Form::either},
                               {"dxgi.ini", Form::settings},
                               {"d3d9.ini", Form::settings},
                               {"d3d11.ini", Form::settings},
                               {"winhttp.ini", Form::settings},
                               {"xinput1_*.ini", Form::settings}};
constexpr Name kRuntimes[] = {"icudtl.dat",
                              "resources.pak",
                              "v8_context_snapshot.bin",
                              "snapshot_blob.bin",
                              "locales",
                              "chrome_*.pak",
                              "qt5core.dll",
                              "qt6core.dll",
                              "platforms",
                              "qt.conf",
                              "python3*.dll",
                              "python2*.dll",
                              "site-packages",
                              "base_library.zip",
                              "jvm.dll",
                              "jre",
                              "*.deps.json",
                              "*.runtimeconfig.json",
                              "hostfxr.dll",
                              "coreclr.dll",
                              "libcef.dll",
                              "nw.dll",
                              "flutter_windows.dll",
                              "vcruntime140*.dll"};
static_assert(std::size(kGame) <= 64 && std::size(kAdditions) <= 64 && std::size(kRuntimes) <= 64);

const Sign& sign_at(std::size_t at) {
  return at < std::size(kGame) ? kGame[at] : kAdditions[at - std::size(kGame)];
}

std::string head_of(EvidenceSource& source, const EvidencePath& path) {
  auto file = source.open(path);
  if (!file) return {};
  std::array<std::byte, kHeadBytes> head{};
  const auto got = (*file)->read_some(0, head);
  return got ? std::string{Bytes{std::span<const std::byte>{head}.first(*got)}.chars()}
             : std::string{};
}

bool is_library(EvidenceSource& source, const EvidencePath& path) {
  auto file = source.open(path);
  if (!file) return false;
  const auto head = read_pe_head(**file);
  return head && head->is_dll;
}

bool has_something(EvidenceSource& source, const EvidencePath& folder) {
  bool found = false;
  const auto visit = [&](const FileInfo&) {
    found = true;
    return Visit::stop;
  };
  (void)source.walk(folder, visit, [](const EvidencePath&, const Error&) {});
  return found;
}

bool is_data_of_unity(EvidenceSource& source, const EvidencePath& folder) {
  constexpr Name kInside[] = {"globalgamemanagers", "data.unity3d", "mainData", "level0",
                              "resources.assets",   "boot.config",  "Managed"};
  return std::any_of(std::begin(kInside), std::end(kInside),
                     [&](Name name) { return source.stat(folder / name).has_value(); });
}

bool is_number(Name text) {
  const Name number = trim(text);
  return !number.empty() && number.size() <= 12 &&
         number.find_first_not_of("0123456789") == Name::npos;
}

/// `[section]` at the beginning of a line, and a value.
bool are_settings(Name text, bool with_sections) {
  if (text.find('=') == Name::npos || text.find('\0') != Name::npos) return false;
  if (!with_sections) return true;
  for (std::size_t at = text.find('['); at != Name::npos; at = text.find('[', at + 1)) {
    const bool begins =
        at == 0 || text[at - 1] == '\n' || static_cast<unsigned char>(text[at - 1]) == 0xBF;
    const std::size_t close = text.find_first_of("]\r\n", at);
    if (begins && close != Name::npos && text[close] == ']' && close > at + 1) return true;
  }
  return false;
}

bool is_what_it_says(EvidenceSource& source, const FolderSigns::Claim& claim) {
  const Sign& sign = sign_at(claim.sign);
  if (claim.is_directory) {
    if (sign.form == Form::unity) return is_data_of_unity(source, claim.path);
    return (sign.form == Form::folder || sign.form == Form::either) &&
           has_something(source, claim.path);
  }
  switch (sign.form) {
    case Form::library:
      return is_library(source, claim.path);
    case Form::number:
      return is_number(head_of(source, claim.path));
    case Form::settings:
    case Form::values:
      return are_settings(head_of(source, claim.path), sign.form == Form::settings);
    case Form::either:
      return are_settings(head_of(source, claim.path), true) || is_library(source, claim.path);
    case Form::marked:
      return Name{head_of(source, claim.path)}.starts_with(sign.mark);
    case Form::folder:
    case Form::unity:
      break;
  }
  return false;
}

void note_claim(FolderSigns& signs, const FileInfo& file, std::size_t sign) {
  if (signs.claims.size() >= kMaxClaims) return;
  const auto same = std::count_if(signs.claims.begin(), signs.claims.end(),
                                  [&](const auto& one) { return one.sign == sign; });
  if (static_cast<std::size_t>(same) >= kMaxOfOneKind) return;
  signs.claims.push_back({file.path, file.is_directory, sign});
}

}  // namespace

void note_signs(FolderSigns& signs, const FileInfo& file, Name lower_name) {
  for (std::size_t i = 0; i < std::size(kGame) + std::size(kAdditions); ++i)
    if (fits(sign_at(i).pattern, lower_name)) note_claim(signs, file, i);
  for (std::size_t i = 0; i < std::size(kRuntimes); ++i)
    if (fits(kRuntimes[i], lower_name)) signs.runtime |= std::uint64_t{1} << i;
}

void verify_signs(EvidenceSource& source, FolderSigns& signs) {
  for (const FolderSigns::Claim& claim : signs.claims) {
    const bool is_game = claim.sign < std::size(kGame);
    std::uint64_t& bits = is_game ? signs.game : signs.additions;
    const std::uint64_t bit = std::uint64_t{1}
                              << (is_game ? claim.sign : claim.sign - std::size(kGame));
    // One that is what it says is enough for its kind.
    if ((bits & bit) == 0 && is_what_it_says(source, claim)) bits |= bit;
  }
  signs.claims.clear();
}

}  // namespace hozen::side_load
