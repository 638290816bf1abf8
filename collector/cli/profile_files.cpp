#include "collector/cli/profile_files.h"

#include <optional>

#include "collector/base/bytes.h"
#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/base/text.h"
#include "collector/engine/suggest.h"

namespace hozen::cli {
namespace {

/// A profile is written by hand; the reader of profiles has the same limit.
constexpr std::uint64_t kMaxBytes = 4u << 20;

bool is_file_name(const std::string& given) {
  return ends_with_fold(given, ".xml") || given.find_first_of("/\\") != std::string::npos;
}

std::optional<ProfileText> read_file(const std::string& given, std::vector<std::string>& problems) {
  const auto failed = [&](const Error& error) {
    problems.push_back("cannot read the profile: " + printable(error.text()));
    return std::nullopt;
  };
  const auto file = open_native_file(given);
  if (!file) return failed(file.error());
  const auto bytes = read_all(**file, kMaxBytes);
  if (!bytes) return failed(bytes.error());
  return ProfileText{native_text(native_path(given).stem()), given,
                     std::string{Bytes{*bytes}.chars()}};
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
  ProfileReading reading = read_profiles(texts, embedded_profiles(), known_modules(all_modules()));
  for (const auto& problem : reading.problems) choice.problems.push_back(problem.text());
  choice.profile = std::move(reading.profile);
  return choice;
}

}  // namespace hozen::cli
