// Evidence held in memory: volumes, folders and files made by hand.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/source/source.h"

namespace hozen::fake {

/// A file or folder of a FakeSource; set what matters, the rest is as a plain file has it.
struct Entry {
  FileInfo facts;                ///< path, size and streams are kept up to date by the source
  std::vector<std::byte> bytes;  ///< of the unnamed stream
  std::map<std::string, std::vector<std::byte>> streams;
  std::optional<Error> unreadable;  ///< open() of a file, walk() into a folder fail with this
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      bad;                  ///< first and end of bytes of the unnamed stream that cannot be read
  std::string_view method;  ///< how its content is read, where that is not as all of the source
  std::optional<Error>
      closed;  ///< a folder that cannot be entered: what lies below fails with this
  std::function<void()> on_open;  ///< called by each open(): a file that changes between two reads
};

/// Case-insensitive, in-memory EvidenceSource. Entries are listed in the order of their folded
/// names.
class FakeSource final : public EvidenceSource {
 public:
  FakeSource();
  ~FakeSource() override;

  void add_volume(VolumeInfo volume);
  /// Make the entry and all folders above it (and its volume); an existing one is returned as it
  /// is.
  Entry& add_folder(const EvidencePath& path);
  Entry& add_file(const EvidencePath& path, std::vector<std::byte> bytes);
  void remove(const EvidencePath& path);  ///< with everything below it
  Entry* find(const EvidencePath& path);  ///< nullptr when it is not there
  /// Every entry, those of other volumes included; what is in both becomes `other`'s.
  void merge(const FakeSource& other);
  std::uint64_t opened() const;  ///< how often open() succeeded
  std::uint64_t walked() const;  ///< how often walk() was called
  /// From now on a live source with this API registry and live state, which must outlive it.
  void be_live(Registry& api, const LiveState* state = nullptr) {
    api_ = &api;
    state_ = state;
  }
  void have_host(HostFacts facts) { host_ = std::move(facts); }

  std::string_view kind() const override { return api_ == nullptr ? "folder" : "live"; }
  std::string describe() const override { return "fake"; }
  std::string_view method() const override { return "file_api"; }
  const std::vector<VolumeInfo>& volumes() const override;
  Result<FileInfo> stat(const EvidencePath& path) override;
  Result<void> walk(const EvidencePath& directory,
                    const std::function<Visit(const FileInfo&)>& visit,
                    const std::function<void(const EvidencePath&, Error)>& problem) override;
  Result<std::unique_ptr<ByteSource>> open(const EvidencePath& path) override;
  Result<std::unique_ptr<ByteSource>> open_volume(const std::string& volume) override {
    const auto found = volume_bytes.find(volume);
    if (found == volume_bytes.end()) return EvidenceSource::open_volume(volume);
    return found->second();
  }
  Result<std::unique_ptr<ByteSource>> open_other_way(const EvidencePath& path) override;
  /// What that gives, by folded path, as "raw_ntfs".
  std::map<std::string, std::vector<std::byte>> other_ways;
  std::map<std::string, Error> no_other_ways;  ///< why it gives nothing, by folded path
  /// What open_volume() gives.
  std::map<std::string, std::function<Result<std::unique_ptr<ByteSource>>()>> volume_bytes;
  Registry* api_registry() override { return api_; }
  const LiveState* live_state() override { return state_; }
  std::optional<HostFacts> live_host() override { return host_; }

 private:
  struct State;
  std::unique_ptr<State> self_;
  Registry* api_ = nullptr;
  const LiveState* state_ = nullptr;
  std::optional<HostFacts> host_;
};

std::vector<std::byte> bytes_from(std::string_view text);

}  // namespace hozen::fake
