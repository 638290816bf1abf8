// What formats/authenticode says of signatures, in the words of signature.h.
#pragma once

#include "collector/formats/authenticode_verify.h"
#include "collector/module/signature.h"

namespace hozen {

SignatureStatus to_status(authenticode::Status status);
SignatureDoubt to_doubt(authenticode::Doubt doubt);
void name_signer(FileSignature& signature, const authenticode::Certificate& signer);
/// `store` has the lists of revoked certificates.
NamedSigner named_signer(const authenticode::NamedSigner& one,
                         const authenticode::TrustStore& store);

}  // namespace hozen
