// Holds the rows of artifacts.jsonl against the entries they name.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/engine/bundle_reader.h"
#include "collector/engine/manifest.h"

namespace hozen {

/// What a row of artifacts.jsonl says that verify and extract need.
struct ArtifactFacts {
  std::string path;   ///< exact, WTF-8
  std::string entry;  ///< "" when nothing was stored
  std::uint64_t stored = 0;
  std::optional<Sha256Digest> sha256{};
  FileTime created{}, modified{}, accessed{};
  /// Of a deleted file "<record>-<sequence>": its folder; "" for one that was there.
  std::string deleted_folder{};
};

/// Errc::malformed when the line is not such a row.
Result<ArtifactFacts> parse_artifact_row(std::string_view line);

/// Checks rows as the data of a segment passes by.
class ArtifactCheck {
 public:
  /// The entry of a name, nullptr when there is none.
  using Find = std::function<const BundleEntry*(std::string_view)>;
  explicit ArtifactCheck(Find find);
  ArtifactCheck(const ArtifactCheck&) = delete;
  ArtifactCheck& operator=(const ArtifactCheck&) = delete;

  void feed(std::span<const std::byte> bytes);
  /// After the last piece: what is wrong with which row; a hundred at the most.
  const std::vector<std::string>& faults();
  std::uint64_t rows() const { return rows_; }

 private:
  void check(std::string_view line);

  Find find_;
  std::uint64_t rows_ = 0;
  std::vector<std::string> faults_;
  bool too_long_ = false;
  LineSplitter splitter_;
};

}  // namespace hozen
