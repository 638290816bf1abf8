// One autostart entry as it is recorded: where it stands, what it says, what would run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/module/asep.h"
#include "collector/module/module.h"
#include "collector/module/shortcut.h"
#include "collector/source/command_line.h"

namespace hozen {

/// Lists in one value are one entry an element.
struct AsepEntry {
  const AsepLocation* location = nullptr;
  std::size_t installation_index = 0;
  std::string installation;  ///< Windows folder, for all installations but the first
  const UserProfile* user = nullptr;
  std::optional<std::uint32_t> artifact{};  ///< hive or file whose bytes were read
  std::optional<std::uint64_t> offset{};    ///< of the vk or nk cell

  // In the registry.
  std::string key_path;
  FileTime key_written{};
  std::optional<RegistryValue> value{};
  bool wow64 = false, deleted = false, is_link = false;
  std::optional<std::uint32_t> control_set{};
  bool current_control_set = true;
  bool next_control_set = false;  ///< not the current one, but Windows starts from it next
  bool last_known_good = false;   ///< not the current one, but the last that started well
  bool also_current = false;      ///< the current one says the same at this place

  // In the file system.
  std::optional<FileInfo> file{};
  std::string line;     ///< name of the setting inside the file, "" for the file itself
  std::string section;  ///< that the setting stands in, "" where the file has none

  std::optional<std::uint32_t> element{};           ///< place in a list, from 0
  std::string text;                                 ///< what this entry says, before expansion
  std::optional<std::uint64_t> whole_characters{};  ///< of the whole text when `text` was cut
  std::optional<ResolvedCommand> command{};
  /// The file itself when it is one, then those that the command leads to, one by the other.
  std::vector<Shortcut> shortcuts{};
  std::string clsid;
  std::string machine_server;  ///< of the class that the user overrides, when the two differ
  std::string machine_class;   ///< that class
  std::optional<bool> enabled{};
  FileTime disabled_at{};
  AsepDefault known = AsepDefault::no;
  std::optional<ArtifactId> target_artifact{};
  std::vector<EvidencePath> named_files{};  ///< existing ones that the command line names besides

  /// The file behind the entry, nothing when none was resolved.
  const EvidencePath* target() const {
    return command && command->target_path() ? &*command->target_path() : nullptr;
  }
  /// The same of every command of the entry's line, the first one's in front.
  std::vector<const EvidencePath*> targets() const;
  bool is_default() const { return known == AsepDefault::exact; }
  /// UTF-16 units of what the entry says, also where `text` was cut.
  std::uint64_t characters() const;
  /// Where the entry stands, for findings: key and value name, or path.
  std::string place() const;
  Envelope envelope() const;
  /// What an entry of the registry says, for comparison with the other view.
  ViewFact fact(std::string record) const;
};

/// Bytes of a value's data, as UTF-8 or hex, that a record holds; the rest is in the preserved
/// hive.
constexpr std::size_t kMaxDataBytes = 32'768;

namespace asep_fields {

using F = Field<AsepEntry>;

void write_value_name(const AsepEntry& entry, Cell& cell);
void write_value_type(const AsepEntry& entry, Cell& cell);
void write_data(const AsepEntry& entry, Cell& cell);
void write_data_size(const AsepEntry& entry, Cell& cell);
void write_data_cut(const AsepEntry& entry, Cell& cell);
void write_link_target(const AsepEntry& entry, Cell& cell);
void write_hidden_data(const AsepEntry& entry, Cell& cell);
void write_control_set(const AsepEntry& entry, Cell& cell);
void write_command_part(const AsepEntry& entry, Cell& cell, std::string ResolvedCommand::*part);
void write_list(const AsepEntry& entry, Cell& cell,
                std::vector<std::string> ResolvedCommand::*part);
void write_hosts(const AsepEntry& entry, Cell& cell);
void write_flags(const AsepEntry& entry, Cell& cell);
void write_other_targets(const AsepEntry& entry, Cell& cell);
void write_other_existence(const AsepEntry& entry, Cell& cell);
void write_shortcut_targets(const AsepEntry& entry, Cell& cell);
void write_named_files(const AsepEntry& entry, Cell& cell);
void write_existence(const AsepEntry& entry, Cell& cell, Existence existence, bool there_is_one);
void write_text_or_absent(Cell& cell, const std::string& text);

/// Where a registry entry stands and what is stored there.
constexpr std::array kRegistry{
    F{{"location", "Autostart location, an identifier of the table in docs/records.md."},
      [](const AsepEntry& e, Cell& c) { c.text(e.location->id); }},
    F{{"key_path", "Registry key that holds the entry."},
      [](const AsepEntry& e, Cell& c) { c.text(e.key_path); }},
    F{{"value_name",
       "Name of the value, empty for the default value; absent when the key itself is the entry."},
      write_value_name},
    F{{"value_type", "Type of the value's data."}, write_value_type},
    F{{"data",
       "Data of the value: text, number or list by its type, anything else in hex; the first "
       "32,768 "
       "bytes of that, and only with the first entry of a list."},
      write_data},
    F{{"data_size_bytes", "Size of all of the value's data that could be read."}, write_data_size},
    F{{"data_cut",
       "Whether data or hidden_data hold only the beginning: the rest is in the preserved hive, or "
       "could not be read."},
      write_data_cut},
    F{{"hidden_data", "Text behind the first NUL of the data, where most programs stop reading."},
      write_hidden_data},
    F{{"bitness",
       "Programs that read the entry: native, or wow64 for 32-bit programs on a 64-bit Windows."},
      [](const AsepEntry& e, Cell& c) { c.text(e.wow64 ? "wow64" : "native"); }},
    F{{"control_set", "Number of the control set that holds the entry."}, write_control_set},
    F{{"current_control_set", "Whether that control set is the one Windows starts from."},
      [](const AsepEntry& e, Cell& c) {
        e.control_set ? c.boolean(e.current_control_set) : c.absent(Absent::not_applicable);
      }},
    F{{"deleted", "Whether the value was recovered from a free part of the hive."},
      [](const AsepEntry& e, Cell& c) { c.boolean(e.deleted); }},
};

/// Which file an entry of the file system is, or stands in.
constexpr std::array kFile{
    F{{"location", "Autostart location, an identifier of the table in docs/records.md."},
      [](const AsepEntry& e, Cell& c) { c.text(e.location->id); }},
    F{{"path", "File that is the entry, or that holds it."},
      [](const AsepEntry& e, Cell& c) { c.text(e.file->path.text()); }},
    F{{"section", "Section of the file that holds the setting; absent where there is none."},
      [](const AsepEntry& e, Cell& c) { write_text_or_absent(c, e.section); }},
    F{{"line", "Setting inside the file that is the entry; absent when the file itself is."},
      [](const AsepEntry& e, Cell& c) { write_text_or_absent(c, e.line); }},
    F{{"link_target",
       "Where the link leads, as it is written there; a link is not followed, and this is absent "
       "for an ordinary file."},
      write_link_target},
    F{{"size_bytes", "Size of the file."},
      [](const AsepEntry& e, Cell& c) { c.number(e.file->size); }},
    F{{"attributes", "Attributes of the file as Windows numbers them (FILE_ATTRIBUTE_*)."},
      [](const AsepEntry& e, Cell& c) {
        e.file->attributes ? c.number(*e.file->attributes) : c.absent(Absent::not_present);
      }},
    F{{"streams", "Names of the file's alternate data streams."},
      [](const AsepEntry& e, Cell& c) { c.texts(e.file->streams); }},
};

/// What every entry leads to.
constexpr std::array kTarget{
    F{{"installation",
       "Windows folder of the entry's installation where the source holds several and this is not "
       "the first."},
      [](const AsepEntry& e, Cell& c) { write_text_or_absent(c, e.installation); }},
    F{{"element", "Place of this entry in the list that the data are, from 0."},
      [](const AsepEntry& e, Cell& c) {
        e.element ? c.number(*e.element) : c.absent(Absent::not_applicable);
      }},
    F{{"command_line",
       "What this entry says, before expansion: a command line, library, class, address or "
       "setting."},
      [](const AsepEntry& e, Cell& c) { c.text(e.text); }},
    F{{"command_line_characters", "Length of what this entry says in UTF-16 units, all of it."},
      [](const AsepEntry& e, Cell& c) { c.number(e.characters()); }},
    F{{"command_line_cut", "Whether command_line holds only the beginning of it."},
      [](const AsepEntry& e, Cell& c) { c.boolean(e.whole_characters.has_value()); }},
    F{{"expanded", "The same with the environment variables of the evidence filled in."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::expanded); }},
    F{{"image", "Program or library that would be loaded, as a path where it could be resolved."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::image); }},
    F{{"image_existence",
       "Whether the image exists: exists, missing, folder when it is one, or unknown when the "
       "source "
       "does not hold its place."},
      [](const AsepEntry& e, Cell& c) {
        write_existence(e, c, e.command ? e.command->image_existence : Existence::unknown,
                        e.command.has_value());
      }},
    F{{"arguments", "What follows the image on the command line."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::arguments); }},
    F{{"hosts", "Programs that run something else for the entry, from the outside in."},
      write_hosts},
    F{{"payload", "What the innermost host runs: library, script, address or command text."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::payload); }},
    F{{"payload_kind", "Kind of the payload: dll, script, program, url, inline or document."},
      [](const AsepEntry& e, Cell& c) {
        write_command_part(e, c, &ResolvedCommand::payload_kind);
      }},
    F{{"payload_existence", "Whether the payload exists: exists, missing or unknown."},
      [](const AsepEntry& e, Cell& c) {
        write_existence(e, c, e.command ? e.command->payload_existence : Existence::unknown,
                        e.command && e.command->payload_path);
      }},
    F{{"export_name", "Export or ordinal of the library that is called."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::export_name); }},
    F{{"decoded", "Text of an encoded PowerShell command."},
      [](const AsepEntry& e, Cell& c) { write_command_part(e, c, &ResolvedCommand::decoded); }},
    F{{"other_commands",
       "Further commands of the same line, each resolved, judged and preserved like the first."},
      [](const AsepEntry& e, Cell& c) { write_list(e, c, &ResolvedCommand::other_commands); }},
    F{{"other_targets",
       "What each of the further commands leads to: the payload where there is one, else the "
       "image."},
      write_other_targets},
    F{{"other_existence", "Whether each of these exists: exists, missing or unknown."},
      write_other_existence},
    F{{"shortcut_targets",
       "All that a shortcut (.lnk, .url) carries as its target, in the order in which Windows "
       "looks "
       "at them: the part that names it (environment, id_list, link_info, network, vista_id_list, "
       "relative, installer, url), a colon, what it says."},
      write_shortcut_targets},
    F{{"named_files",
       "Further files that exist and that the command line names outside the Windows folder, at "
       "most "
       "8; each is preserved."},
      write_named_files},
    F{{"flags",
       "What stands out in the command line, further commands included, such as unc_path or "
       "encoded_powershell."},
      write_flags},
    F{{"unknown_variables", "Environment variables that the evidence does not define."},
      [](const AsepEntry& e, Cell& c) { write_list(e, c, &ResolvedCommand::unknown_variables); }},
    F{{"steps", "How the command line was resolved, step by step."},
      [](const AsepEntry& e, Cell& c) { write_list(e, c, &ResolvedCommand::steps); }},
    F{{"clsid", "COM class that the entry names."},
      [](const AsepEntry& e, Cell& c) { write_text_or_absent(c, e.clsid); }},
    F{{"machine_server",
       "File that the machine registers for the class which this user's entry overrides."},
      [](const AsepEntry& e, Cell& c) { write_text_or_absent(c, e.machine_server); }},
    F{{"enabled", "Whether the entry is switched on, where Windows keeps a switch for it."},
      [](const AsepEntry& e, Cell& c) {
        e.enabled ? c.boolean(*e.enabled) : c.absent(Absent::not_applicable);
      }},
    F{{"default_value", "Whether this is the very text that Windows itself writes here."},
      [](const AsepEntry& e, Cell& c) { c.boolean(e.is_default()); }},
    F{{"usual_value",
       "Whether this is that text, or is usual by its place only: one file without arguments in a "
       "folder where the files of this location usually lie (those of Windows that users cannot "
       "write to, for some locations Program Files), and preserved for that reason."},
      [](const AsepEntry& e, Cell& c) { c.boolean(e.known != AsepDefault::no); }},
    F{{"target", "File that the entry leads to: the payload where there is one, else the image."},
      [](const AsepEntry& e, Cell& c) {
        e.target() ? c.text(e.target()->text()) : c.absent(Absent::not_applicable);
      }},
    F{{"target_artifact",
       "Identifier of the preserved copy of the target in artifacts.jsonl; absent for the very "
       "text "
       "that Windows writes, for a program that is merely listed as installed, and for a file that "
       "is not "
       "there."},
      [](const AsepEntry& e, Cell& c) {
        e.target_artifact ? c.number(e.target_artifact->row) : c.absent(Absent::not_present);
      }},
};

template <std::size_t A, std::size_t B>
constexpr std::array<F, A + B> join(const std::array<F, A>& a, const std::array<F, B>& b) {
  std::array<F, A + B> all{};
  for (std::size_t i = 0; i < A; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = b[i];
  return all;
}

}  // namespace asep_fields

/// Fields of entries in the registry.
inline constexpr auto kAsepRegistryFields =
    asep_fields::join(asep_fields::kRegistry, asep_fields::kTarget);
/// Fields of entries in the file system.
inline constexpr auto kAsepFileFields = asep_fields::join(asep_fields::kFile, asep_fields::kTarget);

}  // namespace hozen
