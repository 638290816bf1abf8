#include "collector/source/live_source.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "collector/base/system_dll_win32.h"
#include "collector/source/live_host_win32.h"
#include "collector/source/live_processes_win32.h"
#include "collector/source/live_registry.h"
#include "collector/source/live_services_win32.h"
#include "collector/source/live_state.h"
#include "collector/source/live_tasks_win32.h"
#include "collector/source/live_trust_win32.h"
#include "collector/source/live_volumes_win32.h"
#include "collector/source/ntfs_content.h"
#include "collector/source/raw_files_win32.h"
#include "collector/source/raw_volume_win32.h"
#include "collector/source/registry.h"
#include "collector/source/second_way.h"
#include "collector/source/win32_files_win32.h"

namespace hozen {
namespace {

/// Lets this process see cloud placeholders as what they are, so that none is opened by mistake
/// (Windows 10 and later; earlier ones have none).
void expose_placeholders() {
  constexpr char kExpose = 2;  // PHCM_EXPOSE_PLACEHOLDERS
  if (auto* set_mode =
          system_function_as<char(char)>(L"ntdll.dll", "RtlSetProcessPlaceholderCompatibilityMode"))
    set_mode(kExpose);
}

class LiveSource final : public EvidenceSource {
 public:
  LiveSource(LiveVolumes volumes, FileTime started, RawReading raw)
      : volumes_{std::move(volumes.known)},
        devices_{std::move(volumes.devices)},
        raw_{raw},
        raw_files_{volumes.readable, volumes_},
        tree_{std::move(volumes.readable), keeps_access_times_up_to_date()},
        registry_{make_live_registry()},
        started_{started} {}

  std::string_view kind() const override { return "live"; }
  std::string describe() const override { return "this host"; }
  std::string_view method() const override { return "file_api"; }
  const std::vector<VolumeInfo>& volumes() const override { return volumes_; }
  Result<FileInfo> stat(const EvidencePath& path) override {
    if (is_attribute(path)) return stat_attribute(path);
    if (!is_internal(path)) return tree_.stat(path);
    const std::lock_guard lock{raw_mutex_};
    auto info = raw_files_.stat(path);
    // No file of NTFS: an ordinary one on another file system may have such a name.
    return info || info.error().code != Errc::not_found ? info : tree_.stat(path);
  }
  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    return tree_.real_folder(path);
  }
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override {
    return tree_.walk(directory, visit, problem);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    if (is_internal(path)) {
      const std::lock_guard lock{raw_mutex_};
      auto content = raw_files_.open(path);
      if (content || content.error().code != Errc::not_found) return content;
    }
    if (is_attribute(path)) return open_raw(path);
    if (raw_ == RawReading::always) {
      auto content = open_raw(path);
      if (content) return content;
      remark_not_raw(path, content.error());
    }
    auto content = tree_.open(path);
    // Only what somebody holds: other refusals (a link, a placeholder, a folder) are meant so.
    if (raw_ != RawReading::fallback) return content;
    // A program can let a file be opened and lock its bytes.
    if (content)
      return std::unique_ptr<ByteSource>{std::make_unique<SecondWay>(
          *std::move(content), [this, path] { return open_raw(path); })};
    if (content.error().code != Errc::io) return content;
    auto raw = open_raw(path);
    if (raw) return raw;
    Error error = std::move(content).error();
    error.detail += "; from the volume: " + raw.error().text();
    return error;
  }
  Result<std::unique_ptr<ByteSource>> open_volume(const std::string& volume) override {
    const auto device = devices_.find(volume);
    if (device == devices_.end())
      return Error{Errc::unsupported, "volume " + volume, {}, "no volume of a disk of this host"};
    auto bytes = open_raw_volume(device->second);
    // What Wine calls a volume is a folder, but for those that are mapped to an image.
    if (!bytes && !emulator_name().empty())
      return Error{Errc::unsupported, "volume " + volume, {}, "a folder that Wine shows as one"};
    return bytes;
  }
  Result<std::unique_ptr<ByteSource>> open_other_way(const EvidencePath& path) override {
    if (raw_ == RawReading::never || is_internal(path)) return EvidenceSource::open_other_way(path);
    return raw_ == RawReading::always ? tree_.open(path) : open_raw(path);
  }
  bool reads_deleted(std::string_view volume) override {
    const std::lock_guard lock{raw_mutex_};
    return raw_ != RawReading::never && raw_files_.reads_deleted(volume);
  }
  Result<DeletedContent> open_deleted(const DeletedFile& file) override {
    if (raw_ == RawReading::never) return EvidenceSource::open_deleted(file);
    const std::lock_guard lock{raw_mutex_};
    return raw_files_.open_deleted(file);
  }
  std::vector<Error> take_remarks() override {
    const std::lock_guard lock{raw_mutex_};
    std::vector<Error> remarks = raw_files_.take_remarks();
    remarks.insert(remarks.end(), remarks_.begin(), remarks_.end());
    remarks_.clear();
    return remarks;
  }
  Registry* api_registry() override { return registry_.get(); }
  const LiveState* live_state() override {
    if (!state_) {
      state_.emplace();
      // What changes fastest comes first.
      if (auto listed = list_live_connections(*state_); !listed)
        state_->connections_failed = listed.error();
      if (auto listed = list_live_processes(*state_); !listed)
        state_->processes_failed = listed.error();
      if (auto listed = list_live_services(*state_); !listed)
        state_->services_failed = listed.error();
      if (auto tasks = list_live_tasks())
        state_->tasks = *std::move(tasks);
      else
        state_->tasks_failed = tasks.error();
      state_->system_trust = [keep = keeps_access_times_up_to_date()](const EvidencePath& file) {
        return ask_windows_about(file, keep);
      };
    }
    return &*state_;
  }
  std::optional<HostFacts> live_host() override { return complete_host_facts(registry_->host()); }
  std::optional<FileTime> live_time() const override { return started_; }

 private:
  bool is_internal(const EvidencePath& path) const {
    return raw_ != RawReading::never && is_ntfs_internal(path);
  }
  /// What no program on Windows opens as a stream: the extended attributes of a file, for one.
  bool is_attribute(const EvidencePath& path) const {
    return raw_ != RawReading::never && !is_internal(path) && attribute_part(path.stream());
  }
  Result<FileInfo> stat_attribute(const EvidencePath& path) {
    HOZEN_TRY(FileInfo info, tree_.stat(path.with_stream("")));
    HOZEN_TRY(const auto content, open_raw(path));
    info.path = info.path.with_stream(path.stream());
    info.size = content->size();
    info.is_directory = false;
    return info;
  }
  /// That files of a volume are not read as asked: once for each reason.
  void remark_not_raw(const EvidencePath& path, const Error& error) {
    // What is not read in any way is told by its outcome.
    if (error.code == Errc::unsupported) return;
    if (error.code == Errc::not_found && !tree_.stat(path.with_stream(""))) return;
    Error told{error.code, "volume " + path.volume(), std::nullopt,
               "--raw always: files are read through the file system: " + error.text()};
    const std::lock_guard lock{raw_mutex_};
    constexpr std::size_t kMaxTold = 100;
    if (remarked_.size() < kMaxTold && remarked_.insert(told.text()).second)
      remarks_.push_back(std::move(told));
  }
  Result<std::unique_ptr<ByteSource>> open_raw(const EvidencePath& path) {
    HOZEN_TRY(const FileInfo info, tree_.stat(path.with_stream("")));
    if (info.is_directory || info.is_link || is_placeholder(info.attributes.value_or(0)))
      return Error{Errc::unsupported, path.text(), std::nullopt, "not read from the volume"};
    const std::lock_guard lock{raw_mutex_};
    return raw_files_.open(info, info.path.with_stream(path.stream()));
  }

  std::vector<VolumeInfo> volumes_;
  std::map<std::string, std::wstring> devices_;
  const RawReading raw_;
  win32::RawFiles raw_files_;
  std::vector<Error> remarks_{};
  std::set<std::string> remarked_{};
  std::mutex raw_mutex_;  // guards the three above
  win32::Tree tree_;
  std::unique_ptr<Registry> registry_;
  std::optional<LiveState> state_;
  FileTime started_;
};

}  // namespace

Result<std::unique_ptr<EvidenceSource>> make_live_source(FileTime started, RawReading raw) {
  expose_placeholders();
  LiveVolumes volumes = list_live_volumes();
  if (volumes.readable.empty())
    return Error{Errc::io, "volumes of this host", {}, "none is readable"};
  return std::unique_ptr<EvidenceSource>{
      std::make_unique<LiveSource>(std::move(volumes), started, raw)};
}

}  // namespace hozen
