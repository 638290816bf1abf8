#include "collector/formats/authenticode_certificate.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>

#include "collector/base/text.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_crypto.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::authenticode {
namespace {

constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3", kTimestamping = "1.3.6.1.5.5.7.3.8",
                           kAnyUsage = "2.5.29.37.0", kLifetime = "1.3.6.1.4.1.311.10.3.13";
constexpr std::size_t kMaxNameParts = 64, kMaxUsages = 64, kMaxTextBytes = 4096;

struct FreeUsages {
  void operator()(EXTENDED_KEY_USAGE* usages) const {
    sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
  }
};

std::string dotted(const ASN1_OBJECT* object) {
  std::array<char, 256> text{};
  if (object == nullptr || OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1) <= 0)
    return {};
  return text.data();
}

std::string value_text(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) {
    std::string text;
    append_wtf8_from_latin1(
        text, Bytes{bytes_from(ASN1_STRING_get0_data(value), ASN1_STRING_length(value))}.head(
                  kMaxTextBytes));
    return text;
  }
  const std::string text = to_wtf8_lossy(Bytes{bytes_from(utf8, size)}.head(kMaxTextBytes).chars());
  OPENSSL_free(utf8);
  return text;
}

Name name_of(const X509_NAME* name) {
  Name read;
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(name, &der, &size) == 1) {
    const auto bytes = bytes_from(der, static_cast<int>(size));
    read.der.assign(bytes.begin(), bytes.end());
  }
  const int count = std::min(X509_NAME_entry_count(name), static_cast<int>(kMaxNameParts));
  for (int i = count; i-- > 0;) {
    const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
    const ASN1_OBJECT* const object = X509_NAME_ENTRY_get_object(entry);
    const int known = OBJ_obj2nid(object);
    const std::string value = value_text(X509_NAME_ENTRY_get_data(entry));
    if (known == NID_commonName && read.common_name.empty()) read.common_name = value;
    if (known == NID_organizationName && read.organization.empty()) read.organization = value;
    if (!read.text.empty()) read.text += ", ";
    read.text +=
        (known == NID_undef ? dotted(object) : std::string{OBJ_nid2sn(known)}) + '=' + value;
  }
  return read;
}

/// As it is written: the library keeps the sign of negative ones elsewhere.
std::string serial_of(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
  const auto number = asn1::read_node(Bytes{bytes_from(der, size)}, "serial number");
  std::string text = number ? serial_text(number->content) : std::string{};
  OPENSSL_free(der);
  return text;
}

FileTime time_of(const ASN1_TIME* time) {
  const bool is_short = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
  const asn1::Node node{is_short ? asn1::kUtcTime : asn1::kGeneralizedTime,
                        {},
                        Bytes{bytes_from(ASN1_STRING_get0_data(time), ASN1_STRING_length(time))}};
  return asn1::time_of(node).value_or(FileTime{});
}

void read_usages(X509* certificate, Certificate& out) {
  int critical = 0;
  const std::unique_ptr<EXTENDED_KEY_USAGE, FreeUsages> usages{static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr))};
  if (!usages) return;
  const int count = std::min(sk_ASN1_OBJECT_num(usages.get()), static_cast<int>(kMaxUsages));
  for (int i = 0; i < count; ++i)
    out.usages.push_back(dotted(sk_ASN1_OBJECT_value(usages.get(), i)));
  const auto has = [&](std::string_view usage) {
    return std::ranges::find(out.usages, usage) != out.usages.end();
  };
  out.may_sign_code = has(kCodeSigning);
  out.may_timestamp = has(kTimestamping);
  out.is_lifetime_signing = has(kLifetime);
  if (has(kAnyUsage)) out.may_sign_code = out.may_timestamp = true;
}

void read_key(X509* certificate, Certificate& out) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate);
  ASN1_OBJECT* object = nullptr;
  if (X509_PUBKEY_get0_param(&object, nullptr, nullptr, nullptr,
                             X509_get_X509_PUBKEY(certificate)) == 1)
    out.key_algorithm = dotted(object);
  if (key == nullptr) return;
  if (EVP_PKEY_is_a(key, "RSA") == 1) out.key_algorithm = "RSA";
  if (EVP_PKEY_is_a(key, "EC") == 1) out.key_algorithm = "EC";
  out.key_bits = static_cast<std::uint32_t>(std::max(EVP_PKEY_get_bits(key), 0));
}

template <std::size_t N>
std::array<std::byte, N> digest_array(Algorithm algorithm, Bytes data) {
  std::array<std::byte, N> out{};
  const Digest digest = digest_of(algorithm, {data.span()});
  std::copy_n(digest.bytes.begin(), std::min(N, digest.bytes.size()), out.begin());
  return out;
}

constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----",
                           kPemEnd = "-----END CERTIFICATE-----";

/// Base64, whatever stands between its characters left out.
std::vector<std::byte> from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::byte> bytes;
  std::uint32_t value = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) continue;
    value = value << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::byte>(value >> bits & 0xFF));
  }
  return bytes;
}

Result<std::vector<Certificate>> parse_pem(std::string_view text) {
  std::vector<Certificate> certificates;
  for (std::size_t at = text.find(kPemBegin); at != text.npos; at = text.find(kPemBegin, at)) {
    at += kPemBegin.size();
    const std::size_t end = text.find(kPemEnd, at);
    if (end == text.npos) return Error{Errc::truncated, "PEM certificate", at};
    const std::vector<std::byte> der = from_base64(text.substr(at, end - at));
    HOZEN_TRY(Certificate one, parse_certificate(Bytes{der}));
    certificates.push_back(std::move(one));
  }
  return certificates;
}

constexpr std::array kKnown{
#include "collector/formats/authenticode_roots.inc"
};
static_assert(std::ranges::is_sorted(kKnown, {}, &KnownAuthority::sha256));

}  // namespace

namespace {

Result<Certificate> parse_both(Bytes der, X509Pointer& parsed) {
  if (der.size() > kMaxCertificateBytes) return Error{Errc::limit, "certificate", der.base()};
  // Depth and lengths are proven before the library sees them.
  HOZEN_TRY(const asn1::Node node, asn1::read_node(der, "certificate"));
  parsed = parse_x509(node.whole);
  if (!parsed || node.whole.size() != der.size())
    return Error{Errc::malformed, "certificate", der.base()};
  X509* const x509 = parsed.get();
  Certificate out;
  out.der.assign(der.span().begin(), der.span().end());
  out.subject = name_of(X509_get_subject_name(x509));
  out.issuer = name_of(X509_get_issuer_name(x509));
  out.serial = serial_of(x509);
  out.not_before = time_of(X509_get0_notBefore(x509));
  out.not_after = time_of(X509_get0_notAfter(x509));
  out.sha1 = digest_array<20>(Algorithm::sha1, der);
  out.sha256 = digest_array<32>(Algorithm::sha256, der);
  read_key(x509, out);
  if (const ASN1_OCTET_STRING* const identifier = X509_get0_subject_key_id(x509)) {
    const auto bytes =
        bytes_from(ASN1_STRING_get0_data(identifier), ASN1_STRING_length(identifier));
    out.key_identifier.assign(bytes.begin(), bytes.end());
  }
  const int signature = X509_get_signature_nid(x509);
  out.signature_algorithm = signature == NID_undef ? "" : OBJ_nid2sn(signature);
  // 1: an authority; 3 and 4: version 1 and others that may be.
  out.is_authority = X509_check_ca(x509) >= 1;
  if (const long length = X509_get_pathlen(x509); length >= 0)
    out.path_length = static_cast<std::uint32_t>(length);
  out.is_self_issued = out.subject.der == out.issuer.der;
  read_usages(x509, out);
  return out;
}

}  // namespace

Result<Certificate> parse_certificate(Bytes der) {
  X509Pointer parsed;
  return parse_both(der, parsed);
}

struct CertificateCache::Parts {
  struct Known {
    Certificate facts{};
    std::shared_ptr<X509> x509{};
  };
  std::map<Sha256Digest, Known> known{};
};

CertificateCache::CertificateCache() : parts_{std::make_unique<Parts>()} {}
CertificateCache::~CertificateCache() = default;
CertificateCache::CertificateCache(CertificateCache&&) noexcept = default;
CertificateCache& CertificateCache::operator=(CertificateCache&&) noexcept = default;

Result<Certificate> CertificateCache::parse(Bytes der) {
  constexpr std::size_t kMaxKnown = 2000;  // 10 MiB with their keys
  if (der.size() > kMaxCertificateBytes) return Error{Errc::limit, "certificate", der.base()};
  const auto sha256 = digest_array<32>(Algorithm::sha256, der);
  if (const auto found = parts_->known.find(sha256); found != parts_->known.end())
    return found->second.facts;
  X509Pointer x509;
  HOZEN_TRY(Certificate facts, parse_both(der, x509));
  if (parts_->known.size() == kMaxKnown) parts_->known.clear();
  parts_->known.emplace(sha256, Parts::Known{facts, std::shared_ptr<X509>{std::move(x509)}});
  return facts;
}

std::shared_ptr<X509> parse_x509(Bytes der, const Sha256Digest& sha256, CertificateCache& cache) {
  const auto& known = cache.parts().known;
  if (const auto found = known.find(sha256); found != known.end()) return found->second.x509;
  return std::shared_ptr<X509>{parse_x509(der)};
}

Result<std::vector<Certificate>> parse_certificates(Bytes file) {
  constexpr std::size_t kMaxFileBytes = 16u << 20;
  if (file.size() > kMaxFileBytes) return Error{Errc::limit, "certificates", file.base()};
  if (file.chars().find(kPemBegin) != std::string_view::npos) return parse_pem(file.chars());
  std::vector<Certificate> certificates;
  if (const auto data = read_signed_data(file)) {
    for (const Bytes der : data->certificates) {
      HOZEN_TRY(Certificate one, parse_certificate(der));
      certificates.push_back(std::move(one));
    }
    return certificates;
  }
  HOZEN_TRY(Certificate one, parse_certificate(file));
  certificates.push_back(std::move(one));
  return certificates;
}

Result<Bytes> certificate_in_blob(Bytes blob) {
  constexpr std::uint32_t kCertificate = 32;  // CERT_CERT_PROP_ID, wincrypt.h
  Cursor cursor{blob};
  while (cursor.remaining() > 0) {
    HOZEN_TRY(const std::uint32_t property, cursor.u32("property of a certificate"));
    HOZEN_TRY([[maybe_unused]] const std::uint32_t reserved,
              cursor.u32("property of a certificate"));
    HOZEN_TRY(const std::uint32_t size, cursor.u32("property of a certificate"));
    HOZEN_TRY(const Bytes value, cursor.take(size, "property of a certificate"));
    if (property == kCertificate) return value;
  }
  return Error{Errc::not_found, "certificate in its properties", blob.base()};
}

const KnownAuthority* known_authority(const Sha256Digest& sha256) {
  const std::string text = to_hex(sha256);
  const auto found = std::ranges::lower_bound(kKnown, text, {}, &KnownAuthority::sha256);
  return found != kKnown.end() && found->sha256 == text ? &*found : nullptr;
}

std::span<const KnownAuthority> known_authorities() { return kKnown; }

}  // namespace hozen::authenticode
