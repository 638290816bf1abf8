// What was packed on this host, joined from all evidence: command lines, archives that are there,
// archives that the change journal tells of, the memory of archivers, prefetch files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/rar_command.h"
#include "collector/module/transfer_command.h"

namespace hozen::packing {

constexpr std::uint64_t kSecond = kTicksPerSecond;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

/// One file that is an archive or a volume of one.
struct PackedFile {
  std::string path, renamed_from{};
  std::string writer{};  ///< program that made it
  std::optional<std::uint32_t> volume{};
  bool is_volume_stated = false;  ///< the end record of a ZIP alone says which it is
  std::optional<std::uint64_t> size{};
  FileTime created{}, closed{}, deleted{}, renamed{};
  bool is_there = false;
  const Fact* archive = nullptr;  ///< what reading it told
  std::set<std::string> records{};

  bool is_gone() const { return deleted.is_set() && !is_there; }
};

/// A command line that packs, and who gave it.
struct PackingCommand {
  ArchiveCommand command;
  FileTime time{};
  std::string user{}, program{}, line{}, source{};  ///< `line` without passwords
  std::vector<std::string> records{};
  const Fact* fact = nullptr;
};

/// A command line that sends files away.
struct Transfer {
  TransferCommand command;
  FileTime time{};
  std::string user{}, line{}, source{}, record{};
};

/// A program's memory of an archive.
struct Trace {
  const Fact* fact = nullptr;
  FileTime time{};
};

/// All volumes of one archive in one folder, and what tells of it.
struct PackedSet {
  std::string key{}, path{};                  ///< `path`: of one file of it
  std::map<std::string, PackedFile> files{};  ///< by folded path
  std::vector<const PackingCommand*> commands{};
  std::vector<Trace> traces{};

  FileTime first() const;
  FileTime last() const;
  std::set<std::string> users() const;
  std::string folder() const;
};

/// A program that its version resource calls an archiver.
struct VersionSign {
  std::string path, record;
  std::string_view name;  ///< "RAR"
  bool is_renamed = false;
  bool packed = false, other = false;  ///< command lines of it are known that pack, that do not
};

/// Everything that was gathered. Points into the book, which must outlive it.
struct Evidence {
  std::map<std::string, PackedSet> sets{};
  std::vector<PackingCommand> commands{};
  std::vector<Transfer> transfers{};  ///< in the order of their times, those without first
  std::map<std::string, VersionSign> versions{};          ///< by folded path below the volume
  std::map<std::string, const Fact*> renamed_programs{};  ///< archivers, by their new path, folded
  std::map<std::string, std::set<std::uint64_t>> days{};  ///< on which a command ran, by its form
  std::uint64_t left_out = 0;
};
/// Sets and commands that are kept.
inline constexpr std::size_t kMaxSets = 20'000;
inline constexpr std::size_t kMaxCommands = 5'000;

Evidence gather(const FactBook& book);
/// The same command on another day: digits do not count.
std::string form_of(const PackingCommand& command);

/// A reason to take a set for staging.
struct Sign {
  std::string_view rule;  ///< each counts once for an act
  Why why;
  bool is_supporting = false;  ///< says nothing alone
};
std::vector<Sign> signs_of(const PackedSet& set, const Evidence& evidence);

/// Whether a program lies in a product's own folder, or is called so that its name says what it is:
/// 7-Zip and UnRAR lie there under all kinds of names.
bool is_bundled(std::string_view path);
/// Whether a share ("\\\\localhost\\C$") is one of this host by its address.
bool is_this_host(std::string_view share);
/// " at 2024-…"; "" when it is not set.
std::string at(FileTime time);
/// "DOMAIN\user" of an event, or whose trace it is; "" when nothing tells.
std::string user_of(const Fact& fact);
/// Lines of a fact that may hold commands, with the name of their source; "" for none.
struct CommandLine {
  std::string text, source;
};
CommandLine line_of(const Fact& fact);
/// A sentence's list of what was packed.
std::string sources_of(const ArchiveCommand& command);
/// `line` without the words behind -p and -hp, nor `secrets` wherever they stand.
std::string without_archive_passwords(std::string_view line,
                                      const std::vector<std::string>& secrets = {});

}  // namespace hozen::packing
