// The parts of the manifest that a run knows: who ran what on which machine, and what the source
// is.
#pragma once

#include <string>

#include "collector/engine/manifest.h"
#include "collector/engine/runner.h"
#include "collector/source/offline_registry.h"

namespace hozen {

/// What is known when a run starts: tool, collection, source, privileges, footprint; `started` is
/// the clock then.
Manifest manifest_at_start(const EvidenceSource& source, const CollectOptions& options,
                           FileTime started);

/// This program.
ManifestTool manifest_tool(const std::vector<std::string>& command_line);

/// The host: what the running system says of itself, else what the hives say.
ManifestHost manifest_host(const std::optional<HostFacts>& live, const Registry& registry);

/// Hives that belong to what was found and tell nothing. `given`: the source, for one without any
/// Windows.
std::vector<ManifestUnread> manifest_unread(const OfflineRegistry& raw, bool has_windows,
                                            const std::string& given);

RunPlan plan_of(const Profile& profile);

/// Whether a source without a Windows cannot give what the profile asks for: copies of whole
/// volumes need none.
bool needs_windows(const Profile& profile);

/// "HOST-20260301T120000Z.zip"; characters of the name that are not plain become "_".
std::string bundle_name(const std::string& host, FileTime started);

}  // namespace hozen
