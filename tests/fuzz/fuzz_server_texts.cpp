// Readers of lines that servers and clients write: logs of Netlogon and DHCP, the configuration of
// IIS, group policy preferences, and the texts of SSH, SCP and FTP clients. The first byte picks
// the reader, the rest is the text.
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/iis_config.h"
#include "collector/module/dhcp_log.h"
#include "collector/module/netlogon_log.h"
#include "collector/module/ssh_client_row.h"
#include "collector/module/sysvol_files.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A text that is made of another one is not much longer.
void require_part(std::string_view part, std::string_view whole) {
  require(part.size() <= 4 * whole.size() + 64);
}

void read_netlogon(std::string_view text) {
  const NetlogonLog log = parse_netlogon_log(text);
  require(log.lines <= text.size() + 1);
  for (const NetlogonBurst& burst : log.bursts) {
    require(burst.attempts >= kLeastNetlogonBurst && burst.refused <= burst.attempts);
    require_part(burst.account, text);
    (void)asks_for_secure_rpc(burst.flags);
  }
}

void read_dhcp(std::string_view text) {
  std::uint32_t last = 0;
  (void)each_dhcp_event(text, [&](const DhcpEvent& event) {
    require(event.line > last);
    last = event.line;
    require_part(event.description, text);
    require_part(event.host, text);
    return true;
  });
}

void read_iis(std::string_view text) {
  const IisConfig config = read_iis_config(std::as_bytes(std::span{text.data(), text.size()}));
  require(config.folders.size() <= kMaxIisEntries && config.log_folders.size() <= kMaxIisEntries);
  for (const IisFolder& folder : config.folders) require_part(folder.physical, text);
}

void read_entries(const std::vector<ssh::Entry>& entries, std::string_view text) {
  require(entries.size() <= text.size() + 1);
  for (const ssh::Entry& entry : entries) {
    require_part(entry.name, text);
    require_part(entry.host, text);
    require_part(entry.command, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span{data, size}).subspan(1);
  const std::string_view text = Bytes{bytes}.chars();
  constexpr unsigned kReaders = 10;
  switch (data[0] % kReaders) {
    case 0:
      read_netlogon(text);
      break;
    case 1:
      read_dhcp(text);
      break;
    case 2:
      read_iis(text);
      break;
    case 3:
      require(count_cpasswords(text) <= text.size());
      break;
    case 4:
      read_entries(ssh::parse_known_hosts(text), text);
      break;
    case 5:
      read_entries(ssh::parse_authorized_keys(text), text);
      break;
    case 6:
      read_entries(ssh::parse_ssh_config(text), text);
      read_entries(ssh::parse_sshd_config(text), text);
      break;
    case 7:
      read_entries(ssh::parse_filezilla(text), text);
      break;
    case 8:
      read_entries(ssh::parse_winscp_ini(bytes), text);
      break;
    default:
      (void)ssh::host_key_named(text);
      require_part(ssh::url_decoded(text), text);
      for (const std::string& forward : ssh::port_forwardings(text)) require_part(forward, text);
      break;
  }
  return 0;
}
