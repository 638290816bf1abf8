#include "collector/formats/authenticode_content.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_crypto.h"

namespace hozen::authenticode {
namespace {

using asn1::Node;
using asn1::Parts;

constexpr std::string_view kOpusInfo = "1.3.6.1.4.1.311.2.1.12",
                           kMessageDigest = "1.2.840.113549.1.9.4",
                           kPageHashesSha1 = "1.3.6.1.4.1.311.2.3.1",
                           kPageHashesSha256 = "1.3.6.1.4.1.311.2.3.2";

std::string without_nul(std::string text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

/// SpcString: [0] UTF-16, [1] ASCII.
std::string spc_string(Bytes content) {
  const auto node = asn1::read_node(content, "text");
  return node ? without_nul(asn1::text_of(*node)) : std::string{};
}

PageTable page_hashes_in(Bytes serialized) {
  PageTable table;
  const auto set = asn1::read_node(serialized, "page hashes");
  if (!set) return table;
  Parts parts{set->content};
  const auto one = parts.next_if(asn1::kSequence);
  if (!one) return table;
  Parts fields{one->content};
  const auto object = fields.next_if(asn1::kObject);
  if (!object) return table;
  const std::string text = asn1::object_text(object->content);
  if (text == kPageHashesSha1) table.algorithm = Algorithm::sha1;
  if (text == kPageHashesSha256) table.algorithm = Algorithm::sha256;
  const auto values = fields.next_if(asn1::kSet);
  if (!values) return table;
  if (const auto octets = asn1::read_node(values->content, "page hashes"))
    table.entries = octets->content;
  return table;
}

/// SpcPeImageData: flags, and a link with an object of Microsoft's serializer
/// in it.
PageTable page_table_of_image(Bytes value) {
  Parts fields{value};
  constexpr std::uint8_t kBits = 0x03;
  (void)fields.next_if(kBits);
  const auto link = fields.next_if(asn1::context_parts(0));
  if (!link) return {};
  const auto moniker = asn1::read_node(link->content, "link");
  if (!moniker || moniker->tag != asn1::context_parts(1)) return {};
  Parts parts{moniker->content};
  (void)parts.next_if(asn1::kOctets);  // class of the object
  const auto serialized = parts.next_if(asn1::kOctets);
  return serialized ? page_hashes_in(serialized->content) : PageTable{};
}

}  // namespace

std::vector<Certificate> parse_all(const std::vector<Bytes>& ders, std::size_t& unreadable,
                                   CertificateCache& cache) {
  std::vector<Certificate> certificates;
  for (const Bytes der : ders) {
    auto one = cache.parse(der);
    one ? certificates.push_back(*std::move(one)) : void(++unreadable);
  }
  return certificates;
}

const Certificate* find_signer(const SignerInfo& signer, const std::vector<Certificate>& among) {
  if (signer.issuer.empty()) {
    const auto found = std::ranges::find_if(among, [&](const Certificate& one) {
      return std::ranges::equal(one.key_identifier, signer.key_identifier.span());
    });
    return found == among.end() ? nullptr : &*found;
  }
  const std::string serial = serial_text(signer.serial);
  const Certificate* by_serial = nullptr;
  for (const Certificate& one : among) {
    if (one.serial != serial) continue;
    if (std::ranges::equal(one.issuer.der, signer.issuer.span())) return &one;
    by_serial = &one;
  }
  // The same name may be written as another kind of string.
  return by_serial;
}

bool content_holds(const SignerInfo& signer, Bytes content) {
  if (!signer.has_attributes) return true;
  const auto stated =
      asn1::Node{single_value(find_attribute(signer.attributes, kMessageDigest)).value_or(Node{})};
  const Digest digest = digest_of(signer.algorithm, {content.span()});
  return stated.tag == asn1::kOctets && !digest.bytes.empty() &&
         std::ranges::equal(stated.content.span(), digest.bytes);
}

PageTable page_table(Bytes content) {
  Parts parts{content};
  const auto data = parts.next_if(asn1::kSequence);
  if (!data) return {};
  Parts fields{data->content};
  if (!fields.next_if(asn1::kObject)) return {};
  const auto value = fields.next_if(asn1::kSequence);
  return value ? page_table_of_image(value->content) : PageTable{};
}

void read_opus(const SignerInfo& signer, Signature& out) {
  const auto value = single_value(find_attribute(signer.attributes, kOpusInfo));
  if (!value) return;
  Parts fields{value->content};
  if (const auto name = fields.next_if(asn1::context_parts(0)))
    out.program_name = spc_string(name->content);
  const auto link = fields.next_if(asn1::context_parts(1));
  if (!link) return;
  const auto target = asn1::read_node(link->content, "link");
  if (!target) return;
  if (target->tag == asn1::context_parts(2))
    out.more_info = spc_string(target->content);
  else if (target->tag == asn1::context(0))
    out.more_info = without_nul(to_wtf8_lossy(target->content.chars()));
}

Result<void> read_indirect_data(Bytes content, Signature& out) {
  constexpr std::string_view kWhat = "digest of the file in the signature";
  Parts parts{content};
  HOZEN_TRY(const Node data, parts.next(asn1::kSequence, kWhat));
  Parts fields{data.content};
  HOZEN_TRY([[maybe_unused]] const Node type, fields.next(asn1::kObject, kWhat));
  if (const auto value = fields.next_if(asn1::kSequence))
    out.page_hashes = page_table_of_image(value->content).algorithm;
  HOZEN_TRY(const Node info, parts.next(asn1::kSequence, kWhat));
  Parts digest{info.content};
  HOZEN_TRY(const Node algorithm, digest.next(asn1::kSequence, kWhat));
  HOZEN_TRY(const Node octets, digest.next(asn1::kOctets, kWhat));
  out.digest = {algorithm_of(algorithm.content),
                {octets.content.span().begin(), octets.content.span().end()}};
  if (out.digest.algorithm == Algorithm::unknown)
    return Error{Errc::unsupported, "algorithm of the file's digest", content.base()};
  return {};
}

}  // namespace hozen::authenticode
