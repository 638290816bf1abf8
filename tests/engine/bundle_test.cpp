#include "collector/engine/bundle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/text.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/entry_name.h"
#include "collector/engine/verify.h"
#include "tests/builders/bundle_builder.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using test::BundleBuilder;
using test::compressible_bytes;
using test::kBundleTime;
using test::kNoLimit;
using test::MemorySink;
using test::random_bytes;

constexpr std::size_t kMiB = 1 << 20;

EvidencePath path_of(std::string_view text) { return *EvidencePath::parse(text); }

/// A file whose reads do what a test wants.
class ScriptedSource final : public ByteSource {
 public:
  using Read = std::function<Result<std::size_t>(std::uint64_t, std::span<std::byte>)>;
  ScriptedSource(std::uint64_t size, Read read) : size_{size}, read_{std::move(read)} {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    auto count = read_(offset, out);
    if (count) bytes_read += *count;
    return count;
  }
  std::uint64_t bytes_read = 0;

 private:
  std::uint64_t size_;
  Read read_;
};

/// Reads `content` piece by piece, at most `most` bytes at once.
ScriptedSource::Read reading(const std::vector<std::byte>& content, std::size_t most = kMiB) {
  return [&content, most](std::uint64_t offset, std::span<std::byte> out) {
    return BorrowedSource{content}.read_some(offset, out.first(std::min(out.size(), most)));
  };
}

class BundleWriterTest : public testing::Test {
 protected:
  StoredFile add(std::string_view path, ByteSource& content, std::uint64_t max_bytes = kNoLimit) {
    auto file = builder.writer().add_file(path_of(path), content, kBundleTime, max_bytes);
    EXPECT_TRUE(file);
    return file ? *file : StoredFile{};
  }
  StoredFile add(std::string_view path, const std::vector<std::byte>& content,
                 std::uint64_t max_bytes = kNoLimit) {
    BorrowedSource borrowed{content};
    return add(path, borrowed, max_bytes);
  }
  /// Finishes, verifies, and opens.
  const BundleReader& finish() {
    bytes = builder.bytes();
    source = std::make_unique<BorrowedSource>(bytes);
    const auto report = verify_bundle(*source);
    EXPECT_TRUE(report);
    for (const VerifyProblem& problem : report->problems) ADD_FAILURE() << problem.text();
    reader = *BundleReader::open(*source);
    return *reader;
  }

  BundleBuilder builder;
  std::vector<std::byte> bytes;
  std::unique_ptr<BorrowedSource> source;
  std::optional<BundleReader> reader;
};

struct Shape {
  std::size_t size;
  unsigned threads;
  DeflateEncoder encoder;
  MultiHash::Kind hashes = MultiHash::Kind::fastest;
};

class BundleRoundTrip : public testing::TestWithParam<Shape> {};

TEST_P(BundleRoundTrip, GivesBackEveryByteAndDigest) {
  const auto [size, threads, encoder, hashes] = GetParam();
  std::vector<std::vector<std::byte>> contents{compressible_bytes(size, 1), random_bytes(size, 2)};
  contents.push_back(contents[0]);  // half of each
  std::copy_n(contents[1].begin(), size / 2, contents[2].begin());
  BundleBuilder builder{{threads, encoder, hashes}};
  std::vector<StoredFile> files;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    BorrowedSource content{contents[i]};
    const auto file = builder.writer().add_file(path_of("C:\\" + std::to_string(i)), content,
                                                kBundleTime, kNoLimit);
    ASSERT_TRUE(file);
    files.push_back(*file);
  }
  const auto bytes = builder.bytes();
  BorrowedSource source{bytes};
  const auto report = verify_bundle(source);
  ASSERT_TRUE(report->intact()) << report->problems[0].text();
  const auto reader = BundleReader::open(source);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const auto* entry = reader->find(files[i].entry);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(*reader->read_all(*entry, kNoLimit), contents[i]);
    MultiHash hash{MultiHash::Kind::library};
    hash.update(contents[i]);
    const Digests digests = hash.finish();
    EXPECT_EQ(files[i].digests->sha256, digests.sha256);
    EXPECT_EQ(files[i].digests->sha1, digests.sha1);
    EXPECT_EQ(files[i].digests->md5, digests.md5);
    EXPECT_EQ(files[i].outcome, FileOutcome::complete);
    EXPECT_EQ(files[i].size, size);
    // Incompressible parts cost no more than the headers of stored blocks.
    EXPECT_LE(entry->facts.stored_size, size + size / 10'000 + 7);
    EXPECT_TRUE(entry->facts.method == kZipDeflated || size <= kMiB);
  }
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{16} << 10, (std::size_t{16} << 10) + 1,
        kMiB - 1, kMiB, kMiB + 1, 2 * kMiB, 2 * kMiB + 1, 7 * kMiB / 2}) {
    all.push_back({size, 1, DeflateEncoder::fastest});
    all.push_back({size, 4, DeflateEncoder::zlib, MultiHash::Kind::library});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Sizes, BundleRoundTrip, testing::ValuesIn(shapes()),
                         [](const auto& param) {
                           return std::to_string(param.param.size) +
                                  (param.param.encoder == DeflateEncoder::zlib ? "_zlib" : "");
                         });

/// A bundle of small and large files, written by so many threads.
std::vector<std::byte> bundle_by(unsigned threads, DeflateEncoder encoder) {
  BundleBuilder other{{threads, encoder}};
  add_sample(other);
  for (unsigned i = 0; i < 50; ++i)
    other.file("C:\\f" + std::to_string(i), compressible_bytes(std::size_t{i} * 50'000, i));
  return other.bytes();
}

TEST_F(BundleWriterTest, WritesTheSameBytesHoweverManyThreads) {
  const auto first = bundle_by(1, DeflateEncoder::zlib);
  for (const unsigned threads : {2u, 5u})
    EXPECT_TRUE(bundle_by(threads, DeflateEncoder::zlib) == first) << threads;
}

// isa-l was seen to compress one and the same block in two ways, both right, on a busy machine.
TEST_F(BundleWriterTest, HoldsTheSameHoweverManyThreads) {
  const auto entries_of = [](const std::vector<std::byte>& bundle) {
    BorrowedSource whole{bundle};
    std::string text;
    const auto opened = BundleReader::open(whole);
    for (const auto& entry : opened->entries())
      text += entry.facts.name + ' ' + std::to_string(entry.facts.method) + ' ' +
              std::to_string(entry.facts.size) + ' ' + to_hex(entry.facts.sha256) + '\n';
    EXPECT_TRUE(verify_bundle(whole)->intact());
    return text;
  };
  const std::string first = entries_of(bundle_by(1, DeflateEncoder::fastest));
  for (const unsigned threads : {2u, 5u})
    EXPECT_EQ(entries_of(bundle_by(threads, DeflateEncoder::fastest)), first) << threads;
}

TEST_F(BundleWriterTest, HashesFilesWhileTheNextAreRead) {
  // The third is like the first, large one, whose digests nobody has asked for yet.
  const std::vector<std::vector<std::byte>> contents{
      compressible_bytes(5 * kMiB, 1), compressible_bytes(300'000, 2),
      compressible_bytes(5 * kMiB, 1), compressible_bytes(100, 3), compressible_bytes(300'000, 2)};
  std::vector<StartedFile> started;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    BorrowedSource content{contents[i]};
    auto file = builder.writer().start_file(path_of("C:\\" + std::to_string(i)), content,
                                            kBundleTime, kNoLimit);
    ASSERT_TRUE(file);
    started.push_back(*std::move(file));
  }
  for (std::size_t i = contents.size(); i-- > 0;) {
    const StoredFile file = std::move(started[i]).finish();
    EXPECT_EQ(file.duplicate, i == 2 || i == 4);
    MultiHash hash{MultiHash::Kind::library};
    hash.update(contents[i]);
    const Digests digests = hash.finish();
    EXPECT_EQ(file.digests->sha256, digests.sha256) << i;
    EXPECT_EQ(file.digests->sha1, digests.sha1) << i;
    EXPECT_EQ(file.digests->md5, digests.md5) << i;
  }
  EXPECT_EQ(finish().entries().size(), 3u);
}

TEST_F(BundleWriterTest, StoresSmallIncompressibleFilesAsTheyAre) {
  add("C:\\random", random_bytes(1000, 1));
  add("C:\\text", compressible_bytes(1000, 1));
  add("C:\\empty", std::vector<std::byte>{});
  finish();
  EXPECT_EQ(reader->find("evidence/C/random")->facts.method, kZipStored);
  EXPECT_EQ(reader->find("evidence/C/text")->facts.method, kZipDeflated);
  EXPECT_EQ(reader->find("evidence/C/empty")->facts.method, kZipStored);
}

TEST_F(BundleWriterTest, StoresContentOnce) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{300'000}, 3 * kMiB}) {
    const std::string name = "C:\\" + std::to_string(size);
    const StoredFile stored = add(name + "a", compressible_bytes(size, 7)),
                     again = add(name + "b", compressible_bytes(size, 7));
    EXPECT_FALSE(stored.duplicate);
    EXPECT_TRUE(again.duplicate) << size;
    EXPECT_EQ(again.entry, stored.entry);
    EXPECT_EQ(again.digests->md5, stored.digests->md5);
    EXPECT_EQ(again.size, size);
    if (size == 0) continue;
    const StoredFile different = add(name + "c", compressible_bytes(size, 9));
    EXPECT_FALSE(different.duplicate);
    EXPECT_NE(different.entry, stored.entry);
  }
  EXPECT_EQ(finish().entries().size(), 7u);
}

TEST_F(BundleWriterTest, ReadsALargeFileTwiceOnlyWhenItMayBeADuplicate) {
  const auto content = compressible_bytes(3 * kMiB, 1),
             other_start = compressible_bytes(3 * kMiB, 2);
  auto other_end = content;
  other_end.back() ^= std::byte{1};
  ScriptedSource first{3 * kMiB, reading(content)}, second{3 * kMiB, reading(other_start)},
      third{3 * kMiB, reading(other_end)}, fourth{3 * kMiB, reading(content)};
  EXPECT_FALSE(add("C:\\1", first).duplicate);
  EXPECT_FALSE(add("C:\\2", second).duplicate);
  EXPECT_FALSE(add("C:\\3", third).duplicate);
  EXPECT_TRUE(add("C:\\4", fourth).duplicate);
  EXPECT_EQ(first.bytes_read, 3 * kMiB);
  EXPECT_EQ(second.bytes_read, 3 * kMiB);
  EXPECT_GT(third.bytes_read, 6 * kMiB);
  finish();
}

TEST_F(BundleWriterTest, StoresACandidateThatChangesBetweenHashingAndReading) {
  const auto content = compressible_bytes(2 * kMiB, 1);
  auto changed = content;
  changed.back() ^= std::byte{1};
  add("C:\\1", content);
  // Looks like the first file until it was hashed once, with another last byte, and is as it was
  // hashed only then.
  unsigned ends = 0;
  ScriptedSource shifty{2 * kMiB, [&](std::uint64_t offset, std::span<std::byte> out) {
                          if (offset == 2 * kMiB) ++ends;
                          return BorrowedSource{ends == 0 ? changed : content}.read_some(offset,
                                                                                         out);
                        }};
  const StoredFile file = add("C:\\2", shifty);
  EXPECT_FALSE(file.duplicate);
  EXPECT_EQ(file.entry, "evidence/C/2");
  EXPECT_EQ(file.digests->sha256, sha256(content));
  finish();
}

TEST_F(BundleWriterTest, TellsHowAFileEnded) {
  for (const std::size_t size : {std::size_t{100'000}, 3 * kMiB}) {
    const std::string name = "C:\\" + std::to_string(size);
    const auto content = compressible_bytes(size, static_cast<unsigned>(size));
    EXPECT_EQ(add(name + "whole", content, size).outcome, FileOutcome::complete);
    const StoredFile limited = add(name + "limit", content, size - 1);
    EXPECT_EQ(limited.outcome, FileOutcome::truncated);
    EXPECT_EQ(limited.size, size - 1);
    EXPECT_FALSE(limited.error);

    ScriptedSource shrunk{size + 5, reading(content)};
    EXPECT_EQ(add(name + "shrunk", shrunk).outcome, FileOutcome::changed_while_reading);
    ScriptedSource grown{size - 5, reading(content, 777)};
    EXPECT_EQ(add(name + "grown", grown).outcome, FileOutcome::changed_while_reading);

    ScriptedSource broken{
        size, [&](std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
          if (offset + out.size() > size - 10) {
            if (offset >= size - 10) return Error{Errc::io, "read", offset};
            out = out.first(static_cast<std::size_t>(size - 10 - offset));
          }
          return BorrowedSource{content}.read_some(offset, out);
        }};
    const StoredFile cut = add(name + "broken", broken);
    EXPECT_EQ(cut.outcome, FileOutcome::truncated);
    EXPECT_EQ(cut.size, size - 10);
    EXPECT_EQ(cut.error->code, Errc::io);
  }
  ScriptedSource unreadable{10, [](std::uint64_t, std::span<std::byte>) -> Result<std::size_t> {
                              return Error{Errc::io, "read"};
                            }};
  const StoredFile failed = add("C:\\unreadable", unreadable);
  EXPECT_EQ(failed.outcome, FileOutcome::failed);
  EXPECT_EQ(failed.entry, "");
  EXPECT_FALSE(failed.digests);
  finish();
  EXPECT_EQ(reader->find("evidence/C/unreadable"), nullptr);
}

TEST_F(BundleWriterTest, RefusesNamesThatAreTakenOrUnsafe) {
  const auto add_entry = [&](std::string_view name) {
    return builder.writer().add_entry(name, {}, kBundleTime).has_value();
  };
  EXPECT_TRUE(add_entry("start.json"));
  for (const std::string_view name :
       {"start.json", "Start.json", "manifest.json", "../x", "/x", "a\\b", "", "nul"})
    EXPECT_FALSE(add_entry(name)) << name;
  EXPECT_FALSE(builder.writer().append_lines("../log", "{}\n", kBundleTime));
  EXPECT_EQ(finish().entries().size(), 1u);
}

TEST_F(BundleWriterTest, AddsLargeEntries) {
  const auto content = compressible_bytes(5 * kMiB + 3, 4);
  ASSERT_TRUE(builder.writer().add_entry("report.html", content, kBundleTime));
  finish();
  EXPECT_EQ(*reader->read_all(*reader->find("report.html"), kNoLimit), content);
}

TEST_F(BundleWriterTest, CutsLineStreamsIntoSegmentsBetweenLines) {
  std::vector<std::string> expected;
  for (unsigned i = 0; i < 100'000; ++i) {
    expected.push_back("{\"row\":" + std::to_string(i) + ",\"text\":\"" + std::string(80, 'x') +
                       "\"}");
    builder.line("records/test", expected.back() + "\n");
    if (i % 1000 == 0) builder.line("log", "{}\n");
  }
  finish();
  std::vector<std::string> lines;
  ASSERT_TRUE(reader->each_line("records/test", [&](std::string_view line) -> Result<void> {
    lines.emplace_back(line);
    return {};
  }));
  EXPECT_TRUE(lines == expected);
  unsigned segments = 0;
  for (const auto& entry : reader->entries()) {
    const auto name = parse_segment_name(entry.facts.name);
    if (!name || name->stream != "records/test") continue;
    ++segments;
    EXPECT_EQ(name->number, segments);
    EXPECT_LT(entry.facts.size, 4 * kMiB + 200);
    const auto content = *reader->read_all(entry, kNoLimit);
    EXPECT_EQ(content.back(), std::byte{'\n'});
  }
  EXPECT_EQ(segments, 3u);
}

TEST_F(BundleWriterTest, ClosesSegmentsWhenAsked) {
  BundleWriter& writer = builder.writer();
  builder.line("records/a", "1\n").line("records/b", "2\n");
  ASSERT_TRUE(writer.close_segment("records/a", kBundleTime));
  ASSERT_TRUE(writer.close_segment("records/none", kBundleTime));
  builder.line("records/a", "3\n");
  ASSERT_TRUE(writer.close_segment("", kBundleTime));
  ASSERT_TRUE(writer.close_segment("", kBundleTime));
  ASSERT_TRUE(writer.settle());
  EXPECT_GE(builder.sink().flushes, 2u);
  std::vector<std::string> names;
  writer.each_entry([&](const BundleEntry& entry) { names.push_back(entry.name); });
  EXPECT_EQ(names,
            (std::vector<std::string>{"records/a.jsonl", "records/a.2.jsonl", "records/b.jsonl"}));
  EXPECT_EQ(writer.bytes_written(), builder.sink().bytes.size());
  finish();
}

TEST_F(BundleWriterTest, TakesAnAppendLargerThanASegment) {
  std::string lines;
  while (lines.size() < 6 * kMiB) lines += "{\"n\":" + std::to_string(lines.size()) + "}\n";
  builder.line("log", lines);
  finish();
  const auto content = *reader->read_all(*reader->find("log.jsonl"), kNoLimit);
  EXPECT_EQ(Bytes{content}.chars(), lines);
}

TEST_F(BundleWriterTest, ReturnsTheSinksErrorFromEveryCall) {
  builder.sink().fail_at = 1000;
  // Larger than what fits in memory on its way: the failure ends it.
  const auto big = random_bytes(60 * kMiB, 1);
  ScriptedSource content{big.size(), reading(big)};
  const auto file = builder.writer().add_file(path_of("C:\\big"), content, kBundleTime, kNoLimit);
  EXPECT_FALSE(file);
  EXPECT_LT(content.bytes_read, 50 * kMiB);
  const auto settled = builder.writer().settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().detail, "no space left");
  EXPECT_FALSE(builder.writer().append_lines("log", "{}\n", kBundleTime));
  EXPECT_FALSE(builder.writer().add_entry("x", {}, kBundleTime));
  EXPECT_FALSE(builder.writer().close_segment("", kBundleTime));
  EXPECT_FALSE(builder.writer().finish({}, kBundleTime));
  EXPECT_LE(builder.sink().bytes.size(), 1000u);
}

/// A slow disk: its first write lasts until 48 MiB were read meanwhile, or half a second.
class SlowSink final : public ByteSink {
 public:
  static constexpr std::uint64_t kTooMuch = 48 * kMiB;

  Result<void> write(std::span<const std::byte> /*more*/) override {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::exchange(patience_, {}), [this] { return read_ >= kTooMuch; });
    read_meanwhile = std::max(read_meanwhile, std::exchange(slow_, false) ? read_ : 0);
    return {};
  }
  Result<void> flush() override { return {}; }
  void was_read(std::uint64_t bytes) {
    const std::lock_guard lock{mutex_};
    read_ += bytes;
    changed_.notify_one();
  }
  std::uint64_t read_meanwhile = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds patience_{500};
  bool slow_ = true;
  std::uint64_t read_ = 0;
};

TEST(BundleWriter, ReadsNoMoreThanItCanHoldWhenTheSinkIsSlow) {
  // Compresses to about half, so that it waits compressed.
  auto content = random_bytes(kMiB, 1);
  for (std::size_t i = 0; i < content.size(); i += 2) content[i] = std::byte{'a'};
  SlowSink sink;
  constexpr std::uint64_t kSize = 128 * kMiB;
  ScriptedSource file{kSize, [&](std::uint64_t offset, std::span<std::byte> out) {
                        const auto size = std::min<std::uint64_t>(out.size(), kSize - offset);
                        std::copy_n(content.begin(), size, out.begin());
                        sink.was_read(size);
                        return Result<std::size_t>{size};
                      }};
  auto writer = BundleWriter::create(sink, {2, DeflateEncoder::fastest});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->add_file(path_of("C:\\big"), file, kBundleTime, kNoLimit));
  ASSERT_TRUE((*writer)->settle());
  EXPECT_GT(sink.read_meanwhile, kMiB);
  EXPECT_LT(sink.read_meanwhile, SlowSink::kTooMuch);
}

TEST(BundleWriter, FailsWhereverTheSinkDoes) {
  BundleBuilder whole;
  const std::size_t size = add_sample(whole).bytes().size();
  for (std::size_t fail_at = 0; fail_at < size; fail_at += 2003) {
    BundleBuilder builder;
    builder.sink().fail_at = fail_at;
    add_sample(builder);
    ASSERT_FALSE(builder.writer().finish(builder.manifest, kBundleTime)) << fail_at;
  }
}

TEST(BundleWriter, EndsQuietlyWithoutFinish) {
  for (int i = 0; i < 20; ++i) {
    BundleBuilder builder;
    add_sample(builder);
    builder.file("C:\\large", compressible_bytes(5 * kMiB, 1)).line("log", "{}\n");
  }
}

TEST(BundleWriter, AddsNothingAfterFinish) {
  BundleBuilder builder;
  const auto bytes = builder.bytes();
  EXPECT_FALSE(builder.writer().add_entry("x", {}, kBundleTime));
  EXPECT_FALSE(builder.writer().finish({}, kBundleTime));
  EXPECT_EQ(builder.sink().bytes.size(), bytes.size());
}

TEST(BundleVolume, IsHashedPartByPartAndAsAWhole) {
  std::vector<std::byte> volume(40 * kMiB);
  const auto put = [&](std::size_t offset, const std::vector<std::byte>& bytes) {
    std::copy(bytes.begin(), bytes.end(), volume.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(0, random_bytes(3 * kMiB, 1));
  put(20 * kMiB, compressible_bytes(2 * kMiB + 17, 2));
  put(39 * kMiB, random_bytes(1000, 3));
  BundleBuilder builder{{4, DeflateEncoder::fastest}};
  const auto writer = builder.writer().start_volume("volume1");
  ASSERT_TRUE(writer);
  for (const auto& [offset, size] : {std::pair<std::size_t, std::size_t>{0, 3 * kMiB},
                                     {20 * kMiB, 3 * kMiB},
                                     {39 * kMiB, 1000}}) {
    const auto part = std::span{volume}.subspan(offset, size);
    MemorySource source{{part.begin(), part.end()}};
    const auto stored = (*writer)->add(offset, source, kBundleTime);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->sha256, sha256(part));
    EXPECT_EQ(stored->size, size);
    EXPECT_EQ(stored->entry, volume_part_name("volume1", offset));
  }
  const auto whole = (*writer)->finish(volume.size());
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, sha256(volume));
  MemorySource again{{volume.begin(), volume.begin() + 10}};
  EXPECT_FALSE((*writer)->add(20 * kMiB, again, kBundleTime)) << "parts come in order, once";
  const auto bytes = builder.bytes();
  BorrowedSource bundle{bytes};
  const auto report = verify_bundle(bundle);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->intact());
}

TEST(BundleVolume, PartThatCannotBeReadToItsEndIsKeptSoFar) {
  const auto content = random_bytes(4 * kMiB, 1);
  BundleBuilder builder;
  const auto writer = builder.writer().start_volume("C:");
  ASSERT_TRUE(writer);
  ScriptedSource part{4 * kMiB,
                      [&](std::uint64_t offset, std::span<std::byte> out) -> Result<std::size_t> {
                        if (offset >= 3 * kMiB) return Error{Errc::cancelled, "stop"};
                        return BorrowedSource{content}.read_some(offset, out);
                      }};
  const auto stored = (*writer)->add(0, part, kBundleTime);
  ASSERT_TRUE(stored);
  ASSERT_TRUE(stored->error);
  EXPECT_EQ(stored->error->code, Errc::cancelled);
  EXPECT_EQ(stored->size, 3 * kMiB);
  EXPECT_EQ(stored->sha256, sha256(std::span{content}.first(3 * kMiB)));
  ScriptedSource nothing{kMiB, [](std::uint64_t, std::span<std::byte>) -> Result<std::size_t> {
                           return Error{Errc::io, "read"};
                         }};
  const auto none = (*writer)->add(8 * kMiB, nothing, kBundleTime);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->entry, "");
  ASSERT_TRUE(none->error);
}

}  // namespace
}  // namespace hozen
