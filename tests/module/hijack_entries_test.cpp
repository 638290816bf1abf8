// What the operator's list of DLLs says of a file at hand.
#include "collector/module/hijack_entries.h"

#include <gtest/gtest.h>

namespace hozen {
namespace {

TEST(HijackEntries, ADllSoundlySignedByWhomTheListExpectsIsExpected) {
  HijackEntry entry;
  FileSignature signature;
  signature.status = SignatureStatus::valid;
  signature.signer = "Example Widgets, Inc.";
  signature.organization = "Example Widgets, Inc.";
  EXPECT_FALSE(is_of_expected_signer(entry, signature));  // the list names nobody
  entry.expected_signers = {"CN=Somebody Else, O=Else",
                            "CN=\"Example Widgets, Inc.\", O=\"Example Widgets, Inc.\", C=US"};
  EXPECT_TRUE(is_of_expected_signer(entry, signature));
  for (const SignatureStatus status :
       {SignatureStatus::untrusted_root, SignatureStatus::digest_mismatch,
        SignatureStatus::valid_expired_untimestamped, SignatureStatus::revoked_by_list}) {
    signature.status = status;
    EXPECT_FALSE(is_of_expected_signer(entry, signature));
  }
  signature.status = SignatureStatus::valid_timestamped_expired;
  EXPECT_TRUE(is_of_expected_signer(entry, signature));
  signature.organization = "Another";
  EXPECT_FALSE(is_of_expected_signer(entry, signature));
  for (const char* const subject : {"", "C=US", "CN=", "Example Widgets, Inc.", "CN=\"", "=,="}) {
    entry.expected_signers = {subject};
    EXPECT_FALSE(is_of_expected_signer(entry, signature)) << subject;
  }
  entry.expected_signers = {"C=US, O=another"};
  EXPECT_TRUE(is_of_expected_signer(entry, signature));
}

TEST(HijackEntries, AnEnvironmentVariableIsNoPlaceBesideTheProgram) {
  HijackWay way;
  way.type = "Sideloading";
  EXPECT_TRUE(is_loaded_from_beside(way));
  way.type = "environment variable";
  EXPECT_FALSE(is_loaded_from_beside(way));
}

}  // namespace
}  // namespace hozen
