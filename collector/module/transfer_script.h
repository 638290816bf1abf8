// PowerShell's own ways to send files away.
#pragma once

#include <string_view>
#include <vector>

#include "collector/module/transfer_command.h"

namespace hozen {

/// Adds what of `line` sends files with a WebClient, a web request or BITS.
void read_transfer_script(std::string_view line, std::vector<TransferCommand>& found);

}  // namespace hozen
