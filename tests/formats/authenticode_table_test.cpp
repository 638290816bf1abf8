// What may hide in and around the certificate table, and Authentihashes of odd files.
#include <cstring>

#include "collector/base/text.h"
#include "tests/formats/signature_cases.h"

namespace hozen {
namespace {

using namespace signature_cases;

void put_u32(PeBytes& file, std::size_t offset, std::uint32_t value) {
  std::memcpy(&file.at(offset), &value, sizeof value);
}
constexpr std::size_t kTableEntry = PeBuilder::kOptionalOffset + 112 + 4 * 8;

TEST(AuthenticodeTable, BytesBehindTheSignatureAreHiddenOnes) {
  const Read file = read(signed_by(signature_of(made().signer), "a payload that nobody signed"));
  EXPECT_EQ(file.status(), Status::valid);  // as for Windows, unless it is told to look
  EXPECT_GE(file.table->hidden_bytes, 28u);
  EXPECT_TRUE(file.has_remark("nobody signed them"));
}

TEST(AuthenticodeTable, BytesBehindTheLastEntryAreHiddenOnes) {
  PeBytes file = signed_by(signature_of(made().signer));
  const std::size_t begin = read(file).table->file_offset;
  file.resize(file.size() + 64, std::byte{7});
  put_u32(file, kTableEntry + 4, static_cast<std::uint32_t>(file.size() - begin));
  const Read changed = read(file);
  EXPECT_EQ(changed.status(), Status::valid);
  EXPECT_EQ(changed.table->hidden_bytes, 64u);
}

TEST(AuthenticodeTable, AppendedDataIsHashed) {
  PeBytes file = signed_by(signature_of(made().signer));
  file.resize(file.size() + 100, std::byte{7});
  const Read changed = read(file);
  EXPECT_EQ(changed.status(), Status::digest_mismatch);
  EXPECT_EQ(changed.table->bytes_behind, 100u);
}

TEST(AuthenticodeTable, TableWithinTheImageIsNoSignature) {
  // The table is not hashed: put in the middle, it moves what the loader maps.
  const PeBytes file = signed_by(signature_of(made().signer));
  const std::size_t size = plain().size(), table = file.size() - (size + 7) / 8 * 8;
  const std::size_t place = size - 0x200;
  PeBytes moved{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(place)};
  moved.insert(moved.end(), file.end() - static_cast<std::ptrdiff_t>(table), file.end());
  moved.insert(moved.end(), file.begin() + static_cast<std::ptrdiff_t>(place),
               file.end() - static_cast<std::ptrdiff_t>(table));
  put_u32(moved, kTableEntry, static_cast<std::uint32_t>(place));
  const Read changed = read(moved);
  ASSERT_TRUE(changed.table);
  EXPECT_TRUE(changed.table->overlaps_image);
  EXPECT_EQ(changed.status(), Status::malformed);
}

TEST(AuthenticodeTable, TableBeyondTheFileIsToldAndNoSignature) {
  PeBytes file = signed_by(signature_of(made().signer));
  put_u32(file, kTableEntry, static_cast<std::uint32_t>(file.size() + 8));
  const Read changed = read(file);
  ASSERT_TRUE(changed.table);
  EXPECT_FALSE(changed.verdict);
  EXPECT_FALSE(changed.table->problems.empty());
}

TEST(AuthenticodeTable, EntriesOfOtherKindsAreHiddenBytes) {
  PeBytes file = signed_by(signature_of(made().signer));
  const std::size_t begin = read(file).table->file_offset;
  file.at(begin + 6) = std::byte{1};
  const Read changed = read(file);
  EXPECT_FALSE(changed.verdict);
  EXPECT_GT(changed.table->hidden_bytes, 500u);
  EXPECT_EQ(changed.table->problems.size(), 1u);
}

TEST(AuthenticodeTable, FileWithoutTableHasBothHashes) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{3}}) {
    PeBytes file = plain();
    file.resize((file.size() + 7) / 8 * 8 + more, std::byte{1});
    const Read one = read(file);
    EXPECT_FALSE(one.table);
    const Digest padded = image_digest(file);
    ASSERT_NE(one.digests.image_digest(Algorithm::sha256), nullptr);
    EXPECT_EQ(one.digests.padded.empty(), more == 0);
    EXPECT_TRUE(one.digests.is_image_digest(padded));
    EXPECT_EQ(*one.digests.image_digest(Algorithm::sha256) == padded, more == 0);
    EXPECT_EQ(to_hex(one.digests.sha256), to_hex(sha256(file)));
  }
}

TEST(AuthenticodeTable, PiecesOfAnySizeGiveTheSame) {
  const PeBytes file = signed_by(signature_of(made().signer));
  MemorySource source{file};
  auto image = pe::Image::open(source);
  ASSERT_TRUE(image);
  const auto whole = digest_file(source, &*image);
  ASSERT_TRUE(whole);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{511}}) {
    FileHasher hasher{layout_of(*image), kCatalogAlgorithms};
    for (std::size_t place = 0; place < file.size(); place += size)
      hasher.update(std::span{file}.subspan(place, std::min(size, file.size() - place)));
    const FileDigests pieces = hasher.finish();
    EXPECT_EQ(pieces.image, whole->image);
    EXPECT_EQ(pieces.sha256, whole->sha256);
    EXPECT_EQ(pieces.sha1, whole->sha1);
    EXPECT_EQ(pieces.size_bytes, file.size());
  }
}

TEST(AuthenticodeTable, SectionsOutOfOrderHaveASecondHash) {
  PeBytes file = plain();
  // The size of the headers ends before the first section: a gap that only one of both takes.
  put_u32(file, PeBuilder::kOptionalOffset + 60, 0x200);
  MemorySource source{file};
  auto image = pe::Image::open(source);
  ASSERT_TRUE(image);
  const auto digests = digest_file(source, &*image);
  ASSERT_TRUE(digests);
  EXPECT_FALSE(layout_of(*image).is_ordered);
  ASSERT_EQ(digests->by_sections.size(), 2u);
  EXPECT_NE(digests->by_sections, digests->image);
  // A signature of either is one of the file.
  for (const Digest& digest : {digests->image[1], digests->by_sections[1]}) {
    SignatureBuilder builder{made().signer};
    const Der one = builder.of_file(digest).with(made().middle).bytes();
    const PeBytes signed_file = add_table(file, {one});
    ASSERT_EQ(file.size() % 8, 0u);
    const Read checked = read(signed_file);
    EXPECT_EQ(checked.status(), Status::valid);
    EXPECT_EQ(checked.has_remark("sections"), digest == digests->by_sections[1]);
  }
}

TEST(AuthenticodeTable, PartsOfIndefiniteLengthAreRead) {
  // As old tools of Microsoft wrote: the outermost three without lengths.
  const Der whole = signature_of(made().signer).bytes();
  const Signature plain_one = parse_signature(Bytes{whole});
  ASSERT_TRUE(plain_one.holds());
  // SEQUENCE { OID, [0] { SEQUENCE … } }: 4 bytes of head, 11 of OID, 4 of [0], 4 of SEQUENCE.
  const auto indefinite = [](std::uint8_t tag) { return Der{std::byte{tag}, std::byte{0x80}}; };
  Der ber = indefinite(0x30);
  ber.insert(ber.end(), whole.begin() + 4, whole.begin() + 15);
  for (const std::uint8_t tag : {std::uint8_t{0xA0}, std::uint8_t{0x30}}) {
    const Der head = indefinite(tag);
    ber.insert(ber.end(), head.begin(), head.end());
  }
  ber.insert(ber.end(), whole.begin() + 23, whole.end());
  ber.resize(ber.size() + 6);
  const Signature one = parse_signature(Bytes{ber});
  EXPECT_TRUE(one.holds()) << one.error->text();
  EXPECT_EQ(one.size_bytes, ber.size());
  EXPECT_EQ(one.digest, plain_one.digest);
}

TEST(AuthenticodeTable, DeepIndefiniteLengthsEnd) {
  Der deep;
  for (int i = 0; i < 10'000; ++i) {
    deep.push_back(std::byte{0x30});
    deep.push_back(std::byte{0x80});
  }
  deep.resize(deep.size() * 2);
  const Signature one = parse_signature(Bytes{deep});
  ASSERT_TRUE(one.error);
  EXPECT_EQ(one.error->code, Errc::limit);
}

}  // namespace
}  // namespace hozen
