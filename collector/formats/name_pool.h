// Very many names in little memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {

/// Names one behind the other, in pieces: one long text is there twice whenever it has to grow.
class NamePool {
 public:
  static constexpr std::size_t kPieceBytes = 256u << 10;

  /// Where the name is from now on. Nothing past 4 GiB, and for a name longer than a piece.
  std::optional<std::uint32_t> add(std::string_view name) {
    constexpr std::uint64_t kMost = 0xFFFF'FFFF;
    if (name.size() > kPieceBytes) return std::nullopt;
    if (pieces_.empty() || pieces_.back().size() + name.size() > kPieceBytes) {
      if ((pieces_.size() + 1) * std::uint64_t{kPieceBytes} > kMost) return std::nullopt;
      pieces_.emplace_back().reserve(kPieceBytes);
    }
    std::string& piece = pieces_.back();
    const std::uint64_t at = (pieces_.size() - 1) * std::uint64_t{kPieceBytes} + piece.size();
    piece += name;
    return static_cast<std::uint32_t>(at);
  }
  std::string_view get(std::uint32_t at, std::size_t size) const {
    if (size == 0) return {};
    return std::string_view{pieces_[at / kPieceBytes]}.substr(at % kPieceBytes, size);
  }

 private:
  std::vector<std::string> pieces_;
};

}  // namespace hozen
