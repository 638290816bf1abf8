// How the uses of remote_use.h are found. First what makes a use: services installed, pipes of
// sessions, programs of the tools that run, key files, files written to ADMIN$. Then what joins one
// and never makes one: what it ran, runs in prefetch files, the client, logons.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "collector/module/remote_use.h"

namespace hozen::remote_use {

constexpr std::uint64_t kSecond = kTicksPerSecond;
/// The same installation told by two logs.
constexpr std::uint64_t kSameInstall = 3 * kSecond;
/// From the first sign of a use (logon, file, client) to its service, and from there to the last.
constexpr std::uint64_t kBefore = 60 * kSecond, kAfter = 300 * kSecond;
/// A program's start in its prefetch file against the start of its service.
constexpr std::uint64_t kPrefetchApart = 10 * kSecond;
/// Clocks of two logs of one host.
constexpr std::uint64_t kJitter = 2 * kSecond;

std::uint64_t apart(FileTime a, FileTime b);
FileTime earlier(FileTime time, std::uint64_t ticks);
FileTime later(FileTime time, std::uint64_t ticks);
std::string_view file_name(std::string_view path);
std::string at(FileTime time);  ///< " at 2022-..."
std::string account_of(std::string_view domain, std::string_view user);
bool is_local_address(std::string_view address);

/// Kinds of evidence that count once for a use, however often they come.
enum class Once : std::uint8_t { pipe, session, process, share, child, state };

/// A use while it is put together.
struct Draft {
  RemoteUse use;
  bool is_random = false;  ///< known by the form of its names only
  std::set<std::uint32_t> install_events{};
  std::array<bool, 6> told{};
  std::vector<std::string> process_ids{}, logon_ids{};

  /// `weight` the first time, 0 afterwards.
  int once(Once what, int weight) {
    return std::exchange(told.at(static_cast<std::size_t>(what)), true) ? 0 : weight;
  }
  void tell(std::string fact, int weight, Family family, const std::string& record);
  void add_command(std::string_view command);
  void take_account(const Fact& share);
};

class UseFinder {
 public:
  explicit UseFinder(const FactBook& book) : book_{book} {}
  std::vector<RemoteUse> find();

 private:
  enum class Join : std::uint8_t { to_last, to_next };
  struct Known {
    const RemoteTool* tool = nullptr;
    bool renamed = false;
  };

  void learn_names();
  /// What a program of this path is; nothing for others.
  std::optional<Known> known_image(std::string_view path) const;
  Draft& begin(const RemoteTool* tool, std::string stem, FileTime time);
  void sort();
  void extend(Draft& draft, FileTime time);
  /// The use of that program that something at `time` belongs to, nullptr when none is near. Valid
  /// until the next begin(), extend() or near().
  Draft* near(std::string_view stem, FileTime time, Join join);
  Draft& use_of(const RemoteTool* tool, const std::string& stem, FileTime time, Join join);
  bool is_new(const Fact& fact);
  std::size_t first_after(FileTime time);

  void add_installs();
  void add_install(const Fact& fact);
  void add_registry_install(const Fact& fact);
  Draft* install(const Fact& fact, std::string_view name, std::string_view image, bool demand);
  Draft* same_install(const Fact& fact, std::string_view stem);
  void add_pipes();
  void add_pipe(const Fact& fact, std::string_view pipe, std::string_view image);
  void add_session(const Fact& fact, const SessionPipe& session);
  void add_processes();
  void add_files();
  Draft* last_of(std::string_view host, FileTime until);
  void add_key_file(const Fact& fact, const std::string& host);
  void add_shares();
  void add_share(const Fact& fact);

  void add_children();
  Draft* parent_use(const Fact& fact, const std::string& stem);
  void add_states();
  void add_prefetch();
  void add_clients();
  void add_client(const Fact& fact);
  void add_logons();
  void tell_missing(Draft& draft) const;
  void tell_missing_prefetch(RemoteUse& use) const;

  const FactBook& book_;
  std::set<std::string> renamed_;  // stems
  std::vector<Draft> drafts_;
  Draft spare_;  // what is beyond the limit
  bool sorted_ = true;
  std::set<std::tuple<FactKind, std::uint32_t, std::uint64_t, std::string, std::string>> seen_;
  struct Kept {
    std::string counted, kept;  ///< runs
  };
  std::map<std::string, Kept> kept_;
};

}  // namespace hozen::remote_use
