#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/engine/output_tree.h"
#include "collector/source/host_name.h"

namespace hozen {
namespace {

constexpr std::size_t kNameBytes = 255;  ///< NAME_MAX of every file system in use
constexpr mode_t kFolderMode = S_IRWXU;
constexpr mode_t kFileMode = S_IRUSR | S_IWUSR;

Error system_error(std::string what, std::string_view call, int code) {
  return Error{Errc::io, std::move(what), std::nullopt,
               std::string{call} + ": " + std::generic_category().message(code)};
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_{value} {}
  Descriptor(Descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_;
};

timespec timespec_of(FileTime time) {
  if (!time.is_set()) return {0, UTIME_OMIT};
  const auto seconds = static_cast<std::int64_t>(time.ticks / kTicksPerSecond) - kUnixEpochSeconds;
  return {static_cast<time_t>(seconds), static_cast<long>(time.ticks % kTicksPerSecond * 100)};
}

/// Gives the open file that has no name yet this one. Linux only, open(2).
int name_file(int file, int folder, const std::string& name) {
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  return ::linkat(AT_FDCWD, link.c_str(), folder, name.c_str(), AT_SYMLINK_FOLLOW);
}

/// Renames and never replaces. Where the file system knows only links, by one; where it knows
/// neither, it is looked first whether the name is free.
int rename_file(int folder, const std::string& from, const std::string& to) {
#ifdef RENAME_NOREPLACE
  if (::renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
#endif
  if (::linkat(folder, from.c_str(), folder, to.c_str(), 0) == 0)
    return ::unlinkat(folder, from.c_str(), 0);
  if (errno == EEXIST) return -1;
  struct stat facts {};
  if (::fstatat(folder, to.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::renameat(folder, from.c_str(), folder, to.c_str());
}

class PosixOutputFile final : public OutputFile {
 public:
  /// `unfinished`: the name that the file has meanwhile; "" when it has none.
  PosixOutputFile(Descriptor file, std::string unfinished, std::shared_ptr<Descriptor> folder,
                  std::string name)
      : file_{std::move(file)},
        unfinished_{std::move(unfinished)},
        folder_{std::move(folder)},
        name_{std::move(name)} {}
  ~PosixOutputFile() override {
    if (!unfinished_.empty() && !complete_) ::unlinkat(folder_->get(), unfinished_.c_str(), 0);
  }

  Result<void> write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("write " + name_, "write", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<void> skip(std::uint64_t bytes) override {
    const off_t end =
        bytes <= kMostSkipped ? ::lseek(file_.get(), static_cast<off_t>(bytes), SEEK_CUR) : -1;
    if (end < 0)
      return system_error("write " + name_, "lseek", bytes > kMostSkipped ? EFBIG : errno);
    if (::ftruncate(file_.get(), end) != 0)
      return system_error("write " + name_, "ftruncate", errno);
    return {};
  }

  Result<void> set_times(const OutputTimes& times) override {
    const timespec both[] = {timespec_of(times.accessed), timespec_of(times.modified)};
    // A file system that cannot hold the time keeps the file all the same.
    if (::futimens(file_.get(), both) != 0 && errno != EINVAL && errno != ENOTSUP)
      return system_error("set the times of " + name_, "futimens", errno);
    return {};
  }

  Result<void> complete() override {
    const bool is_nameless = unfinished_.empty();
    // Not every file system renames what is open.
    if (!is_nameless) file_ = Descriptor{};
    const int named = is_nameless ? name_file(file_.get(), folder_->get(), name_)
                                  : rename_file(folder_->get(), unfinished_, name_);
    if (named != 0) return system_error("create " + name_, "rename", errno);
    complete_ = true;
    return {};
  }

 private:
  static constexpr std::uint64_t kMostSkipped = 1ull << 62;
  Descriptor file_;
  std::string unfinished_;
  std::shared_ptr<Descriptor> folder_;
  std::string name_;
  bool complete_ = false;
};

class PosixOutputTree final : public OutputTree {
 public:
  explicit PosixOutputTree(Descriptor root)
      : root_{std::make_shared<Descriptor>(std::move(root))} {}

  bool allows(std::string_view name) const override {
    return !name.empty() && name != "." && name != ".." && name.size() <= kNameBytes &&
           name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
  }

  Result<std::unique_ptr<OutputFile>> create(const std::vector<std::string>& components) override {
    if (components.empty()) return Error{Errc::malformed, "create a file without a name"};
    // The bytes that the names had; what they are must be allowed, too.
    std::vector<std::string> folders;
    for (const std::string& spelled : components) {
      folders.push_back(host_from_name(spelled));
      if (!allows(folders.back())) return Error{Errc::malformed, "create " + spelled};
    }
    const std::string name = std::move(folders.back());
    folders.pop_back();
    HOZEN_TRY(const std::shared_ptr<Descriptor> folder, open_folder(folders));
    if (Descriptor file = open_unnamed(*folder)) {
      struct stat facts {};
      const bool is_there =
          ::fstatat(folder->get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
      if (is_there || errno != ENOENT)
        return system_error("create " + name, "fstatat", is_there ? EEXIST : errno);
      return std::unique_ptr<OutputFile>{
          std::make_unique<PosixOutputFile>(std::move(file), "", folder, name)};
    }
    Descriptor file = open_new(*folder, name);
    if (!file) return system_error("create " + name, "openat", errno);
    // So the name is free, and one that the file system takes.
    file = Descriptor{};
    ::unlinkat(folder->get(), name.c_str(), 0);
    std::string unfinished = "hozen-unfinished-" + std::to_string(::getpid()) + "-" +
                             std::to_string(++unfinished_files_);
    file = open_new(*folder, unfinished);
    if (!file) return system_error("create " + unfinished, "openat", errno);
    return std::unique_ptr<OutputFile>{
        std::make_unique<PosixOutputFile>(std::move(file), std::move(unfinished), folder, name)};
  }

 private:
  static Descriptor open_new(const Descriptor& folder, const std::string& name) {
    return Descriptor{::openat(folder.get(), name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode)};
  }

  /// A file that gets its name when all of it is written, so that a program that is ended leaves no
  /// half of one. None where the system or the file system of the folder cannot do that.
  static Descriptor open_unnamed(const Descriptor& folder) {
#ifdef O_TMPFILE
    static const bool can_be_named = ::access("/proc/self/fd", X_OK) == 0;
    if (can_be_named)
      return Descriptor{::openat(folder.get(), ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, kFileMode)};
#endif
    static_cast<void>(folder);
    return Descriptor{};
  }
  /// Goes down folder by folder, none of them a link. Keeps the last one for the next file.
  Result<std::shared_ptr<Descriptor>> open_folder(const std::vector<std::string>& names) {
    if (last_ != nullptr && names == last_names_) return last_;
    std::shared_ptr<Descriptor> folder = root_;
    for (const std::string& name : names) {
      if (::mkdirat(folder->get(), name.c_str(), kFolderMode) != 0 && errno != EEXIST)
        return system_error("create folder " + name, "mkdirat", errno);
      Descriptor next{
          ::openat(folder->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
      if (!next) return system_error("open folder " + name, "openat", errno);
      folder = std::make_shared<Descriptor>(std::move(next));
    }
    last_ = folder;
    last_names_ = names;
    return folder;
  }

  std::shared_ptr<Descriptor> root_, last_;
  std::vector<std::string> last_names_;
  std::uint64_t unfinished_files_ = 0;
};

}  // namespace

Result<std::unique_ptr<OutputTree>> OutputTree::open(const std::string& path) {
  const NativePath native = native_path(path);
  if (const NativePath parent = native.parent_path(); !parent.empty()) {
    boost::system::error_code error;
    boost::filesystem::create_directories(parent, error);  // what fails here fails below
  }
  if (::mkdir(native.c_str(), kFolderMode) != 0 && errno != EEXIST)
    return system_error("create " + path, "mkdir", errno);
  Descriptor root{::open(native.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!root) return system_error("open " + path, "open", errno);
  return std::unique_ptr<OutputTree>{std::make_unique<PosixOutputTree>(std::move(root))};
}

}  // namespace hozen
