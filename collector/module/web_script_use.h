// Scripts of web servers by who calls them: a web shell is called by few, with POST, and by nobody
// who came from a page of the site.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"
#include "collector/module/web_attacks.h"
#include "collector/module/web_traffic.h"

namespace hozen {

/// What a place of a script says: 0 for an ordinary one. `path` is in lower case.
struct OddPlace {
  int weight = 0;
  std::string_view meaning;
};
OddPlace odd_script_place(std::string_view path);

/// From these weights on no script of a site lies in such a place, and none of anybody.
inline constexpr int kNoPlaceForScripts = 30, kNoScriptAtAll = 40;

/// All calls of one script.
struct ScriptUse {
  /// Clients that are kept, and how many are few.
  static constexpr std::size_t kClients = 16, kFew = 4;
  std::array<std::string, kClients> clients;
  std::size_t client_count = 0;  ///< up to kClients
  std::uint64_t requests = 0, answered_posts = 0, posts = 0, with_referer = 0, with_user = 0;
  std::uint64_t coded_gets = 0;   ///< answered, with text in Base64 as a value
  std::uint64_t long_gets = 0;    ///< the same, with a long value that may be anything
  std::uint64_t query_gets = 0;   ///< the same, with any query
  std::uint64_t from_itself = 0;  ///< POSTs whose referer is the script itself
  std::uint64_t days = 0;         ///< on which it was called
  bool tells_referer = false;
  FileTime first{}, last{};
  std::array<std::uint64_t, 3> sizes{};  ///< of answers to POSTs, that differ
  std::size_t size_count = 0;            ///< up to three
  std::string deployed_by;  ///< who put the application there through Tomcat's manager before
  /// Of calls that were answered, by POST or with text in Base64, the first of them.
  std::vector<std::string> records;
  std::string first_client, last_client;
};

class ScriptUses {
 public:
  /// Scripts that are kept.
  static constexpr std::size_t kMaxScripts = 20'000;
  explicit ScriptUses(RecordLine record) : record_{std::move(record)} {}
  void take(const SeenRequest& seen);
  /// One fact for each script that few clients called: FactKind::network, `what` web_requests.
  std::vector<Fact> facts();
  std::uint64_t left_out() const { return left_out_; }

 private:
  /// An application that was put onto Tomcat through its manager.
  struct Deployment {
    std::string client, folder;  ///< "/app"; "" where the request does not tell
    FileTime time{};
  };
  static constexpr std::size_t kMaxDeployments = 1000;

  void take_deployment(const SeenRequest& seen);
  std::string deployer_of(const std::string& path, const web_log::Request& request) const;
  Fact fact_of(const std::string& path, const ScriptUse& use) const;

  RecordLine record_;
  std::vector<Deployment> deployments_;
  std::unordered_set<std::string> folders_;          // first folders of scripts that were called
  std::uint64_t answered_ = 0, not_found_ = 0;       // requests of all kinds
  std::uint64_t only_fetched_ = 0;                   // scripts where none lie, never posted to
  std::unordered_map<std::string, ScriptUse> uses_;  // by path
  FileTime first_{};                                 // of all logs
  std::uint64_t left_out_ = 0;
};

// Names of such facts' values, and of those of scripts that lie in the file system.
constexpr std::string_view kWebRequests = "web_requests", kWebScript = "web_script";

/// A finding of a script that a log alone tells of; nothing when the calls are ordinary.
std::optional<Finding> judge_script_use(const Fact& use);
/// What the calls of a script that is suspected say.
Why script_use_why(const Fact& use);

}  // namespace hozen
