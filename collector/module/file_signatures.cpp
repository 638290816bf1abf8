#include "collector/module/file_signatures.h"

#include <map>

namespace hozen {

struct FileSignatures::Parts {
  EvidenceSource& source;
  Registry* registry;
  const TrustLists& trust;
  FileTime reference_time;
  std::map<std::string, std::pair<EvidencePath, FileSignature>> known{};
};

FileSignatures::FileSignatures(EvidenceSource& source, Registry* registry, const TrustLists& trust,
                               FileTime reference_time)
    : parts_{new Parts{source, registry, trust, reference_time}} {}
FileSignatures::~FileSignatures() = default;

const FileSignature& FileSignatures::of(const EvidencePath& file) {
  auto& [path, signature] = parts_->known[file.folded()];
  path = file;
  return signature;
}
bool FileSignatures::has_catalogs() { return false; }
std::vector<SignatureBook::Entry> FileSignatures::all() const { return {}; }

}  // namespace hozen
