#include "collector/module/server_places.h"

#include <algorithm>
#include <tuple>

#include "collector/base/text.h"
#include "collector/module/execution_registry.h"

namespace hozen {
namespace {

/// Files of one folder after which the rest is left out.
constexpr std::size_t kMaxListed = 100'000;
/// 1990-01-01: what is dated before was not dated, or falsely. It is no old file then.
constexpr FileTime kFirstSound{122'756'256'000'000'000};

/// Where a value leads; a text without a drive is meant below System32, where services start.
EvidencePath place_of(ModuleContext& context, std::size_t installation, std::string_view text) {
  const Registry& registry = *context.registry();
  const OwnPaths& paths = registry.installations()[installation].paths;
  const Environment& environment = registry.environment(installation, nullptr);
  const std::string whole = paths.expand(trim(text), environment);
  if (auto path = EvidencePath::parse(whole)) return *std::move(path);
  if (whole.starts_with('\\') || whole.find(':') != std::string::npos) return {};
  return registry.installations()[installation].windows / "System32" / whole;
}

void resolve(ModuleContext& context, ServerPlace& place, std::string_view text) {
  const EvidencePath path = place_of(context, place.installation, text);
  if (path.empty()) return;
  place.path = path.text();
  place.folder = place.spec->is_file ? path.parent() : path;
  if (place.spec->is_file) place.file_name = path.name();
  const EvidencePath usual = place_of(context, place.installation, place.spec->usual);
  place.is_usual = !usual.empty() && usual.folded() == path.folded();
  if (auto real = context.source().real_folder(place.folder)) {
    place.is_there = true;
    place.folder = *std::move(real);
  }
}

void read_set(ModuleContext& context, RegistryHive& hive, RegistryKey& set,
              std::span<const PlaceSpec> specs, std::vector<ServerPlace>& places) {
  for (const PlaceSpec& spec : specs) {
    ServerPlace place;
    place.spec = &spec;
    place.installation = hive.installation;
    if (auto key = spec.key.empty() ? Error{Errc::not_found, "key"} : set.open(spec.key)) {
      const auto value = (*key)->value(spec.value);
      place.configured = value ? value->text().value_or("") : "";
      place.key = (*key)->path();
      if (!place.configured.empty()) place.envelope = key_envelope(hive, **key, &*value);
    }
    const bool is_set = !trim(place.configured).empty();
    if (!is_set && spec.usual.empty()) continue;
    resolve(context, place, is_set ? std::string_view{place.configured} : spec.usual);
    if (is_set || place.is_there) places.push_back(std::move(place));
  }
}

/// "dns.log", and "dns-2024-03-01.log" that is put aside of it.
bool is_named_or_rolled_over(std::string_view wanted, std::string_view name) {
  const std::size_t dot = std::min(wanted.rfind('.'), wanted.size());
  return starts_with_fold(name, wanted.substr(0, dot)) && ends_with_fold(name, wanted.substr(dot));
}

bool is_wanted(const ServerPlace& place, std::string_view name) {
  if (!place.file_name.empty() && is_named_or_rolled_over(place.file_name, name)) return true;
  return std::any_of(place.spec->patterns.begin(), place.spec->patterns.end(),
                     [&](std::string_view pattern) { return glob_match_fold(pattern, name); });
}

std::vector<FileInfo> list(ModuleContext& context, const ServerPlace& place) {
  std::vector<FileInfo> files;
  const auto problem = [&](const EvidencePath& where, Error error) {
    if (error.what != where.text()) error.what = where.text() + ": " + error.what;
    context.note(std::move(error));
  };
  const auto walked = context.source().walk(
      place.folder,
      [&](const FileInfo& file) {
        if (context.stop().stop_requested()) return Visit::stop;
        if (file.is_directory || file.is_link || !is_wanted(place, file.path.name()))
          return Visit::skip;
        if (files.size() >= kMaxListed) {
          context.note({Errc::limit, place.path + ": further files are not listed"});
          return Visit::stop;
        }
        files.push_back(file);
        return Visit::skip;
      },
      problem);
  if (!walked) problem(place.folder, walked.error());
  std::sort(files.begin(), files.end(), [](const FileInfo& a, const FileInfo& b) {
    return std::tuple{b.si.modified, a.path.folded()} < std::tuple{a.si.modified, b.path.folded()};
  });
  return files;
}

}  // namespace

Result<std::vector<ServerPlace>> find_server_places(ModuleContext& context,
                                                    std::span<const PlaceSpec> specs) {
  std::vector<ServerPlace> places;
  HOZEN_CHECK(each_trace_hive(context, {HiveRole::system}, [&](RegistryHive& hive) {
    each_control_set(hive, [&](RegistryKey& set, bool is_current) {
      if (is_current) read_set(context, hive, set, specs, places);
    });
  }));
  return places;
}

void collect_place(ModuleContext& context, ServerPlace& place, std::set<std::string>& seen,
                   const TakePlaceFile& take) {
  if (!context.reads_files() || !place.is_there) return;
  const std::vector<FileInfo> files = list(context, place);
  const PlaceLimits& limits = place.spec->limits;
  constexpr std::uint64_t kDay = 24 * (3600 * kTicksPerSecond);
  std::uint64_t bytes = 0;
  // Not the newest file's time: one that somebody dated ahead would make all others old.
  const FileTime now = context.reference_time();
  for (const FileInfo& file : files) {
    const FileTime changed = file.si.modified;
    const bool is_old = limits.max_days != 0 && now.is_set() && changed > kFirstSound &&
                        changed < now && now.ticks - changed.ticks > limits.max_days * kDay;
    ++place.files;
    if (is_old || place.collected >= limits.files || file.size > limits.bytes - bytes) {
      ++place.left_out;
      continue;
    }
    bytes += file.size;
    ++place.collected;
    if (!seen.insert(context.source().key(file.path)).second) continue;
    take(file, context.collect(file.path, place.spec->reason, place.spec->priority));
  }
  if (place.left_out != 0)
    context.note({Errc::limit, place.path + ": " + std::to_string(place.left_out) +
                                   " older or larger files are left out"});
}

}  // namespace hozen
