#include "collector/cli/operator_files.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/hash.h"
#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/cli/console.h"
#include "collector/formats/hijack_list.h"
#include "collector/module/hijack_entries.h"
#include "collector/module/trust_lists.h"

namespace hozen::cli {
namespace {

/// A million thumbprints with blanks between their digits.
constexpr std::uint64_t kMaxBytes = 64u << 20;

/// Of a list that is used all the same.
constexpr std::size_t kToldProblems = 5;

std::string problem_text(std::string_view use, const std::string& path, const Error& error) {
  return "--" + std::string{use} + " " + printable(path) +
         " cannot be used: " + printable(error.text());
}

Result<std::vector<std::byte>> read_given(const std::string& path) {
  HOZEN_TRY(const auto file, open_native_file(path));
  return read_all(*file, kMaxBytes);
}

/// Reads one file with `read_list` and adds what it holds to `entries`.
template <class Entry>
std::optional<std::string> add_list(std::string_view use, const std::string& path,
                                    Result<std::vector<Entry>> (*read_list)(Bytes),
                                    std::vector<Entry>& entries, CollectOptions& collection) {
  const auto bytes = read_given(path);
  if (!bytes) return problem_text(use, path, bytes.error());
  auto list = read_list(Bytes{*bytes});
  if (!list) return problem_text(use, path, list.error());
  collection.list_files.push_back({std::string{use}, path, sha256(*bytes), list->size()});
  for (Entry& entry : *list) entries.push_back(std::move(entry));
  return std::nullopt;
}

std::optional<std::string> add_hijack_list(const std::string& path, CollectOptions& collection) {
  constexpr std::string_view kUse = "hijacklibs";
  const auto bytes = read_given(path);
  if (!bytes) return problem_text(kUse, path, bytes.error());
  auto list = parse_hijack_list(Bytes{*bytes}.chars());
  if (!list) return problem_text(kUse, path, list.error());
  for (std::size_t i = 0; i < std::min(list->problems.size(), kToldProblems); ++i)
    print_error("hozen: --hijacklibs " + printable(path) + ": " +
                printable(list->problems[i].text()) + "\n");
  if (list->problems.size() > kToldProblems)
    print_error("hozen: --hijacklibs " + printable(path) + ": " +
                std::to_string(list->problems.size() - kToldProblems) + " more problems\n");
  collection.list_files.push_back({std::string{kUse}, path, sha256(*bytes), list->entries.size()});
  take_hijack_list(path.substr(path.find_last_of("/\\") + 1), *std::move(list), collection.lists);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_operator_files(const OperatorFiles& files,
                                               CollectOptions& collection) {
  for (const auto& path : files.trust_roots)
    if (auto problem =
            add_list("trust-roots", path, read_certificates, collection.trust.roots, collection))
      return problem;
  for (const auto& path : files.revoked)
    if (auto problem =
            add_list("revoked", path, read_thumbprints, collection.trust.revoked, collection))
      return problem;
  if (files.hijack_list) return add_hijack_list(*files.hijack_list, collection);
  return std::nullopt;
}

}  // namespace hozen::cli
