// What applicationHost.config of IIS says of its sites: where their files lie and their logs go.
//
// Source: Microsoft, "IIS configuration reference", system.applicationHost/sites and log; observed
// in IIS 7.5 to 10.
// Not read: web.config files, shared configuration (redirection.config), other settings.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/base/result.h"

namespace hozen {

/// A folder that a site hands out.
struct IisFolder {
  std::string site;      ///< its name
  std::string url;       ///< "/", "/owa"
  std::string physical;  ///< as written, with variables
};

struct IisConfig {
  std::vector<IisFolder> folders;
  std::vector<std::string> log_folders;  ///< as written, with variables; each once
  std::optional<Error> problem{};        ///< it breaks early, or has more than is read
};

/// Of more than kMaxIisEntries folders or log folders the rest is left out.
constexpr std::size_t kMaxIisEntries = 4096;
IisConfig read_iis_config(std::span<const std::byte> file);

}  // namespace hozen
