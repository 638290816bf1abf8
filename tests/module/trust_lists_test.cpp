// Certificates and thumbprints as operators have them in files.
#include "collector/module/trust_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/builders/signature_builder.h"

namespace hozen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----\n";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";

TEST(TrustLists, CertificatesOfAllForms) {
  const auto one = builders::Identity::root("One"), two = builders::Identity::root("Two");
  const std::string pem = "subject=CN = One\n" + one.certificate_pem() + two.certificate_pem();
  const auto both = read_certificates(bytes_of(pem));
  ASSERT_TRUE(both) << both.error().text();
  EXPECT_THAT(*both, ElementsAre(one.certificate(), two.certificate()));
  const auto der = read_certificates(Bytes{one.certificate()});
  ASSERT_TRUE(der) << der.error().text();
  EXPECT_THAT(*der, ElementsAre(one.certificate()));
}

TEST(TrustLists, WhatIsNoCertificateIsAnError) {
  const std::string begin{kBegin}, end{kEnd};
  for (const std::string& text :
       {std::string{}, std::string{"hello"}, std::string{"\x30\x84\xFF\xFF\xFF\xFF"},
        std::string{"\x30\x03\x02\x01\x05", 5}, begin, begin + end, begin + "!!!!\n" + end,
        begin + "MAMCAQU=\n" + end}) {
    const auto read = read_certificates(bytes_of(text));
    EXPECT_FALSE(read) << text;
  }
}

TEST(TrustLists, ThumbprintsHoweverTheyWereCopied) {
  const std::string sha1(40, 'a');
  const std::string text =
      "\xEF\xBB\xBF# stolen\r\n"
      "\xE2\x80\x8E"
      "AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA AA ; again\r\n" +
      sha1 + "\n\n" + std::string(64, 'B') + " # SHA-256\n" +
      "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67";
  const auto read = read_thumbprints(bytes_of(text));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_THAT(*read,
              ElementsAre("0123456789abcdef0123456789abcdef01234567", sha1, std::string(64, 'b')));
}

TEST(TrustLists, ThumbprintsAsNotepadSavedThem) {
  std::string text{"\xFF\xFE", 2};
  for (int i = 0; i < 40; ++i) text += std::string{"7\0", 2};
  const auto read = read_thumbprints(bytes_of(text));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_THAT(*read, ElementsAre(std::string(40, '7')));
}

TEST(TrustLists, ALineThatIsNoThumbprintIsToldWithItsNumber) {
  const auto read = read_thumbprints(bytes_of("# a\n\n1234\n"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::malformed);
  EXPECT_THAT(read.error().text(), HasSubstr("line 3"));
  EXPECT_FALSE(read_thumbprints(bytes_of(std::string(40, 'g'))));
}

}  // namespace
}  // namespace hozen
