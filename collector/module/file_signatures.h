// Signatures of the files of one evidence: read, hashed, looked up in its catalogs, and held
// against the roots that are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/signature.h"
#include "collector/source/registry.h"
#include "collector/source/source.h"

namespace hozen {

/// What the operator says of certificates.
struct TrustLists {
  std::vector<std::vector<std::byte>> roots{};  ///< certificates (DER) trusted beside those known
  /// Thumbprints (SHA-1 or SHA-256, hex, lower case) of certificates that were stolen or revoked.
  std::vector<std::string> revoked{};
};

/// Nothing is read before the first question. Not safe for two threads at once: modules run one
/// after the other.
class FileSignatures final : public SignatureBook {
 public:
  /// Larger files are not_checked: to read them takes seconds, and programs are smaller.
  static constexpr std::uint64_t kMaxFileBytes = 512u << 20;
  /// Files after which no others are checked.
  static constexpr std::size_t kMaxFiles = 200'000;

  /// All must outlive the book; `registry` (nullptr: none) has the host's own list of roots, whose
  /// certificates are taken, but trusted only when they are known.
  FileSignatures(EvidenceSource& source, Registry* registry, const TrustLists& trust,
                 FileTime reference_time);
  ~FileSignatures() override;
  FileSignatures(const FileSignatures&) = delete;
  FileSignatures& operator=(const FileSignatures&) = delete;

  const FileSignature& of(const EvidencePath& file) override;
  bool has_catalogs() override;
  std::size_t damaged_catalogs() override;
  std::vector<NamedSigner> named_signers(const EvidencePath& file) override;
  std::vector<Entry> all() const override;

  /// What ends the reading: files that are asked for then are not_checked, and are asked for anew
  /// once it is replaced.
  void set_stop(std::stop_token stop);
  /// What of catalogs and certificates of the host could not be read.
  std::vector<Error> problems() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hozen
