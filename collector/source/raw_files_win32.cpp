#include "collector/source/raw_files_win32.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/source/live_host_win32.h"
#include "collector/source/ntfs_deleted.h"
#include "collector/source/raw_volume_win32.h"

namespace hozen::win32 {
namespace {

/// Content that was read from the volume, and says so.
class RawContent final : public ByteSource {
 public:
  explicit RawContent(std::unique_ptr<ByteSource> content) : content_{std::move(content)} {}
  std::uint64_t size() const override { return content_->size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return content_->read_some(offset, out);
  }
  std::string_view method() const override { return "raw_ntfs"; }
  std::uint64_t resumes_at(std::uint64_t offset) override { return content_->resumes_at(offset); }

 private:
  std::unique_ptr<ByteSource> content_;
};

Result<std::unique_ptr<ByteSource>> marked(Result<std::unique_ptr<ByteSource>> content) {
  if (!content) return content;
  return std::unique_ptr<ByteSource>{std::make_unique<RawContent>(*std::move(content))};
}

/// `\\?\C:` and `\\?\Volume{…}` name the root's file system; `\\.\C:` and the second name the
/// device.
std::wstring device_of(std::wstring root) {
  if (root.starts_with(L"\\\\?\\") && root.size() == 6 && root[5] == L':') root[2] = L'.';
  return root;
}

}  // namespace

RawFiles::RawFiles(const std::vector<Mount>& mounts, const std::vector<VolumeInfo>& known) {
  const auto is_ntfs = [&](const std::string& name) {
    const auto volume = std::find_if(known.begin(), known.end(),
                                     [&](const VolumeInfo& info) { return info.name == name; });
    return volume != known.end() && volume->file_system == "NTFS";
  };
  for (const Mount& mount : mounts)
    if (mount.below.empty() && is_ntfs(mount.volume))
      devices_[fold_case(mount.volume)] = {device_of(mount.root)};
}

Result<NtfsVolumeFiles*> RawFiles::files_of(const std::string& volume) {
  const auto found = devices_.find(fold_case(volume));
  if (found == devices_.end())
    return Error{Errc::not_found, "volume " + volume, std::nullopt, "not a volume of NTFS"};
  Device& device = found->second;
  if (!device.is_open) {
    device.is_open = true;
    auto bytes = open_raw_volume(device.path);
    // What Wine calls a volume is a folder, but for those that are mapped to a device or an image.
    const bool is_folder = !bytes && !emulator_name().empty();
    auto opened = bytes ? ntfs::Volume::open(*std::move(bytes)) : bytes.error();
    if (opened) {
      for (const Error& problem : (*opened)->problems()) remark(volume, problem, {});
      device.files = std::make_unique<NtfsVolumeFiles>(*std::move(opened));
    } else {
      device.failed = std::move(opened).error();
      if (is_folder)
        device.failed->code = Errc::not_found;
      else
        remark(volume, *device.failed,
               "what Windows shows nobody or a program holds cannot be read: ");
    }
  }
  if (device.failed) return *device.failed;
  return device.files.get();
}

void RawFiles::remark(const std::string& volume, const Error& error, const std::string& what) {
  constexpr std::size_t kMaxRemarks = 100;
  if (remarks_.size() < kMaxRemarks)
    remarks_.push_back({error.code, "volume " + volume, error.offset, what + error.text()});
}

Result<FileInfo> RawFiles::stat(const EvidencePath& path) {
  HOZEN_TRY(NtfsVolumeFiles* const files, files_of(path.volume()));
  HOZEN_TRY(const std::uint32_t record, files->internal_record(path));
  HOZEN_TRY(FileInfo info, files->info(record, path));
  if (path.stream().empty()) return info;
  HOZEN_TRY(const auto content, files->open(record, path));
  info.path = path;
  info.size = content->size();
  info.sparse_head_bytes = files->sparse_head(path, *content);
  info.is_directory = false;
  return info;
}

Result<std::unique_ptr<ByteSource>> RawFiles::open(const EvidencePath& path) {
  HOZEN_TRY(NtfsVolumeFiles* const files, files_of(path.volume()));
  HOZEN_TRY(const std::uint32_t record, files->internal_record(path));
  return marked(files->open(record, path));
}

Result<std::unique_ptr<ByteSource>> RawFiles::open(const FileInfo& info, const EvidencePath& path) {
  HOZEN_TRY(NtfsVolumeFiles* const files, files_of(path.volume()));
  if (!info.file_reference)
    return Error{Errc::unsupported, path.text(), std::nullopt, "its file record is not known"};
  const auto reference = ntfs::FileReference::from_u64(*info.file_reference);
  if (reference.record > 0xFFFF'FFFF)
    return Error{Errc::unsupported, path.text(), std::nullopt, "its record has too high a number"};
  // The volume changes while it is read: where the content lies is taken from the record between
  // two looks that agree.
  constexpr int kLooks = 3;
  for (int look = 0; look < kLooks; ++look) {
    const auto before = files->volume().read_file(reference.record);
    if (!before || before->state != ntfs::SlotState::record) continue;
    const bool same = reference.sequence == 0 || reference.sequence == before->sequence;
    if (!same || !before->in_use())
      return Error{Errc::malformed, path.text(), std::nullopt,
                   "the file record holds another file by now"};
    auto content = files->open(static_cast<std::uint32_t>(reference.record), path);
    const auto after = files->volume().read_file(reference.record);
    if (after && after->state == ntfs::SlotState::record && after->lsn == before->lsn &&
        after->sequence == before->sequence)
      return marked(std::move(content));
  }
  return Error{Errc::io, path.text(), std::nullopt,
               "its file record cannot be read or changes all the time"};
}

Result<DeletedContent> RawFiles::open_deleted(const DeletedFile& file) {
  HOZEN_TRY(NtfsVolumeFiles* const files, files_of(file.path.volume()));
  // Its record says where the content lies before $Bitmap says that this is free: the other way
  // round another file could come between the two.
  HOZEN_TRY(DeletedContent found, hozen::open_deleted(*files, file, VolumeUse::running));
  const auto after = files->volume().read_file(file.record());
  if (!after || after->in_use() || after->sequence != file.sequence())
    return Error{Errc::malformed, file.path.text(), std::nullopt,
                 "the file record holds another file by now"};
  if (found.content) found.content = std::make_unique<RawContent>(std::move(found.content));
  return found;
}

}  // namespace hozen::win32
