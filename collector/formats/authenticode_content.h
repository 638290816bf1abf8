// What signatures of files say: of what they are, and what the signer calls it.
#pragma once

#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::authenticode {

/// SpcIndirectDataContent without its tag: digest of the file, page hashes.
Result<void> read_indirect_data(Bytes content, Signature& out);
/// Page hashes of a SpcIndirectDataContent: offset and digest of each page, one behind the other.
struct PageTable {
  Algorithm algorithm = Algorithm::unknown;  ///< unknown: there are none
  Bytes entries{};
};
PageTable page_table(Bytes content);
/// The signed attribute messageDigest is that of `content`; true without signed attributes, where
/// the content itself is signed.
bool content_holds(const SignerInfo& signer, Bytes content);
/// Those that can be read; the others are counted.
std::vector<Certificate> parse_all(const std::vector<Bytes>& ders, std::size_t& unreadable,
                                   CertificateCache& cache);
/// nullptr for none.
const Certificate* find_signer(const SignerInfo& signer, const std::vector<Certificate>& among);
/// Signed attribute SpcSpOpusInfo: name and address of the program.
void read_opus(const SignerInfo& signer, Signature& out);

}  // namespace hozen::authenticode
