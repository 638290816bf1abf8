// Facts of the running Windows that its registry does not hold, or holds for the next start only.
#pragma once

#include "collector/source/source.h"

namespace hozen {

/// `facts` as the registry has them, completed and corrected by what the running system says: name,
/// domain, role, build, last start, addresses.
HostFacts complete_host_facts(HostFacts facts);

/// HostFacts::emulator of this system.
std::string emulator_name();

/// True when the system notes the time of each access to a file.
bool keeps_access_times_up_to_date();

}  // namespace hozen
