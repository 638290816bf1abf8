#include "collector/source/raw_volume_win32.h"

#include <windows.h>
#include <winioctl.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "collector/base/native_win32.h"
#include "collector/base/read_before_fault.h"
#include "collector/formats/ntfs_boot.h"
#include "collector/source/aligned_read.h"

namespace hozen {
namespace {

/// One read of the device; larger ones are made of several.
constexpr std::size_t kBounceBytes = 1u << 20;

class RawVolume final : public ByteSource {
 public:
  RawVolume(OwnedHandle handle, std::string name)
      : handle_{std::move(handle)}, name_{std::move(name)} {}

  std::uint64_t size() const override { return size_; }
  void set_size(std::uint64_t size) { size_ = size; }

  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= size_) return std::size_t{0};
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
    const AlignedRead asked = aligned_read(offset, wanted, size_, kBounceBytes);
    const auto skipped = static_cast<std::size_t>(offset - asked.start);
    const std::lock_guard lock{mutex_};
    if (bounce_.empty()) bounce_.resize(kBounceBytes);
    HOZEN_TRY(const std::size_t got, read_before_fault(
                                         [this](std::uint64_t at, std::span<std::byte> part) {
                                           return read_aligned(at, part);
                                         },
                                         asked.start, std::span{bounce_}.first(asked.bytes)));
    if (got <= skipped) return std::size_t{0};
    const std::size_t count = std::min(wanted, got - skipped);
    std::copy_n(bounce_.begin() + static_cast<std::ptrdiff_t>(skipped), count, out.begin());
    return count;
  }

 private:
  Result<std::size_t> read_aligned(std::uint64_t offset, std::span<std::byte> out) {
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD got = 0;
    if (ReadFile(handle_.get(), out.data(), static_cast<DWORD>(out.size()), &got, &position))
      return std::size_t{got};
    const DWORD code = GetLastError();
    if (code == ERROR_HANDLE_EOF) return std::size_t{0};
    Error error = win32_error("read " + name_, "ReadFile", code);
    error.code = Errc::io;
    error.offset = offset;
    return error;
  }

  OwnedHandle handle_;
  std::string name_;
  std::uint64_t size_ = kDeviceAlignment;  // until it is known
  std::vector<std::byte> bounce_;
  std::mutex mutex_;  // guards the buffer
};

/// What the device says, else what the boot sector does (with the copy of it behind the volume), as
/// far as the file reaches that stands for a device.
std::uint64_t find_size(void* handle, ByteSource& volume) {
  GET_LENGTH_INFORMATION length{};
  DWORD got = 0;
  if (DeviceIoControl(handle, IOCTL_DISK_GET_LENGTH_INFO, nullptr, 0, &length, sizeof length, &got,
                      nullptr) &&
      length.Length.QuadPart > 0)
    return static_cast<std::uint64_t>(length.Length.QuadPart);
  std::vector<std::byte> sector(ntfs::kBootSectorBytes);
  if (!volume.read(0, sector)) return 0;
  const auto boot = ntfs::read_boot_sector(Bytes{sector});
  const std::uint64_t stated = boot ? boot->volume_bytes() + boot->sector_bytes : 0;
  LARGE_INTEGER file{};
  if (!GetFileSizeEx(handle, &file) || file.QuadPart <= 0) return stated;
  const auto there = static_cast<std::uint64_t>(file.QuadPart);
  return boot ? std::min(stated, there) : there;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_raw_volume(const std::wstring& device) {
  const std::string name = wtf8_from_wide(device);
  OwnedHandle handle{CreateFileW(device.c_str(), GENERIC_READ,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                 OPEN_EXISTING, 0, nullptr)};
  if (!handle) {
    Error error = win32_error("open volume " + name, "CreateFileW", GetLastError());
    error.code = Errc::io;
    return error;
  }
  void* const raw = handle.get();
  DWORD got = 0;
  // The last sectors of a volume lie behind its file system; refused, only they are missing.
  DeviceIoControl(raw, FSCTL_ALLOW_EXTENDED_DASD_IO, nullptr, 0, nullptr, 0, &got, nullptr);
  auto volume = std::make_unique<RawVolume>(std::move(handle), name);
  const std::uint64_t size = find_size(raw, *volume);
  if (size == 0)
    return Error{Errc::unsupported, "open volume " + name, std::nullopt, "its size is not known"};
  volume->set_size(size);
  return std::unique_ptr<ByteSource>{std::move(volume)};
}

}  // namespace hozen
