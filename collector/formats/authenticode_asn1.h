// ASN.1 as signatures hold it: DER, and BER where old tools wrote that (indefinite lengths, strings
// in pieces). Views only; nothing recurses deeper than a cap.
//
// Source: ITU-T X.690.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"

namespace hozen::asn1 {

constexpr std::uint8_t kBoolean = 0x01, kInteger = 0x02, kOctets = 0x04, kObject = 0x06,
                       kUtf8 = 0x0C, kPrintable = 0x13, kTeletex = 0x14, kIa5 = 0x16,
                       kUtcTime = 0x17, kGeneralizedTime = 0x18, kUniversal = 0x1C, kBmp = 0x1E,
                       kSequence = 0x30, kSet = 0x31;
constexpr std::uint8_t kConstructed = 0x20;
/// Tag [number] of the context; with kConstructed for what has parts.
constexpr std::uint8_t context(std::uint8_t number) {
  return static_cast<std::uint8_t>(0x80u | number);
}
constexpr std::uint8_t context_parts(std::uint8_t number) {
  return static_cast<std::uint8_t>(0xA0u | number);
}

/// Parts of indefinite length within each other; old signing tools make five.
constexpr std::size_t kMaxIndefinite = 12;
/// Of a dotted number; those of signatures have ten parts.
constexpr std::size_t kMaxObjectBytes = 64;

struct Node {
  std::uint8_t tag = 0;  ///< as it stands, class and kConstructed included
  Bytes whole{};         ///< with tag, length and, for indefinite lengths, the end mark
  Bytes content{};
  bool has_parts() const { return (tag & kConstructed) != 0; }
};

/// The one that `data` begins with; more may follow. Errc::truncated, Errc::malformed, Errc::limit.
Result<Node> read_node(Bytes data, std::string_view what);

/// What lies one behind the other in a node.
class Parts {
 public:
  explicit Parts(Bytes content) : rest_{content} {}
  bool empty() const { return rest_.empty(); }
  std::size_t bytes_left() const { return rest_.size(); }
  /// The next one, whatever it is.
  Result<Node> next(std::string_view what);
  /// The next one, which is to have this tag; else Errc::malformed.
  Result<Node> next(std::uint8_t tag, std::string_view what);
  /// The next one if it has this tag and can be read; else nothing, and it stays the next.
  std::optional<Node> next_if(std::uint8_t tag);

 private:
  Bytes rest_;
};

/// "1.2.840.113549.1.7.2"; "" for what is none.
std::string object_text(Bytes content);
/// UTCTime and GeneralizedTime in UTC, with fractions; nothing for others and for what is no time.
std::optional<FileTime> time_of(const Node& node);
/// Of any kind of string as UTF-8; "" for what is no string.
std::string text_of(const Node& node);
/// An octet string that may be in pieces, put together.
Result<std::vector<std::byte>> octets_of(const Node& node, std::string_view what);

}  // namespace hozen::asn1
