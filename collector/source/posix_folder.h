// One open folder of a POSIX file system, and what can be said of its entries. Only *_posix.cpp
// files include this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/result.h"
#include "collector/source/source.h"

namespace hozen::posix {

/// Errc::not_found for ENOENT and ENOTDIR, Errc::io otherwise; detail: "openat: Permission denied
/// (13)".
Error system_error(std::string_view what, std::string_view call, int code);

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_{fd} {}
  Descriptor(Descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

/// What the file system below a volume can tell; found out once a volume.
struct Capabilities {
  bool ntfs_attributes =
      false;  ///< system.ntfs_* attributes are there (ntfs-3g; in part the kernel's ntfs3)
  bool ntfs_times = false;  ///< system.ntfs_times: all four times to 100 ns
  bool ntfs_stat = false;   ///< a kernel driver for NTFS: statx tells all four times
};
Capabilities probe_capabilities(int folder);

/// Opens the folder `name` in `parent` for listing; never through a link, and without touching its
/// time of access where that is allowed.
Result<Descriptor> open_folder(int parent, const std::string& name);
/// Opens a folder of this machine by its path; links in it are the operator's and are followed.
Result<Descriptor> open_root(const std::string& path);

/// The sorted names of a folder: by folded spelling, then by bytes, so that order does not depend
/// on the file system. About 60 bytes an entry.
class Listing {
 public:
  struct Entry {
    std::string_view host;    ///< exact bytes, NUL-terminated in memory
    std::string_view folded;  ///< fold_case of the evidence's spelling
  };
  /// Reads the whole folder.
  static Result<Listing> read(int folder);
  std::size_t size() const { return items_.size(); }
  Entry operator[](std::size_t index) const;
  /// The entries of this name but for case: the first one's index and how many there are.
  std::pair<std::size_t, std::size_t> find(std::string_view name) const;
  std::size_t memory_bytes() const { return text_.capacity() + items_.capacity() * sizeof(Item); }

 private:
  struct Item {
    std::size_t host = 0, folded = 0;  // offsets in text_, each NUL-terminated
    std::uint32_t host_size = 0, folded_size = 0;
  };
  std::string text_;
  std::vector<Item> items_;
};

/// FileInfo of the entry `host` of `folder`; `path` is its place in the evidence. Streams, owner,
/// attributes where `can` says so.
Result<FileInfo> read_facts(int folder, const std::string& host, const EvidencePath& path,
                            const Capabilities& can);

/// Target of a link as a place in the evidence, `parent` being the resolved folder it lies in.
/// Errc::unsupported with the reason when it leads out of the tree.
Result<EvidencePath> read_link(int folder, const std::string& host, const EvidencePath& parent,
                               const Capabilities& can);

/// Opens a regular file, checked before and after opening so that pipes and devices are left alone
/// (Errc::unsupported).
Result<std::unique_ptr<ByteSource>> open_file(int folder, const std::string& host,
                                              const EvidencePath& path);
/// Opens an alternate data stream of an ntfs-3g mount, whichever way it shows them.
Result<std::unique_ptr<ByteSource>> open_stream(int folder, const std::string& host,
                                                const EvidencePath& path, const Capabilities& can);

/// True for the root folder of a mounted NTFS volume, where the drivers number files by their file
/// record.
bool is_ntfs_root(int folder);

/// Name of the file system where it tells something of the evidence ("NTFS"), else "".
std::string file_system_name(int folder, const Capabilities& can);

}  // namespace hozen::posix
