// Facts that have no room in memory, compressed in a scratch file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/engine/line_sorter.h"
#include "collector/module/fact_store.h"

namespace hozen {

class BlockOverflow final : public FactOverflow {
 public:
  /// The file is opened when more than 1 MiB is put away. `scratch` may be called until then.
  explicit BlockOverflow(ScratchFactory scratch) : store_{kKeptBytes, std::move(scratch)} {}

  Result<void> put(std::string_view block) override {
    HOZEN_TRY(auto kept, store_.put(block));
    blocks_.push_back(std::move(kept));
    return {};
  }
  Result<void> each(FunctionRef<void(std::string_view)> take) override {
    std::string content;
    for (BlockStore::Block& block : blocks_) {
      HOZEN_CHECK(store_.take(block, content));
      take(content);
    }
    blocks_.clear();
    return {};
  }
  std::uint64_t scratch_bytes() const { return store_.file_bytes(); }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20u;
  BlockStore store_;
  std::vector<BlockStore::Block> blocks_;
};

}  // namespace hozen
