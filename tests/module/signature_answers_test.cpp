// What findings say of signatures once those were looked at.
#include "collector/module/signature_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/fake_context.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFile = "C:\\it's here\\a.exe";

class SignatureAnswers : public testing::Test {
 protected:
  SignatureAnswers() {
    finding.why.push_back({"It starts.", 45, Family::location, {"run_keys-1"}});
    finding.not_checked = {"Something else.", unchecked_signature(kFile)};
  }
  void sign(SignatureStatus status) {
    FileSignature& signature = book.known[EvidencePath::parse(kFile)->folded()];
    signature.status = status;
    signature.signer = "Contoso Ltd";
    signature.issuer = "CA";
  }
  fake::Signatures book;
  Finding finding;
};

TEST_F(SignatureAnswers, AGoodSignatureIsToldAndWeighsNothing) {
  sign(SignatureStatus::valid);
  answer_signatures(finding, book);
  EXPECT_THAT(finding.not_checked, ElementsAre("Something else."));
  ASSERT_EQ(finding.why.size(), 2u);
  EXPECT_EQ(finding.why[1].weight, 0);
  EXPECT_EQ(finding.why[1].family, Family::signature);
  EXPECT_THAT(finding.why[1].fact, HasSubstr("as Contoso Ltd (issued by CA) signed it"));
  EXPECT_THAT(finding.why[1].records, ElementsAre("run_keys-1"));
  EXPECT_EQ(score_of(finding), 45);
}

TEST_F(SignatureAnswers, EachStatusHasItsSentence) {
  for (const auto& [status, words] :
       {std::pair{SignatureStatus::not_signed, "is not signed, and no catalog"},
        std::pair{SignatureStatus::digest_mismatch, "was changed after Contoso Ltd"},
        std::pair{SignatureStatus::malformed, "does not hold"},
        std::pair{SignatureStatus::untrusted_root, "which is untrusted_root"}}) {
    Finding copy = finding;
    sign(status);
    answer_signatures(copy, book);
    EXPECT_THAT(copy.why.back().fact, HasSubstr(words));
  }
  book.catalogs = false;
  sign(SignatureStatus::not_signed);
  answer_signatures(finding, book);
  EXPECT_THAT(finding.why.back().fact, HasSubstr("are not in the evidence"));
}

TEST_F(SignatureAnswers, WhatCannotBeReadStaysUnchecked) {
  sign(SignatureStatus::not_checked);
  const auto before = finding.not_checked;
  answer_signatures(finding, book);
  EXPECT_EQ(finding.not_checked, before);
  EXPECT_EQ(finding.why.size(), 1u);
}

TEST_F(SignatureAnswers, OtherSentencesAreNoQuestion) {
  finding.not_checked = {"Signature of 'x", unchecked_signature(""),
                         unchecked_signature("bare.exe")};
  const auto before = finding.not_checked;
  answer_signatures(finding, book);
  EXPECT_EQ(finding.not_checked, before);
  EXPECT_THAT(book.all(), IsEmpty());
}

}  // namespace
}  // namespace hozen
