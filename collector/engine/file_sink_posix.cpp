#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "collector/engine/file_sink.h"

namespace hozen {
namespace {

/// The disk is asked to begin writing whenever so much more was written.
constexpr std::uint64_t kHandOverBytes = 2 << 20;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

Error system_error(std::string what, std::string_view call, int code) {
  return Error{code == ENOENT ? Errc::not_found : Errc::io, std::move(what), std::nullopt,
               std::string{call} + ": " + std::generic_category().message(code)};
}

class DescriptorSink : public BundleOutput {
 public:
  DescriptorSink(int descriptor, std::string name)
      : descriptor_{descriptor}, name_{std::move(name)} {}

  Result<void> write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("write " + path(), "write", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      written_ += static_cast<std::uint64_t>(count);
    }
    if (written_ - handed_over_ >= kHandOverBytes) hand_over();
    return {};
  }

  Result<void> flush() override {
    // Pipes and some file systems have nothing to flush to, and say EINVAL or EROFS.
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
      return system_error("write " + path(), "fsync", errno);
    return {};
  }

  Result<void> complete() override { return flush(); }
  std::string path() const override { return name_; }
  void discard() override {}

 protected:
  int descriptor_;
  std::string name_;

 private:
  /// Lets the disk begin with what was written, so that the last flush is short.
  void hand_over() {
#ifdef SYNC_FILE_RANGE_WRITE
    // Only a hint: pipes and some file systems refuse it.
    static_cast<void>(::sync_file_range(descriptor_, static_cast<off64_t>(handed_over_),
                                        static_cast<off64_t>(written_ - handed_over_),
                                        SYNC_FILE_RANGE_WRITE));
#endif
    handed_over_ = written_;
  }

  std::uint64_t written_ = 0, handed_over_ = 0;
};

class DescriptorScratch final : public ScratchFile {
 public:
  /// `path` is "" when the file has no name any more.
  DescriptorScratch(int descriptor, std::string path)
      : descriptor_{descriptor}, path_{std::move(path)} {}
  ~DescriptorScratch() override {
    ::close(descriptor_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  DescriptorScratch(const DescriptorScratch&) = delete;
  DescriptorScratch& operator=(const DescriptorScratch&) = delete;

  Result<void> append(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), end_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("write a temporary file", "pwrite", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      end_ += count;
    }
    return {};
  }

  Result<void> read(std::uint64_t offset, std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t count =
          ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("read a temporary file", "pread", errno);
      if (count == 0) return Error{Errc::truncated, "a temporary file"};
      out = out.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

 private:
  int descriptor_;
  std::string path_;
  off_t end_ = 0;
};

class FileSink final : public DescriptorSink {
 public:
  FileSink(int descriptor, const std::string& final_name)
      : DescriptorSink{descriptor, final_name + ".partial"}, final_name_{final_name} {}
  ~FileSink() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  Result<void> complete() override {
    HOZEN_CHECK(flush());
    // Some network file systems tell of a full disk only now.
    if (::close(std::exchange(descriptor_, -1)) != 0)
      return system_error("write " + name_, "close", errno);
    int failed =
        renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, final_name_.c_str(), RENAME_NOREPLACE);
    if (failed != 0 && (errno == EINVAL || errno == ENOSYS)) {
      struct stat existing {};
      if (::lstat(final_name_.c_str(), &existing) == 0)
        return system_error("rename to " + final_name_, "rename", EEXIST);
      failed = ::rename(name_.c_str(), final_name_.c_str());
    }
    if (failed != 0) return system_error("rename to " + final_name_, "rename", errno);
    name_ = final_name_;
    return {};
  }

  void discard() override {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    if (name_ != final_name_) ::unlink(name_.c_str());
  }

  Result<std::unique_ptr<ScratchFile>> open_scratch() override {
    std::string path = final_name_ + ".sort";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
    if (descriptor < 0) return system_error("create " + path, "open", errno);
    // Where a file in use cannot lose its name (some network shares), it loses it when closed.
    if (::unlink(path.c_str()) == 0) path.clear();
    return std::unique_ptr<ScratchFile>{
        std::make_unique<DescriptorScratch>(descriptor, std::move(path))};
  }

 private:
  std::string final_name_;
};

}  // namespace

Result<std::unique_ptr<BundleOutput>> create_output_file(const std::string& path) {
  struct stat existing {};
  if (::lstat(path.c_str(), &existing) == 0) return system_error("create " + path, "open", EEXIST);
  const std::string partial = path + ".partial";
  const int descriptor =
      ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return system_error("create " + partial, "open", errno);
  return std::unique_ptr<BundleOutput>{std::make_unique<FileSink>(descriptor, path)};
}

Result<std::unique_ptr<BundleOutput>> open_standard_output() {
  return std::unique_ptr<BundleOutput>{std::make_unique<DescriptorSink>(STDOUT_FILENO, "-")};
}

}  // namespace hozen
