#include "collector/engine/bundle_end.h"

#include <optional>
#include <span>
#include <string>

#include "collector/base/crc32.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/deflater.h"

namespace hozen {
namespace {

/// The directory is written in pieces of this size.
constexpr std::size_t kDirectoryPiece = 256 << 10;

}  // namespace

Result<void> write_bundle_directory(const ZipItem& manifest, BundleBody& body) {
  std::string text;
  std::uint64_t offset = 0, bytes = 0;
  const std::size_t count = body.count();
  for (std::size_t i = 0; i <= count; ++i) {
    ZipItem item = i < count ? body.item(i) : manifest;
    item.header_offset = offset;
    append_zip_central_header(text, item);
    offset += zip_local_header_bytes(item.name, item.method, item.size) + item.stored_size +
              zip_descriptor_bytes(item.method, item.size);
    if (text.size() < kDirectoryPiece) continue;
    bytes += text.size();
    HOZEN_CHECK(body.write(text));
    text.clear();
  }
  bytes += text.size();
  append_zip_end(text, count + 1, offset, bytes);
  return body.write(text);
}

Result<Sha256Digest> write_bundle_end(const Manifest& manifest, BundleBody& body) {
  const EachEntry entries = [&body](const auto& take) {
    const std::size_t count = body.count();
    for (std::size_t i = 0; i < count; ++i) take(body.entry(i));
  };
  // Written twice: the local header holds what only the first time can tell.
  ZipItem item;
  item.name = kManifestName;
  item.method = kZipStored;
  item.modified = manifest.collection.finished;
  Sha256 hash;
  write_manifest(manifest, entries, [&](std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    hash.update(bytes);
    item.crc = combine_crc32(item.crc, crc32_of(bytes), bytes.size());
    item.size += bytes.size();
  });
  item.stored_size = item.size;
  if (item.size >= kZip32Limit) return Error{Errc::limit, "manifest.json of 4 GiB or more"};
  std::string header;
  append_zip_local_header(header, item);
  HOZEN_CHECK(body.write(header));
  std::optional<Error> failure;
  write_manifest(manifest, entries, [&](std::string_view text) {
    if (failure) return;
    if (auto written = body.write(text); !written) failure = std::move(written).error();
  });
  if (failure) return *failure;
  HOZEN_CHECK(write_bundle_directory(item, body));
  return hash.finish();
}

}  // namespace hozen
