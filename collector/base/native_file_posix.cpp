#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "collector/base/native_file.h"
#include "collector/base/native_path.h"
#include "collector/base/read_before_fault.h"

namespace hozen {
namespace {

Error system_error(std::string what, std::string_view call, int code) {
  return Error{code == ENOENT || code == ENOTDIR ? Errc::not_found : Errc::io, std::move(what),
               std::nullopt, std::string{call} + ": " + std::generic_category().message(code)};
}

class NativeFile final : public ByteSource {
 public:
  NativeFile(int descriptor, std::string name) : descriptor_{descriptor}, name_{std::move(name)} {}
  ~NativeFile() override { ::close(descriptor_); }
  NativeFile(const NativeFile&) = delete;
  NativeFile& operator=(const NativeFile&) = delete;

  void set_size(std::uint64_t size) { size_ = size; }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return read_before_fault(
        [this](std::uint64_t at, std::span<std::byte> part) { return read_once(at, part); }, offset,
        out);
  }

 private:
  Result<std::size_t> read_once(std::uint64_t offset, std::span<std::byte> out) const {
    for (;;) {
      const ssize_t count =
          ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno == EINTR) continue;
      Error error = system_error("read " + name_, "pread", errno);
      error.offset = offset;
      return error;
    }
  }

  int descriptor_;
  std::string name_;
  std::uint64_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_native_file(std::string_view path) {
  const NativePath native = native_path(path);
  const std::string name = native_text(native);
  // O_NONBLOCK: opening a pipe does not wait for its writer.
  const int descriptor = ::open(native.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return system_error("open " + name, "open", errno);
  auto file = std::make_unique<NativeFile>(descriptor, name);
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return system_error("open " + name, "fstat", errno);
  if (!S_ISREG(facts.st_mode))
    return Error{Errc::io, "open " + name, std::nullopt, "not a regular file"};
  file->set_size(static_cast<std::uint64_t>(facts.st_size));
  return std::unique_ptr<ByteSource>{std::move(file)};
}

}  // namespace hozen
