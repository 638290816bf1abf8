#include "collector/cli/parse_pe.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "collector/base/json_object.h"
#include "collector/base/text.h"
#include "collector/cli/parse_signature.h"
#include "collector/cli/print_record.h"
#include "collector/formats/authenticode.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"
#include "collector/module/cells.h"

namespace hozen::cli {
namespace {

/// All that is read of one file.
struct PeRow {
  ByteSource& file;
  pe::Image& image;
  bool is_whole = true;  ///< digests and entropy too, for which the whole file is read
  std::vector<Error> problems{};
  pe::Imports imports = pe::read_imports(image), delay_imports = pe::read_delay_imports(image);
  std::optional<pe::Exports> exports = pe::read_exports(image);
  std::optional<pe::VersionInfo> version = pe::read_version_info(image, problems);
  std::string manifest = pe::read_manifest(image, problems);
  pe::DebugInfo debug = pe::read_debug(image);
  std::optional<pe::RichHeader> rich = pe::read_rich_header(image);
  std::optional<std::size_t> tls_callbacks = pe::count_tls_callbacks(image, problems);
  std::optional<pe::CertificateTable> certificates = pe::read_certificates(image);
  std::optional<pe::ClrHeader> clr = pe::read_clr_header(image, problems);
  std::optional<authenticode::SignatureTable> signatures = authenticode::read_signatures(image);
  std::optional<authenticode::FileDigests> digests = digest_image();

  const pe::Headers& headers() const { return image.headers(); }

  /// What signatures and catalogs are compared with: the file is read whole.
  std::optional<authenticode::FileDigests> digest_image() {
    if (!is_whole) return std::nullopt;
    authenticode::Algorithms algorithms;
    if (signatures) algorithms = signatures->algorithms();
    algorithms.add(authenticode::Algorithm::sha1);
    algorithms.add(authenticode::Algorithm::sha256);
    auto digested = authenticode::digest_file(file, &image, algorithms);
    if (digested) return *std::move(digested);
    pe::add_problem(problems, std::move(digested).error());
    return std::nullopt;
  }
};

void append_text(std::string& json, std::string_view text) { (void)append_json_string(json, text); }

/// [ITEM,…], also where there are none.
template <class Items, class Write>
void write_list(Cell& cell, const Items& items, Write write) {
  std::string& json = cell.raw();
  json += '[';
  for (const auto& item : items) {
    if (json.back() != '[') json += ',';
    write(json, item);
  }
  json += ']';
}

/// As Windows' tools write it: #35.
std::string function_text(const pe::ImportedFunction& function) {
  return function.ordinal ? "#" + std::to_string(*function.ordinal) : function.name;
}

void write_imports(const pe::Imports& imports, Cell& cell) {
  write_list(cell, imports.libraries, [](std::string& json, const pe::ImportedLibrary& library) {
    JsonObject object{json};
    append_text(object.key("library"), library.name);
    std::vector<std::string> functions;
    functions.reserve(library.functions.size());
    for (const pe::ImportedFunction& function : library.functions)
      functions.push_back(function_text(function));
    object.texts("functions", functions);
  });
}

void write_exports(const PeRow& row, Cell& cell) {
  const std::vector<pe::Export> none;
  write_list(cell, row.exports ? row.exports->functions : none,
             [](std::string& json, const pe::Export& one) {
               JsonObject object{json};
               object.text("name", one.name);
               object.number("ordinal", one.ordinal);
               object.text("forwarder", one.forwarder);
             });
}

/// The first text of each name: an object of JSON has each name once.
std::vector<const pe::VersionString*> first_texts(const pe::VersionInfo& version) {
  std::vector<const pe::VersionString*> all;
  for (const pe::VersionTable& table : version.tables)
    for (const pe::VersionString& text : table.strings) all.push_back(&text);
  const auto by_name = [](const auto* a, const auto* b) { return a->name < b->name; };
  std::ranges::stable_sort(all, by_name);
  const auto same_name = [](const auto* a, const auto* b) { return a->name == b->name; };
  all.erase(std::unique(all.begin(), all.end(), same_name), all.end());
  return all;
}

void write_version_info(const PeRow& row, Cell& cell) {
  if (!row.version) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  for (const pe::VersionString* text : first_texts(*row.version))
    append_text(object.key(text->name), text->value);
}

void write_version_tables(const PeRow& row, Cell& cell) {
  std::size_t texts = 0;
  if (row.version)
    for (const pe::VersionTable& table : row.version->tables) texts += table.strings.size();
  if (texts == 0 || (row.version->tables.size() == 1 && texts == first_texts(*row.version).size()))
    return cell.absent(Absent::not_present);
  write_list(cell, row.version->tables, [](std::string& json, const pe::VersionTable& table) {
    JsonObject object{json};
    object.text("language", table.language);
    object.list("strings", table.strings, [&](const pe::VersionString& text) {
      JsonObject one{json};
      one.text("name", text.name);
      one.text("value", text.value);
    });
  });
}

void write_version_language(const PeRow& row, Cell& cell) {
  if (!row.version || row.version->tables.empty()) return cell.absent(Absent::not_present);
  cell.text(row.version->tables.front().language);
}

std::vector<std::string> flag_texts(std::uint32_t flags) {
  using pe::FixedVersion;
  constexpr std::pair<std::uint32_t, std::string_view> kNames[] = {
      {FixedVersion::kDebug, "debug"},
      {FixedVersion::kPrerelease, "prerelease"},
      {FixedVersion::kPatched, "patched"},
      {FixedVersion::kPrivateBuild, "private_build"},
      {FixedVersion::kInfoInferred, "info_inferred"},
      {FixedVersion::kSpecialBuild, "special_build"}};
  std::vector<std::string> texts;
  for (const auto& [flag, name] : kNames)
    if ((flags & flag) != 0) texts.emplace_back(name);
  return texts;
}

void write_version_numbers(const PeRow& row, Cell& cell) {
  if (!row.version || !row.version->fixed) return cell.absent(Absent::not_present);
  const pe::FixedVersion& fixed = *row.version->fixed;
  JsonObject object{cell.raw()};
  object.text("file_version", pe::version_text(fixed.file));
  object.text("product_version", pe::version_text(fixed.product));
  object.texts("flags", flag_texts(fixed.flags));
  object.number("os", fixed.os);
  object.number("type", fixed.type);
  object.number("subtype", fixed.subtype);
}

void write_debug(const PeRow& row, Cell& cell) {
  if (row.debug.entries.empty()) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  object.text("pdb_path", row.debug.pdb_path);
  if (row.debug.guid) object.text("guid", row.debug.guid->text());
  object.number("age", row.debug.age);
}

void write_rich(const PeRow& row, Cell& cell) {
  if (!row.rich) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  object.bytes("hash", row.rich->hash);
  object.boolean("key_matches", row.rich->key_matches);
  object.list("entries", row.rich->entries, [&](const pe::RichEntry& entry) {
    JsonObject one{cell.raw()};
    one.number("product", entry.product);
    one.number("build", entry.build);
    one.number("count", entry.count);
  });
}

void write_clr(const PeRow& row, Cell& cell) {
  if (!row.clr) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  object.text("runtime", std::to_string(row.clr->runtime_major) + "." +
                             std::to_string(row.clr->runtime_minor));
  object.text("metadata_version", row.clr->metadata_version);
  object.number("flags", row.clr->flags);
}

void write_certificates(const PeRow& row, Cell& cell) {
  if (!row.certificates) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  object.number("offset", row.certificates->file_offset);
  object.number("size", row.certificates->size_bytes);
  if (row.signatures) {
    object.number("hidden_bytes", row.signatures->hidden_bytes);
    object.number("bytes_behind", row.signatures->bytes_behind);
    object.boolean("overlaps_image", row.signatures->overlaps_image);
  }
  object.list("entries", row.certificates->entries, [&](const pe::CertificateEntry& entry) {
    JsonObject one{cell.raw()};
    one.number("offset", entry.file_offset);
    one.number("size", entry.size_bytes);
    one.number("revision", entry.revision);
    one.number("type", entry.type);
  });
}

std::optional<authenticode::PageHashes> check_pages(const PeRow& row,
                                                    const authenticode::Signature& signature) {
  if (signature.page_hashes == authenticode::Algorithm::unknown || !row.is_whole)
    return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(
      std::min<std::uint64_t>(signature.size_bytes, authenticode::kMaxSignatureBytes)));
  const auto count = row.file.read_some(signature.file_offset, bytes);
  if (!count) return std::nullopt;
  bytes.resize(*count);
  return authenticode::check_page_hashes(row.image, Bytes{bytes, signature.file_offset});
}

void write_signatures(const PeRow& row, Cell& cell) {
  if (!row.signatures || row.signatures->signatures.empty())
    return cell.absent(Absent::not_present);
  write_list(cell, row.signatures->signatures,
             [&](std::string& json, const authenticode::Signature& signature) {
               const auto pages = check_pages(row, signature);
               append_signature(json, signature, row.digests ? &*row.digests : nullptr,
                                pages ? &*pages : nullptr);
             });
}

void write_authentihash(const PeRow& row, Cell& cell) {
  if (!row.digests) return cell.absent(row.is_whole ? Absent::unreadable : Absent::not_applicable);
  JsonObject object{cell.raw()};
  for (const authenticode::Digest& digest : row.digests->image)
    object.bytes(authenticode::to_text(digest.algorithm), digest.bytes);
}

void write_overlay(const PeRow& row, Cell& cell) {
  const auto overlay = row.image.overlay();
  if (!overlay) return cell.absent(Absent::not_present);
  JsonObject object{cell.raw()};
  object.number("offset", overlay->offset);
  object.number("size", overlay->size_bytes);
  object.number("data_size", overlay->data_bytes);
}

/// Bits of information in a byte, 0 to 8; of packed and encrypted ones above 7.
std::string entropy_text(double entropy) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.3f", entropy);
  return text.data();
}

void write_sections(const PeRow& row, Cell& cell) {
  write_list(cell, row.image.sections(), [&](std::string& json, const pe::Section& section) {
    JsonObject object{json};
    append_text(object.key("name"), section.name);
    object.number("rva", section.rva);
    object.number("virtual_size", section.virtual_size);
    object.number("raw_offset", section.raw_offset);
    object.number("raw_size", section.raw_size);
    object.number("characteristics", section.characteristics);
    if (!row.is_whole) return;
    const auto entropy = pe::section_entropy(row.image, section);
    if (entropy && *entropy) object.key("entropy") += entropy_text(**entropy);
  });
}

void write_import_hash(const PeRow& row, Cell& cell) {
  const auto hash = pe::import_hash(row.imports);
  hash ? cell.bytes(*hash) : cell.absent(Absent::not_present);
}

using F = Field<PeRow>;
constexpr std::array kFields{
    F{{"machine", ""},
      [](const PeRow& r, Cell& c) { c.text(pe::machine_text(r.headers().machine)); }},
    F{{"format", ""},
      [](const PeRow& r, Cell& c) { c.text(r.headers().is_64 ? "PE32+" : "PE32"); }},
    F{{"is_dll", ""}, [](const PeRow& r, Cell& c) { c.boolean(r.headers().is_dll()); }},
    F{{"subsystem", ""},
      [](const PeRow& r, Cell& c) { c.text(pe::subsystem_text(r.headers().subsystem)); }},
    F{{"compiled", ""}, [](const PeRow& r, Cell& c) { time_or_absent(c, r.headers().compiled()); }},
    F{{"compiled_is_hash", ""},
      [](const PeRow& r, Cell& c) { c.boolean(r.debug.is_reproducible); }},
    F{{"version_info", ""}, write_version_info},
    F{{"version_language", ""}, write_version_language},
    F{{"version_numbers", ""}, write_version_numbers},
    F{{"version_tables", ""}, write_version_tables},
    F{{"imphash", ""}, write_import_hash},
    F{{"imports", ""}, [](const PeRow& r, Cell& c) { write_imports(r.imports, c); }},
    F{{"delay_imports", ""}, [](const PeRow& r, Cell& c) { write_imports(r.delay_imports, c); }},
    F{{"export_library", ""},
      [](const PeRow& r, Cell& c) { text_or_absent(c, r.exports ? r.exports->library : ""); }},
    F{{"exports", ""}, write_exports},
    F{{"sections", ""}, write_sections},
    F{{"overlay", ""}, write_overlay},
    F{{"certificates", ""}, write_certificates},
    F{{"signatures", ""}, write_signatures},
    F{{"authentihash", ""}, write_authentihash},
    F{{"debug", ""}, write_debug},
    F{{"rich", ""}, write_rich},
    F{{"tls_callbacks", ""}, [](const PeRow& r, Cell& c) { number_or_absent(c, r.tls_callbacks); }},
    F{{"clr", ""}, write_clr},
    F{{"manifest", ""}, [](const PeRow& r, Cell& c) { text_or_absent(c, r.manifest); }},
    F{{"characteristics", ""},
      [](const PeRow& r, Cell& c) { c.number(r.headers().characteristics); }},
    F{{"dll_characteristics", ""},
      [](const PeRow& r, Cell& c) { c.number(r.headers().dll_characteristics); }},
    F{{"linker", ""},
      [](const PeRow& r, Cell& c) {
        c.text(std::to_string(r.headers().linker_major) + "." +
               std::to_string(r.headers().linker_minor));
      }},
    F{{"entry_point", ""}, [](const PeRow& r, Cell& c) { c.number(r.headers().entry_point); }},
    F{{"image_base", ""}, [](const PeRow& r, Cell& c) { c.number(r.headers().image_base); }},
    F{{"image_size", ""}, [](const PeRow& r, Cell& c) { c.number(r.headers().image_size); }},
    F{{"checksum", ""}, [](const PeRow& r, Cell& c) { c.number(r.headers().checksum); }},
    F{{"size", ""}, [](const PeRow& r, Cell& c) { c.number(r.image.file_size()); }},
};

/// Why signatures could not be read. What they say, and whether they hold, stands in their rows.
std::vector<Error> unreadable(const std::vector<authenticode::Signature>& signatures) {
  std::vector<Error> problems;
  for (const authenticode::Signature& one : signatures) {
    if (!one.signer && one.error) problems.push_back(*one.error);
    for (Error& inner : unreadable(one.nested)) problems.push_back(std::move(inner));
  }
  return problems;
}

Result<std::uint64_t> print_row(ByteSource& file, std::string_view source, LineBuffer& out,
                                bool is_whole) {
  HOZEN_TRY(pe::Image image, pe::Image::open(file));
  const PeRow row{file, image, is_whole};
  print_record("pe", kFields, row, source, out);
  std::uint64_t problems = print_problems(image.problems(), source, out);
  problems += print_problems(row.problems, source, out);
  problems += print_problems(row.imports.problems, source, out);
  problems += print_problems(row.delay_imports.problems, source, out);
  if (row.exports) problems += print_problems(row.exports->problems, source, out);
  if (row.version) problems += print_problems(row.version->problems, source, out);
  problems += print_problems(row.debug.problems, source, out);
  if (row.signatures) {
    problems += print_problems(row.signatures->problems, source, out);
    problems += print_problems(unreadable(row.signatures->signatures), source, out);
  }
  return problems;
}

}  // namespace

Result<std::uint64_t> print_pe(ByteSource& file, std::string_view source, LineBuffer& out) {
  return print_row(file, source, out, true);
}

Result<std::uint64_t> print_pe_headers(ByteSource& file, std::string_view source, LineBuffer& out) {
  return print_row(file, source, out, false);
}

}  // namespace hozen::cli
