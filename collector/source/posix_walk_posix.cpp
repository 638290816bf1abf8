#include <sys/stat.h>

#include <cerrno>

#include "collector/source/file_tree.h"
#include "collector/source/host_name.h"
#include "collector/source/posix_walk.h"

namespace hozen::posix {
namespace {

/// Folders on the way down that stay open; those further up are reopened through "..".
constexpr std::size_t kOpenFolders = 64;

/// One folder on the way down of a walk.
struct Level {
  EvidencePath path;
  Descriptor fd;
  Listing names;
  std::size_t next = 0;
  dev_t device = 0;
  ino_t inode = 0;
};

/// Depth-first, with an explicit stack: the depth of a hostile tree costs no stack of ours.
class Walker {
 public:
  Walker(const Capabilities& can, const std::function<Visit(const FileInfo&)>& visit,
         const std::function<void(const EvidencePath&, Error)>& problem)
      : can_{can}, visit_{visit}, problem_{problem} {}

  Result<void> start(Descriptor fd, const EvidencePath& path) { return push(std::move(fd), path); }

  void run() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        pop();
      } else if (!visit_entry(level, level.next++)) {
        return;
      }
    }
  }

 private:
  /// False when the walk is to stop.
  bool visit_entry(Level& level, std::size_t index) {
    const std::string host{level.names[index].host};
    const EvidencePath path = level.path.child(name_from_host(host).text);
    const auto info = read_facts(level.fd.get(), host, path, can_);
    if (!info) {
      problem_(path, info.error());
      return true;
    }
    const Visit answer = visit_(*info);
    if (answer == Visit::stop) return false;
    if (answer == Visit::skip || !info->is_directory || info->is_link) return true;
    auto fd = open_folder(level.fd.get(), host);
    if (!fd) {
      problem_(path, std::move(fd).error());
    } else if (auto entered = push(*std::move(fd), path); !entered) {
      problem_(path, std::move(entered).error());
    }
    return true;
  }

  Result<void> push(Descriptor fd, const EvidencePath& path) {
    if (levels_.size() >= kMaxFolderDepth)
      return Error{Errc::limit, path.text(), kMaxFolderDepth, "too many folders inside each other"};
    Level level;
    struct ::stat facts {};
    if (::fstat(fd.get(), &facts) != 0) return system_error(path.text(), "fstat", errno);
    level.device = facts.st_dev;
    level.inode = facts.st_ino;
    HOZEN_TRY(level.names, Listing::read(fd.get()));
    level.fd = std::move(fd);
    level.path = path;
    levels_.push_back(std::move(level));
    if (levels_.size() > kOpenFolders) levels_[levels_.size() - 1 - kOpenFolders].fd.close();
    return {};
  }

  void pop() {
    const Descriptor below = std::move(levels_.back().fd);
    levels_.pop_back();
    if (levels_.empty() || levels_.back().fd.is_open()) return;
    Level& level = levels_.back();
    auto fd = open_folder(below.get(), "..");
    struct ::stat facts {};
    const bool same = fd && ::fstat(fd->get(), &facts) == 0 && facts.st_dev == level.device &&
                      facts.st_ino == level.inode;
    if (same) {
      level.fd = *std::move(fd);
      return;
    }
    problem_(level.path, Error{Errc::io, level.path.text(), std::nullopt,
                               "the folder was moved while it was read"});
    levels_.clear();
  }

  const Capabilities& can_;
  const std::function<Visit(const FileInfo&)>& visit_;
  const std::function<void(const EvidencePath&, Error)>& problem_;
  std::vector<Level> levels_;
};

}  // namespace

Result<void> walk_folder(Descriptor folder, const EvidencePath& path, const Capabilities& can,
                         const std::function<Visit(const FileInfo&)>& visit,
                         const std::function<void(const EvidencePath&, Error)>& problem) {
  Walker walker{can, visit, problem};
  HOZEN_CHECK(walker.start(std::move(folder), path));
  walker.run();
  return {};
}

}  // namespace hozen::posix
