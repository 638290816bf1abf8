// How the uses of remote_use.h are found. First what makes a use, in the order in which it happens:
// services installed, files written to ADMIN$, pipes of sessions, programs of the tools that run,
// key files. Then what joins one and never makes one: what it ran, runs in prefetch files, the
// client, logons, the pipe of the services.
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
/// A process of the client, told by its number, at the most.
constexpr std::uint64_t kSameProcess = 3600 * kSecond;
/// How many uses before one trace are asked whether it is theirs.
constexpr std::size_t kMaxAsked = 2'000;
/// Clocks of two logs of one host.
constexpr std::uint64_t kJitter = 2 * kSecond;

constexpr std::string_view kPsExecStem = "PSEXESVC";
const RemoteTool* psexec();
/// Where PsExec writes its key files: "C:\\Windows\\x", and nothing below it.
bool is_in_windows_folder(std::string_view path);

std::uint64_t apart(FileTime a, FileTime b);
FileTime earlier(FileTime time, std::uint64_t ticks);
FileTime later(FileTime time, std::uint64_t ticks);
std::string_view file_name(std::string_view path);
std::string at(FileTime time);  ///< " at 2022-..."
std::string account_of(std::string_view domain, std::string_view user);
/// Of no other host: loopback, also as Windows writes it in IPv6, or none.
bool is_local_address(std::string_view address);
/// Of a process: "4711", "0x1267"; 0 for others.
std::uint32_t number_of(std::string_view text);
/// An access that was asked for and not given.
bool is_refused(const Fact& fact);
/// What lies in IPC$ is a pipe.
bool is_pipe_share(const Fact& fact);
bool is_admin_share(const Fact& fact);

/// Kinds of evidence that count once for a use, however often they come.
enum class Once : std::uint8_t { pipe, session, process, share, child, state, control };

/// Who used it, as far as one piece of evidence says. Two that differ are of two uses.
struct Who {
  std::string account{}, address{};
  std::string logon{};        ///< session at the file server
  std::string host{};         ///< that pipes of a session or a key file name
  std::uint32_t process = 0;  ///< there
};

/// What is known of the logon that a use belongs to.
enum class LogonFound : std::uint8_t { none, candidates, certain };

/// A use while it is put together.
struct Draft {
  RemoteUse use;
  Who who{};
  LogonFound logon = LogonFound::none;
  std::size_t install_why = 0;  ///< the sentence of the installation, where there is one
  bool is_random = false;       ///< known by the form of its names only
  bool is_start_known = true;   ///< RemoteService
  bool is_new_service = false;  ///< an event tells that it was installed, not only set
  bool was_there = false;       ///< its service, with another program
  bool brought_by = false;      ///< its installation or its file tells whose it is
  std::set<std::uint32_t> install_events{};
  std::array<bool, 7> told{};
  std::uint64_t untold = 0;                  ///< what `why` has no room for
  std::vector<std::uint32_t> process_ids{};  ///< of its service
  std::vector<std::string> logon_ids{};
  bool is_over = false;              ///< its service stopped, or was started again later
  std::string first_state{};         ///< what its service said first, in the language of Windows
  std::vector<std::string> files{};  ///< file_keys() of its command

  /// `weight` the first time, 0 afterwards.
  int once(Once what, int weight) {
    return std::exchange(told.at(static_cast<std::size_t>(what)), true) ? 0 : weight;
  }
  void tell(std::string fact, int weight, Family family, const std::string& record);
  void add_command(std::string_view command);
  void take_account(const Fact& fact);
  /// Whether it was in that logon session too.
  bool has_session(const Who& other) const;
  /// Whether the use is another one's. One session is one account, however its domain is spelled.
  bool differs(const Who& other) const;
};
/// Who asked for a file or pipe, or for the installation of a service.
Who who_of(const Fact& fact);

class UseFinder {
 public:
  explicit UseFinder(const FactBook& book) : book_{book} {}
  std::vector<RemoteUse> find();
  std::vector<RemoteLeftover> leftovers(const std::vector<RemoteUse>& uses);

 private:
  enum class Join : std::uint8_t { to_last, to_next };
  struct Known {
    const RemoteTool* tool = nullptr;
    bool renamed = false;
  };

  struct Session {
    SessionPipe pipe;
    bool is_certain = true;  ///< where the service's name ends and the host's begins is known
  };

  /// What tells whether pipes that are called as those of a session are PsExec's.
  struct Signs {
    bool from_afar = false;  ///< another host opened one
    bool by_other = false;   ///< a program made one that is not the service of that name
    std::map<std::pair<std::string, std::uint32_t>, unsigned> streams{};  ///< by host and process
  };

  void learn_names();
  void learn_parts();
  void learn_signs();
  std::optional<Session> session_of(std::string_view pipe) const;
  /// What a program of this path is; nothing for others.
  std::optional<Known> known_image(std::string_view path) const;
  std::optional<Known> known_service(std::string_view path) const;
  Draft& begin(const RemoteTool* tool, std::string stem, FileTime time);
  void sort();
  void extend(Draft& draft, FileTime time);
  /// The use of that program that something at `time` belongs to, nullptr when none is near. Valid
  /// until the next begin(), extend() or use_near().
  Draft* use_near(std::string_view stem, FileTime time, Join join, const Who& who = {});
  Draft& use_of(const RemoteTool* tool, const std::string& stem, FileTime time, Join join,
                const Who& who = {});
  bool is_new(const Fact& fact);
  std::size_t first_after(FileTime time);

  void add_installs();
  void add_install(const Fact& fact);
  void add_registry_install(const Fact& fact);
  void tell_installed_before(Draft& draft, std::string_view name, FileTime time) const;
  Draft* install(const Fact& fact, std::string_view name, std::string_view image,
                 ServiceStart start);
  Draft* same_install(const Fact& fact, std::string_view stem);
  void add_pipes();
  void add_pipe(const Fact& fact, std::string_view pipe, std::string_view image);
  void add_session(const Fact& fact, const Session& session);
  Draft& use_of_session(const Fact& fact, const Session& session);
  void add_processes();
  void add_files();
  Draft* last_of(std::string_view host, FileTime until);
  void add_key_file(const Fact& fact, const std::string& host);
  void add_shares(bool written);
  static int end_rank(const Draft& draft, FileTime time, const Who& who);
  Draft* ended_use(const Fact& fact, std::string_view stem, const Who& who);
  void add_share(const Fact& fact);
  void add_named_file(const Fact& fact);

  void add_children();
  std::string_view parent_by_number(const std::map<std::uint32_t, const Fact*>& services,
                                    const Fact& fact) const;
  void add_child(const Fact& fact, const std::string& stem);
  struct Parent {
    Draft* draft = nullptr;
    bool is_shared = false;  ///< its service ran several uses
  };
  void index_uses();
  Parent use_of_process(const std::string& stem, std::uint32_t number, FileTime time);
  Parent parent_use(const Fact& fact, const std::string& stem);
  void add_states();
  Draft* last_of_service(std::string_view service, FileTime time);
  void add_deleted_keys();
  void add_connections();
  void add_prefetch();
  void add_clients();
  void add_client(const Fact& fact);
  Draft* local_use(const Fact& fact, const std::string& account);
  void add_logons();
  void add_candidates(Draft& draft);
  void add_service_pipes();
  Draft* use_of_control(const Fact& fact);
  void weigh(Draft& draft) const;
  void tell_own_host(RemoteUse& use) const;
  void tell_missing(Draft& draft) const;
  void tell_missing_logon(const Draft& draft, RemoteUse& use) const;
  /// Facts of that kind that were not kept, in words; "" when all were.
  std::string not_kept(FactKind kind, std::string_view what) const;
  void tell_missing_prefetch(RemoteUse& use) const;

  const FactBook& book_;
  std::set<std::string> renamed_;            // stems
  std::set<std::string> doubtful_, others_;  // services of sessions that may not be, or are not it
  // Of services and programs, of hosts, of programs in the folder of Windows: upper case.
  std::set<std::string> names_, hosts_, programs_;
  std::vector<Draft> drafts_;
  Draft spare_;  // what is beyond the limit
  bool sorted_ = true;
  bool has_files_ = false;       ///< some command names files
  std::uint64_t looked_at_ = 0;  // logons near uses
  std::set<std::tuple<FactKind, std::uint32_t, std::uint64_t, std::string, std::string>> seen_;
  struct Kept {
    std::string counted, kept;  ///< runs
  };
  std::map<std::string, Kept> kept_;
  std::set<std::string> used_services_;  // upper case, and stems
  // Of uses, by the stem and the number of their processes.
  std::map<std::pair<std::string, std::uint32_t>, std::vector<std::size_t>> by_process_;
};

}  // namespace hozen::remote_use
