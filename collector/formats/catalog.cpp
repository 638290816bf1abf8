#include "collector/formats/catalog.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/authenticode_content.h"
#include "collector/formats/authenticode_pkcs7.h"

namespace hozen::catalog {
namespace {

using asn1::Node;
using asn1::Parts;
using authenticode::Algorithm;
using authenticode::Digest;

constexpr std::string_view kTrustList = "1.3.6.1.4.1.311.10.1",
                           kCatalogList = "1.3.6.1.4.1.311.12.1.1",
                           kIndirectData = "1.3.6.1.4.1.311.2.1.4",
                           kNameValue = "1.3.6.1.4.1.311.12.2.1";
constexpr std::size_t kMaxProblems = 100, kMaxTagBytes = 1024, kMaxValueBytes = 16u << 10;
constexpr std::size_t kSha1Bytes = 20, kSha256Bytes = 32;

void add_problem(Catalog& catalog, Error problem) {
  if (catalog.problems.size() < kMaxProblems) catalog.problems.push_back(std::move(problem));
}

/// CAT_NAMEVALUE: name, flags, value in UTF-16 with its NUL.
std::optional<NameValue> read_name_value(Bytes sequence) {
  Parts fields{sequence};
  const auto name = fields.next_if(asn1::kBmp);
  const auto flags = fields.next_if(asn1::kInteger);
  const auto value = fields.next_if(asn1::kOctets);
  if (!name || !flags || !value) return std::nullopt;
  return NameValue{asn1::text_of(*name),
                   wtf8_from_utf16le(value->content.head(kMaxValueBytes), true)};
}

std::optional<std::byte> hex_byte(char high, char low) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (digit(high) < 0 || digit(low) < 0) return std::nullopt;
  return static_cast<std::byte>(digit(high) << 4 | digit(low));
}

Algorithm algorithm_of_size(std::size_t size) {
  return size == kSha1Bytes     ? Algorithm::sha1
         : size == kSha256Bytes ? Algorithm::sha256
                                : Algorithm::unknown;
}

/// The digest that a tag of hex digits is, where the member has no other.
Digest digest_of_tag(std::string_view hex) {
  Digest digest{algorithm_of_size(hex.size() / 2), {}};
  if (digest.algorithm == Algorithm::unknown || hex.size() % 2 != 0) return {};
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto byte = hex_byte(hex[i], hex[i + 1]);
    if (!byte) return {};
    digest.bytes.push_back(*byte);
  }
  return digest;
}

/// Tags of hex digits are UTF-16 with a NUL, those of the second kind of catalog bytes.
std::string read_tag(Bytes tag) {
  tag = tag.head(kMaxTagBytes);
  if (tag.size() == kSha1Bytes || tag.size() == kSha256Bytes || tag.size() % 2 != 0)
    return to_hex(tag.span());
  return wtf8_from_utf16le(tag, true);
}

std::optional<Digest> read_indirect_digest(Bytes sequence) {
  Parts parts{sequence};
  if (!parts.next_if(asn1::kSequence)) return std::nullopt;
  const auto info = parts.next_if(asn1::kSequence);
  if (!info) return std::nullopt;
  Parts fields{info->content};
  const auto algorithm = fields.next_if(asn1::kSequence);
  const auto octets = fields.next_if(asn1::kOctets);
  if (!algorithm || !octets) return std::nullopt;
  return Digest{authenticode::algorithm_of(algorithm->content),
                {octets->content.span().begin(), octets->content.span().end()}};
}

Result<void> read_member(Bytes sequence, Member& out) {
  constexpr std::string_view kWhat = "member of the catalog";
  out.tag.clear();
  out.digest = {};
  out.attributes.clear();
  Parts fields{sequence};
  HOZEN_TRY(const Node tag, fields.next(asn1::kOctets, kWhat));
  out.tag = read_tag(tag.content);
  if (const auto attributes = fields.next_if(asn1::kSet)) {
    Parts list{attributes->content};
    for (std::size_t count = 0; !list.empty(); ++count) {
      if (count == kMaxAttributes) return Error{Errc::limit, std::string{kWhat}, sequence.base()};
      HOZEN_TRY(const Node attribute, list.next(asn1::kSequence, kWhat));
      Parts pair{attribute.content};
      HOZEN_TRY(const Node type, pair.next(asn1::kObject, kWhat));
      HOZEN_TRY(const Node values, pair.next(asn1::kSet, kWhat));
      const auto value = asn1::read_node(values.content, kWhat);
      if (!value) continue;
      const std::string object = asn1::object_text(type.content);
      if (object == kIndirectData) {
        if (auto digest = read_indirect_digest(value->content)) out.digest = *std::move(digest);
      } else if (object == kNameValue) {
        if (auto pair_read = read_name_value(value->content))
          out.attributes.push_back(*std::move(pair_read));
      }
    }
  }
  if (out.digest.algorithm == Algorithm::unknown) out.digest = digest_of_tag(out.tag);
  if (out.digest.algorithm == Algorithm::unknown)
    return Error{Errc::unsupported, std::string{kWhat}, sequence.base()};
  return {};
}

Result<void> read_members(Bytes list, Catalog& catalog,
                          FunctionRef<bool(const Member&)> on_member) {
  Parts parts{list};
  Member member;
  while (!parts.empty()) {
    if (catalog.members == kMaxMembers)
      return Error{Errc::limit, "members of the catalog", list.base()};
    HOZEN_TRY(const Node one, parts.next(asn1::kSequence, "member of the catalog"));
    ++catalog.members;
    if (auto read = read_member(one.content, member); !read) {
      ++catalog.unreadable_members;
      add_problem(catalog, std::move(read).error());
      continue;
    }
    if (!on_member(member)) return {};
  }
  return {};
}

/// Extensions of the list: its own names and values.
void read_extensions(Bytes content, Catalog& catalog) {
  const auto list = asn1::read_node(content, "extensions");
  if (!list) return;
  Parts parts{list->content};
  while (!parts.empty() && catalog.attributes.size() < kMaxAttributes) {
    const auto one = parts.next_if(asn1::kSequence);
    if (!one) return;
    Parts fields{one->content};
    const auto type = fields.next_if(asn1::kObject);
    (void)fields.next_if(asn1::kBoolean);
    const auto value = fields.next_if(asn1::kOctets);
    if (!type || !value || asn1::object_text(type->content) != kNameValue) continue;
    const auto sequence = asn1::read_node(value->content, "extension");
    if (!sequence) continue;
    if (auto pair = read_name_value(sequence->content))
      catalog.attributes.push_back(*std::move(pair));
  }
}

Result<void> read_list(Bytes content, Catalog& catalog,
                       FunctionRef<bool(const Member&)> on_member) {
  constexpr std::string_view kWhat = "list of the catalog";
  Parts fields{content};
  (void)fields.next_if(asn1::kInteger);  // version
  HOZEN_TRY(const Node usage, fields.next(asn1::kSequence, kWhat));
  Parts usages{usage.content};
  const auto object = usages.next_if(asn1::kObject);
  if (!object || asn1::object_text(object->content) != kCatalogList)
    return Error{Errc::unsupported, "list that is no catalog", content.base()};
  if (const auto identifier = fields.next_if(asn1::kOctets))
    catalog.list_identifier = to_hex(identifier->content.head(kMaxTagBytes).span());
  (void)fields.next_if(asn1::kInteger);  // number of the list
  HOZEN_TRY(const Node made, fields.next(kWhat));
  catalog.made = asn1::time_of(made).value_or(FileTime{});
  if (!fields.next_if(asn1::kUtcTime)) (void)fields.next_if(asn1::kGeneralizedTime);
  HOZEN_TRY([[maybe_unused]] const Node algorithm, fields.next(asn1::kSequence, kWhat));
  if (const auto members = fields.next_if(asn1::kSequence)) {
    if (auto read = read_members(members->content, catalog, on_member); !read) {
      if (read.error().code == Errc::limit) return read;
      add_problem(catalog, std::move(read).error());
    }
  }
  if (const auto extensions = fields.next_if(asn1::context_parts(0)))
    read_extensions(extensions->content, catalog);
  return {};
}

}  // namespace

std::string_view Member::attribute(std::string_view name) const {
  const auto found = std::ranges::find_if(
      attributes, [&](const NameValue& one) { return equals_fold(one.name, name); });
  return found == attributes.end() ? std::string_view{} : std::string_view{found->value};
}

bool looks_like_catalog(Bytes head) {
  // Tag and length, then the number of SignedData.
  constexpr std::string_view kObject = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
  constexpr std::size_t kMostBefore = 10;
  const std::string_view text = head.head(kMostBefore + kObject.size()).chars();
  return text.starts_with('\x30') && text.find(kObject) != text.npos;
}

Result<Catalog> read_catalog(Bytes file, FunctionRef<bool(const Member&)> on_member) {
  authenticode::CertificateCache cache;
  return read_catalog(file, cache, on_member);
}

Result<Catalog> read_catalog(Bytes file, authenticode::CertificateCache& cache,
                             FunctionRef<bool(const Member&)> on_member) {
  HOZEN_TRY(Catalog catalog, list_members(file, on_member));
  catalog.signature = authenticode::parse_signature(file, cache);
  return catalog;
}

Result<Catalog> list_members(Bytes file, FunctionRef<bool(const Member&)> on_member) {
  if (file.size() > kMaxCatalogBytes) return Error{Errc::limit, "catalog", file.base()};
  Catalog catalog;
  HOZEN_TRY(const authenticode::SignedData data, authenticode::read_signed_data(file));
  if (data.content_type != kTrustList)
    return Error{Errc::unsupported, "PKCS #7 that is no catalog", file.base()};
  HOZEN_CHECK(read_list(data.content, catalog, on_member));
  catalog.is_changed =
      !data.signers.empty() && !authenticode::content_holds(data.signers.front(), data.content);
  return catalog;
}

}  // namespace hozen::catalog
