#include "collector/module/web_places.h"

#include <algorithm>
#include <functional>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/iis_config.h"
#include "collector/module/asep_files.h"
#include "collector/module/execution_files.h"
#include "collector/module/text_lines.h"
#include "collector/module/web_config.h"

namespace hozen {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 16u << 20;
/// Entries of one folder of logs, with what lies below, after which the rest is left out.
constexpr std::size_t kMaxEntries = 200'000;
constexpr std::size_t kMaxLogs = 100'000, kMaxRoots = 2'000;

struct Place {
  std::string_view pattern, source;
};
constexpr std::string_view kIisConfig =
    "%SystemRoot%\\System32\\inetsrv\\config\\applicationHost.config";
#include "collector/module/web_places.inc"
/// Of a proxy or server with another system, whose files were copied into a folder.
constexpr std::string_view kOtherLogFolders[] = {"var\\log\\squid", "var\\log\\apache2",
                                                 "var\\log\\httpd", "var\\log\\nginx"};
constexpr std::string_view kExchangeLogs[] = {"Logging\\HttpProxy",
                                              "Logging\\Ews",
                                              "Logging\\OWA",
                                              "Logging\\ECP",
                                              "Logging\\MapiHttp",
                                              "Logging\\RpcHttp",
                                              "Logging\\OABGeneratorLog"};
struct ExchangeRoot {
  std::string_view folder, url;
};
constexpr ExchangeRoot kExchangeRoots[] = {{"FrontEnd\\HttpProxy\\owa", "/owa"},
                                           {"FrontEnd\\HttpProxy\\ecp", "/ecp"},
                                           {"FrontEnd\\HttpProxy", "/"},
                                           {"ClientAccess", "/"}};

/// i-FILTER's program lies beside its logs.
bool is_among_logs(const EvidencePath& path) {
  const auto& names = path.components();
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return equals_fold(name, "logs"); });
}

/// Whether a file among logs is one that may be read as a log of requests: error logs are not.
bool is_log_name(std::string_view name) {
  const std::string folded = to_lower_ascii(name);
  if (folded.starts_with("httperr")) return true;
  for (const std::string_view other : {"error", "catalina", "stderr", "stdout", "cache.log"})
    if (folded.find(other) != folded.npos) return false;
  return folded.find(".log") != folded.npos || folded.find("access") != folded.npos ||
         folded.starts_with("aclog") || folded.ends_with(".w3c") || folded.ends_with(".gz") ||
         folded.find(".txt") != folded.npos;
}

class Finder {
 public:
  Finder(ModuleContext& context, bool with_logs) : context_{context}, with_logs_{with_logs} {}

  WebPlaces find() {
    if (!context_.reads_files() || context_.registry() == nullptr) return {};
    read_iis();
    read_exchange();
    read_others();
    add_usual();
    std::stable_sort(places_.logs.begin(), places_.logs.end(),
                     [](const WebLogFile& a, const WebLogFile& b) {
                       return a.info.si.modified > b.info.si.modified;
                     });
    return std::move(places_);
  }

 private:
  /// A path as a configuration of that Windows writes it.
  std::optional<EvidencePath> path_of(std::string_view text, std::size_t installation) const {
    const Registry& registry = *context_.registry();
    if (installation >= registry.installations().size()) return std::nullopt;
    const Installation& own = registry.installations()[installation];
    std::string windows{text};
    std::replace(windows.begin(), windows.end(), '/', '\\');
    windows = own.paths.expand(windows, registry.environment(installation, nullptr));
    if (windows.starts_with('\\') && !windows.starts_with("\\\\"))
      windows = own.windows.volume() + windows;
    auto path = EvidencePath::parse(windows);
    if (!path) return std::nullopt;
    return *std::move(path);
  }

  void add_root(const std::optional<EvidencePath>& folder, std::string_view url,
                std::string_view source, std::size_t installation) {
    if (!folder || folder->is_root() || places_.roots.size() >= kMaxRoots) return;
    const auto info = context_.source().stat(*folder);
    if (!info || !info->is_directory || !seen_.insert("root " + folder->folded()).second) return;
    places_.roots.push_back({info->path, std::string{url}, std::string{source}, installation});
  }

  void add_log(const FileInfo& file, std::string_view source) {
    if (!with_logs_ || file.is_directory || file.is_link || file.size == 0 ||
        !is_log_name(file.path.name()) || !seen_.insert(context_.source().key(file.path)).second)
      return;
    if (places_.logs.size() >= kMaxLogs) {
      if (places_.logs.size() == kMaxLogs && !full_)
        context_.note({Errc::limit, "logs of web servers: more than " + std::to_string(kMaxLogs)});
      full_ = true;
      return;
    }
    places_.logs.push_back({file, std::string{source}});
  }

  /// All logs in the folder and below.
  void add_log_folder(const std::optional<EvidencePath>& folder, std::string_view source) {
    if (!with_logs_ || !folder || folder->is_root() ||
        !seen_.insert("logs " + folder->folded()).second || !context_.source().stat(*folder))
      return;
    std::size_t entries = 0;
    const auto walked = context_.source().walk(
        *folder,
        [&](const FileInfo& file) {
          if (++entries > kMaxEntries || context_.stop().stop_requested()) return Visit::stop;
          add_log(file, source);
          return file.is_directory && !file.is_link ? Visit::enter : Visit::skip;
        },
        [&](const EvidencePath& path, Error error) {
          context_.note({error.code, path.text() + ": " + error.what, error.offset, error.detail});
        });
    if (!walked) context_.note(walked.error());
    if (entries > kMaxEntries)
      context_.note({Errc::limit, folder->text() + ": more than " + std::to_string(kMaxEntries) +
                                      " entries among logs"});
  }

  /// A log of that name, and those that it became when it was rotated.
  void add_log_file(const std::optional<EvidencePath>& file, std::string_view source) {
    if (!with_logs_ || !file || file->is_root()) return;
    const std::string_view name = file->name();
    const std::string stem{name.substr(0, name.find('.'))};
    const EvidencePath folder = file->parent();
    if (folder.is_root() || !context_.source().stat(folder)) return;
    (void)context_.source().walk(
        folder,
        [&](const FileInfo& found) {
          if (contains_fold(found.path.name(), stem)) add_log(found, source);
          return Visit::skip;
        },
        [](const EvidencePath&, const Error&) {});
  }

  template <class Take>
  void each_config(std::string_view pattern, Take take) {
    each_trace_file(context_, {pattern, "configuration of a web server or proxy", Priority::high},
                    kMaxConfigBytes,
                    [&](const TraceFile& trace, std::span<const std::byte> content) {
                      take(trace, content);
                      return true;
                    });
  }

  void read_iis() {
    each_config(kIisConfig, [&](const TraceFile& trace, std::span<const std::byte> content) {
      const IisConfig config = read_iis_config(content);
      if (config.problem) note_problems(context_, trace.info.path, {*config.problem});
      for (const IisFolder& folder : config.folders)
        add_root(path_of(folder.physical, trace.installation), folder.url,
                 "site " + folder.site + " of IIS", trace.installation);
      for (const std::string& folder : config.log_folders)
        add_log_folder(path_of(folder, trace.installation), "applicationHost.config");
    });
  }

  void read_exchange() {
    std::vector<std::pair<std::size_t, std::string>> installed;
    const auto listed = context_.registry()->each_hive(
        {HiveRole::software},
        [&](RegistryHive& hive) {
          for (const char* const version : {"v14", "v15"}) {
            if (hive.root == nullptr) break;
            auto key =
                hive.root->open("Microsoft\\ExchangeServer\\" + std::string{version} + "\\Setup");
            if (!key) continue;
            const auto value = (*key)->value("MsiInstallPath");
            const auto text = value ? value->text() : std::nullopt;
            if (text && !text->empty()) installed.emplace_back(hive.installation, *text);
          }
          return !context_.stop().stop_requested();
        },
        // Modules over the registry tell what is wrong with it.
        [](const EvidencePath&, HiveRole, const Error&) {});
    if (!listed) context_.note(listed.error());
    for (const auto& [installation, text] : installed) {
      const auto folder = path_of(text, installation);
      if (!folder) continue;
      for (const std::string_view logs : kExchangeLogs)
        add_log_folder(*folder / logs, "Exchange's registry");
      for (const ExchangeRoot& root : kExchangeRoots)
        add_root(*folder / root.folder, root.url, "Exchange's registry", installation);
    }
  }

  void take(const WebConfig& config, std::size_t installation, std::string_view source) {
    for (const std::string& log : config.logs) {
      const auto path = path_of(log, installation);
      if (log.ends_with('/') || log.ends_with('\\'))
        add_log_folder(path, source);
      else
        add_log_file(path, source);
    }
    for (const std::string& root : config.roots)
      add_root(path_of(root, installation), "/", source, installation);
  }

  void read_others() {
    for (const Place& place : kConfigs)
      each_config(place.pattern, [&](const TraceFile& trace, std::span<const std::byte> content) {
        take(read_web_config(decode_text_file(content), prefix_of(trace)), trace.installation,
             "configuration of " + std::string{place.source});
      });
    for (const std::string_view pattern : kTomcatConfigs)
      each_config(pattern, [&](const TraceFile& trace, std::span<const std::byte> content) {
        take(read_tomcat_config(content, prefix_of(trace)), trace.installation,
             "configuration of Tomcat");
      });
  }

  /// The folder around `conf`, as its Windows would write it.
  static std::string prefix_of(const TraceFile& trace) {
    EvidencePath folder = trace.info.path.parent();
    if (equals_fold(folder.name(), "extra")) folder = folder.parent();
    return folder.parent().text();
  }

  void add_usual() {
    for (const VolumeInfo& volume : context_.source().volumes())
      if (!volume.unreadable) add_volume(EvidencePath{volume.name});
    for (std::size_t i = 0; i < context_.registry()->installations().size(); ++i) {
      for (const Place& place : kLogFolders)
        add_log_folder(path_of(place.pattern, i), place.source);
      for (const Place& place : kRoots) add_root(path_of(place.pattern, i), "/", place.source, i);
    }
    if (!with_logs_) return;
    for (const Place& place : kLogFiles)
      each_trace_name(context_, place.pattern,
                      [&](const FileInfo& file, const UserProfile*, std::size_t) {
                        add_found(file, place.source);
                        return true;
                      });
  }

  void add_found(const FileInfo& file, std::string_view source) {
    if (!source.ends_with("i-FILTER") || is_among_logs(file.path)) add_log(file, source);
  }

  void each_of_volume(const EvidencePath& root, std::string_view pattern,
                      const std::function<void(const FileInfo&)>& take) {
    Environment environment;
    environment.set("Volume", root.volume());
    each_matching_file(
        context_.source(), "%Volume%" + std::string{pattern}, environment, nullptr,
        [&](const FileInfo& file) {
          take(file);
          return !context_.stop().stop_requested();
        },
        [&](Error error) { context_.note(std::move(error)); });
  }

  void add_volume(const EvidencePath& root) {
    for (const std::string_view pattern : kVolumeConfigs)
      each_of_volume(root, pattern, [&](const FileInfo& file) { read_volume_config(file); });
    if (!with_logs_) return;
    for (const std::string_view folder : kOtherLogFolders)
      add_log_folder(root / folder, "usual place on other systems");
    for (const Place& place : kVolumeLogFiles)
      each_of_volume(root, place.pattern,
                     [&](const FileInfo& file) { add_found(file, place.source); });
    add_sent(root);
  }

  void read_volume_config(const FileInfo& file) {
    const auto artifact =
        context_.collect(file.path, "configuration of a web server or proxy", Priority::high);
    const auto content = context_.read(artifact, kMaxConfigBytes);
    if (!content) return note_problems(context_, file.path, {content.error()});
    const TraceFile trace{file};
    take(read_web_config(decode_text_file(*content), prefix_of(trace)), 0,
         "configuration of Squid");
  }

  void add_sent(const EvidencePath& root) {
    std::size_t entries = 0;
    const auto walked = context_.source().walk(
        root,
        [&](const FileInfo& file) {
          if (++entries > kMaxSentEntries || context_.stop().stop_requested()) return Visit::stop;
          const std::string_view name = file.path.name();
          if (file.is_directory) {
            const bool enter =
                !file.is_link &&
                file.path.components().size() <= root.components().size() + kSentDepth &&
                std::none_of(std::begin(kNotSentTo), std::end(kNotSentTo),
                             [&](std::string_view other) { return equals_fold(name, other); });
            return enter ? Visit::enter : Visit::skip;
          }
          for (const Place& place : kSentLogs)
            if (glob_match_fold(place.pattern, name)) add_log(file, place.source);
          return Visit::skip;
        },
        // Other modules tell which folders cannot be read.
        [](const EvidencePath&, const Error&) {});
    if (!walked && walked.error().code != Errc::not_found) context_.note(walked.error());
    if (entries > kMaxSentEntries)
      context_.note({Errc::limit, root.text() + ": logs of proxies were looked for among " +
                                      std::to_string(kMaxSentEntries) + " entries"});
  }

  ModuleContext& context_;
  const bool with_logs_;
  WebPlaces places_;
  std::set<std::string> seen_;
  bool full_ = false;
};

}  // namespace

WebPlaces find_web_places(ModuleContext& context, bool with_logs) {
  return Finder{context, with_logs}.find();
}

std::optional<int> local_offset_of(std::string_view time_zone) {
  constexpr std::string_view kMark = "UTC";
  const std::size_t at = time_zone.rfind(kMark);
  constexpr std::size_t kOffsetBytes = 6;  // +09:00
  if (at == time_zone.npos || time_zone.size() - at < kMark.size() + kOffsetBytes)
    return std::nullopt;
  const std::string_view text = time_zone.substr(at + kMark.size(), kOffsetBytes);
  if ((text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  int minutes = 0;
  for (const std::size_t digit : {1u, 2u, 4u, 5u}) {
    if (text[digit] < '0' || text[digit] > '9') return std::nullopt;
    constexpr int kUnits[] = {0, 600, 60, 0, 10, 1};
    minutes += (text[digit] - '0') * kUnits[digit];
  }
  return text[0] == '-' ? -minutes : minutes;
}

}  // namespace hozen
