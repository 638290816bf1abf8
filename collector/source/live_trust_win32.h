// WinVerifyTrust and the catalog functions of the running Windows.
#pragma once

#include "collector/source/system_trust.h"

namespace hozen {

/// What Windows says of the signature in the file, else of the catalogs that name it. Revocation is
/// not asked for and nothing is fetched from the network. The DLL comes from System32.
/// `keep_access_times`: the file is opened so that its time of last access stays.
Result<SystemVerdict> ask_windows_about(const EvidencePath& file, bool keep_access_times);

}  // namespace hozen
