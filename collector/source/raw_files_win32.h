// Files of the running Windows read from the volume itself, below its file system: what another
// program holds, and what Windows shows nobody ($MFT). Only *_win32.cpp files include this.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "collector/source/deleted_file.h"
#include "collector/source/ntfs_volume_files.h"
#include "collector/source/win32_files_win32.h"

namespace hozen::win32 {

/// Not safe for two threads at once, what open() returns aside.
class RawFiles {
 public:
  /// `known`: what the system says of the volumes; those that are not NTFS are left alone.
  RawFiles(const std::vector<Mount>& mounts, const std::vector<VolumeInfo>& known);

  /// stat() and open() of a path of which is_ntfs_internal(). Errc::not_found where the volume has
  /// no such file.
  Result<FileInfo> stat(const EvidencePath& path);
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path);
  /// Opens the file that `info`, what the system told of it, describes. Errc::unsupported where the
  /// volume is not NTFS, Errc::malformed when the record now holds another file.
  Result<std::unique_ptr<ByteSource>> open(const FileInfo& info, const EvidencePath& path);
  /// Whether the volume can be read; what keeps from it is told by those who open its file table.
  bool reads_deleted(std::string_view volume) {
    return static_cast<bool>(files_of(std::string{volume}));
  }
  /// Damage of the volumes that were opened since it was asked last, and why one could not be.
  std::vector<Error> take_remarks() { return std::exchange(remarks_, {}); }
  /// As EvidenceSource::open_deleted().
  Result<DeletedContent> open_deleted(const DeletedFile& file);

 private:
  struct Device {
    std::wstring path;
    bool is_open = false;
    std::unique_ptr<NtfsVolumeFiles> files{};
    std::optional<Error> failed{};
  };
  Result<NtfsVolumeFiles*> files_of(const std::string& volume);
  void remark(const std::string& volume, const Error& error, const std::string& what);

  std::map<std::string, Device> devices_;  // by the volume's name
  std::vector<Error> remarks_{};
};

}  // namespace hozen::win32
