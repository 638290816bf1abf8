#include "tests/builders/bundle_builder.h"

#include <algorithm>
#include <random>

#include "collector/base/json_text.h"

namespace hozen::test {

std::vector<std::byte> compressible_bytes(std::size_t size, unsigned seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>((i / 4096 * seed) ^ (i % 61) ^ seed);
  return bytes;
}

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

std::vector<std::byte> to_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

Result<std::size_t> BorrowedSource::read_some(std::uint64_t offset, std::span<std::byte> out) {
  if (offset >= bytes_.size()) return std::size_t{0};
  const std::size_t count =
      std::min<std::size_t>(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
  return count;
}

BundleBuilder::BundleBuilder(const BundleOptions& options) {
  manifest.tool = {"hozen", "0.0.1", "test", std::nullopt, {"hozen", "collect"}};
  manifest.collection.id = "0001";
  manifest.collection.started = kBundleTime;
  manifest.collection.finished = kBundleTime;
  manifest.source.kind = "folder";
  manifest.clock.started = kBundleTime;
  writer_ = *BundleWriter::create(sink_, options);
}

std::string artifact_row(unsigned id, std::string_view path, const StoredFile& file) {
  std::string row = "{\"id\":" + std::to_string(id) + ",\"path\":";
  if (!append_json_string(row, path)) {
    row += ",\"path_utf16\":";
    append_json_utf16_hex(row, path);
  }
  if (!file.entry.empty()) {
    row += ",\"entry\":";
    append_json_string(row, file.entry);
  }
  row += ",\"stored\":" + std::to_string(file.size);
  if (file.digests) {
    row += ",\"sha256\":";
    append_json_hex(row, file.digests->sha256);
  }
  row +=
      ",\"si\":{\"created\":\"2001-02-03T04:05:06.0000000Z\",\"modified\":"
      "\"2010-11-12T13:14:15.1234567Z\",\"accessed\":\"2011-01-02T03:04:05.0000000Z\"}";
  row += ",\"outcome\":\"";
  row += to_text(file.outcome);
  return row + "\"}\n";
}

BundleBuilder& BundleBuilder::file(std::string_view path, std::vector<std::byte> content) {
  MemorySource source{std::move(content)};
  const auto stored = writer_->add_file(*EvidencePath::parse(path), source, kBundleTime, kNoLimit);
  if (!stored) return *this;  // finish() will tell
  return line("artifacts", artifact_row(rows_++, path, *stored));
}

BundleBuilder& BundleBuilder::entry(std::string_view name, std::string_view content) {
  [[maybe_unused]] const auto added =
      writer_->add_entry(name, std::as_bytes(std::span{content}), kBundleTime);
  return *this;
}

BundleBuilder& BundleBuilder::line(std::string_view stream, std::string_view text) {
  [[maybe_unused]] const auto added = writer_->append_lines(stream, text, kBundleTime);
  return *this;
}

std::vector<std::byte> BundleBuilder::bytes() {
  if (auto seal = writer_->finish(manifest, kBundleTime)) seal_ = *seal;
  return sink_.bytes;
}

BundleBuilder& add_sample(BundleBuilder& builder) {
  builder.entry("start.json", "{\"format\":\"hozen-bundle/1\"}\n")
      .file("C:\\Windows\\System32\\config\\SYSTEM", compressible_bytes(1'200'000, 3))
      .file("C:\\Windows\\notes.txt", compressible_bytes(5'000, 5))
      .file("C:\\Windows\\random.bin", random_bytes(3'000, 7))
      .file("C:\\empty", {})
      .file("C:\\Users\\a\\copy.txt", compressible_bytes(5'000, 5))
      .line("records/run_keys", "{\"record\":\"run_keys-1\"}\n");
  [[maybe_unused]] const auto closed =
      builder.writer().close_segment("records/run_keys", kBundleTime);
  return builder.line("records/run_keys", "{\"record\":\"run_keys-2\"}\n")
      .line("log", "{\"message\":\"done\"}\n")
      .entry("ticket.md", "Nothing to see.\n");
}

}  // namespace hozen::test
