#include "collector/source/tree_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "collector/source/section_source.h"

namespace hozen {
namespace {

/// Folders that Windows makes in the root of the volume it is installed on.
constexpr std::array<std::string_view, 8> kSystemVolumeFolders{"Windows",
                                                               "WINNT",
                                                               "Windows.old",
                                                               "Users",
                                                               "Program Files",
                                                               "ProgramData",
                                                               "Documents and Settings",
                                                               "Windows.old.000"};

class TreeSource final : public EvidenceSource {
 public:
  TreeSource(TreeOrigin origin, std::unique_ptr<FileTree> tree, std::vector<VolumeInfo> volumes,
             std::vector<Error> remarks, VolumeBytes bytes)
      : origin_{std::move(origin)},
        tree_{std::move(tree)},
        volumes_{std::move(volumes)},
        remarks_{std::move(remarks)},
        bytes_{std::move(bytes)} {}

  std::string_view kind() const override { return origin_.kind; }
  std::string describe() const override { return origin_.given; }
  std::string_view method() const override { return origin_.method; }
  const std::vector<VolumeInfo>& volumes() const override { return volumes_; }
  Result<FileInfo> stat(const EvidencePath& path) override { return tree_->stat(path); }
  bool is_untouched(const EvidencePath& path) override { return tree_->is_untouched(path); }
  Result<EvidencePath> real_folder(const EvidencePath& path) override {
    return tree_->real_folder(path);
  }
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override {
    return tree_->walk(directory, visit, problem);
  }
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override {
    return tree_->open(path);
  }
  Result<std::unique_ptr<ByteSource>> open_volume(const std::string& volume) override {
    if (bytes_.empty()) return EvidenceSource::open_volume(volume);
    const auto found = bytes_.find(volume);
    if (found == bytes_.end()) return Error{Errc::not_found, "volume " + volume};
    return std::unique_ptr<ByteSource>{
        std::make_unique<SectionSource>(found->second, 0, found->second->size())};
  }
  std::vector<EvidencePath> spellings(const EvidencePath& path, std::size_t fixed) override {
    return tree_->spellings(path, fixed);
  }
  std::string key(const EvidencePath& path) override { return tree_->key(path); }
  bool reads_deleted(std::string_view volume) override { return tree_->reads_deleted(volume); }
  Result<DeletedContent> open_deleted(const DeletedFile& file) override {
    return tree_->open_deleted(file);
  }
  std::vector<Error> take_remarks() override {
    std::vector<Error> remarks = std::exchange(remarks_, {});
    for (Error& error : tree_->take_remarks()) remarks.push_back(std::move(error));
    return remarks;
  }
  Registry* api_registry() override { return nullptr; }

 private:
  TreeOrigin origin_;
  std::unique_ptr<FileTree> tree_;
  std::vector<VolumeInfo> volumes_;
  std::vector<Error> remarks_;
  VolumeBytes bytes_;
};

bool has_folder(FileTree& tree, const EvidencePath& asked) {
  for (const EvidencePath& path : tree.spellings(asked, 0))
    if (const auto info = tree.stat(path); info && info->is_directory && !info->is_link)
      return true;
  return false;
}

}  // namespace

std::unique_ptr<EvidenceSource> make_tree_source(TreeOrigin origin, std::unique_ptr<FileTree> tree,
                                                 std::vector<VolumeInfo> volumes,
                                                 std::vector<Error> remarks, VolumeBytes bytes) {
  return std::make_unique<TreeSource>(std::move(origin), std::move(tree), std::move(volumes),
                                      std::move(remarks), std::move(bytes));
}

bool is_system_volume(FileTree& tree, const EvidencePath& folder) {
  return std::any_of(kSystemVolumeFolders.begin(), kSystemVolumeFolders.end(),
                     [&](std::string_view name) { return has_folder(tree, folder / name); });
}

}  // namespace hozen
