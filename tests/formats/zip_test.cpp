#include "collector/formats/zip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

std::string deflated(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string in{content}, out(content.size() + 100, '\0');
  stream.next_in = static_cast<Bytef*>(static_cast<void*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = static_cast<Bytef*>(static_cast<void*>(out.data()));
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::uint32_t crc_of(std::string_view content) {
  return static_cast<std::uint32_t>(crc32_z(
      0, static_cast<const Bytef*>(static_cast<const void*>(content.data())), content.size()));
}

MemorySource source_of(std::string_view text) {
  const auto bytes = bytes_of(text).span();
  return MemorySource{{bytes.begin(), bytes.end()}};
}

/// A ZIP file put together entry by entry.
class ZipBuilder {
 public:
  ZipBuilder& add(std::string name, std::uint16_t method, std::string_view content) {
    const std::string data = method == kZipDeflated ? deflated(content) : std::string{content};
    Entry& entry = entries_.emplace_back(Entry{std::move(name), {}});
    entry.item.method = method;
    entry.item.crc = crc_of(content);
    entry.item.size = content.size();
    entry.item.stored_size = data.size();
    entry.item.header_offset = text_.size();
    entry.item.name = entry.name;
    append_zip_local_header(text_, entry.item);
    text_ += data;
    if (zip_is_streamed(method, content.size())) append_zip_descriptor(text_, entry.item);
    return *this;
  }
  std::string text() const {
    std::string all = text_;
    for (const Entry& entry : entries_) {
      ZipItem item = entry.item;
      item.name = entry.name;
      append_zip_central_header(all, item);
    }
    const std::uint64_t directory_size = all.size() - text_.size();
    append_zip_end(all, entries_.size(), text_.size(), directory_size);
    return all;
  }

 private:
  struct Entry {
    std::string name;
    ZipItem item;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

std::string sample() {
  return ZipBuilder{}
      .add("stored", kZipStored, "just bytes")
      .add("small", kZipDeflated, std::string(5000, 'a'))
      .add("streamed", kZipDeflated, std::string(kZipBufferedBytes + 1, 'b'))
      .text();
}

constexpr std::uint64_t kNoCap = ~std::uint64_t{0};

TEST(Zip, WalksFromTheStartWithoutTheDirectory) {
  MemorySource source = source_of(sample());
  std::vector<std::string> names;
  std::uint64_t offset = 0;
  for (;;) {
    const auto walked = walk_zip_entry(source, offset, kNoCap);
    if (!walked) break;
    names.push_back(walked->local.name);
    offset = walked->next_offset;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"stored", "small", "streamed"}));
  EXPECT_EQ(offset, find_zip_end(source)->directory_offset);
}

TEST(Zip, ReadsTheDirectory) {
  MemorySource source = source_of(sample());
  const auto end = find_zip_end(source);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->count, 3u);
  EXPECT_EQ(end->end, source.size());
  std::vector<ZipCentral> headers;
  ASSERT_TRUE(each_zip_central(source, *end, [&](const ZipCentral& central) {
    headers.push_back(central);
    return true;
  }));
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[2].name, "streamed");
  EXPECT_EQ(headers[2].size, kZipBufferedBytes + 1);
  const auto local = read_zip_local(source, headers[2].header_offset);
  ASSERT_TRUE(local);
  EXPECT_TRUE(local->streamed());
  EXPECT_TRUE(local->zip64);
}

TEST(Zip, HandsOutStoredAndUncompressedBytes) {
  const std::string content(100'000, 'x'), data = deflated(content);
  MemorySource source = source_of("junk" + data + "more");
  std::string stored, plain;
  const auto into = [](std::string& text) {
    return [&text](std::span<const std::byte> bytes) -> Result<void> {
      text += Bytes{bytes}.chars();
      return {};
    };
  };
  const auto read =
      read_zip_data(source, 4, kZipDeflated, data.size(), kNoCap, into(stored), into(plain));
  ASSERT_TRUE(read);
  EXPECT_EQ(stored, data);
  EXPECT_EQ(plain, content);
  EXPECT_EQ(read->crc, crc_of(content));
  // Without its size the stream still knows its end.
  const auto alone = read_zip_data(source, 4, kZipDeflated, std::nullopt, kNoCap, nullptr, nullptr);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->stored_size, data.size());
}

TEST(Zip, EndsAtTheCap) {
  const std::string content(10'000'000, 'x'), data = deflated(content);
  MemorySource source = source_of(data);
  const auto read =
      read_zip_data(source, 0, kZipDeflated, data.size(), content.size() - 1, nullptr, nullptr);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::limit);
  EXPECT_TRUE(
      read_zip_data(source, 0, kZipDeflated, data.size(), content.size(), nullptr, nullptr));
}

TEST(Zip, DemandsThatADeflateStreamFillsItsData) {
  const std::string data = deflated("hello");
  MemorySource longer = source_of(data + "x"), shorter = source_of(data);
  const auto more =
      read_zip_data(longer, 0, kZipDeflated, data.size() + 1, kNoCap, nullptr, nullptr);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::malformed);
  const auto less =
      read_zip_data(shorter, 0, kZipDeflated, data.size() - 1, kNoCap, nullptr, nullptr);
  ASSERT_FALSE(less);
  EXPECT_EQ(less.error().code, Errc::truncated);
}

TEST(Zip, PassesOnTheErrorOfAnOutput) {
  MemorySource source = source_of("hello");
  const auto read = read_zip_data(source, 0, kZipStored, 5, kNoCap, nullptr,
                                  [](std::span<const std::byte>) -> Result<void> {
                                    return Error{Errc::cancelled, "enough"};
                                  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::cancelled);
}

TEST(Zip, RefusesOtherMethods) {
  MemorySource source = source_of("hello");
  EXPECT_EQ(read_zip_data(source, 0, 12, 5, kNoCap, nullptr, nullptr).error().code,
            Errc::unsupported);
  EXPECT_EQ(
      read_zip_data(source, 0, kZipStored, std::nullopt, kNoCap, nullptr, nullptr).error().code,
      Errc::unsupported);
}

TEST(Zip, NeverReadsPastATruncatedFile) {
  const std::string whole = sample();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    MemorySource source = source_of(std::string_view{whole}.substr(0, length));
    EXPECT_FALSE(find_zip_end(source)) << length;
    std::uint64_t offset = 0;
    while (const auto walked = walk_zip_entry(source, offset, kNoCap)) {
      ASSERT_LE(walked->next_offset, length);
      offset = walked->next_offset;
    }
  }
}

TEST(Zip, SurvivesEveryByteChanged) {
  std::string whole =
      ZipBuilder{}.add("a", kZipStored, "x").add("b", kZipDeflated, "yyyyyyyy").text();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char value : {'\0', '\xFF', '\x7F'}) {
      const char kept = std::exchange(whole[at], value);
      MemorySource source = source_of(whole);
      if (const auto end = find_zip_end(source))
        static_cast<void>(each_zip_central(source, *end, [](const ZipCentral&) { return true; }));
      std::uint64_t offset = 0;
      for (int steps = 0; steps < 5; ++steps) {
        const auto walked = walk_zip_entry(source, offset, kNoCap);
        if (!walked) break;
        ASSERT_GT(walked->next_offset, offset);
        offset = walked->next_offset;
      }
      whole[at] = kept;
    }
  }
}

TEST(Zip, FindsTheEndBehindAComment) {
  std::string text = sample();
  text[text.size() - 2] = 5;
  text += "hello";
  MemorySource source = source_of(text);
  const auto end = find_zip_end(source);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, text.size() - 5);
}

TEST(Zip, FindsNoEndInOtherFiles) {
  MemorySource empty = source_of(""), text = source_of(std::string(100'000, 'x'));
  EXPECT_EQ(find_zip_end(empty).error().code, Errc::not_found);
  EXPECT_EQ(find_zip_end(text).error().code, Errc::not_found);
}

TEST(ZipForm, HasNoExtraFieldWhereNothingNeedsIt) {
  ZipItem item;
  item.name = "x";
  item.size = 1'048'576;
  item.stored_size = 10;
  std::string header;
  append_zip_central_header(header, item);
  EXPECT_EQ(header.size(), kZipCentralBytes + 1);
  item.header_offset = 0xFFFF'FFFF;
  header.clear();
  append_zip_central_header(header, item);
  EXPECT_EQ(header.size(), kZipCentralBytes + 1 + 4 + 8);
}

TEST(ZipForm, HoldsBothSizesOfStreamedEntriesInZip64Fields) {
  ZipItem item;
  item.name = "x";
  item.size = 5'000'000'000;
  item.stored_size = 10;
  item.header_offset = 0xFFFF'FFFF;
  std::string header;
  append_zip_central_header(header, item);
  EXPECT_EQ(header.size(), kZipCentralBytes + 1 + 4 + 24);
  MemorySource source = source_of(header);
  ZipEnd end;
  end.count = 1;
  end.directory_size = header.size();
  ASSERT_TRUE(each_zip_central(source, end, [&](const ZipCentral& central) {
    EXPECT_EQ(central.size, item.size);
    EXPECT_EQ(central.stored_size, 10u);
    EXPECT_EQ(central.header_offset, 0xFFFF'FFFFu);
    return true;
  }));
}

TEST(ZipForm, WritesZip64EndRecordsWhenTheOldOnesCannotTell) {
  for (const auto& [count, offset, size] :
       {std::tuple{65'534u, 0xFFFF'FFFEull, 0xFFFF'FFFEull}, std::tuple{65'535u, 0ull, 0ull},
        std::tuple{70'000u, 6'000'000'000ull, 1ull}, std::tuple{1u, 0xFFFF'FFFFull, 0ull},
        std::tuple{1u, 0ull, 0xFFFF'FFFFull}}) {
    std::string records;
    append_zip_end(records, count, offset, size);
    const bool zip64 = count >= 0xFFFF || offset >= 0xFFFF'FFFF || size >= 0xFFFF'FFFF;
    EXPECT_EQ(records.size(), zip64 ? 98u : 22u);
  }
}

struct DosCase {
  FileTime time;
  unsigned year, month, day, hour, minute, second;
};

TEST(ZipForm, WritesTimesAsDosDoes) {
  for (const DosCase& expected :
       {DosCase{{}, 1980, 1, 1, 0, 0, 0}, DosCase{{0x7FFF'FFFF'FFFF'FFFF}, 1980, 1, 1, 0, 0, 0},
        DosCase{*parse_iso8601("1601-01-01T00:00:00.0000001Z"), 1980, 1, 1, 0, 0, 0},
        DosCase{*parse_iso8601("1979-12-31T23:59:59.9999999Z"), 1980, 1, 1, 0, 0, 0},
        DosCase{*parse_iso8601("1980-01-01T00:00:02Z"), 1980, 1, 1, 0, 0, 2},
        DosCase{*parse_iso8601("2000-02-29T12:34:57.5Z"), 2000, 2, 29, 12, 34, 56},
        DosCase{*parse_iso8601("2100-02-28T23:59:59Z"), 2100, 2, 28, 23, 59, 58},
        DosCase{*parse_iso8601("2100-03-01T00:00:00Z"), 2100, 3, 1, 0, 0, 0},
        DosCase{*parse_iso8601("2107-12-31T23:59:59Z"), 2107, 12, 31, 23, 59, 58},
        DosCase{*parse_iso8601("2108-01-01T00:00:00Z"), 2107, 12, 31, 23, 59, 58},
        DosCase{{~std::uint64_t{0}}, 2107, 12, 31, 23, 59, 58}}) {
    const DosTime dos = to_dos_time(expected.time);
    EXPECT_EQ(dos.date, (expected.year - 1980) << 9 | expected.month << 5 | expected.day)
        << expected.time.ticks;
    EXPECT_EQ(dos.time, expected.hour << 11 | expected.minute << 5 | expected.second / 2)
        << expected.time.ticks;
  }
}

}  // namespace
}  // namespace hozen
