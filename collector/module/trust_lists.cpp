#include "collector/module/trust_lists.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "collector/base/text.h"
#include "collector/formats/authenticode_certificate.h"

namespace hozen {
namespace {

constexpr std::size_t kSha1Digits = 40, kSha256Digits = 64;

std::string text_of(Bytes file) {
  constexpr std::uint16_t kUtf16Mark = 0xFEFF;
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
  if (file.get<std::uint16_t>(0) == kUtf16Mark) return wtf8_from_utf16le(file.tail(2));
  std::string_view text = file.chars();
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  return std::string{text};
}

/// The digits of a thumbprint, however it was copied. Windows' dialog puts an invisible mark of
/// direction before them (U+200E).
std::optional<std::string> thumbprint_of(std::string_view line) {
  constexpr std::string_view kMark = "\xE2\x80\x8E";
  if (line.starts_with(kMark)) line.remove_prefix(kMark.size());
  std::string digits;
  for (const char c : line) {
    if (c == ' ' || c == ':' || c == '\t') continue;
    if (std::string_view{"0123456789abcdefABCDEF"}.find(c) == std::string_view::npos)
      return std::nullopt;
    digits += c;
  }
  if (digits.size() != kSha1Digits && digits.size() != kSha256Digits) return std::nullopt;
  return to_lower_ascii(digits);
}

}  // namespace

Result<std::vector<std::vector<std::byte>>> read_certificates(Bytes file) {
  HOZEN_TRY(std::vector<authenticode::Certificate> certificates,
            authenticode::parse_certificates(file));
  if (certificates.empty()) return Error{Errc::malformed, "certificates", {}, "there is none"};
  if (certificates.size() > kMaxGivenCertificates) return Error{Errc::limit, "certificates"};
  std::vector<std::vector<std::byte>> all;
  all.reserve(certificates.size());
  for (authenticode::Certificate& certificate : certificates)
    all.push_back(std::move(certificate.der));
  return all;
}

Result<std::vector<std::string>> read_thumbprints(Bytes file) {
  const std::string whole = text_of(file);
  std::vector<std::string> thumbprints;
  std::size_t number = 0;
  for (std::string_view rest = whole; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    line = trim(line.substr(0, line.find_first_of("#;")));
    if (line.empty()) continue;
    auto thumbprint = thumbprint_of(line);
    if (!thumbprint)
      return Error{Errc::malformed,
                   "line " + std::to_string(number),
                   {},
                   "no thumbprint: 40 hexadecimal digits (SHA-1) or 64 (SHA-256)"};
    if (thumbprints.size() >= kMaxGivenThumbprints) return Error{Errc::limit, "thumbprints"};
    thumbprints.push_back(*std::move(thumbprint));
  }
  std::sort(thumbprints.begin(), thumbprints.end());
  thumbprints.erase(std::unique(thumbprints.begin(), thumbprints.end()), thumbprints.end());
  return thumbprints;
}

}  // namespace hozen
