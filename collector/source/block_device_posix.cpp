#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "collector/base/native_path.h"
#include "collector/source/block_device.h"

namespace hozen {
namespace {

Error device_error(std::string what, std::string_view call) {
  return Error{errno == ENOENT ? Errc::not_found : Errc::io, std::move(what), std::nullopt,
               std::string{call} + ": " + std::generic_category().message(errno)};
}

class BlockDevice final : public ByteSource {
 public:
  BlockDevice(int descriptor, std::string name) : descriptor_{descriptor}, name_{std::move(name)} {}
  ~BlockDevice() override { ::close(descriptor_); }
  BlockDevice(const BlockDevice&) = delete;
  BlockDevice& operator=(const BlockDevice&) = delete;

  bool find_size() {
    const off_t end = ::lseek(descriptor_, 0, SEEK_END);
    if (end < 0) return false;
    size_ = static_cast<std::uint64_t>(end);
    return true;
  }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    for (;;) {
      const ssize_t count =
          ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EINTR) continue;
      Error error = device_error("read " + name_, "pread");
      error.offset = offset;
      return error;
    }
  }

 private:
  int descriptor_;
  std::string name_;
  std::uint64_t size_ = 0;
};

}  // namespace

bool is_block_device(std::string_view path) {
  struct stat facts {};
  return ::stat(native_path(path).c_str(), &facts) == 0 && S_ISBLK(facts.st_mode);
}

Result<std::unique_ptr<ByteSource>> open_block_device(std::string_view path) {
  const NativePath native = native_path(path);
  const std::string name = native_text(native);
  const int descriptor = ::open(native.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return device_error("open " + name, "open");
  auto device = std::make_unique<BlockDevice>(descriptor, name);
  if (!device->find_size()) return device_error("open " + name, "lseek");
  return std::unique_ptr<ByteSource>{std::move(device)};
}

}  // namespace hozen
