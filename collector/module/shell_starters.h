// Commands that are given another one to run.
#pragma once

#include <string>
#include <vector>

namespace hozen {

/// What `words` start, as a line; "" where that is nothing: Start-Process, start, schtasks /create,
/// at, forfiles, the `for` of cmd, runas, wmic process call create, PowerShell's -EncodedCommand,
/// Invoke-Expression, Invoke-Command and its ways to Win32_Process.
std::string started_line(const std::vector<std::string>& words);

/// The host that a command is sent to; "" for this one, and when it is not named.
std::string host_of(const std::vector<std::string>& words);

}  // namespace hozen
