#include "collector/source/second_way.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/builders/fake_source.h"

namespace hozen {
namespace {

/// Bytes of which those from `locked` on cannot be read.
class Locked final : public ByteSource {
 public:
  Locked(std::string_view text, std::uint64_t locked, Errc code = Errc::io)
      : bytes_{fake::bytes_from(text)}, locked_{locked}, code_{code} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= locked_) return Error{code_, "file data", offset, "ReadFile: error 33"};
    return bytes_.read_some(
        offset,
        out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), locked_ - offset))));
  }

 private:
  MemorySource bytes_;
  std::uint64_t locked_;
  Errc code_;
};

class Raw final : public ByteSource {
 public:
  explicit Raw(std::string_view text) : bytes_{fake::bytes_from(text)} {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return bytes_.read_some(offset, out);
  }
  std::string_view method() const override { return "raw_ntfs"; }

 private:
  MemorySource bytes_;
};

struct Ways {
  explicit Ways(std::uint64_t locked, Errc code = Errc::io)
      : source{std::make_unique<Locked>("abcdef", locked, code), [this]() {
                 ++opened;
                 return second();
               }} {}
  Result<std::unique_ptr<ByteSource>> second() const {
    if (refused) return Error{Errc::unsupported, "C:\\a", std::nullopt, "not NTFS"};
    return std::unique_ptr<ByteSource>{std::make_unique<Raw>("ABCDEF")};
  }
  std::string text() {
    const auto bytes = read_all(source, 100);
    if (!bytes) return bytes.error().text();
    std::string text;
    for (const std::byte b : *bytes) text += static_cast<char>(b);
    return text;
  }
  int opened = 0;
  bool refused = false;
  SecondWay source;
};

TEST(SecondWay, IsNotTakenWithoutNeed) {
  Ways ways{100};
  EXPECT_EQ(ways.text(), "abcdef");
  EXPECT_EQ(ways.opened, 0);
  EXPECT_EQ(ways.source.method(), "");
}

TEST(SecondWay, IsTakenFromWhereTheFirstFails) {
  Ways all{0}, some{4};
  EXPECT_EQ(all.text(), "ABCDEF");
  EXPECT_EQ(all.source.method(), "raw_ntfs");
  EXPECT_EQ(some.text(), "abcdEF");
  EXPECT_EQ(some.source.method(), "mixed");
  EXPECT_EQ(some.opened, 1);
}

TEST(SecondWay, ThatIsNotThereIsSaid) {
  Ways ways{4};
  ways.refused = true;
  const std::string error = ways.text();
  EXPECT_NE(error.find("error 33"), std::string::npos) << error;
  EXPECT_NE(error.find("from the volume: C:\\a"), std::string::npos) << error;
  EXPECT_EQ(ways.text(), error);
  EXPECT_EQ(ways.opened, 1) << "asked for once";
}

TEST(SecondWay, IsForRefusalsOfTheSystemOnly) {
  Ways ways{2, Errc::malformed};
  EXPECT_NE(ways.text().find("error 33"), std::string::npos);
  EXPECT_EQ(ways.opened, 0);
}

}  // namespace
}  // namespace hozen
