// PKCS #7 with all that it nests, certificates, and whole executables with their table.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/authenticode_verify.h"

namespace {

using namespace hozen;
using namespace hozen::authenticode;

void require(bool holds) {
  if (!holds) std::abort();
}

const TrustStore& store() {
  static const TrustStore kStore;
  return kStore;
}

void check(const Certificate& certificate) {
  require(is_wtf8(certificate.subject.text) && is_wtf8(certificate.issuer.text));
  require(is_wtf8(certificate.subject.common_name));
  require(certificate.der.size() <= kMaxCertificateBytes);
}

std::size_t check(const Signature& signature, std::size_t size) {
  require(signature.depth <= kMaxNesting);
  require(signature.certificates.size() <= kMaxCertificates);
  require(signature.countersignatures.size() <= kMaxCountersignatures);
  require(signature.remarks.size() <= kMaxRemarks);
  require(is_wtf8(signature.program_name) && is_wtf8(signature.more_info));
  require(signature.program_name.size() <= 2 * size && signature.digest.bytes.size() <= size);
  for (const Certificate& one : signature.certificates) check(one);
  for (const Countersignature& one : signature.countersignatures) {
    require(one.certificates.size() <= kMaxCertificates);
    require(one.holds != one.error.has_value());
  }
  // What holds was signed by somebody.
  require(!signature.holds() || signature.signer);
  std::size_t count = 1;
  for (const Signature& one : signature.nested) count += check(one, size);
  return count;
}

void judge(const Signature& signature, const FileDigests& digests) {
  const Verdict verdict = verify(signature, digests, store(), FileTime{133'000'000'000'000'000});
  require(verdict.chain.certificates.size() <= kMaxChain);
  require(verdict.remarks.size() <= 2 * kMaxRemarks);
  require((verdict.status == Status::malformed) == verdict.error.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  if (const auto certificate = parse_certificate(bytes)) check(*certificate);
  (void)parse_certificates(bytes);
  (void)certificate_in_blob(bytes);
  const Signature signature = parse_signature(bytes);
  require(check(signature, size) <= kMaxSignatures);
  judge(signature, FileDigests{});
  MemorySource file{std::vector<std::byte>{bytes.span().begin(), bytes.span().end()}};
  auto image = pe::Image::open(file);
  if (!image) return 0;
  const auto table = read_signatures(*image);
  const auto digests = digest_file(file, &*image);
  require(digests && digests->size_bytes == size && digests->sha256 == sha256(bytes.span()));
  if (!table) return 0;
  require(table->signatures.size() <= kMaxSignatures && table->hidden_bytes <= 2 * size);
  for (const Signature& one : table->signatures) check(one, size);
  if (const auto verdict = verify(*table, *digests, store(), FileTime{}))
    require(verdict->signature != nullptr);
  return 0;
}
