// From --profile NAME|FILE.xml to a profile that was checked completely.
#pragma once

#include <string>
#include <vector>

#include "collector/engine/profile.h"

namespace hozen::cli {

/// The united profile, or everything that is wrong with what was given, a line each.
struct ProfileChoice {
  Profile profile;
  std::vector<std::string> problems;
};

/// Names of shipped profiles and paths of XML files. A name is never looked for in a folder.
ProfileChoice choose_profiles(const std::vector<std::string>& given);

/// The texts alone, before they are read.
std::vector<ProfileText> profile_texts(const std::vector<std::string>& given,
                                       std::vector<std::string>& problems);

}  // namespace hozen::cli
