#include "collector/formats/authenticode_digest.h"

#include <algorithm>

#include "collector/formats/authenticode_crypto.h"

namespace hozen::authenticode {
namespace {

constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::array kAll{Algorithm::md5, Algorithm::sha1, Algorithm::sha256, Algorithm::sha384,
                          Algorithm::sha512};
constexpr std::uint64_t kAlignment = 8;

struct Span {
  std::uint64_t begin = 0, end = 0;
};

/// What is hashed of [0, size), in file order.
std::vector<Span> hashed_spans(const ImageLayout& layout, std::uint64_t size) {
  std::vector<Span> holes{{layout.checksum_offset, layout.checksum_offset + 4}};
  if (layout.directory_entry_offset != 0)
    holes.push_back({layout.directory_entry_offset, layout.directory_entry_offset + 8});
  if (layout.table_offset != 0)
    holes.push_back({layout.table_offset, layout.table_offset + layout.table_bytes});
  std::ranges::sort(holes, {}, &Span::begin);
  std::vector<Span> spans;
  std::uint64_t at = 0;
  for (const Span& hole : holes) {
    if (hole.begin > at) spans.push_back({at, std::min(hole.begin, size)});
    at = std::max(at, hole.end);
  }
  if (at < size) spans.push_back({at, size});
  std::erase_if(spans, [](const Span& span) { return span.begin >= span.end; });
  return spans;
}

/// Sections that are in the file, in order of their place.
std::vector<Span> section_spans(const pe::Image& image) {
  std::vector<Span> spans;
  for (const pe::Section& section : image.sections())
    if (section.raw_size != 0)
      spans.push_back({section.raw_offset, std::uint64_t{section.raw_offset} + section.raw_size});
  std::ranges::stable_sort(spans, {}, &Span::begin);
  return spans;
}

std::vector<RunningDigest> start(Algorithms algorithms) {
  std::vector<RunningDigest> running;
  for (const Algorithm one : kAll)
    if (algorithms.has(one)) running.emplace_back(one);
  return running;
}

std::vector<Digest> finish_all(std::vector<RunningDigest>& running) {
  std::vector<Digest> digests;
  for (RunningDigest& one : running) digests.push_back(one.finish());
  return digests;
}

template <std::size_t N>
std::array<std::byte, N> array_of(const Digest& digest) {
  std::array<std::byte, N> out{};
  std::copy_n(digest.bytes.begin(), N, out.begin());
  return out;
}

Result<void> feed(ByteSource& file, Span span, std::vector<std::byte>& buffer,
                  std::vector<RunningDigest>& running) {
  for (std::uint64_t at = span.begin; at < span.end;) {
    const auto piece = std::span{buffer}.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), span.end - at)));
    HOZEN_CHECK(file.read(at, piece));
    for (RunningDigest& one : running) one.update(piece);
    at += piece.size();
  }
  return {};
}

/// Headers, then sections in order of their place, then what is behind them.
Result<std::vector<Digest>> digest_by_sections(ByteSource& file, const pe::Image& image,
                                               const ImageLayout& layout, Algorithms algorithms) {
  const std::uint64_t size = file.size();
  std::vector<RunningDigest> running = start(algorithms);
  std::vector<std::byte> buffer(kPieceBytes);
  const std::uint64_t header = std::min<std::uint64_t>(image.headers().header_size, size);
  ImageLayout of_header = layout;
  of_header.table_offset = 0;
  for (const Span& span : hashed_spans(of_header, header))
    HOZEN_CHECK(feed(file, span, buffer, running));
  // Sections that lie over each other count twice in the sum, as Microsoft's text says; more than
  // the file has is not read.
  std::uint64_t sum = header, left = 2 * size;
  for (Span span : section_spans(image)) {
    span.end = std::min(span.end, size);
    if (span.begin >= span.end) continue;
    if (span.end - span.begin > left) return Error{Errc::malformed, "sections over each other"};
    left -= span.end - span.begin;
    HOZEN_CHECK(feed(file, span, buffer, running));
    sum += span.end - span.begin;
  }
  if (sum < size) {
    ImageLayout behind = layout;
    behind.checksum_offset = 0;
    behind.directory_entry_offset = 0;
    for (Span span : hashed_spans(behind, size)) {
      span.begin = std::max(span.begin, sum);
      if (span.begin < span.end) HOZEN_CHECK(feed(file, span, buffer, running));
    }
  }
  return finish_all(running);
}

}  // namespace

std::string_view to_text(Algorithm algorithm) {
  constexpr std::array<std::string_view, kAlgorithms> kNames{"unknown", "md5",    "sha1",
                                                             "sha256",  "sha384", "sha512"};
  return kNames.at(static_cast<std::size_t>(algorithm));
}

ImageLayout layout_of(const pe::Image& image) {
  constexpr std::uint64_t kOptionalAt = 24, kChecksumAt = 64, kDirectories32At = 96,
                          kDirectories64At = 112, kCertificates = 4;
  const pe::Headers& headers = image.headers();
  const std::uint64_t optional = headers.pe_offset + kOptionalAt;
  ImageLayout layout;
  layout.checksum_offset = optional + kChecksumAt;
  if (headers.stated_directories > kCertificates)
    layout.directory_entry_offset =
        optional + (headers.is_64 ? kDirectories64At : kDirectories32At) + 8 * kCertificates;
  const pe::DataDirectory table = image.directory(pe::Directory::certificates);
  if (table.is_set() && table.size_bytes != 0 && table.rva < image.file_size()) {
    layout.table_offset = table.rva;
    layout.table_bytes = std::min<std::uint64_t>(table.size_bytes, image.file_size() - table.rva);
  }
  std::uint64_t at = headers.header_size;
  for (const Span& span : section_spans(image)) {
    if (span.begin != at) layout.is_ordered = false;
    at = span.end;
  }
  // A last section that the file cuts short is hashed as far as it goes.
  if (at > image.file_size() || (layout.table_offset != 0 && layout.table_offset < at))
    layout.is_ordered = false;
  return layout;
}

const Digest* FileDigests::image_digest(Algorithm algorithm) const {
  const auto found = std::ranges::find(image, algorithm, &Digest::algorithm);
  return found == image.end() ? nullptr : &*found;
}

bool FileDigests::is_image_digest(const Digest& digest) const {
  const auto is_in = [&](const std::vector<Digest>& list) {
    return std::ranges::find(list, digest) != list.end();
  };
  return is_in(image) || is_in(padded) || is_in(by_sections);
}

struct FileHasher::Parts {
  std::vector<RunningDigest> file = start({Algorithm::sha1, Algorithm::sha256});
  std::vector<RunningDigest> image{};
  ImageLayout layout{};
  bool is_image = false;
  std::uint64_t position = 0;
  std::vector<Span> spans{};  ///< what the image digests take, the last one without end
  std::size_t next = 0;
};

FileHasher::FileHasher() : parts_{std::make_unique<Parts>()} {}
FileHasher::FileHasher(const ImageLayout& layout, Algorithms algorithms) : FileHasher{} {
  parts_->image = start(algorithms);
  parts_->layout = layout;
  parts_->is_image = true;
  parts_->spans = hashed_spans(layout, UINT64_MAX);
}
FileHasher::~FileHasher() = default;
FileHasher::FileHasher(FileHasher&&) noexcept = default;
FileHasher& FileHasher::operator=(FileHasher&&) noexcept = default;

void FileHasher::update(std::span<const std::byte> data) {
  Parts& parts = *parts_;
  // In blocks that stay in the cache while all digests read them.
  constexpr std::size_t kBlockBytes = 16u << 10;
  while (!data.empty()) {
    const auto block = data.first(std::min(data.size(), kBlockBytes));
    for (RunningDigest& one : parts.file) one.update(block);
    const std::uint64_t begin = parts.position, end = begin + block.size();
    while (parts.next < parts.spans.size() && parts.spans[parts.next].end <= begin) ++parts.next;
    for (std::size_t i = parts.next; i < parts.spans.size() && parts.spans[i].begin < end; ++i) {
      const std::uint64_t from = std::max(begin, parts.spans[i].begin),
                          to = std::min(end, parts.spans[i].end);
      const auto piece = block.subspan(static_cast<std::size_t>(from - begin),
                                       static_cast<std::size_t>(to - from));
      for (RunningDigest& one : parts.image) one.update(piece);
    }
    parts.position = end;
    data = data.subspan(block.size());
  }
}

FileDigests FileHasher::finish() {
  Parts& parts = *parts_;
  FileDigests digests;
  digests.size_bytes = parts.position;
  for (RunningDigest& one : parts.file) {
    const Digest digest = one.finish();
    if (digest.algorithm == Algorithm::sha1) digests.sha1 = array_of<20>(digest);
    if (digest.algorithm == Algorithm::sha256) digests.sha256 = array_of<32>(digest);
  }
  digests.is_image = parts.is_image;
  const std::uint64_t rest = parts.position % kAlignment;
  if (rest != 0 && parts.layout.table_offset == 0 && parts.is_image) {
    const std::array<std::byte, kAlignment> zeros{};
    for (const RunningDigest& one : parts.image) {
      RunningDigest padded = one.copy();
      padded.update(std::span{zeros}.first(static_cast<std::size_t>(kAlignment - rest)));
      digests.padded.push_back(padded.finish());
    }
  }
  digests.image = finish_all(parts.image);
  return digests;
}

Result<FileDigests> digest_file(ByteSource& file, pe::Image* image, Algorithms algorithms) {
  const ImageLayout layout = image != nullptr ? layout_of(*image) : ImageLayout{};
  FileHasher hasher = image != nullptr ? FileHasher{layout, algorithms} : FileHasher{};
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::clamp<std::uint64_t>(file.size(), 1, kPieceBytes)));
  std::uint64_t at = 0;
  while (true) {
    HOZEN_TRY(const std::size_t count, file.read_some(at, buffer));
    if (count == 0) break;
    hasher.update(std::span{buffer}.first(count));
    at += count;
  }
  if (at < file.size()) return Error{Errc::truncated, "file", at};
  FileDigests digests = hasher.finish();
  if (image != nullptr && !layout.is_ordered) {
    auto sections = digest_by_sections(file, *image, layout, algorithms);
    if (!sections && sections.error().code == Errc::io) return std::move(sections).error();
    if (sections && *sections != digests.image) digests.by_sections = *std::move(sections);
  }
  return digests;
}

}  // namespace hozen::authenticode
