// Ports that Windows itself passes on to another host: netsh interface portproxy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen {

/// One port that is passed on, each end as the registry writes it: "0.0.0.0/8080".
struct PortProxy {
  std::string listen, connect;
  std::string host;  ///< on which it is set up; "" for this one
};

/// What the words of a command set up, whatever its program is called; nothing for other commands.
std::optional<PortProxy> port_proxy_in(const std::vector<std::string>& words);

/// What it says where such a port leads, beyond that there is one. Without `any_host` only what
/// intruders want: hosts of the internet, and ports by which hosts are administered.
std::vector<Why> port_proxy_signs(std::string_view listen, std::string_view connect, bool any_host);

/// Findings of the rule rdp.port_forward: from events of Sysmon (13), and from commands that none
/// of these tells.
std::vector<Finding> judge_port_proxies(const FactBook& book);

}  // namespace hozen
