#include "collector/source/live_source.h"

#include "collector/base/system_dll_win32.h"
#include "collector/source/live_host_win32.h"
#include "collector/source/live_registry.h"
#include "collector/source/live_services_win32.h"
#include "collector/source/live_state.h"
#include "collector/source/live_tasks_win32.h"
#include "collector/source/live_volumes_win32.h"
#include "collector/source/registry.h"
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
  LiveSource(LiveVolumes volumes, FileTime started)
      : volumes_{std::move(volumes.known)},
        tree_{std::move(volumes.readable), keeps_access_times_up_to_date()},
        registry_{make_live_registry()},
        started_{started} {}

  std::string_view kind() const override { return "live"; }
  std::string describe() const override { return "this host"; }
  std::string_view method() const override { return "file_api"; }
  const std::vector<VolumeInfo>& volumes() const override { return volumes_; }
  Result<FileInfo> stat(const EvidencePath& path) override { return tree_.stat(path); }
  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    return tree_.real_folder(path);
  }
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override {
    return tree_.walk(directory, visit, problem);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    return tree_.open(path);
  }
  Registry* api_registry() override { return registry_.get(); }
  const LiveState* live_state() override {
    if (!state_) {
      state_.emplace();
      if (auto listed = list_live_services(*state_); !listed)
        state_->services_failed = listed.error();
      if (auto tasks = list_live_tasks())
        state_->tasks = *std::move(tasks);
      else
        state_->tasks_failed = tasks.error();
    }
    return &*state_;
  }
  std::optional<HostFacts> live_host() override { return complete_host_facts(registry_->host()); }
  std::optional<FileTime> live_time() const override { return started_; }

 private:
  std::vector<VolumeInfo> volumes_;
  win32::Tree tree_;
  std::unique_ptr<Registry> registry_;
  std::optional<LiveState> state_;
  FileTime started_;
};

}  // namespace

Result<std::unique_ptr<EvidenceSource>> make_live_source(FileTime started) {
  expose_placeholders();
  LiveVolumes volumes = list_live_volumes();
  if (volumes.readable.empty())
    return Error{Errc::io, "volumes of this host", {}, "none is readable"};
  return std::unique_ptr<EvidenceSource>{std::make_unique<LiveSource>(std::move(volumes), started)};
}

}  // namespace hozen
