// Catalogs made in tests.
#include "collector/formats/catalog.h"

#include "collector/base/text.h"
#include "tests/formats/signature_cases.h"

namespace hozen {
namespace {

using namespace signature_cases;
using catalog::Catalog;
using catalog::Member;

Der signed_list(const std::vector<CatalogEntry>& entries) {
  SignatureBuilder builder{made().signer};
  return builder.of_content(kCatalogType, catalog_list(entries)).with(made().middle).bytes();
}

struct ReadCatalog {
  Result<Catalog> catalog;
  std::vector<Member> members;
};
ReadCatalog read_all_members(Bytes file) {
  std::vector<Member> members;
  auto catalog = catalog::read_catalog(file, [&](const Member& member) {
    members.push_back(member);
    return true;
  });
  return {std::move(catalog), std::move(members)};
}

TEST(Catalog, MembersAndSignatureAreRead) {
  const Digest image = image_digest(plain()), old = image_digest(plain(), Algorithm::sha1);
  const Der file = signed_list({{image, "tool.dll"}, {old, "tool.dll"}, {image, "", true}});
  EXPECT_TRUE(catalog::looks_like_catalog(Bytes{file}));
  const auto [read_one, members] = read_all_members(Bytes{file});
  ASSERT_TRUE(read_one);
  ASSERT_EQ(members.size(), 3u);
  EXPECT_FALSE(read_one->is_changed);
  EXPECT_EQ(members[0].digest, image);
  EXPECT_EQ(members[0].attribute("file"), "tool.dll");
  EXPECT_EQ(members[0].attribute("OSAttr"), "");
  EXPECT_EQ(to_lower_ascii(members[0].tag), to_hex(image.bytes));
  EXPECT_EQ(members[1].digest, old);
  EXPECT_EQ(members[2].digest, image);
  EXPECT_TRUE(members[2].attributes.empty());
  EXPECT_EQ(read_one->made, at("2022-06-30T07:24:34Z"));
  ASSERT_EQ(read_one->attributes.size(), 1u);
  EXPECT_EQ(read_one->attributes[0].name, "OS");
  EXPECT_EQ(read_one->attributes[0].value, "_v100");
  EXPECT_EQ(read_one->members, 3u);
  EXPECT_EQ(read_one->unreadable_members, 0u);
  EXPECT_EQ(verify_content(read_one->signature, store(), at("2024-01-01T00:00:00Z")).status,
            Status::valid);
}

TEST(Catalog, FileIsSignedByItsCatalog) {
  const Der file = signed_list({{image_digest(plain()), "tool.dll"}});
  const auto [read_one, members] = read_all_members(Bytes{file});
  ASSERT_TRUE(read_one);
  EXPECT_TRUE(read(plain()).digests.is_image_digest(members.at(0).digest));
  EXPECT_FALSE(read(plain("changed")).digests.is_image_digest(members.at(0).digest));
}

TEST(Catalog, ChangedListIsMalformedAndItsMembersAreStillRead) {
  Der file = signed_list({{image_digest(plain()), "tool.dll"}});
  const std::string_view text = Bytes{file}.chars();
  const Digest digest = image_digest(plain());
  const std::size_t place = text.rfind(Bytes{digest.bytes}.chars());
  ASSERT_NE(place, text.npos);
  file[place] ^= std::byte{1};
  const auto [read_one, members] = read_all_members(Bytes{file});
  ASSERT_TRUE(read_one);
  EXPECT_EQ(members.size(), 1u);
  EXPECT_TRUE(read_one->is_changed);
  EXPECT_EQ(verify_content(read_one->signature, store(), at("2024-01-01T00:00:00Z")).status,
            Status::malformed);
}

TEST(Catalog, EndsWhereTheCallerSaysSo) {
  const Digest digest = image_digest(plain());
  const Der file = signed_list({{digest, "a"}, {digest, "b"}, {digest, "c"}});
  int count = 0;
  const auto read_one =
      catalog::read_catalog(Bytes{file}, [&](const Member&) { return ++count < 2; });
  ASSERT_TRUE(read_one);
  EXPECT_EQ(count, 2);
  EXPECT_TRUE(read_one->signature.holds());
}

TEST(Catalog, OtherListsAndSignaturesAreNoCatalogs) {
  EXPECT_EQ(read_all_members(Bytes{signature_of(made().signer).bytes()}).catalog.error().code,
            Errc::unsupported);
  SignatureBuilder builder{made().signer};
  builder.of_content(kCatalogType,
                     sequence({sequence({object("1.3.6.1.4.1.311.10.3.9")}), octets(Der(4))}));
  EXPECT_EQ(read_all_members(Bytes{builder.bytes()}).catalog.error().code, Errc::unsupported);
  EXPECT_FALSE(read_all_members(bytes_of("no catalog")).catalog);
  EXPECT_FALSE(catalog::looks_like_catalog(bytes_of("0123456789")));
}

TEST(Catalog, MemberWithoutDigestIsCountedAndTold) {
  Digest odd = image_digest(plain());
  odd.bytes.resize(7);
  const Der file = signed_list({{odd, "a", true}, {image_digest(plain()), "b"}});
  const auto [read_one, members] = read_all_members(Bytes{file});
  ASSERT_TRUE(read_one);
  EXPECT_EQ(members.size(), 1u);
  EXPECT_EQ(read_one->unreadable_members, 1u);
  EXPECT_EQ(read_one->problems.size(), 1u);
}

TEST(Catalog, EveryTruncationEndsWell) {
  const Der file = signed_list({{image_digest(plain()), "a"}, {image_digest(plain()), "b"}});
  for (std::size_t size = 0; size < file.size(); size += 3)
    EXPECT_FALSE(read_all_members(Bytes{file}.head(size)).catalog) << size;
}

}  // namespace
}  // namespace hozen
