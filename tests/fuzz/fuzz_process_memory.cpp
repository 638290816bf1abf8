// Memory of a process as its loader keeps it, and the tables of processes and connections: bounded
// by what went in, whatever points where.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/source/loaded_modules.h"
#include "collector/source/process_table.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The process has what went in from here on, and nothing else.
constexpr std::uint64_t kBegin = 0x1000;

void lists(Bytes memory) {
  const auto read = [&](std::uint64_t address, std::size_t size) -> Result<std::vector<std::byte>> {
    if (address < kBegin) return Error{Errc::io, "memory"};
    HOZEN_TRY(const Bytes found, memory.slice(address - kBegin, size, "memory"));
    const std::span<const std::byte> bytes = found.span();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  for (const PointerSize size : {PointerSize::four, PointerSize::eight}) {
    std::vector<ImageRange> listed;
    (void)read_loader_list(read, kBegin, size, listed);
    require(listed.size() <= memory.size() && listed.size() <= kMaxLiveModules);
    for (const ImageRange& image : listed) require(image.base != 0 && is_wtf8(image.path));
    const auto merged = merge_modules(listed, {});
    require(merged.size() <= listed.size());
  }
  if (const auto line = read_command_line(read, kBegin)) require(is_wtf8(*line));
  (void)has_bound_imports(read, kBegin);
}

void tables(Bytes table) {
  constexpr std::size_t kLeastEntry = 0x100;
  if (const auto processes = parse_process_table(table, kBegin)) {
    require(processes->size() <= table.size() / kLeastEntry + 1);
    for (const LiveProcess& process : *processes) require(is_wtf8(process.name));
  }
  constexpr std::size_t kLeastRow = 12;
  for (const ConnectionTable kind :
       {ConnectionTable::tcp, ConnectionTable::tcp6, ConnectionTable::udp, ConnectionTable::udp6}) {
    std::vector<LiveConnection> connections;
    (void)parse_connections(table, kind, connections);
    require(connections.size() <= table.size() / kLeastRow);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  lists(bytes);
  tables(bytes);
  return 0;
}
