// Who is named in the signatures of an executable, without a look at whether they hold: some
// thousands of files a second, for lists of stolen certificates.
#include <algorithm>

#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_content.h"
#include "collector/formats/authenticode_pkcs7.h"
#include "collector/formats/pe_details.h"

namespace hozen::authenticode {
namespace {

constexpr std::string_view kNestedSignature = "1.3.6.1.4.1.311.2.4.1";

void add_named(Bytes pkcs7, std::size_t depth, CertificateCache& cache,
               std::vector<NamedSigner>& out) {
  if (depth > kMaxNesting || out.size() >= kMaxSignatures) return;
  const auto data = read_signed_data(pkcs7);
  if (!data) return;
  std::size_t unreadable = 0;
  std::vector<Certificate> certificates = parse_all(data->certificates, unreadable, cache);
  for (const SignerInfo& signer : data->signers) {
    if (const Certificate* const found = find_signer(signer, certificates);
        found != nullptr && out.size() < kMaxSignatures)
      out.push_back({*found, certificates});
    const Attribute* const nested = find_attribute(signer.unsigned_attributes, kNestedSignature);
    if (nested == nullptr) continue;
    asn1::Parts values{nested->values};
    while (!values.empty()) {
      const auto value = values.next("nested signature");
      if (!value) break;
      add_named(value->whole, depth + 1, cache, out);
    }
  }
}

}  // namespace

std::vector<NamedSigner> named_signers(pe::Image& image, CertificateCache& cache) {
  constexpr std::uint32_t kEntryBytes = 8;
  std::vector<NamedSigner> named;
  const auto table = pe::read_certificates(image);
  if (!table) return named;
  for (const pe::CertificateEntry& entry : table->entries) {
    if (named.size() >= kMaxSignatures || entry.size_bytes <= kEntryBytes) continue;
    const std::uint64_t begin = entry.file_offset + kEntryBytes;
    const std::uint64_t left = image.file_size() - std::min(begin, image.file_size());
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(
        {std::uint64_t{entry.size_bytes - kEntryBytes}, left, std::uint64_t{kMaxSignatureBytes}})));
    const auto count = image.reader().read_some(begin, bytes);
    if (!count) continue;
    bytes.resize(*count);
    add_named(Bytes{bytes, begin}, 0, cache, named);
  }
  return named;
}

}  // namespace hozen::authenticode
