#include "collector/module/archive_judge.h"

#include <algorithm>
#include <charconv>

#include "collector/base/text.h"

namespace hozen {
namespace {

using archive::Format;
using archive::Names;

/// Smaller ones that lie about their name are the data of programs (R20).
constexpr std::uint64_t kDisguisedBytes = 1u << 20;
constexpr std::size_t kNamesInFinding = 5, kNameBytesInFinding = 200;

std::string format_text(const ArchiveRow& row) {
  const Format format = row.content.format;
  std::string text = format == Format::rar       ? "RAR"
                     : format == Format::old_rar ? "RAR (before 1.5)"
                                                 : std::string{to_text(format)};
  if (format != Format::rar && format != Format::old_rar && format != Format::seven_zip)
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool is_encrypted(const ArchiveRow& row) {
  const std::string_view encryption = encryption_of(row);
  return encryption == "headers" || encryption == "files";
}

/// Windows itself and its installers make ZIP, cabinets and compressed streams.
bool is_foreign(Format format) {
  return format == Format::rar || format == Format::old_rar || format == Format::seven_zip ||
         format == Format::ace || format == Format::arj;
}

/// In a recycle bin the shell gives names of its own to what users delete, files and folders.
bool is_deleted_by_shell(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('\\'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    const bool is_bin = name.starts_with("$Recycle") || name.starts_with("$RECYCLE");
    if (!is_bin && (name.starts_with("$R") || name.starts_with("$r"))) return true;
    const bool old =
        name.size() > 2 && (name[0] == 'D' || name[0] == 'd') && name[2] >= '0' && name[2] <= '9';
    if (old) return true;
  }
  return false;
}

std::string_view place_text(ArchivePlace place) {
  switch (place) {
    case ArchivePlace::windows:
      return "a folder of Windows, where nobody keeps archives";
    case ArchivePlace::perf_logs:
      return "PerfLogs, which is for performance data and open to every user";
    case ArchivePlace::web_root:
      return "a folder of a web server, from where it can be fetched";
    case ArchivePlace::recycle_bin:
      return "the recycle bin, under a name that deleting a file does not give";
    case ArchivePlace::public_folder:
      return "the folder that all users share";
    case ArchivePlace::program_data_root:
      return "the data folder of all users, beside the folders of programs";
    case ArchivePlace::volume_root:
      return "the root of the volume, or a folder there that Windows does not make";
    default:
      return "";
  }
}

bool is_odd(const ArchiveRow& row) {
  if (row.place == ArchivePlace::recycle_bin) return !is_deleted_by_shell(row.path);
  return is_odd_place(row.place);
}

void add(Finding& finding, const ArchiveRow& row, std::string fact, int weight, Family family) {
  finding.why.push_back({std::move(fact), weight, family, {row.record}});
}

/// What holds for both rules: encryption, volumes, a short name, what is in it.
void add_signs(Finding& finding, const ArchiveRow& row) {
  const std::string_view encryption = encryption_of(row);
  if (encryption == "headers")
    add(finding, row, "Its names are encrypted: nothing of it can be listed without the password.",
        10, Family::content);
  if (encryption == "files") add(finding, row, "Files in it are encrypted.", 10, Family::content);
  if (encryption == "unknown")
    finding.not_checked.emplace_back(
        "Names in it, and whether it is encrypted: its header is packed, and archives are not "
        "unpacked here.");
  if (row.is_volume)
    add(finding, row,
        std::string{row.content.format == archive::Format::zip ? "It states that it is" : "It is"} +
            " one of several volumes" +
            (row.volume_number ? " (number " + std::to_string(*row.volume_number) + ", from 0)"
                               : std::string{}) +
            ".",
        10, Family::content);
  constexpr std::size_t kShort = 3;
  const bool is_ascii =
      std::all_of(row.set_id.begin(), row.set_id.end(), [](char c) { return (c & 0x80) == 0; });
  if (is_ascii && row.set_id.size() <= kShort)
    add(finding, row, "Its name is '" + row.file_name + "': too short to mean something.", 10,
        Family::name);
  if (row.first_names.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamesInFinding, row.first_names.size()); ++i)
    names += (i == 0 ? "" : ", ") + shortened(row.first_names[i], kNameBytesInFinding);
  add(finding, row,
      "It holds " + std::to_string(row.content.entries) + (row.is_listed_whole ? "" : " or more") +
          " files and folders: " + names + (row.content.entries > kNamesInFinding ? ", …" : "") +
          ".",
      0, Family::content);
}

void finish(Finding& finding, const ArchiveRow& row) {
  finding.subject = row.path;
  finding.not_checked.emplace_back(
      "Who made it: the USN journal, command lines, prefetch files and the registry of WinRAR and "
      "7-Zip may tell.");
  if (row.is_volume)
    finding.not_checked.emplace_back(
        "Its other volumes: those that are there have findings of their own.");
  finding.next = {"When and by which program it was made, and what ran as the same user then.",
                  "Whether files of that name left the host: proxy and firewall logs, shares, web "
                  "server logs.",
                  "The password, in command lines and scripts, to see what was taken."};
}

Finding disguised(const ArchiveRow& row) {
  Finding finding;
  finding.rule = "archives.disguised";
  finding.title = "An archive is called something else";
  const bool names_other = row.name == ExtensionFit::other;
  add(finding, row,
      row.path + " (" + std::to_string(row.size) + " bytes) is a " + format_text(row) +
          " archive by its content, and its name is " +
          (names_other ? "that of another format." : "no archive's."),
      names_other ? 45 : 25, Family::content);
  const bool is_odd_here = is_odd(row) || row.place == ArchivePlace::public_folder ||
                           row.place == ArchivePlace::volume_root;
  if (is_odd_here)
    add(finding, row, "It lies in " + std::string{place_text(row.place)} + ".", 15,
        Family::location);
  add_signs(finding, row);
  finding.attack = {"T1036.008", "T1560.001", "T1074.001"};
  if (!names_other && !is_odd_here) {
    finding.innocent_explanation_unchecked = true;
    finding.not_checked.emplace_back(
        "Whose data it is: a program's name for its own file would explain it.");
  }
  finding.benign = {
      "Programs keep data in archives under names of their own: games, installers in "
      "the middle of their work, antivirus programs."};
  return finding;
}

Finding oddly_placed(const ArchiveRow& row) {
  Finding finding;
  finding.rule = "archives.odd_place";
  finding.title = "An archive lies where nobody keeps archives";
  const bool is_weak =
      row.place == ArchivePlace::web_root || row.place == ArchivePlace::program_data_root;
  add(finding, row,
      row.path + " (" + std::to_string(row.size) + " bytes, " + format_text(row) + ") lies in " +
          std::string{place_text(row.place)} + ".",
      is_weak ? 20 : 30, Family::location);
  const bool foreign = is_foreign(row.content.format);
  if (foreign)
    add(finding, row,
        "It is a " + format_text(row) +
            " archive: Windows before version 11 brings no program that makes such.",
        10, Family::content);
  add_signs(finding, row);
  finding.attack = {"T1074.001", "T1560.001"};
  const bool published = row.place == ArchivePlace::web_root;  // for others to fetch
  finding.innocent_explanation_unchecked = (!foreign || published) && !is_encrypted(row);
  finding.benign = {"Administrators leave backups and logs packed; tools of vendors do too."};
  return finding;
}

}  // namespace

std::string shortened(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  constexpr unsigned kMask = 0xC0, kContinues = 0x80;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & kMask) == kContinues) --bytes;
  return text.substr(0, bytes) + "…";
}

std::string_view encryption_of(const ArchiveRow& row) {
  const archive::Archive& content = row.content;
  if (content.headers_encrypted) return "headers";
  if (content.any_encrypted) return "files";
  const Format format = content.format;
  const bool can_be = format != Format::cab && format != Format::tar && format != Format::iso &&
                      format != Format::lzh && !is_stream(format);
  return can_be && content.names != Names::read ? "unknown" : "no";
}

Fact archive_fact(const ArchiveRow& row) {
  Fact fact;
  fact.kind = FactKind::archive;
  fact.time = row.created.is_set() ? row.created : row.modified;
  fact.record = row.record;
  fact.subject = row.path;
  const auto add_time = [&](std::string_view name, FileTime time) {
    if (time.is_set()) fact.values.add(name, time.iso8601());
  };
  fact.values.add("format", to_text(row.content.format));
  fact.values.add("size", std::to_string(row.size));
  fact.values.add("encrypted", encryption_of(row));
  if (row.is_volume) fact.values.add("volume", "1");
  if (row.volume_number) fact.values.add("volume_number", std::to_string(*row.volume_number));
  fact.values.add("set", row.set_id);
  fact.values.add("files", std::to_string(row.content.entries));
  if (row.lies()) fact.values.add("extension", "lies");
  if (row.is_sfx()) fact.values.add("sfx", "1");
  if (!row.is_listed_whole) fact.values.add("listed", "part");
  fact.values.add("place", to_text(row.place));
  add_time("created", row.created);
  add_time("modified", row.modified);
  std::string names;
  for (const std::string& name : row.first_names) {
    if (names.size() + name.size() + 1 > FactValues::kMaxValue) break;
    names += (names.empty() ? "" : "\n") + name;
  }
  fact.values.add("names", names);
  return fact;
}

ArchiveRow archive_row_of(const Fact& fact) {
  const FactValues& values = fact.values;
  const auto number = [&](std::string_view name) -> std::optional<std::uint64_t> {
    const std::string text{values[name]};
    std::uint64_t read = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), read);
    return parsed.ec == std::errc{} ? std::optional{read} : std::nullopt;
  };
  ArchiveRow row;
  row.path = fact.subject;
  row.file_name = fact.subject.substr(fact.subject.rfind('\\') + 1);
  row.record = fact.record;
  row.size = number("size").value_or(0);
  row.place = archive_place_of(values["place"]);
  row.content.format = archive::format_named(values["format"]);
  row.name = extension_fit(row.content.format, row.file_name);
  row.content.offset = values["sfx"].empty() ? 0 : 1;
  const std::string_view encryption = values["encrypted"];
  row.content.headers_encrypted = encryption == "headers";
  row.content.any_encrypted = encryption == "files";
  row.content.names = encryption == "unknown" ? Names::packed : Names::read;
  row.content.entries = number("files").value_or(0);
  row.is_listed_whole = values["listed"].empty();
  row.is_volume = !values["volume"].empty();
  row.volume_number = number("volume_number");
  row.set_id = std::string{values["set"]};
  std::string_view names = values["names"];
  while (!names.empty()) {
    const std::size_t end = std::min(names.find('\n'), names.size());
    row.first_names.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return row;
}

std::optional<Finding> archive_finding(const ArchiveRow& row) {
  if (row.is_sfx() || row.content.format == Format::iso) return std::nullopt;
  const bool hides = is_encrypted(row) || is_foreign(row.content.format);
  Finding finding;
  if (row.lies() && row.size >= kDisguisedBytes && hides)
    finding = disguised(row);
  else if (is_odd(row) && !is_stream(row.content.format))
    finding = oddly_placed(row);
  else
    return std::nullopt;
  finish(finding, row);
  return finding;
}

}  // namespace hozen
