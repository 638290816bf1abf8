// The end of every bundle: manifest.json behind the entries, the directory, the end records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "collector/base/hash.h"
#include "collector/engine/manifest.h"
#include "collector/formats/zip_form.h"

namespace hozen {

/// The entries that are written, in bundle order, and the way to the bundle.
class BundleBody {
 public:
  virtual ~BundleBody() = default;
  virtual std::size_t count() const = 0;
  virtual BundleEntry entry(std::size_t index) const = 0;
  /// The headers' facts but for the offset; the name lives as long as the body.
  virtual ZipItem item(std::size_t index) const = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
};

/// Writes manifest.json, directory and end records; returns the seal. Errc::limit for a manifest of
/// 4 GiB or more.
Result<Sha256Digest> write_bundle_end(const Manifest& manifest, BundleBody& body);
/// Writes directory and end records only: `manifest`, the item of manifest.json, is the last entry
/// and written already.
Result<void> write_bundle_directory(const ZipItem& manifest, BundleBody& body);

}  // namespace hozen
