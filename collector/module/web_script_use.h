// Scripts of web servers by who calls them: a web shell is called by few, with POST, and by nobody
// who came from a page of the site.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// All calls of one script.
struct ScriptUse {
  /// Clients that are kept, and how many are few.
  static constexpr std::size_t kClients = 16, kFew = 4;
  std::array<std::string, kClients> clients;
  std::size_t client_count = 0;  ///< up to kClients
  std::uint64_t requests = 0, answered_posts = 0, posts = 0, with_referer = 0, with_user = 0;
  std::uint64_t coded_gets = 0;  ///< answered, with text in Base64 as a value
  bool tells_referer = false;
  FileTime first{}, last{};
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
  std::vector<Fact> facts() const;
  std::uint64_t left_out() const { return left_out_; }

 private:
  RecordLine record_;
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
