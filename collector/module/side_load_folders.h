// The folders of the evidence that hold programs, one by one: what lies there, with the heads of
// executables. One walk over each volume; of a folder no more is kept than is needed to judge it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/module/side_load_machine.h"
#include "collector/module/side_load_pe.h"
#include "collector/module/side_load_signs.h"

namespace hozen::side_load {

/// Executables that are opened in one run; a machine with much software has some 100,000.
constexpr std::size_t kMaxOpened = 400'000;
/// Of one folder: executables, other files that are kept, and DLLs of folders one below.
constexpr std::size_t kMaxInFolder = 2'048, kMaxOthers = 48, kMaxBelow = 256;
/// Files of a folder with a program that are looked at whether they are executables, whatever their
/// names are.
constexpr std::size_t kMaxSniffed = 24;

struct Member {
  EvidencePath path;
  std::uint64_t size = 0;
  Times si{};
  std::optional<Times> fn{};
  std::optional<PeHead> pe{};
  bool is_below = false;  ///< in a folder one below
};

struct Folder {
  EvidencePath path;
  std::size_t files = 0, folders = 0, dlls = 0, programs = 0;
  std::size_t signed_dlls = 0;  ///< that have a table of certificates
  std::vector<Member> executables{}, others{}, below{};
  std::vector<Member> redirections{};  ///< *.config, *.manifest, *.local of programs
  FolderSigns signs{};
  std::uint64_t left_out =
      0;  ///< programs and DLLs beyond kMaxInFolder, DLLs below beyond kMaxBelow
  /// All there is of a program, not a few files.
  bool is_whole_program() const { return files >= 20 || (files >= 8 && folders >= 3); }
};

/// Calls `visit` for each folder that holds a program and a DLL, or a program with a DLL one folder
/// below. Of folders of Windows in which only its own files belong, those that hold a program which
/// is somebody else's, without the programs of Windows.
void each_folder(ModuleContext& context, const Machine& machine,
                 const std::function<void(Folder&)>& visit);

/// Calls `visit` for each folder of Windows in which a program of somebody else lies that starts by
/// itself or ran, as the facts say: also for those that each_folder() does not enter.
void each_named_folder(ModuleContext& context, const Machine& machine,
                       const std::function<void(Folder&)>& visit);

/// One folder, looked at as each_folder() does.
std::optional<Folder> look_at_folder(ModuleContext& context, const EvidencePath& path);

/// Whether installers unpack into folders of such names while they run.
bool is_installer_folder(std::string_view lower_name);

Member member_of(const FileInfo& file);
/// Reads the head where it is an executable.
void read_head(EvidenceSource& source, Member& member);

}  // namespace hozen::side_load
