// Command lines of what packs and comes with Windows: tar, makecab, Compress-Archive.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "collector/module/rar_command.h"

namespace hozen {

/// Of the words of one command; nothing when it is none of them, or when it unpacks.
std::optional<ArchiveCommand> other_archiver(std::span<const std::string> words);

}  // namespace hozen
