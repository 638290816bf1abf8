#include "collector/source/process_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint64_t kAddress = 0x1'4000'0000;
constexpr std::size_t kEntry = 0x100;

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t offset, T value) {
  if (bytes.size() < offset + sizeof value) bytes.resize(offset + sizeof value);
  std::memcpy(&bytes[offset], &value, sizeof value);
}

/// A table of two processes, the second with its name behind it.
std::vector<std::byte> two_processes() {
  std::vector<std::byte> table(2 * kEntry);
  put<std::uint32_t>(table, 0, kEntry);
  put<std::uint64_t>(table, kEntry + 0x20, 133'000'000'000'000'000);
  put<std::uint64_t>(table, kEntry + 0x50, 4712);
  put<std::uint64_t>(table, kEntry + 0x58, 600);
  put<std::uint32_t>(table, kEntry + 0x64, 3);
  const std::u16string name = u"証拠.exe";
  put<std::uint16_t>(table, kEntry + 0x38, static_cast<std::uint16_t>(2 * name.size()));
  put<std::uint64_t>(table, kEntry + 0x40, kAddress + table.size());
  for (const char16_t unit : name) put(table, table.size(), unit);
  return table;
}

TEST(ProcessTable, HasNumbersNamesAndStarts) {
  const auto table = two_processes();
  const auto processes = parse_process_table(Bytes{table}, kAddress);
  ASSERT_TRUE(processes) << processes.error().text();
  ASSERT_EQ(processes->size(), 2u);
  EXPECT_EQ((*processes)[0].pid, 0u);
  EXPECT_EQ((*processes)[0].name, "");
  const LiveProcess& process = (*processes)[1];
  EXPECT_EQ(process.pid, 4712u);
  EXPECT_EQ(process.parent_pid, 600u);
  EXPECT_EQ(process.session, 3u);
  EXPECT_EQ(process.name, "証拠.exe");
  EXPECT_EQ(process.started, FileTime{133'000'000'000'000'000});
}

TEST(ProcessTable, IsNotReadPastItsEnd) {
  const auto table = two_processes();
  for (std::size_t size = 0; size < table.size(); ++size)
    EXPECT_FALSE(parse_process_table(Bytes{table}.head(size), kAddress)) << size;
  auto wild = table;
  put<std::uint64_t>(wild, kEntry + 0x40, std::numeric_limits<std::uint64_t>::max() - 1);
  EXPECT_FALSE(parse_process_table(Bytes{wild}, kAddress));
  wild = table;
  put<std::uint32_t>(wild, kEntry, 0xFFFF'FFFF);
  EXPECT_FALSE(parse_process_table(Bytes{wild}, kAddress));
}

TEST(ProcessTable, OfProcessesWithoutEndEndsAtALimit) {
  std::vector<std::byte> many((kMaxLiveProcesses + 2) * kEntry);
  for (std::size_t i = 0; i <= kMaxLiveProcesses; ++i) put<std::uint32_t>(many, i * kEntry, kEntry);
  const auto cut = parse_process_table(Bytes{many}, kAddress);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Errc::limit);
}

std::vector<std::byte> row(std::size_t bytes) { return std::vector<std::byte>(4 + bytes); }

std::string text_of(const LiveConnection& one) {
  return one.protocol + " " + one.local_address + " " + std::to_string(one.local_port) + " > " +
         one.remote_address + " " + std::to_string(one.remote_port) + " " + one.state + " " +
         std::to_string(one.pid);
}

TEST(ConnectionTable, HasBothSidesOfTcp) {
  auto table = row(24);
  put<std::uint32_t>(table, 0, 1);
  put<std::uint32_t>(table, 4, 5);            // established
  put<std::uint32_t>(table, 8, 0x0100000A);   // 10.0.0.1
  put<std::uint32_t>(table, 12, 0x000039C0);  // 49209
  put<std::uint32_t>(table, 16, 0x076433C6);  // 198.51.100.7
  put<std::uint32_t>(table, 20, 0x0000BB01);  // 443
  put<std::uint32_t>(table, 24, 4712);
  std::vector<LiveConnection> found;
  ASSERT_TRUE(parse_connections(Bytes{table}, ConnectionTable::tcp, found));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(text_of(found[0]), "tcp 10.0.0.1 49209 > 198.51.100.7 443 established 4712");
  put<std::uint32_t>(table, 4, 2);
  ASSERT_TRUE(parse_connections(Bytes{table}, ConnectionTable::tcp, found));
  EXPECT_EQ(text_of(found[1]), "tcp 10.0.0.1 49209 >  0 listen 4712");
  put<std::uint32_t>(table, 4, 99);
  ASSERT_TRUE(parse_connections(Bytes{table}, ConnectionTable::tcp, found));
  EXPECT_EQ(found[2].state, "99");
}

TEST(ConnectionTable, HasIpv6AndUdp) {
  auto six = row(56);
  put<std::uint32_t>(six, 0, 1);
  put<std::uint16_t>(six, 4, 0x80FE);
  put<std::uint8_t>(six, 19, 1);
  put<std::uint32_t>(six, 24, 0x00005000);  // 80
  put<std::uint16_t>(six, 28, 0x0120);
  put<std::uint8_t>(six, 43, 7);
  put<std::uint32_t>(six, 48, 0x0000BB01);
  put<std::uint32_t>(six, 52, 8);
  put<std::uint32_t>(six, 56, 77);
  std::vector<LiveConnection> found;
  ASSERT_TRUE(parse_connections(Bytes{six}, ConnectionTable::tcp6, found));
  EXPECT_EQ(text_of(found[0]), "tcp6 fe80::1 80 > 2001::7 443 close_wait 77");
  auto udp = row(12);
  put<std::uint32_t>(udp, 0, 1);
  put<std::uint32_t>(udp, 8, 0x00003500);  // 53
  put<std::uint32_t>(udp, 12, 9);
  ASSERT_TRUE(parse_connections(Bytes{udp}, ConnectionTable::udp, found));
  EXPECT_EQ(text_of(found[1]), "udp 0.0.0.0 53 >  0  9");
  auto udp6 = row(28);
  put<std::uint32_t>(udp6, 0, 1);
  put<std::uint32_t>(udp6, 24, 0x00003500);
  put<std::uint32_t>(udp6, 28, 10);
  ASSERT_TRUE(parse_connections(Bytes{udp6}, ConnectionTable::udp6, found));
  EXPECT_EQ(text_of(found[2]), "udp6 :: 53 >  0  10");
}

TEST(ConnectionTable, ThatIsCutGivesWhatIsThere) {
  auto table = row(2 * 24);
  put<std::uint32_t>(table, 0, 0xFFFF'FFFF);
  std::vector<LiveConnection> found;
  const auto read = parse_connections(Bytes{table}, ConnectionTable::tcp, found);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::truncated);
  EXPECT_EQ(found.size(), 2u);
  EXPECT_FALSE(parse_connections(Bytes{}, ConnectionTable::udp, found));
  std::vector<std::byte> many(4 + (kMaxLiveConnections + 2) * 12);
  put<std::uint32_t>(many, 0, 0xFFFF'FFFF);
  const auto cut = parse_connections(Bytes{many}, ConnectionTable::udp, found);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Errc::limit);
}

TEST(ConnectionTable, AddressesAreWrittenAsOthersWriteThem) {
  const auto six = [](std::string_view hex) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(
          static_cast<std::byte>(std::stoul(std::string{hex.substr(i, 2)}, nullptr, 16)));
    return address_text(bytes);
  };
  EXPECT_EQ(six("00000000000000000000000000000001"), "::1");
  EXPECT_EQ(six("20010db8000000000001000000000001"), "2001:db8::1:0:0:1");
  EXPECT_EQ(six("20010db8000100010001000100000001"), "2001:db8:1:1:1:1:0:1");
  EXPECT_EQ(six("fe800000000000000000000000000000"), "fe80::");
  EXPECT_EQ(six("00000000000000000000ffff0a000001"), "::ffff:10.0.0.1");
  EXPECT_EQ(six("0a000001"), "10.0.0.1");
  EXPECT_EQ(six("0a0000"), "");
}

}  // namespace
}  // namespace hozen
