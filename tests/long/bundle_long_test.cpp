// Bundles that are large: more than 4 GiB, more than 65,535 entries; and every bit of a small one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "collector/base/native_file.h"
#include "collector/engine/bundle_reader.h"
#include "collector/engine/file_sink.h"
#include "collector/engine/host.h"
#include "collector/engine/verify.h"
#include "tests/builders/bundle_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

using test::BorrowedSource;
using test::BundleBuilder;
using test::kBundleTime;
using test::kNoLimit;

constexpr std::uint64_t kGiB = 1ull << 30;
constexpr std::uint64_t kMiB = 1ull << 20;

/// Bytes computed from their offset: as large as a test likes, mixed, and never in memory.
class PatternSource final : public ByteSource {
 public:
  PatternSource(std::uint64_t size, std::uint64_t seed) : size_{size}, seed_{seed} {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= size_) return std::size_t{0};
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t at = offset + i, mebibyte = at >> 20;
      // One MiB in four is noise.
      const std::uint64_t mixed = (at + seed_) * 0x9E37'79B9'7F4A'7C15u;
      out[i] = static_cast<std::byte>(mebibyte % 4 == 0 ? mixed >> 47 ^ mixed >> 23 : at >> 6);
    }
    return count;
  }

 private:
  std::uint64_t size_, seed_;
};

/// Runs a program that reads ZIP files over `zip`; without it the check is left out, and said so.
void expect_accepted(const std::string& program, const std::string& arguments,
                     const std::string& zip) {
  const auto run = [](const std::string& command) { return std::system(command.c_str()); };
  if (run("command -v " + program + " > /dev/null 2>&1") != 0) {
    std::cout << program << " is not installed: not asked\n";
    return;
  }
  EXPECT_EQ(run(program + " " + arguments + " '" + zip + "' > '" + zip + ".log' 2>&1"), 0)
      << program << ": see " << zip << ".log";
}

void expect_accepted_by_others(const std::string& zip) {
  expect_accepted("unzip", "-tq", zip);
  expect_accepted("7z", "t", zip);
  expect_accepted("python3", "-m zipfile -t", zip);
}

void expect_intact(const std::string& zip, std::uint64_t entries) {
  const auto file = open_native_file(zip);
  ASSERT_TRUE(file) << file.error().text();
  const auto report = verify_bundle(**file);
  ASSERT_TRUE(report);
  for (const VerifyProblem& problem : report->problems) ADD_FAILURE() << problem.text();
  EXPECT_EQ(report->entries, entries);
}

Manifest manifest() {
  Manifest manifest;
  manifest.collection.finished = kBundleTime;
  return manifest;
}

TEST(LongBundle, HoldsAFileOf5GiBAndWhatComesAfterIt) {
  const TempFolder folder;
  const std::string zip = folder.text() + "/large.zip";
  const auto sink = create_output_file(zip);
  ASSERT_TRUE(sink);
  const auto writer = *BundleWriter::create(**sink, {});
  PatternSource large{5 * kGiB + 12'345, 1}, same{5 * kGiB + 12'345, 1}, noise{4 * kGiB, 7};
  const auto first =
      writer->add_file(*EvidencePath::parse("C:\\large"), large, kBundleTime, kNoLimit);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size, 5 * kGiB + 12'345);
  const auto again =
      writer->add_file(*EvidencePath::parse("C:\\same"), same, kBundleTime, kNoLimit);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  // Pushes the offsets of what follows past 4 GiB as well.
  for (unsigned i = 0; i < 4; ++i) {
    PatternSource more{4 * kGiB / 4 + i, 100 + i};
    ASSERT_TRUE(writer->add_file(*EvidencePath::parse("C:\\more" + std::to_string(i)), more,
                                 kBundleTime, kNoLimit));
  }
  std::mt19937_64 random{1};
  std::vector<std::byte> block(kMiB);
  for (std::byte& byte : block) byte = static_cast<std::byte>(random());
  for (unsigned i = 0; i < 2600; ++i) {
    block[0] = static_cast<std::byte>(i);
    block[1] = static_cast<std::byte>(i >> 8);
    MemorySource source{block};
    ASSERT_TRUE(writer->add_file(*EvidencePath::parse("C:\\n\\" + std::to_string(i)), source,
                                 kBundleTime, kNoLimit));
  }
  ASSERT_TRUE(writer->add_entry("ticket.md", {}, kBundleTime));
  ASSERT_TRUE(writer->finish(manifest(), kBundleTime));
  ASSERT_TRUE((*sink)->complete());
  EXPECT_GT(writer->bytes_written(), 4 * kGiB);
  std::cout << "bundle of " << writer->bytes_written() << " bytes, peak "
            << peak_memory_bytes() / kMiB << " MiB\n";
  expect_intact(zip, 2606);
  expect_accepted_by_others(zip);
}

TEST(LongBundle, Holds70000Files) {
  const TempFolder folder;
  const std::string zip = folder.text() + "/many.zip";
  const auto sink = create_output_file(zip);
  ASSERT_TRUE(sink);
  const std::uint64_t before = peak_memory_bytes();
  const auto writer = *BundleWriter::create(**sink, {});
  constexpr unsigned kFiles = 70'000;
  std::vector<std::byte> content(600);
  for (unsigned i = 0; i < kFiles; ++i) {
    for (std::size_t at = 0; at < content.size(); ++at)
      content[at] = static_cast<std::byte>(at % 50 == 0 ? i >> (at / 50) : at % 7);
    content[1] = static_cast<std::byte>(i);
    content[2] = static_cast<std::byte>(i >> 8);
    content[3] = static_cast<std::byte>(i >> 16);
    MemorySource source{content};
    const auto path =
        EvidencePath::parse("C:\\Users\\somebody\\AppData\\Local\\Microsoft\\Windows\\Folder" +
                            std::to_string(i / 100) + "\\a file with a name of usual length " +
                            std::to_string(i) + ".dat");
    const auto file = writer->add_file(*path, source, kBundleTime, kNoLimit);
    ASSERT_TRUE(file);
    ASSERT_FALSE(file->duplicate);
  }
  ASSERT_TRUE(writer->finish(manifest(), kBundleTime));
  ASSERT_TRUE((*sink)->complete());
  const std::uint64_t peak = peak_memory_bytes();
  std::cout << kFiles << " files: peak " << peak / 1024 << " KiB, before " << before / 1024
            << " KiB\n";
  // All the writer may hold: its blocks and 400 bytes a file (no file here has left its first
  // block).
  if (before != 0 && before < 64 * kMiB) {
    EXPECT_LE(peak, 64 * kMiB + kFiles * 400ull);
  }
  expect_intact(zip, kFiles);
  expect_accepted_by_others(zip);
}

/// Bits whose flip verify does not name, tried in as many threads as there are processors.
std::vector<std::size_t> unnamed_flips(const std::vector<std::byte>& bundle,
                                       const std::vector<std::size_t>& bits) {
  const std::size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::vector<std::size_t>> unnamed(threads);
  const auto flip_each = [&](std::size_t first) {
    auto bytes = bundle;
    BorrowedSource source{bytes};
    for (std::size_t i = first; i < bits.size(); i += threads) {
      const auto mask = static_cast<std::byte>(1 << bits[i] % 8);
      bytes[bits[i] / 8] ^= mask;
      const auto report = verify_bundle(source, {1});
      bytes[bits[i] / 8] ^= mask;
      if (!report || report->problems.empty() || report->problems[0].where.empty())
        unnamed[first].push_back(bits[i]);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t first = 0; first < threads; ++first) workers.emplace_back(flip_each, first);
  }
  std::vector<std::size_t> all;
  for (const auto& some : unnamed) all.insert(all.end(), some.begin(), some.end());
  return all;
}

TEST(LongBundle, NamesEveryFlippedBitOutsideOfDataAnd10000Within) {
  BundleBuilder builder;
  add_sample(builder);
  for (unsigned i = 0; i < 40; ++i)
    builder.file("C:\\Users\\somebody\\file " + std::to_string(i), test::random_bytes(4'000 + i, i))
        .file("C:\\Windows\\System32\\config\\f" + std::to_string(i),
              test::compressible_bytes(6'000 + i, i));
  const auto bytes = builder.bytes();
  ASSERT_LT(bytes.size(), kMiB);
  BorrowedSource source{bytes};
  const auto reader = BundleReader::open(source);
  std::vector<bool> is_data(bytes.size());
  for (const auto& entry : reader->entries())
    for (std::uint64_t i = 0; i < entry.facts.stored_size; ++i)
      is_data[static_cast<std::size_t>(entry.data_offset + i)] = true;
  std::vector<std::size_t> structure, data;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit)
    if (!is_data[bit / 8]) structure.push_back(bit);
  std::mt19937 random{1};
  while (data.size() < 10'000) {
    const std::size_t bit = random() % (bytes.size() * 8);
    if (is_data[bit / 8]) data.push_back(bit);
  }
  EXPECT_THAT(unnamed_flips(bytes, structure), testing::IsEmpty());
  EXPECT_THAT(unnamed_flips(bytes, data), testing::IsEmpty());
  std::cout << "bundle of " << bytes.size() << " bytes: " << structure.size()
            << " bits outside of data, " << data.size() << " within\n";
}

}  // namespace
}  // namespace hozen
