// Bundles or hashes a folder, to be timed from outside against zip and hashdeep: see README.md.
//   bench_bundle bundle FOLDER OUT.zip [THREADS] [zlib]
//   bench_bundle hash FOLDER [THREADS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/engine/bundle.h"
#include "collector/engine/file_hasher.h"
#include "collector/engine/file_reader.h"
#include "collector/engine/file_sink.h"

namespace {

using namespace hozen;
namespace fs = std::filesystem;

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};
constexpr FileTime kTime{133'650'000'000'000'000};
/// Files that are hashed while the next ones are read.
constexpr std::size_t kMaxPending = 32;

[[noreturn]] void give_up(const std::string& message) {
  std::fprintf(stderr, "bench_bundle: %s\n", message.c_str());
  std::exit(1);
}

template <class T>
T expect(Result<T> result) {
  if (!result) give_up(result.error().text());
  return *std::move(result);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void bundle(const fs::path& folder, const std::string& out, const BundleOptions& options) {
  fs::remove(out);
  fs::remove(out + ".partial");
  const auto sink = expect(create_output_file(out));
  const auto writer = expect(BundleWriter::create(*sink, options));
  std::deque<StartedFile> pending;
  for (const fs::path& file : files_below(folder)) {
    EvidencePath path{"C:"};
    for (const auto& component : file.lexically_relative(folder))
      path = path.child(component.string());
    const auto source = expect(open_native_file(file.string()));
    pending.push_back(expect(writer->start_file(path, *source, kTime, kNoLimit)));
    if (pending.size() <= kMaxPending) continue;
    [[maybe_unused]] const StoredFile stored = std::move(pending.front()).finish();
    pending.pop_front();
  }
  Manifest manifest;
  manifest.collection.finished = kTime;
  std::printf("seal %s\n", to_hex(expect(writer->finish(manifest, kTime))).c_str());
  if (const auto complete = sink->complete(); !complete) give_up(complete.error().text());
}

struct Hashed {
  std::string file;
  std::uint64_t size = 0;
  PendingDigests digests{};
};

void print(const Hashed& hashed) {
  const Digests digests = hashed.digests.get();
  std::printf("%llu,%s,%s,%s,%s\n", static_cast<unsigned long long>(hashed.size),
              to_hex(digests.md5).c_str(), to_hex(digests.sha1).c_str(),
              to_hex(digests.sha256).c_str(), hashed.file.c_str());
}

/// As the writer hashes: small files whole, larger ones in chains of blocks, the next one read
/// meanwhile.
void hash(const fs::path& folder, unsigned threads) {
  BlockPool blocks{threads + 6};
  const auto pool = expect(WorkerPool::start(threads, {}));
  std::deque<Hashed> pending;
  for (const fs::path& file : files_below(folder)) {
    const auto source = expect(open_native_file(file.string()));
    FileReader reader{*source, kNoLimit};
    Hashed& hashed = pending.emplace_back(Hashed{file.string()});
    BlockRef block = blocks.acquire();
    reader.fill(*block);
    if (reader.done()) {
      pool->submit([block, digests = hashed.digests](Worker&) {
        MultiHash all;
        all.update(block->bytes());
        digests.set(all.finish());
      });
    } else {
      FileHasher hasher{*pool};
      hasher.add(block);
      while (!reader.done()) {
        block = blocks.acquire();
        reader.fill(*block);
        hasher.add(block);
      }
      hasher.end([digests = hashed.digests](const Digests& all) { digests.set(all); });
    }
    hashed.size = reader.bytes_read();
    if (pending.size() <= kMaxPending) continue;
    print(pending.front());
    pending.pop_front();
  }
  for (const Hashed& hashed : pending) print(hashed);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto number = [&](std::size_t index) {
    const unsigned given =
        index < arguments.size() ? static_cast<unsigned>(std::stoul(arguments[index])) : 0;
    return given != 0 ? given : std::max(1u, std::thread::hardware_concurrency());
  };
  if (arguments.size() >= 3 && arguments[0] == "bundle") {
    const bool zlib = arguments.back() == "zlib";
    bundle(arguments[1], arguments[2],
           {arguments.size() > (zlib ? 4u : 3u) ? number(3) : 0u,
            zlib ? DeflateEncoder::zlib : DeflateEncoder::fastest});
    return 0;
  }
  if (arguments.size() >= 2 && arguments[0] == "hash") {
    hash(arguments[1], number(2));
    return 0;
  }
  std::fprintf(stderr,
               "bench_bundle bundle FOLDER OUT.zip [THREADS] [zlib]\n"
               "bench_bundle hash FOLDER [THREADS]\n");
  return 2;
}
