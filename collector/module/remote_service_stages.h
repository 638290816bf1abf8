// Installations of services and the stages before and after them, for remote_services.cpp: a logon
// over the network, a program written to a share, the pipe svcctl, what the program ran.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/lateral.h"
#include "collector/module/service_start.h"

namespace hozen::remote_services {

/// From the first stage to the service, and from there to what it ran.
constexpr std::uint64_t kBefore = 5 * lateral::kMinute, kAfter = 5 * lateral::kMinute;

using Facts = std::vector<const Fact*>;

/// One service that was set up, told by one log or several.
struct Install {
  Facts facts{};  ///< 7045, 4697, Sysmon 13 of its ImagePath: not empty
  std::string name{}, image{};
  /// file_key() of its program, and of files that its arguments name: rundll32.exe C:\a.dll,Start.
  std::vector<std::string> keys{};
  ServiceStart start = ServiceStart::unknown;

  FileTime time() const { return facts.front()->time; }
  /// Told by the registry alone: it may have been there before, with another program.
  bool is_change() const;
  /// No service of Windows has its program there, and what installers set up starts by itself or
  /// lies in a folder of its own.
  bool is_odd() const;
};

/// What belongs to one installation.
struct Stages {
  Facts writes{}, pipes{}, wrote_here{};
  Facts perhaps{};  ///< pipes svcctl of the minute before, where nothing tells whose it is
  const Fact* logon = nullptr;
  bool by_audit = false;  ///< the logon is the session that installed it
};

class StageFinder {
 public:
  explicit StageFinder(const FactBook& book) : book_{book} {}
  /// In the order of their times. Ends with what the other questions need, where there is one.
  std::vector<Install> installs();
  Stages stages_of(const Install& install) const;
  /// Its program when it was started, and what that started.
  Facts starts_of(const Install& install) const;
  Facts children_of(const Install& install) const;

 private:
  using Index = std::map<std::string, Facts, std::less<>>;
  struct Source {
    std::string account, address;
  };
  struct Sessions {
    std::map<std::string_view, std::string_view> ids{};  ///< of whom
    std::vector<Source> sources{};
  };

  void index();
  void index_logons();
  static Facts within(const Index& index, const Install& install, FileTime first, FileTime last);
  void add_pipes(Stages& stages, const Sessions& sessions, const Install& install) const;
  const Fact* logon_in(const Sessions& sessions, FileTime time, FileTime last) const;

  const FactBook& book_;
  Facts pipes_;
  Index writes_, wrote_here_, logons_, started_, children_;  ///< logons by session, others by file
};

}  // namespace hozen::remote_services
