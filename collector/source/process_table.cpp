#include "collector/source/process_table.h"

#include <array>
#include <cstdio>

#include "collector/base/text.h"

namespace hozen {
namespace {

// Of SYSTEM_PROCESS_INFORMATION; bytes.
constexpr std::size_t kProcessBytes = 0x100;
/// Columns of a row of connections; bytes from its start. 0 for what it does not have, but for the
/// first.
struct RowLayout {
  std::size_t bytes, address_bytes, local, local_port, remote, remote_port, state, pid;
};
constexpr std::array kRows{
    RowLayout{24, 4, 4, 8, 12, 16, 0, 20}, RowLayout{56, 16, 0, 20, 24, 44, 48, 52},
    RowLayout{12, 4, 0, 4, 0, 0, 0, 8}, RowLayout{28, 16, 0, 20, 0, 0, 0, 24}};
constexpr std::array<std::string_view, 4> kProtocols{"tcp", "tcp6", "udp", "udp6"};

/// MIB_TCP_STATE.
std::string state_text(std::uint32_t state) {
  constexpr std::array<std::string_view, 13> kStates{
      "",           "closed",     "listen",     "syn_sent", "syn_received", "established",
      "fin_wait_1", "fin_wait_2", "close_wait", "closing",  "last_ack",     "time_wait",
      "delete_tcb"};
  if (state == 0 || state >= kStates.size()) return std::to_string(state);
  return std::string{kStates[state]};
}

/// Ports lie in the order of the network, in four bytes of which the last two mean nothing.
std::uint16_t port_at(Bytes row, std::size_t offset) {
  const auto high = row.get<std::uint8_t>(offset), low = row.get<std::uint8_t>(offset + 1);
  return static_cast<std::uint16_t>((high.value_or(0) << 8) | low.value_or(0));
}

std::string address_at(Bytes row, std::size_t offset, std::size_t size) {
  const auto bytes = row.slice(offset, size, "address");
  return bytes ? address_text(bytes->span()) : std::string{};
}

std::string six_text(Bytes address) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = port_at(address, 2 * i);
  // The first of the longest runs of zeros is left out; one alone is not.
  std::size_t best = 0, best_length = 1;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::size_t length = 0;
    while (i + length < groups.size() && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (best_length > 1 && i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "%x", groups[i]);
    text += hex.data();
  }
  return text;
}

std::string four_text(Bytes address) {
  std::string text;
  for (std::size_t i = 0; i < 4; ++i)
    text += (i == 0 ? "" : ".") + std::to_string(address.get<std::uint8_t>(i).value_or(0));
  return text;
}

}  // namespace

std::string address_text(std::span<const std::byte> address) {
  const Bytes bytes{address};
  if (bytes.size() == 4) return four_text(bytes);
  if (bytes.size() != 16) return {};
  const bool is_mapped = bytes.get<std::uint64_t>(0) == std::uint64_t{0} &&
                         bytes.get<std::uint32_t>(8) == std::uint32_t{0xFFFF'0000};
  return is_mapped ? "::ffff:" + four_text(bytes.tail(12)) : six_text(bytes);
}

Result<std::vector<LiveProcess>> parse_process_table(Bytes table, std::uint64_t address) {
  std::vector<LiveProcess> processes;
  for (std::uint64_t at = 0;;) {
    HOZEN_TRY(const auto entry, table.fixed<kProcessBytes>(at, "process of the system's list"));
    if (processes.size() >= kMaxLiveProcesses) return Error{Errc::limit, "processes"};
    LiveProcess process;
    process.started = FileTime{entry.u64<0x20>()};
    process.pid = entry.u32<0x50>();
    process.parent_pid = entry.u32<0x58>();
    process.session = entry.u32<0x64>();
    if (const std::uint64_t name = entry.u64<0x40>(); name >= address && entry.u16<0x38>() != 0) {
      HOZEN_TRY(const Bytes text, table.slice(name - address, entry.u16<0x38>(), "process name"));
      process.name = wtf8_from_utf16le(text);
    }
    processes.push_back(std::move(process));
    const std::uint32_t next = entry.u32<0>();
    if (next == 0) return processes;
    at += next;
  }
}

Result<void> parse_connections(Bytes table, ConnectionTable kind,
                               std::vector<LiveConnection>& connections) {
  const auto which = static_cast<std::size_t>(kind);
  const RowLayout& layout = kRows.at(which);
  const std::string protocol{kProtocols.at(which)};
  const auto count = table.get<std::uint32_t>(0);
  if (!count) return Error{Errc::truncated, protocol + " connections"};
  for (std::uint32_t i = 0; i < *count; ++i) {
    if (i >= kMaxLiveConnections) return Error{Errc::limit, protocol + " connections"};
    HOZEN_TRY(const Bytes row, table.slice(sizeof(std::uint32_t) + std::uint64_t{i} * layout.bytes,
                                           layout.bytes, protocol + " connection"));
    LiveConnection one;
    one.protocol = protocol;
    one.local_address = address_at(row, layout.local, layout.address_bytes);
    one.local_port = port_at(row, layout.local_port);
    one.pid = row.get<std::uint32_t>(layout.pid).value_or(0);
    if (layout.remote_port != 0) {
      one.remote_address = address_at(row, layout.remote, layout.address_bytes);
      one.remote_port = port_at(row, layout.remote_port);
      one.state = state_text(row.get<std::uint32_t>(layout.state).value_or(0));
      if (one.state == "listen") {
        one.remote_address.clear();
        one.remote_port = 0;
      }
    }
    connections.push_back(std::move(one));
  }
  return {};
}

}  // namespace hozen
