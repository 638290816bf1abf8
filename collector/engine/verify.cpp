#include "collector/engine/verify.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

#include "collector/base/text.h"
#include "collector/engine/artifact_check.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/zip_compare.h"

namespace hozen {
namespace {

std::string hex(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

/// What is known of an entry beside the manifest.
struct Found {
  std::uint64_t header_offset = 0;  ///< where it lies, which in a damaged bundle may be elsewhere
  std::uint32_t crc = 0;            ///< of its local header or data descriptor
};

class Verifier {
 public:
  Verifier(ByteSource& source, const VerifyOptions& options)
      : source_{source}, max_problems_{std::max<std::size_t>(options.max_problems, 1)} {}

  Result<VerifyReport> run();

 private:
  bool read_entries();
  void check_names();
  Result<void> check_structures();
  Result<void> check_headers(std::size_t index, std::uint64_t& at, std::uint64_t& rest);
  Result<std::uint64_t> find_local_header(std::size_t index, std::uint64_t at, std::uint64_t rest);
  Result<void> check_manifest_header(std::uint64_t at);
  Result<void> check_directory();
  Result<void> check_data(std::size_t index);
  void check_crc(std::size_t index, std::uint32_t crc);

  ZipItem item_of(std::size_t index) const;
  ZipItem manifest_item() const;
  Result<std::uint32_t> read_crc(std::uint64_t offset);
  Result<std::string> read_range(std::uint64_t offset, std::uint64_t length);
  /// True when the bytes at `offset` are `expected`.
  Result<bool> compare(ZipStructure structure, const std::string& expected, std::uint64_t offset,
                       const std::string& where);
  const BundleEntry* find(std::string_view name) const;
  void add(std::string where, std::string what, std::uint64_t offset, std::uint64_t length);
  bool full() const { return report_.problems.size() >= max_problems_; }

  ByteSource& source_;
  const std::size_t max_problems_;
  VerifyReport report_;
  LocatedManifest located_;
  std::uint64_t manifest_size_ = 0;
  FileTime finished_{};
  std::vector<BundleEntry> entries_;
  std::vector<Found> found_;
  std::vector<std::uint32_t> by_name_;
  std::map<std::size_t, std::uint32_t> other_crcs_;  // CRC of the directory where it differs
  std::uint64_t layout_bytes_ = 0;                   // of all entries, as the manifest has them
};

void Verifier::add(std::string where, std::string what, std::uint64_t offset,
                   std::uint64_t length) {
  if (!full()) report_.problems.push_back({std::move(where), std::move(what), offset, length});
}

Result<std::string> Verifier::read_range(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t size = source_.size();
  offset = std::min(offset, size);
  length = std::min(length, size - offset);
  std::string bytes(static_cast<std::size_t>(length), '\0');
  HOZEN_CHECK(source_.read(offset, std::as_writable_bytes(std::span{bytes})));
  return bytes;
}

Result<bool> Verifier::compare(ZipStructure structure, const std::string& expected,
                               std::uint64_t offset, const std::string& where) {
  HOZEN_TRY(const std::string actual, read_range(offset, expected.size()));
  const auto difference = find_zip_difference(structure, expected, actual);
  if (!difference) return true;
  add(where,
      actual.size() < expected.size() && difference->offset >= actual.size()
          ? "the file ends before it does"
          : "its " + difference->field + " is not what the manifest demands",
      offset + difference->offset, difference->length);
  return false;
}

ZipItem Verifier::item_of(std::size_t index) const {
  const BundleEntry& entry = entries_[index];
  ZipItem item;
  item.name = entry.name;
  item.method = entry.method;
  item.modified = entry.modified;
  item.crc = found_[index].crc;
  item.size = entry.size;
  item.stored_size = entry.stored_size;
  return item;
}

const BundleEntry* Verifier::find(std::string_view name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                   [this](std::uint32_t index, std::string_view wanted) {
                                     return std::string_view{entries_[index].name} < wanted;
                                   });
  return at == by_name_.end() || entries_[*at].name != name ? nullptr : &entries_[*at];
}

Result<VerifyReport> Verifier::run() {
  auto located = locate_manifest(source_);
  if (!located) {
    if (located.error().code == Errc::io) return std::move(located).error();
    add(std::string{kManifestName}, located.error().text(), 0, 0);
    return std::move(report_);
  }
  located_ = *std::move(located);
  report_.seal = sha256(bytes_of(located_.json).span());
  if (!located_.crc_matches)
    add(std::string{kManifestName}, "its bytes do not have the CRC that its headers tell of",
        located_.data_offset, located_.json.size());
  if (!read_entries()) return std::move(report_);
  check_names();
  if (!full()) HOZEN_CHECK(check_structures());
  for (std::size_t i = 0; i < entries_.size() && !full(); ++i) HOZEN_CHECK(check_data(i));
  report_.ended_early = full();
  return std::move(report_);
}

/// False when there is nothing to go on with.
bool Verifier::read_entries() {
  auto manifest = read_manifest(located_.json, [this](BundleEntry entry) {
    report_.bytes += entry.size;
    report_.stored_bytes += entry.stored_size;
    entries_.push_back(std::move(entry));
  });
  if (!manifest) {
    add(std::string{kManifestName}, manifest.error().text(), located_.data_offset,
        located_.json.size());
    return false;
  }
  manifest_size_ = located_.json.size();
  located_.json = {};
  finished_ = manifest->collection.finished;
  report_.manifest = *std::move(manifest);
  report_.entries = entries_.size();
  by_name_.resize(entries_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return entries_[a].name < entries_[b].name;
  });
  for (const BundleEntry& entry : entries_) {
    const std::uint64_t around = zip_local_header_bytes(entry.name, entry.method, entry.size) +
                                 zip_descriptor_bytes(entry.method, entry.size);
    if (entry.stored_size > source_.size() ||
        layout_bytes_ + around + entry.stored_size > source_.size()) {
      add("data of " + entry.name, "it would pass the end of the file", layout_bytes_, 0);
      return false;
    }
    layout_bytes_ += around + entry.stored_size;
  }
  return true;
}

void Verifier::check_names() {
  EntryNames names;
  names.claim_exact(kManifestName);
  for (const BundleEntry& entry : entries_) {
    if (!is_portable_entry_name(entry.name))
      add("manifest row of " + entry.name, "its name is not one that may be unpacked", 0, 0);
    else if (!names.claim_exact(entry.name))
      add("manifest row of " + entry.name, "its name is that of an earlier entry", 0, 0);
    if (entry.method != kZipStored && entry.method != kZipDeflated)
      add("manifest row of " + entry.name, "its method is neither 0 nor 8", 0, 0);
    else if (entry.method == kZipStored &&
             (entry.size > kZipBufferedBytes || entry.size != entry.stored_size))
      add("manifest row of " + entry.name, "an entry of method 0 cannot have its sizes", 0, 0);
  }
}

ZipItem Verifier::manifest_item() const {
  ZipItem item;
  item.name = kManifestName;
  item.method = kZipStored;
  item.modified = finished_;
  item.crc = located_.crc;
  item.size = item.stored_size = manifest_size_;
  return item;
}

Result<std::uint32_t> Verifier::read_crc(std::uint64_t offset) {
  HOZEN_TRY(const std::string bytes, read_range(offset, 4));
  return bytes_of(bytes).get<std::uint32_t>(0).value_or(0);
}

/// All that is neither data nor manifest. CRCs are held against each other here, and against the
/// data in check_data().
Result<void> Verifier::check_structures() {
  found_.resize(entries_.size());
  std::uint64_t at = 0, rest = layout_bytes_;
  for (std::size_t i = 0; i < entries_.size(); ++i) HOZEN_CHECK(check_headers(i, at, rest));
  HOZEN_CHECK(check_manifest_header(at));
  return check_directory();
}

/// Where the local header of an entry lies: at `at`, or, when bytes were put in or taken out before
/// it, as far away as the manifest is from where it should be. `rest`: bytes of this entry and all
/// behind it.
Result<std::uint64_t> Verifier::find_local_header(std::size_t index, std::uint64_t at,
                                                  std::uint64_t rest) {
  ZipItem item = item_of(index);
  const auto matches = [&](std::uint64_t offset) -> Result<bool> {
    HOZEN_TRY(item.crc, read_crc(offset + kZipLocalCrcOffset));
    std::string expected;
    append_zip_local_header(expected, item);
    HOZEN_TRY(const std::string actual, read_range(offset, expected.size()));
    return !find_zip_difference(ZipStructure::local_header, expected, actual);
  };
  HOZEN_TRY(const bool in_place, matches(at));
  const std::uint64_t elsewhere = located_.header_offset - rest;
  if (in_place || elsewhere == at || located_.header_offset < rest) return at;
  HOZEN_TRY(const bool shifted, matches(elsewhere));
  return shifted ? elsewhere : at;
}

Result<void> Verifier::check_headers(std::size_t index, std::uint64_t& at, std::uint64_t& rest) {
  const BundleEntry& entry = entries_[index];
  HOZEN_TRY(const std::uint64_t header_offset, find_local_header(index, at, rest));
  if (header_offset > at)
    add("before the local header of " + entry.name, "bytes that belong to nothing", at,
        header_offset - at);
  if (header_offset < at)
    add("before the local header of " + entry.name,
        std::to_string(at - header_offset) + " bytes are missing", header_offset, 0);
  const std::uint64_t data_offset =
      header_offset + zip_local_header_bytes(entry.name, entry.method, entry.size);
  const std::uint64_t data_end = data_offset + entry.stored_size;
  const bool streamed = zip_is_streamed(entry.method, entry.size);
  found_[index].header_offset = header_offset;
  HOZEN_TRY(found_[index].crc,
            read_crc(streamed ? data_end + 4 : header_offset + kZipLocalCrcOffset));
  std::string expected;
  append_zip_local_header(expected, item_of(index));
  HOZEN_TRY([[maybe_unused]] const bool header_equal,
            compare(ZipStructure::local_header, expected, header_offset,
                    "local header of " + entry.name));
  at = data_end;
  if (streamed) {
    expected.clear();
    append_zip_descriptor(expected, item_of(index));
    HOZEN_TRY(
        [[maybe_unused]] const bool descriptor_equal,
        compare(ZipStructure::descriptor, expected, data_end, "data descriptor of " + entry.name));
    at += expected.size();
  }
  rest -= std::min(rest, at - header_offset);
  return {};
}

Result<void> Verifier::check_manifest_header(std::uint64_t at) {
  const std::string where = "local header of " + std::string{kManifestName};
  if (at < located_.header_offset)
    add("before the " + where, "bytes that belong to nothing", at, located_.header_offset - at);
  if (at > located_.header_offset)
    add("before the " + where, std::to_string(at - located_.header_offset) + " bytes are missing",
        located_.header_offset, 0);
  ZipItem item = manifest_item();
  if (!located_.crc_matches) {
    // Named already; the rest of the header is still to be seen.
    HOZEN_TRY(item.crc, read_crc(located_.header_offset + kZipLocalCrcOffset));
  }
  std::string expected;
  append_zip_local_header(expected, item);
  HOZEN_TRY([[maybe_unused]] const bool equal,
            compare(ZipStructure::local_header, expected, located_.header_offset, where));
  return {};
}

Result<void> Verifier::check_directory() {
  const std::uint64_t start = located_.data_offset + manifest_size_;
  std::uint64_t at = start, offset = 0;
  bool lost = false;
  for (std::size_t i = 0; i <= entries_.size(); ++i) {
    const bool is_manifest = i == entries_.size();
    ZipItem item = is_manifest ? manifest_item() : item_of(i);
    item.header_offset = offset;
    offset += zip_local_header_bytes(item.name, item.method, item.size) + item.stored_size +
              zip_descriptor_bytes(item.method, item.size);
    const std::string where = "directory header of " + std::string{item.name};
    HOZEN_TRY(const std::uint32_t crc, read_crc(at + kZipCentralCrcOffset));
    if (is_manifest && located_.crc_matches && crc != item.crc)
      add(where, "its CRC is not that of the manifest", at + kZipCentralCrcOffset, 4);
    if (!is_manifest && crc != item.crc) other_crcs_[i] = crc;
    item.crc = crc;
    std::string expected;
    append_zip_central_header(expected, item);
    HOZEN_TRY(const bool equal, compare(ZipStructure::central_header, expected, at, where));
    // Another name in its place: something was put in or taken out, and the rest of the directory
    // cannot be told apart.
    HOZEN_TRY(const std::string name, read_range(at + kZipCentralBytes, item.name.size()));
    lost = !equal && name != item.name;
    if (lost || full()) break;
    at += expected.size();
  }
  std::uint64_t directory_size = at - start;
  if (lost) {
    const auto end = find_zip_end(source_);
    if (!end || end->offset < start) return {};
    at = end->offset;
    directory_size = at - start;
  }
  std::string expected;
  append_zip_end(expected, entries_.size() + 1, layout_bytes_ + (start - located_.header_offset),
                 directory_size);
  HOZEN_TRY([[maybe_unused]] const bool equal,
            compare(ZipStructure::end_records, expected, at, "end record"));
  at += expected.size();
  if (source_.size() > at)
    add("behind the end record", "bytes that belong to nothing", at, source_.size() - at);
  return {};
}

Result<void> Verifier::check_data(std::size_t index) {
  const BundleEntry& entry = entries_[index];
  const std::string where = "data of " + entry.name;
  const std::uint64_t offset =
      found_[index].header_offset + zip_local_header_bytes(entry.name, entry.method, entry.size);
  const auto segment = parse_segment_name(entry.name);
  std::optional<ArtifactCheck> rows;
  if (segment && segment->stream == "artifacts")
    rows.emplace([this](std::string_view name) { return find(name); });
  Sha256 stored_hash, content_hash;
  const ZipOutput hash_stored = [&](std::span<const std::byte> bytes) -> Result<void> {
    stored_hash.update(bytes);
    return {};
  };
  const auto data =
      read_zip_data(source_, offset, entry.method, entry.stored_size, entry.size, hash_stored,
                    [&](std::span<const std::byte> bytes) -> Result<void> {
                      content_hash.update(bytes);
                      if (rows) rows->feed(bytes);
                      return {};
                    });
  if (!data) {
    if (data.error().code == Errc::io) return data.error();
    // Where inflating gave up, the rest of the bytes is not hashed yet.
    stored_hash = Sha256{};
    const auto plain = read_zip_data(source_, offset, kZipStored, entry.stored_size,
                                     entry.stored_size, hash_stored, nullptr);
    if (!plain && plain.error().code == Errc::io) return plain.error();
  }
  const bool stored_equal = stored_hash.finish() == entry.stored_sha256;
  const bool content_equal =
      data && data->size == entry.size && content_hash.finish() == entry.sha256;
  if (!stored_equal)
    add(where,
        std::string{"its bytes are not those of stored_sha256"} +
            (content_equal ? ", though they unpack to the right content" : ""),
        offset, entry.stored_size);
  else if (!data)
    add(where, "it cannot be unpacked: " + data.error().text(), offset, entry.stored_size);
  else if (!content_equal)
    add(where, "its content has not the size and SHA-256 of the manifest", offset,
        entry.stored_size);
  if (content_equal) check_crc(index, data->crc);
  if (!content_equal && other_crcs_.contains(index))
    add("directory header of " + entry.name, "its CRC is not that of the local header", 0, 0);
  if (!rows) return {};
  if (content_equal)
    for (const std::string& fault : rows->faults()) add(entry.name, fault, offset, 0);
  report_.artifacts += rows->rows();
  return {};
}

/// Holds the CRC of sound data against those in the headers.
void Verifier::check_crc(std::size_t index, std::uint32_t crc) {
  const BundleEntry& entry = entries_[index];
  const Found& found = found_[index];
  const bool streamed = zip_is_streamed(entry.method, entry.size);
  const std::uint64_t local_offset =
      streamed
          ? found.header_offset + zip_local_header_bytes(entry.name, entry.method, entry.size) +
                entry.stored_size + 4
          : found.header_offset + kZipLocalCrcOffset;
  if (found.crc != crc)
    add((streamed ? "data descriptor of " : "local header of ") + entry.name,
        "its CRC is not that of the data", local_offset, 4);
  const auto other = other_crcs_.find(index);
  const std::uint32_t in_directory = other == other_crcs_.end() ? found.crc : other->second;
  if (in_directory != crc)
    add("directory header of " + entry.name, "its CRC is not that of the data", 0, 0);
}

}  // namespace

std::string VerifyProblem::text() const {
  std::string line = printable(where) + ": " + printable(what);
  if (length != 0)
    line += " (bytes " + hex(offset) + " to " + hex(offset + length - 1) + ")";
  else if (offset != 0)
    line += " (at byte " + hex(offset) + ")";
  return line;
}

Result<VerifyReport> verify_bundle(ByteSource& source, const VerifyOptions& options) {
  return Verifier{source, options}.run();
}

}  // namespace hozen
