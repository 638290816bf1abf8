#include "collector/module/file_signatures.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/formats/authenticode_verify.h"
#include "collector/formats/pe.h"
#include "collector/module/catalog_index.h"
#include "collector/module/host_certificates.h"
#include "collector/module/signature_words.h"

namespace hozen {
namespace {

using authenticode::Certificate;
using authenticode::Chain;
using authenticode::Digest;
using authenticode::Signature;
using authenticode::Verdict;

/// A file of the evidence that is read no further once the run ends.
class StoppableSource final : public ByteSource {
 public:
  StoppableSource(ByteSource& inner, std::stop_token stop)
      : inner_{inner}, stop_{std::move(stop)} {}
  std::uint64_t size() const override { return inner_.size(); }
  std::string_view method() const override { return inner_.method(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (stop_.stop_requested()) return Error{Errc::cancelled, "signature"};
    return inner_.read_some(offset, out);
  }

 private:
  ByteSource& inner_;
  std::stop_token stop_;
};

void add_remarks(FileSignature& signature, const std::vector<std::string>& remarks) {
  constexpr std::size_t kMaxRemarks = 32;
  for (const std::string& remark : remarks) {
    auto& known = signature.remarks;
    if (known.size() < kMaxRemarks && std::find(known.begin(), known.end(), remark) == known.end())
      known.push_back(remark);
  }
}

/// All that a file says of itself, before anybody is believed.
struct ReadFile {
  std::optional<authenticode::SignatureTable> table{};
  authenticode::FileDigests digests{};
};

/// `algorithms`: what the Authentihash is wanted with, besides what the signatures need.
Result<ReadFile> read_file(ByteSource& content, authenticode::Algorithms algorithms,
                           authenticode::CertificateCache& certificates) {
  ReadFile read;
  auto image = pe::Image::open(content);
  if (!image && (image.error().code == Errc::io || image.error().code == Errc::cancelled))
    return image.error();
  if (image) {
    read.table = authenticode::read_signatures(*image, certificates);
    if (read.table) {
      const authenticode::Algorithms wanted = algorithms;
      algorithms = read.table->algorithms();
      for (const auto one : {authenticode::Algorithm::sha1, authenticode::Algorithm::sha256})
        if (wanted.has(one)) algorithms.add(one);
    }
  }
  HOZEN_TRY(read.digests,
            authenticode::digest_file(content, image ? &*image : nullptr, algorithms));
  return read;
}

/// What catalogs may name the file by: the Authentihash of an executable in each of its forms, else
/// the digest of all bytes.
std::vector<Digest> names_in_catalogs(const authenticode::FileDigests& digests) {
  std::vector<Digest> names;
  if (!digests.is_image) {
    names.push_back(
        {authenticode::Algorithm::sha256, {digests.sha256.begin(), digests.sha256.end()}});
    names.push_back({authenticode::Algorithm::sha1, {digests.sha1.begin(), digests.sha1.end()}});
  }
  for (const auto* list : {&digests.image, &digests.padded, &digests.by_sections})
    for (const Digest& digest : *list)
      if (authenticode::kCatalogAlgorithms.has(digest.algorithm)) names.push_back(digest);
  return names;
}

/// How good an answer is; a file that is signed twice is as good as its best signature.
int rank(SignatureStatus status) {
  switch (status) {
    case SignatureStatus::valid:
      return 6;
    case SignatureStatus::valid_timestamped_expired:
      return 5;
    case SignatureStatus::valid_expired_untimestamped:
      return 4;
    case SignatureStatus::revoked_by_list:  // says more than that nobody knows the root
      return 3;
    case SignatureStatus::untrusted_root:
      return 2;
    default:
      return 1;
  }
}

struct Known {
  EvidencePath file{};
  FileSignature signature{};
};

/// Whom to believe.
struct Trusted {
  authenticode::TrustStore store{};
  std::set<Sha256Digest> host_roots{};
};

}  // namespace

struct FileSignatures::Parts {
  EvidenceSource& source;
  Registry* registry;
  const TrustLists& trust;
  FileTime reference_time;
  std::stop_token stop{};

  std::map<std::string, Known> known{};  ///< by EvidenceSource::key()
  FileSignature too_many{}, stopped{};
  std::optional<Trusted> trusted{};
  std::optional<CatalogIndex> catalogs{};
  authenticode::CertificateCache certificates{};
  /// Of those that named a file: what their signature says, by number.
  std::map<std::uint32_t, FileSignature> catalog_signatures{};
  std::vector<Error> problems{};

  Trusted& believed();
  CatalogIndex& index();
  FileSignature look_at(const EvidencePath& file);
  FileSignature embedded(const ReadFile& read);
  void tell(FileSignature& signature, const std::optional<Certificate>& signer,
            const Verdict& verdict);
  const FileSignature& signature_of_catalog(std::uint32_t number);
  std::optional<FileSignature> by_catalog(const authenticode::FileDigests& digests);
};

Trusted& FileSignatures::Parts::believed() {
  if (trusted) return *trusted;
  trusted.emplace();
  HostCertificates host;
  if (registry != nullptr) host = read_host_certificates(*registry, problems);
  // On a running system the hive may be locked in every way.
  if (Registry* const api = source.api_registry(); host.all.empty() && api != nullptr)
    host = read_host_certificates(*api, problems);
  for (const Certificate& certificate : host.all) trusted->store.add(certificate);
  trusted->host_roots = std::move(host.roots);
  for (auto& [thumbprint, store] : host.disallowed)
    trusted->store.disallow(thumbprint, std::move(store));
  for (const auto& der : trust.roots) {
    if (const auto certificate = authenticode::parse_certificate(Bytes{der}))
      trusted->store.trust(*certificate);
    else
      problems.push_back(certificate.error());
  }
  for (const std::string& thumbprint : trust.revoked) trusted->store.revoke(thumbprint);
  return *trusted;
}

CatalogIndex& FileSignatures::Parts::index() {
  if (catalogs) return *catalogs;
  std::span<const Installation> installations;
  if (registry != nullptr) installations = registry->installations();
  return catalogs.emplace(source, installations);
}

/// What the chain of a signature says, whichever way the signature was found.
void FileSignatures::Parts::tell(FileSignature& signature, const std::optional<Certificate>& signer,
                                 const Verdict& verdict) {
  signature.status = to_status(verdict.status);
  signature.doubt = to_doubt(verdict.doubt);
  signature.why = verdict.why;
  if (signer) name_signer(signature, *signer);
  const Chain& chain = verdict.chain;
  signature.root = chain.root;
  signature.is_microsoft = chain.is_microsoft && is_sound(signature.status);
  signature.signed_at = verdict.signed_at;
  signature.error = verdict.error;
  add_remarks(signature, chain.remarks);
  add_remarks(signature, verdict.remarks);
  if (signature.doubt != SignatureDoubt::unknown_root || chain.certificates.empty()) return;
  if (!believed().host_roots.contains(chain.certificates.back().sha256)) return;
  signature.host_trusts_root = true;
  add_remarks(signature, {"The chain ends at a root that the host itself trusts and nobody else is "
                          "known to: whoever is administrator can add one."});
}

FileSignature FileSignatures::Parts::embedded(const ReadFile& read) {
  FileSignature signature;
  signature.status = SignatureStatus::not_signed;
  if (!read.table) return signature;
  const auto found =
      authenticode::verify(*read.table, read.digests, believed().store, reference_time);
  if (found) {
    tell(signature, found->signature->signer, found->verdict);
    add_remarks(signature, found->signature->remarks);
    if (!signature.error) signature.error = found->signature->error;
  } else {
    signature.status = SignatureStatus::malformed;
    signature.error = read.table->problems.empty()
                          ? Error{Errc::malformed, "certificate table", read.table->file_offset,
                                  "there is no signature in it"}
                          : read.table->problems.front();
  }
  signature.hidden_bytes = read.table->hidden_bytes;
  if (read.table->overlaps_image)
    add_remarks(signature, {"The certificate table lies within the image itself."});
  return signature;
}

const FileSignature& FileSignatures::Parts::signature_of_catalog(std::uint32_t number) {
  const auto [at, is_new] = catalog_signatures.try_emplace(number);
  FileSignature& signature = at->second;
  if (!is_new) return signature;
  signature.by_catalog = true;
  signature.catalog = index().catalog(number).text();
  const auto catalog = index().read(number);
  if (!catalog) {
    signature.status = SignatureStatus::not_checked;
    signature.error = catalog.error();
    return signature;
  }
  tell(signature, catalog->signature.signer,
       authenticode::verify_content(catalog->signature, believed().store, reference_time));
  return signature;
}

/// Nothing where no catalog names the file.
std::optional<FileSignature> FileSignatures::Parts::by_catalog(
    const authenticode::FileDigests& digests) {
  std::optional<FileSignature> best;
  for (const std::uint32_t number : index().find(names_in_catalogs(digests), stop)) {
    const FileSignature& found = signature_of_catalog(number);
    if (!best || rank(found.status) > rank(best->status)) best = found;
    if (best->status == SignatureStatus::valid) break;
  }
  return best;
}

FileSignature FileSignatures::Parts::look_at(const EvidencePath& file) {
  FileSignature failed;
  const auto content = source.open(file);
  if (!content) {
    failed.error = content.error();
    return failed;
  }
  failed.size_bytes = (*content)->size();
  if (failed.size_bytes > kMaxFileBytes) {
    failed.error = Error{Errc::limit, "signature of " + file.text(), {}, "the file is too large"};
    return failed;
  }
  StoppableSource stoppable{**content, stop};
  // Each further digest takes a third of the time.
  const auto read =
      read_file(stoppable,
                index().empty() ? authenticode::Algorithms{authenticode::Algorithm::sha256}
                                : authenticode::kCatalogAlgorithms,
                certificates);
  if (!read) {
    failed.error = read.error();
    return failed;
  }
  FileSignature signature = embedded(*read);
  if (!is_sound(signature.status)) {
    auto other = by_catalog(read->digests);
    // A catalog that anybody can add hides nothing that is wrong with the file's own signature.
    const bool is_unsigned = signature.status == SignatureStatus::not_signed;
    if (other && (is_unsigned || is_sound(other->status))) {
      if (!is_unsigned)
        other->remarks.push_back("Beside the catalog, the signature in the file itself is " +
                                 std::string{to_text(signature.status)} + ".");
      other->hidden_bytes = signature.hidden_bytes;
      signature = *std::move(other);
    }
  }
  if (signature.status == SignatureStatus::not_signed && index().damaged() != 0)
    add_remarks(signature, {std::to_string(index().damaged()) +
                            " catalogs of this evidence are damaged: one of them may name it."});
  signature.size_bytes = read->digests.size_bytes;
  signature.sha256 = read->digests.sha256;
  if (const Digest* image = read->digests.image_digest(authenticode::Algorithm::sha256))
    signature.authentihash = to_hex(image->bytes);
  return signature;
}

FileSignatures::FileSignatures(EvidenceSource& source, Registry* registry, const TrustLists& trust,
                               FileTime reference_time)
    : parts_{new Parts{source, registry, trust, reference_time}} {
  parts_->too_many.error = Error{Errc::limit, "signatures: too many files were asked for"};
  parts_->stopped.error = Error{Errc::cancelled, "signatures: the run was stopped"};
}
FileSignatures::~FileSignatures() = default;

const FileSignature& FileSignatures::of(const EvidencePath& file) {
  const std::string key = parts_->source.key(file);
  if (const auto found = parts_->known.find(key); found != parts_->known.end())
    return found->second.signature;
  if (parts_->known.size() >= kMaxFiles) return parts_->too_many;
  if (parts_->stop.stop_requested()) return parts_->stopped;
  FileSignature signature = parts_->look_at(file);
  if (parts_->stop.stop_requested()) return parts_->stopped;
  return parts_->known.try_emplace(key, Known{file, std::move(signature)}).first->second.signature;
}

bool FileSignatures::has_catalogs() { return !parts_->index().empty(); }

std::size_t FileSignatures::damaged_catalogs() { return parts_->index().damaged(); }

std::vector<NamedSigner> FileSignatures::named_signers(const EvidencePath& file) {
  const auto content = parts_->source.open(file);
  if (!content) return {};
  auto image = pe::Image::open(**content);
  if (!image) return {};
  std::vector<NamedSigner> named;
  for (const authenticode::NamedSigner& one :
       authenticode::named_signers(*image, parts_->certificates))
    named.push_back(named_signer(one, parts_->believed().store));
  return named;
}

std::vector<SignatureBook::Entry> FileSignatures::all() const {
  std::vector<Entry> entries;
  entries.reserve(parts_->known.size());
  for (const auto& [key, known] : parts_->known) entries.push_back({known.file, &known.signature});
  return entries;
}

void FileSignatures::set_stop(std::stop_token stop) { parts_->stop = std::move(stop); }

std::vector<Error> FileSignatures::problems() const {
  std::vector<Error> problems = parts_->problems;
  if (parts_->catalogs)
    problems.insert(problems.end(), parts_->catalogs->problems().begin(),
                    parts_->catalogs->problems().end());
  return problems;
}

}  // namespace hozen
