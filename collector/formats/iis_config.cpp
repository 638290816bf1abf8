#include "collector/formats/iis_config.h"

#include <algorithm>
#include <pugixml.hpp>

#include "collector/base/text.h"

namespace hozen {
namespace {

std::string attribute_of(pugi::xml_node node, const char* name) {
  return to_wtf8_lossy(node.attribute(name).value());
}

/// "/" and "/a" below "/app": "/app/a".
std::string joined(std::string application, std::string_view folder) {
  while (application.ends_with('/')) application.pop_back();
  if (folder.empty() || folder == "/") return application.empty() ? "/" : application;
  return application + (folder.starts_with('/') ? "" : "/") + std::string{folder};
}

class Reader {
 public:
  explicit Reader(IisConfig& config) : config_{config} {}

  void read(pugi::xml_node host) {
    const auto sites = host.child("sites");
    for (const auto site : sites.children("site")) read_site(site);
    read_log(sites.child("siteDefaults"));
    const auto log = host.child("log");
    for (const char* const name : {"centralW3CLogFile", "centralBinaryLogFile"})
      add_log(attribute_of(log.child(name), "directory"));
  }

 private:
  void read_site(pugi::xml_node site) {
    read_log(site);
    for (const auto application : site.children("application"))
      for (const auto folder : application.children("virtualDirectory")) {
        IisFolder found{attribute_of(site, "name"),
                        joined(attribute_of(application, "path"), attribute_of(folder, "path")),
                        attribute_of(folder, "physicalPath")};
        if (found.physical.empty()) continue;
        if (config_.folders.size() >= kMaxIisEntries) return full();
        config_.folders.push_back(std::move(found));
      }
  }

  void read_log(pugi::xml_node site) {
    add_log(attribute_of(site.child("logFile"), "directory"));
    add_log(attribute_of(site.child("ftpServer").child("logFile"), "directory"));
  }

  void add_log(std::string folder) {
    auto& all = config_.log_folders;
    if (folder.empty() || std::find(all.begin(), all.end(), folder) != all.end()) return;
    if (all.size() >= kMaxIisEntries) return full();
    all.push_back(std::move(folder));
  }

  void full() { config_.problem = Error{Errc::limit, "folders of applicationHost.config"}; }

  IisConfig& config_;
};

}  // namespace

IisConfig read_iis_config(std::span<const std::byte> file) {
  IisConfig config;
  pugi::xml_document document;
  const auto parsed = document.load_buffer(file.data(), file.size());
  if (!parsed)
    config.problem = Error{Errc::malformed, "applicationHost.config",
                           static_cast<std::uint64_t>(parsed.offset), parsed.description()};
  Reader{config}.read(document.child("configuration").child("system.applicationHost"));
  return config;
}

}  // namespace hozen
