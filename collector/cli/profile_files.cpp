#include "collector/cli/profile_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/engine/suggest.h"

namespace hozen::cli {
namespace {

/// One more than a profile may have: the reader says that it is too large.
constexpr std::size_t kMaxBytes = (4u << 20) + 1;

bool is_file_name(const std::string& given) {
  return ends_with_fold(given, ".xml") || given.find_first_of("/\\") != std::string::npos;
}

std::optional<ProfileText> read_file(const std::string& given, std::vector<std::string>& problems) {
  const NativePath path = native_path(given);
  errno = 0;
  std::ifstream file{path.c_str(), std::ios::binary};
  std::string xml(kMaxBytes, '\0');
  if (file) file.read(xml.data(), static_cast<std::streamsize>(xml.size()));
  if (!file.is_open() || (!file.eof() && file.fail()) || file.bad()) {
    problems.push_back("cannot read the profile " + printable(given) + ": " +
                       (errno == 0 ? "read error" : std::strerror(errno)));
    return std::nullopt;
  }
  xml.resize(static_cast<std::size_t>(file.gcount()));
  return ProfileText{native_text(path.stem()), given, std::move(xml)};
}

}  // namespace

std::vector<ProfileText> profile_texts(const std::vector<std::string>& given,
                                       std::vector<std::string>& problems) {
  std::vector<ProfileText> texts;
  for (const auto& name : given) {
    auto text = embedded_profile_text(embedded_profiles(), name);
    if (!text && is_file_name(name)) {
      text = read_file(name, problems);
    } else if (!text) {
      const auto names = embedded_profile_names(embedded_profiles());
      std::string known;
      for (const auto& other : names) known += " " + other;
      problems.push_back("unknown profile \"" + printable(name) + "\"" + suggestion(name, names) +
                         "; shipped:" + known + "; a file ends in .xml");
    }
    if (text) texts.push_back(*std::move(text));
  }
  return texts;
}

ProfileChoice choose_profiles(const std::vector<std::string>& given) {
  ProfileChoice choice;
  const auto texts = profile_texts(given, choice.problems);
  ProfileReading reading =
      read_profiles(texts, embedded_profiles(), module_names_of(all_modules()));
  for (const auto& problem : reading.problems) choice.problems.push_back(problem.text());
  choice.profile = std::move(reading.profile);
  return choice;
}

}  // namespace hozen::cli
