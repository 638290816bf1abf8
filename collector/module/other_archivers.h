// Command lines of what packs and comes with Windows: tar, makecab, Compress-Archive;
// and of Info-ZIP.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/module/rar_command.h"

namespace hozen {

/// Of the words of one command; nothing when it is none of them, or when it unpacks.
std::optional<ArchiveCommand> other_archiver(std::span<const std::string> words);

/// What `line` packs with .NET's ZipFile.CreateFromDirectory.
std::optional<ArchiveCommand> zip_of_dot_net(std::string_view line);

}  // namespace hozen
