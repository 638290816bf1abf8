// A pair: a program and a DLL that it loads, or would, from where it lies; and the score of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "collector/module/side_load_folders.h"
#include "collector/module/side_load_loads.h"
#include "collector/module/side_load_redirections.h"
#include "collector/module/side_load_texts.h"
#include "collector/module/side_load_weights.h"

namespace hozen::side_load {

/// From this score on a pair is a record, and a finding.
constexpr int kLowScore = 25, kMediumScore = 40, kHighScore = 70;
/// From here on the bodies of both are read, and who signed them.
constexpr int kWorthReading = 15;

struct Side {
  std::string path{};    ///< as told: of the evidence, or of an event
  EvidencePath place{};  ///< "" of what was not found there
  std::uint64_t size = 0;
  Times si{};
  std::optional<Times> fn{};
  std::optional<PeHead> head{};
  std::optional<PeBody> body{};
  const FileSignature* signature = nullptr;  ///< once it was asked for
  std::string event_signer{};                ///< what an event says: "NVIDIA Corporation"
  std::optional<bool> event_signed{};

  bool is_here() const { return !place.empty(); }
  std::string lower_name() const;
};

/// What lies around the pair.
struct Around {
  std::size_t files = 0, folders = 0, dlls = 0, programs = 0, signed_dlls = 0;
  std::size_t below = 0;  ///< DLLs in folders one below
  FolderSigns signs{};
  bool is_whole_program = false;
  std::vector<Member> others{};      ///< no executables
  FileTime newest{};                 ///< when the last of the rest came
  std::vector<EvidencePath> rest{};  ///< of the folder, executables too, some of them
};

struct Pair {
  Side host, dll;
  Around around{};
  bool is_below = false;  ///< the DLL lies one folder below the program
  Items items{};
  std::vector<std::string> not_checked{}, also_imported_by{};
  std::vector<EvidencePath> payloads{};
  std::vector<std::string> story{};
  std::vector<std::string> story_records{};
  std::string seen{};  ///< how it came to be looked at: "folder", "event", "live", "prefetch"

  /// The same for pairs of the same two files.
  std::string key() const;
  int score() const { return items.sum(); }
};

class Scorer {
 public:
  /// `has_files`: the source holds the files of the host that is judged.
  Scorer(ModuleContext& context, const Machine& machine, bool has_files = true);

  /// Pairs of a folder that may come to something: for each DLL the program that speaks most.
  std::vector<Pair> of_folder(Folder& folder);
  /// A DLL in a folder below System32 with the name of one of System32.
  std::optional<Pair> of_inside(const Machine::Inside& inside);
  /// A DLL in a folder of Windows that Windows looks for and does not bring.
  std::optional<Pair> of_phantom(const EvidencePath& dll);
  /// A pair that was seen loaded: its files are looked at where they are in the evidence.
  Pair of_load(const Load& load);
  /// Adds to a pair, or a new one, that it was seen loaded.
  void loaded(Pair& pair, const Load& load);
  /// All that costs reading: versions, exports, signatures, files beside. For a pair whose score
  /// is worth it.
  void look_closer(Pair& pair);
  /// At the end, when starts and traces are known: caps, and what the whole run knows of signers.
  void finish(Pair& pair);

 private:
  /// What a start or a trace of the program will add: such pairs are read sooner.
  int foreseen(const Pair& pair) const;
  bool starts(const Pair& pair) const;  ///< a fact says that the program starts by itself
  /// The score by which it is decided whether to read on, with what is foreseen. Names and counts
  /// that speak against it end no look at a DLL that stands out.
  int worth(const Pair& pair) const;
  bool stands_out(const Pair& pair) const;
  /// Whether the program may load the DLL: of DLLs that nothing names, those that Windows has too,
  /// and those of folders with little.
  bool may_load(const Folder& folder, const Member& program, const Member& dll);
  std::optional<Pair> best_pair(const Folder& folder, const Member& dll, const Around& all,
                                std::span<const Redirection> redirections);
  const FileWords& words_of(const EvidencePath& host);
  bool is_named_in(const EvidencePath& host, const EvidencePath& dll, bool is_below);
  static void not_of_a_game(Pair& pair);
  static void signs_around(Pair& pair);
  void game_around(Pair& pair);
  void structure(Pair& pair, std::span<const Redirection> redirections = {});
  void redirected(Pair& pair, std::span<const Redirection> redirections) const;
  void place(Pair& pair);
  static void place_of_file(Pair& pair, const EvidencePath& file, const EvidencePath& windows);
  void find_file(Side& side, const std::string& path);
  void surround(Pair& pair);
  static void fill_around(Pair& pair, const Folder& folder);
  void names_and_places_told(Pair& pair);
  static void said_of_signatures(Pair& pair, const Load& load);
  void bodies(Pair& pair);
  void names_inside(Pair& pair);
  void exports_of(Pair& pair);
  void times(Pair& pair);
  bool is_in_another_windows(const Pair& pair) const;
  static void of_another_windows(Pair& pair);
  static void tell_signatures(Pair& pair);
  void built_together(Pair& pair, const std::string& when);
  void sign(Pair& pair);
  void dll_not_signed(Pair& pair);
  void dll_signed(Pair& pair);
  void same_as_own(Pair& pair);
  void listed(Pair& pair);
  void payload(Pair& pair);
  void text_in_host(Pair& pair);
  const PeBody* body_of(const EvidencePath& file, bool with_exports);
  const FileSignature* signature_of(const EvidencePath& file);

  ModuleContext& context_;
  const Machine& machine_;
  const bool has_files_;
  // Programs that start by themselves, and that do or ran, below volumes.
  std::unordered_set<std::string> starting_, used_;
  std::map<std::string, FileWords> words_;                // of the last programs that were searched
  std::uint64_t searched_ = 0;                            // bytes of programs
  std::map<std::string, std::optional<Folder>> folders_;  // of pairs that were seen loaded
  std::map<std::string, std::optional<PeBody>> bodies_;   // of programs and of Windows' own DLLs
  std::map<std::string, std::map<std::string, bool>> signed_by_;  // files by who signed them
};

/// When it came to be there: its creation, else its last change.
FileTime arrival(const Times& times);
/// A whole sentence of a signature: "'x.dll' is soundly signed by A (certificate ...)".
std::string signature_text(const Side& side);
/// Whether the program has a signature that people trust, or did.
bool is_signed_program(const FileSignature& signature);
/// Whether its version information calls it otherwise than its file name.
bool is_given_other_name(const Side& side);
/// Whether it lies next to nothing else, or where no programs are kept.
bool is_odd_place(const Pair& pair);
/// Whether the DLL came long after everything else in its folder.
bool came_late(const Pair& pair);
bool same_publisher(const FileSignature& a, const FileSignature& b);

}  // namespace hozen::side_load
