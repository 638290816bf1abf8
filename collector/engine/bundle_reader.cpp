#include "collector/engine/bundle_reader.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

constexpr std::string_view kSegmentSuffix = ".jsonl";
constexpr std::uint64_t kWalkCapBytes = ~std::uint64_t{0};  ///< a walk keeps nothing in memory

/// A manifest as the headers tell of it.
struct Candidate {
  std::uint64_t header_offset = 0, data_offset = 0, size = 0;
  std::uint32_t crc = 0;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

Result<LocatedManifest> read_candidate(ByteSource& source, const Candidate& candidate) {
  if (candidate.size > kManifestCapBytes)
    return Error{Errc::limit, "manifest.json", candidate.data_offset};
  if (candidate.data_offset > source.size() ||
      candidate.size > source.size() - candidate.data_offset)
    return Error{Errc::truncated, "manifest.json", candidate.data_offset};
  LocatedManifest found;
  found.header_offset = candidate.header_offset;
  found.data_offset = candidate.data_offset;
  found.json.reserve(static_cast<std::size_t>(candidate.size));
  HOZEN_TRY(
      const ZipData data,
      read_zip_data(source, candidate.data_offset, kZipStored, candidate.size, kManifestCapBytes,
                    nullptr, [&found](std::span<const std::byte> bytes) -> Result<void> {
                      found.json += Bytes{bytes}.chars();
                      return {};
                    }));
  found.crc = data.crc;
  found.crc_matches = data.crc == candidate.crc;
  return found;
}

/// Adds the places where the directory and the local header it points to say that the manifest
/// lies. `shift`: bytes that were put before the bundle, so that no offset in it holds.
void add_candidates(ByteSource& source, ZipEnd end, std::uint64_t shift,
                    std::vector<Candidate>& candidates) {
  end.directory_offset += shift;
  std::optional<ZipCentral> central;
  // A damaged directory gives what it gives.
  [[maybe_unused]] const auto read = each_zip_central(source, end, [&](const ZipCentral& header) {
    if (header.name == kManifestName) central = header;
    return true;
  });
  if (!central) return;
  const std::uint64_t header_offset = central->header_offset + shift;
  candidates.push_back({header_offset, header_offset + kZipLocalBytes + kManifestName.size(),
                        central->size, central->crc});
  const auto local = read_zip_local(source, header_offset);
  if (local && local->name == kManifestName)
    candidates.push_back({header_offset, local->data_offset, local->size, local->crc});
}

std::vector<Candidate> candidates_of_directory(ByteSource& source) {
  std::vector<Candidate> candidates;
  const auto end = find_zip_end(source);
  if (!end) return candidates;
  add_candidates(source, *end, 0, candidates);
  const std::uint64_t stated_end = end->directory_offset + end->directory_size;
  if (stated_end != end->offset) add_candidates(source, *end, end->offset - stated_end, candidates);
  return candidates;
}

std::optional<Candidate> walk_to_manifest(ByteSource& source) {
  for (std::uint64_t offset = 0; offset < source.size();) {
    const auto walked = walk_zip_entry(source, offset, kWalkCapBytes);
    if (!walked) return std::nullopt;
    const ZipLocal& local = walked->local;
    if (local.name == kManifestName && local.method == kZipStored)
      return Candidate{local.header_offset, local.data_offset, local.size, local.crc};
    offset = walked->next_offset;
  }
  return std::nullopt;
}

}  // namespace

Result<LocatedManifest> locate_manifest(ByteSource& source) {
  std::optional<LocatedManifest> damaged;
  const std::vector<Candidate> candidates = candidates_of_directory(source);
  for (const Candidate& candidate : candidates) {
    auto found = read_candidate(source, candidate);
    if (found && found->crc_matches) return found;
    if (found && !damaged) damaged = *std::move(found);
  }
  // Two headers that agree are right: then it is the manifest that is damaged.
  if (damaged && candidates.size() == 2 && candidates[0] == candidates[1])
    return *std::move(damaged);
  if (const auto candidate = walk_to_manifest(source)) {
    auto found = read_candidate(source, *candidate);
    if (found && (found->crc_matches || !damaged)) return found;
  }
  if (damaged) return *std::move(damaged);
  return Error{Errc::not_found, "manifest.json", std::nullopt,
               "not a bundle, or what an interrupted run left (hozen recover makes one of that)"};
}

std::optional<SegmentName> parse_segment_name(std::string_view entry_name) {
  if (!entry_name.ends_with(kSegmentSuffix)) return std::nullopt;
  SegmentName segment{entry_name.substr(0, entry_name.size() - kSegmentSuffix.size())};
  const std::size_t dot = segment.stream.rfind('.');
  if (dot == std::string_view::npos) return segment;
  const std::string_view digits = segment.stream.substr(dot + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 2) return segment;
  segment.stream = segment.stream.substr(0, dot);
  segment.number = number;
  return segment;
}

Result<void> LineSplitter::feed(std::span<const std::byte> bytes) {
  std::string_view text = Bytes{bytes}.chars();
  for (std::size_t feed = text.find('\n'); feed != std::string_view::npos; feed = text.find('\n')) {
    if (rest_.empty()) {
      HOZEN_CHECK(line_(text.substr(0, feed)));
    } else {
      rest_ += text.substr(0, feed);
      HOZEN_CHECK(line_(rest_));
      rest_.clear();
    }
    text.remove_prefix(feed + 1);
  }
  if (rest_.size() + text.size() > kLineCapBytes)
    return Error{Errc::limit, "line of a JSON stream"};
  rest_ += text;
  return {};
}

Result<void> LineSplitter::end() {
  if (rest_.empty()) return {};
  const std::string last = std::exchange(rest_, {});
  return line_(last);
}

Result<BundleReader> BundleReader::open(ByteSource& source) {
  HOZEN_TRY(const LocatedManifest located, locate_manifest(source));
  BundleReader reader;
  reader.source_ = &source;
  reader.seal_ = sha256(bytes_of(located.json).span());
  std::uint64_t offset = 0;
  bool overflow = false;
  HOZEN_TRY(reader.manifest_, read_manifest(located.json, [&](BundleEntry facts) {
              Entry entry;
              entry.header_offset = offset;
              entry.data_offset =
                  offset + zip_local_header_bytes(facts.name, facts.method, facts.size);
              offset = entry.data_offset + facts.stored_size +
                       zip_descriptor_bytes(facts.method, facts.size);
              overflow = overflow || facts.stored_size > source.size() || offset > source.size();
              entry.facts = std::move(facts);
              reader.entries_.push_back(std::move(entry));
            }));
  if (overflow) return Error{Errc::malformed, "manifest.json: entries pass the end of the bundle"};
  reader.by_name_.resize(reader.entries_.size());
  std::iota(reader.by_name_.begin(), reader.by_name_.end(), 0u);
  std::sort(reader.by_name_.begin(), reader.by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return reader.entries_[a].facts.name < reader.entries_[b].facts.name;
  });
  return reader;
}

const BundleReader::Entry* BundleReader::find(std::string_view name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                   [this](std::uint32_t index, std::string_view wanted) {
                                     return std::string_view{entries_[index].facts.name} < wanted;
                                   });
  return at == by_name_.end() || entries_[*at].facts.name != name ? nullptr : &entries_[*at];
}

Result<void> BundleReader::read(const Entry& entry, const ZipOutput& content) const {
  Sha256 hash;
  HOZEN_TRY(const ZipData data,
            read_zip_data(*source_, entry.data_offset, entry.facts.method, entry.facts.stored_size,
                          entry.facts.size, nullptr,
                          [&](std::span<const std::byte> bytes) -> Result<void> {
                            hash.update(bytes);
                            return content(bytes);
                          }));
  if (data.size != entry.facts.size || hash.finish() != entry.facts.sha256)
    return Error{Errc::malformed, entry.facts.name, entry.data_offset,
                 "its bytes are not those that the manifest tells of"};
  return {};
}

Result<std::vector<std::byte>> BundleReader::read_all(const Entry& entry,
                                                      std::uint64_t cap_bytes) const {
  if (entry.facts.size > cap_bytes) return Error{Errc::limit, entry.facts.name};
  std::vector<std::byte> all;
  HOZEN_CHECK(read(entry, [&all](std::span<const std::byte> bytes) -> Result<void> {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return {};
  }));
  return all;
}

std::vector<const BundleReader::Entry*> BundleReader::segments(std::string_view stream) const {
  std::vector<std::pair<unsigned, const Entry*>> numbered;
  for (const Entry& entry : entries_) {
    const auto segment = parse_segment_name(entry.facts.name);
    if (segment && segment->stream == stream) numbered.emplace_back(segment->number, &entry);
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<const Entry*> found;
  found.reserve(numbered.size());
  for (const auto& [number, entry] : numbered) found.push_back(entry);
  return found;
}

Result<void> BundleReader::each_line(
    std::string_view stream, const std::function<Result<void>(std::string_view)>& line) const {
  for (const Entry* segment : segments(stream)) HOZEN_CHECK(each_line(*segment, line));
  return {};
}

Result<void> BundleReader::each_line(
    const Entry& segment, const std::function<Result<void>(std::string_view)>& line) const {
  LineSplitter splitter{line};
  HOZEN_CHECK(
      read(segment, [&](std::span<const std::byte> bytes) { return splitter.feed(bytes); }));
  return splitter.end();
}

}  // namespace hozen
