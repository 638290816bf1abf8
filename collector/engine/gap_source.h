// A file of which parts cannot be read: a bad sector, lost clusters, a damaged compression unit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "collector/base/byte_source.h"

namespace hozen {

/// A part of a file, in bytes from its beginning.
struct FileGap {
  std::uint64_t offset = 0, size = 0;
};

/// The bytes of `inner`, which must outlive it, and zeros where it cannot be read, as far as
/// something that can be read follows: where nothing does, its error is the answer.
class GapSource final : public ByteSource {
 public:
  /// So many gaps a file are bridged, and so many attempts are made to read on.
  static constexpr std::size_t kMaxGaps = 1000, kMaxAttempts = 4096;

  /// `stops`: whether `inner` fails from now on because the run is to end, which is no gap; asked
  /// while zeros are given too.
  using Stops = std::function<bool()>;
  explicit GapSource(ByteSource& inner, Stops stops = {})
      : inner_{inner}, stops_{std::move(stops)} {}

  std::uint64_t size() const override { return inner_.size(); }
  std::string_view method() const override { return inner_.method(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;

  /// Met so far, in order.
  const std::vector<FileGap>& gaps() const { return gaps_; }
  const std::optional<Error>& first_error() const { return first_error_; }

 private:
  const FileGap* gap_at(std::uint64_t offset) const;
  std::optional<std::uint64_t> find_end(std::uint64_t offset);
  void add(FileGap gap);

  ByteSource& inner_;
  const Stops stops_;
  std::vector<FileGap> gaps_;
  std::optional<Error> first_error_;
  std::size_t attempts_ = 0;
};

}  // namespace hozen
