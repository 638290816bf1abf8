// A file that opens but does not let itself be read: another program has locked bytes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "collector/base/byte_source.h"

namespace hozen {

/// The bytes of `first`, and from where that fails with Errc::io those of another way to the same
/// file. Not safe for two threads at once.
class SecondWay final : public ByteSource {
 public:
  using Open = std::function<Result<std::unique_ptr<ByteSource>>()>;
  /// `open_second` is called once, when it is needed; so long must live what it uses.
  SecondWay(std::unique_ptr<ByteSource> first, Open open_second)
      : first_{std::move(first)}, open_second_{std::move(open_second)} {}

  std::uint64_t size() const override { return first_->size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override;
  std::uint64_t resumes_at(std::uint64_t offset) override;
  /// Of the second where all bytes are its; "mixed" where the first gave some.
  std::string_view method() const override;

 private:
  std::unique_ptr<ByteSource> first_, second_{};
  Open open_second_;
  std::optional<Error> why_no_second_{};
  bool has_first_given_ = false;
};

}  // namespace hozen
