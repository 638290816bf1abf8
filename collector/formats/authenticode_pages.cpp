#include "collector/formats/authenticode_pages.h"

#include <algorithm>
#include <vector>

#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_content.h"
#include "collector/formats/authenticode_crypto.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::authenticode {
namespace {

constexpr std::size_t kOffsetBytes = 4;
/// Alignment of sections, which is the size of a page here; real ones have 4 or 8 KiB.
constexpr std::uint32_t kMaxPageBytes = 1u << 16;
/// Sections that lie over each other could make every page be read once for each.
constexpr std::uint64_t kMaxTimesRead = 2;

class Check {
 public:
  Check(pe::Image& image, Algorithm algorithm, Bytes table)
      : image_{image}, table_{table}, page_(image.headers().section_alignment) {
    out_.algorithm = algorithm;
    entry_bytes_ = kOffsetBytes + digest_of(algorithm, {}).bytes.size();
    out_.count = table.size() / entry_bytes_;
  }

  PageHashes run() {
    if (auto checked = pages(); !checked) out_.error = std::move(checked).error();
    // The last one has the end of the last page, and zeros.
    out_.is_whole = !out_.error && next_ + 1 == out_.count;
    return out_;
  }

 private:
  Result<void> pages() {
    const pe::Headers& headers = image_.headers();
    const ImageLayout layout = layout_of(image_);
    if (page_.empty() || headers.header_size > page_.size() || layout.directory_entry_offset == 0 ||
        layout.directory_entry_offset + 8 > headers.header_size)
      return Error{Errc::unsupported, "pages of the file"};
    HOZEN_CHECK(read(0, headers.header_size));
    const std::span<const std::byte> all{page_};
    const auto checksum = static_cast<std::size_t>(layout.checksum_offset);
    const auto entry = static_cast<std::size_t>(layout.directory_entry_offset);
    compare(0, digest_of(out_.algorithm,
                         {all.first(checksum), all.subspan(checksum + 4, entry - checksum - 4),
                          all.subspan(entry + 8)}));
    for (const pe::Section& section : image_.sections())
      for (std::uint64_t at = 0; at < section.raw_size; at += page_.size()) {
        if (next_ >= out_.count) return Error{Errc::malformed, "page hashes: there are too few"};
        HOZEN_CHECK(read(section.raw_offset + at,
                         std::min<std::uint64_t>(section.raw_size - at, page_.size())));
        compare(section.raw_offset + at, digest_of(out_.algorithm, {page_}));
      }
    return {};
  }

  /// Into `page_`, with zeros behind it.
  Result<void> read(std::uint64_t offset, std::uint64_t size) {
    read_bytes_ += size;
    if (read_bytes_ > kMaxTimesRead * image_.file_size())
      return Error{Errc::limit, "page hashes", offset};
    std::fill(page_.begin(), page_.end(), std::byte{});
    HOZEN_TRY(
        [[maybe_unused]] const std::size_t count,
        image_.reader().read_some(offset, std::span{page_}.first(static_cast<std::size_t>(size))));
    return {};
  }

  void compare(std::uint64_t offset, const Digest& digest) {
    const Bytes entry = table_.tail(next_++ * entry_bytes_).head(entry_bytes_);
    const auto stated = entry.get<std::uint32_t>(0);
    const bool is_same = stated && *stated == offset &&
                         std::ranges::equal(entry.tail(kOffsetBytes).span(), digest.bytes);
    if (!is_same) ++out_.wrong;
  }

  pe::Image& image_;
  Bytes table_;
  std::vector<std::byte> page_;
  PageHashes out_;
  std::size_t entry_bytes_ = 1;
  std::uint64_t next_ = 0, read_bytes_ = 0;
};

}  // namespace

std::optional<PageHashes> check_page_hashes(pe::Image& image, Bytes pkcs7) {
  const auto data = read_signed_data(pkcs7);
  if (!data) return std::nullopt;
  const PageTable table = page_table(data->content);
  if (table.algorithm == Algorithm::unknown) return std::nullopt;
  if (image.headers().section_alignment > kMaxPageBytes) {
    PageHashes none;
    none.algorithm = table.algorithm;
    none.error = Error{Errc::limit, "size of pages", pkcs7.base()};
    return none;
  }
  return Check{image, table.algorithm, table.entries}.run();
}

}  // namespace hozen::authenticode
