// Reading a hive of 70 MB: MB/s, and the most memory the process held.
#include <benchmark/benchmark.h>

#include "collector/cli/parse_hive.h"
#include "collector/engine/host.h"
#include "collector/formats/regf.h"
#include "tests/builders/regf_builder.h"

namespace hozen::regf {
namespace {

/// 40,000 keys of ten values each.
const std::vector<std::byte>& big_hive() {
  static const std::vector<std::byte> bytes = [] {
    using namespace builders;
    auto builder = RegfBuilder{};
    const RegData text = sz("C:\\Program Files\\Vendor\\Product\\program.exe --with --arguments");
    for (int i = 0; i < 200; ++i)
      for (int j = 0; j < 200; ++j) {
        builder.key("{" + std::to_string(100'000 + i) + "}\\{" + std::to_string(100'000 + j) + "}");
        for (int k = 0; k < 10; ++k) builder.value("Value" + std::to_string(k), text);
      }
    return builder.bytes();
  }();
  return bytes;
}

void report(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(big_hive().size()));
  state.counters["peak_MiB"] = static_cast<double>(peak_memory_bytes()) / (1 << 20);
}

std::uint64_t read_all(const Key& key) {
  std::uint64_t count = 1;
  key.visit_values([&](const ValueView& value) { return (count += value.data.size()) != 0; });
  key.each_subkey([&](const Key& subkey) { return (count += read_all(subkey)) != 0; });
  return count;
}

void open_only(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Hive::open(big_hive()));
  report(state);
}
BENCHMARK(open_only)->Unit(benchmark::kMillisecond);

void keys_and_values(benchmark::State& state) {
  for (auto _ : state) {
    const auto hive = Hive::open(big_hive());
    benchmark::DoNotOptimize(read_all(*(*hive)->root()));
  }
  report(state);
}
BENCHMARK(keys_and_values)->Unit(benchmark::kMillisecond);

void deleted_cells(benchmark::State& state) {
  const auto hive = Hive::open(big_hive());
  read_all(*(*hive)->root());
  for (auto _ : state) {
    std::uint64_t count = 0;
    (*hive)->each_deleted([&](const DeletedKey&) { ++count; },
                          [&](const DeletedValue&) { ++count; });
    benchmark::DoNotOptimize(count);
  }
  report(state);
}
BENCHMARK(deleted_cells)->Unit(benchmark::kMillisecond);

void lookups(benchmark::State& state) {
  const auto hive = Hive::open(big_hive());
  const auto root = *(*hive)->root();
  std::uint64_t number = 0;
  for (auto _ : state) {
    const std::uint64_t i = number++ * 7919 % 200;
    const auto key = root.find("{" + std::to_string(100'000 + i) + "}\\{100123}");
    benchmark::DoNotOptimize(key->value("value9"));
  }
}
BENCHMARK(lookups);

void json_lines(benchmark::State& state) {
  std::uint64_t printed = 0;
  const auto count = [&](std::string_view text) { return (printed += text.size()) != 0; };
  for (auto _ : state) {
    cli::LineBuffer lines{count};
    benchmark::DoNotOptimize(cli::print_hive(big_hive(), {}, "hive", lines));
    lines.flush();
  }
  report(state);
}
BENCHMARK(json_lines)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hozen::regf
