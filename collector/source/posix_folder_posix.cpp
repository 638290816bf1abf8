#include "collector/source/posix_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "collector/base/read_before_fault.h"
#include "collector/base/text.h"
#include "collector/source/host_name.h"

namespace hozen::posix {
namespace {

/// Leaves times of access alone where we may (owner or CAP_FOWNER), and opens all the same where
/// not.
int open_quietly(int parent, const char* name, int flags) {
  const int fd = ::openat(parent, name, flags | O_NOATIME);
  return fd >= 0 || errno != EPERM ? fd : ::openat(parent, name, flags);
}

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;

class PosixFile final : public ByteSource {
 public:
  PosixFile(Descriptor fd, std::uint64_t size, std::string what)
      : fd_{std::move(fd)}, size_{size}, what_{std::move(what)} {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return read_before_fault(
        [this](std::uint64_t at, std::span<std::byte> part) { return read_once(at, part); }, offset,
        out);
  }
  std::uint64_t resumes_at(std::uint64_t offset) override { return behind_piece(offset, size_); }

 private:
  Result<std::size_t> read_once(std::uint64_t offset, std::span<std::byte> out) const {
    for (;;) {
      const ssize_t count = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EINTR) continue;
      Error error = system_error(what_, "pread", errno);
      error.code = Errc::io;
      error.offset = offset;
      return error;
    }
  }

  Descriptor fd_;
  std::uint64_t size_;
  std::string what_;
};

std::string_view special_kind(mode_t mode) {
  if (S_ISFIFO(mode)) return "a named pipe, not opened";
  if (S_ISSOCK(mode)) return "a socket, not opened";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device, not opened";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a link, not followed";
  return "not a regular file";
}

}  // namespace

Error system_error(std::string_view what, std::string_view call, int code) {
  const bool absent = code == ENOENT || code == ENOTDIR;
  return Error{
      absent ? Errc::not_found : Errc::io, std::string{what}, std::nullopt,
      std::string{call} + ": " + ::strerrordesc_np(code) + " (" + std::to_string(code) + ")"};
}

void Descriptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<Descriptor> open_folder(int parent, const std::string& name) {
  const int fd = open_quietly(parent, name.c_str(), kFolderFlags | O_NOFOLLOW);
  if (fd < 0) return system_error("folder", "openat", errno);
  return Descriptor{fd};
}

Result<Descriptor> open_root(const std::string& path) {
  const int fd = open_quietly(AT_FDCWD, path.c_str(), kFolderFlags);
  if (fd < 0) return system_error(path, "open", errno);
  return Descriptor{fd};
}

Result<Listing> Listing::read(int folder) {
  // A stream of its own: closedir() would close the caller's descriptor, and both would share a
  // position.
  Descriptor own{::openat(folder, ".", kFolderFlags | O_NOATIME)};
  if (!own.is_open()) own = Descriptor{::openat(folder, ".", kFolderFlags)};
  if (!own.is_open()) return system_error("folder", "openat", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(own.get()), &::closedir};
  if (!stream) return system_error("folder", "fdopendir", errno);
  (void)std::exchange(own, Descriptor{}).release();

  Listing listing;
  for (;;) {
    errno = 0;
    // No other thread has this stream.
    const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    const std::string_view host{entry->d_name};
    if (host == "." || host == "..") continue;
    const std::string folded = fold_case(name_from_host(host).text);
    Item item;
    item.host = listing.text_.size();
    item.host_size = static_cast<std::uint32_t>(host.size());
    listing.text_.append(host).push_back('\0');
    item.folded = listing.text_.size();
    item.folded_size = static_cast<std::uint32_t>(folded.size());
    listing.text_.append(folded).push_back('\0');
    listing.items_.push_back(item);
  }
  if (errno != 0) return system_error("folder", "readdir", errno);
  std::sort(listing.items_.begin(), listing.items_.end(), [&](const Item& a, const Item& b) {
    const std::string_view text{listing.text_};
    const int order =
        text.substr(a.folded, a.folded_size).compare(text.substr(b.folded, b.folded_size));
    return order != 0 ? order < 0
                      : text.substr(a.host, a.host_size) < text.substr(b.host, b.host_size);
  });
  return listing;
}

Listing::Entry Listing::operator[](std::size_t index) const {
  const Item& item = items_[index];
  const std::string_view text{text_};
  return {text.substr(item.host, item.host_size), text.substr(item.folded, item.folded_size)};
}

std::pair<std::size_t, std::size_t> Listing::find(std::string_view name) const {
  const std::string folded = fold_case(name);
  const std::string_view text{text_};
  const auto first = std::lower_bound(items_.begin(), items_.end(), folded,
                                      [&](const Item& item, const std::string& key) {
                                        return text.substr(item.folded, item.folded_size) < key;
                                      });
  const auto end = std::find_if(first, items_.end(), [&](const Item& item) {
    return text.substr(item.folded, item.folded_size) != folded;
  });
  return {static_cast<std::size_t>(first - items_.begin()), static_cast<std::size_t>(end - first)};
}

Result<std::unique_ptr<ByteSource>> open_file(int folder, const std::string& host,
                                              const EvidencePath& path) {
  struct ::stat facts {};
  if (::fstatat(folder, host.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
    return system_error(path.text(), "fstatat", errno);
  const auto refuse = [&](mode_t mode) {
    return Error{Errc::unsupported, path.text(), std::nullopt, std::string{special_kind(mode)}};
  };
  if (!S_ISREG(facts.st_mode)) return refuse(facts.st_mode);
  Descriptor fd{open_quietly(folder, host.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd.is_open()) return system_error(path.text(), "openat", errno);
  if (::fstat(fd.get(), &facts) != 0) return system_error(path.text(), "fstat", errno);
  if (!S_ISREG(facts.st_mode)) return refuse(facts.st_mode);
  return std::unique_ptr<ByteSource>{std::make_unique<PosixFile>(
      std::move(fd), static_cast<std::uint64_t>(facts.st_size), path.text())};
}

}  // namespace hozen::posix
