#include "collector/cli/operator_files.h"

#include <cstddef>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/hash.h"
#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/module/trust_lists.h"

namespace hozen::cli {
namespace {

/// A million thumbprints with blanks between their digits.
constexpr std::uint64_t kMaxBytes = 64u << 20;

/// Reads one file with `read_list` and adds what it holds to `entries`.
template <class Entry>
std::optional<std::string> add_list(std::string use, const std::string& path,
                                    Result<std::vector<Entry>> (*read_list)(Bytes),
                                    std::vector<Entry>& entries, CollectOptions& collection) {
  const auto problem = [&](const Error& error) {
    return "--" + use + " " + printable(path) + " cannot be used: " + printable(error.text());
  };
  const auto file = open_native_file(path);
  if (!file) return problem(file.error());
  const auto bytes = read_all(**file, kMaxBytes);
  if (!bytes) return problem(bytes.error());
  auto list = read_list(Bytes{*bytes});
  if (!list) return problem(list.error());
  collection.list_files.push_back({std::move(use), path, sha256(*bytes), list->size()});
  for (Entry& entry : *list) entries.push_back(std::move(entry));
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
  return std::nullopt;
}

}  // namespace hozen::cli
