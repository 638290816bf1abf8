// What signatures of files say: of what they are, and what the signer calls it.
#pragma once

#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::authenticode {

/// SpcIndirectDataContent without its tag: digest of the file, page hashes.
Result<void> read_indirect_data(Bytes content, Signature& out);
/// Signed attribute SpcSpOpusInfo: name and address of the program.
void read_opus(const SignerInfo& signer, Signature& out);

}  // namespace hozen::authenticode
