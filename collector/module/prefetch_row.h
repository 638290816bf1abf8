// One prefetch file as a record: what the module prefetch and `hozen parse` write.
#pragma once

#include <array>
#include <string_view>

#include "collector/formats/prefetch.h"
#include "collector/module/cells.h"

namespace hozen {

/// Views: whoever makes a row keeps what it shows until it is written.
struct PrefetchRow {
  const Prefetch& file;
  std::string_view name;  ///< of the prefetch file, "" when not known
};

namespace prefetch_fields {

/// Names such as NOTEPAD.EXE-D8414F97.pf carry the hash too; boot traces do not.
std::optional<std::uint32_t> hash_in_name(std::string_view file_name);
void write_hash_in_name(const PrefetchRow& row, Cell& cell);
void write_runs(const PrefetchRow& row, Cell& cell);
void write_volumes(const PrefetchRow& row, Cell& cell);
void write_files(const PrefetchRow& row, Cell& cell);
std::string hash_text(std::uint32_t hash);  ///< eight digits, as in names

}  // namespace prefetch_fields

inline constexpr std::array kPrefetchFields{
    Field<PrefetchRow>{{"executable", "Name of the program, cut to 29 characters by Windows."},
                       [](const PrefetchRow& r, Cell& c) { c.text(r.file.executable); }},
    Field<PrefetchRow>{
        {"executable_path",
         "Its path: as Windows 10 and later keep it, else among the files that were loaded the one "
         "that gives `hash`, else the first of its name."},
        [](const PrefetchRow& r, Cell& c) { text_or_absent(c, r.file.executable_path); }},
    Field<PrefetchRow>{{"proves", "What the record is evidence of: `execution`."},
                       [](const PrefetchRow&, Cell& c) { c.text("execution"); }},
    Field<PrefetchRow>{{"run_count",
                        "How often Windows saw it start; times are kept of the last 8 (before "
                        "Windows 8: of the last 1)."},
                       [](const PrefetchRow& r, Cell& c) { c.number(r.file.run_count); }},
    Field<PrefetchRow>{{"runs", "Times of the last starts, newest first."},
                       prefetch_fields::write_runs},
    Field<PrefetchRow>{
        {"hash",
         "Hash in the file, which Windows makes of the path, with the command line for "
         "programs that run other things."},
        [](const PrefetchRow& r, Cell& c) { c.text(prefetch_fields::hash_text(r.file.hash)); }},
    Field<PrefetchRow>{
        {"hash_check",
         "Whether `executable_path` gives the hash: matches; hosting (a program that runs others: "
         "its command line went into it); package (an app of the store); differs (another version "
         "ran since, or the file was changed); path_unknown."},
        [](const PrefetchRow& r, Cell& c) { c.text(to_text(r.file.hash_check)); }},
    Field<PrefetchRow>{
        {"prefetch_switch", "N where it was started with /prefetch:N, as browsers do."},
        [](const PrefetchRow& r, Cell& c) {
          r.file.prefetch_switch != 0 ? c.number(r.file.prefetch_switch)
                                      : c.absent(Absent::not_present);
        }},
    Field<PrefetchRow>{
        {"hash_device",
         "Device that stands for the volume in the path that gives the hash, where the path names "
         "it otherwise."},
        [](const PrefetchRow& r, Cell& c) { text_or_absent(c, r.file.hash_device); }},
    Field<PrefetchRow>{
        {"hash_in_name_agrees", "Whether the name of the prefetch file carries the same hash."},
        prefetch_fields::write_hash_in_name},
    Field<PrefetchRow>{
        {"hash_text",
         "Path that was started, or full name of the package, as Windows 10 and later keep it."},
        [](const PrefetchRow& r, Cell& c) { text_or_absent(c, r.file.hash_text); }},
    Field<PrefetchRow>{{"version",
                        "Version of the format: 17 XP and 2003, 23 Vista and 7, 26 "
                        "Windows 8, 30 Windows 10, 31 Windows 11."},
                       [](const PrefetchRow& r, Cell& c) { c.number(r.file.version); }},
    Field<PrefetchRow>{{"packed", "Whether the file is compressed."},
                       [](const PrefetchRow& r, Cell& c) { c.boolean(r.file.is_packed); }},
    Field<PrefetchRow>{{"size", "Bytes of the file, unpacked, as it says itself."},
                       [](const PrefetchRow& r, Cell& c) { c.number(r.file.size); }},
    Field<PrefetchRow>{{"is_boot", "Whether it traces the start of Windows."},
                       [](const PrefetchRow& r, Cell& c) { c.boolean(r.file.is_boot); }},
    Field<PrefetchRow>{
        {"volumes",
         "Volumes that files were loaded from: list of `device`, `serial`, `created` (when it was "
         "formatted), `file_references` (number of MFT records read ahead), `directories`."},
        prefetch_fields::write_volumes},
    Field<PrefetchRow>{
        {"files",
         "Files that the program opened in its first ten seconds: list of `path`, and "
         "`mft_record` and `sequence` where the format has them."},
        prefetch_fields::write_files},
};

}  // namespace hozen
