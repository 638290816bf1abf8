#include "collector/cli/parse_signature.h"

#include "collector/base/json_object.h"
#include "collector/base/text.h"
#include "collector/cli/print_record.h"
#include "collector/formats/authenticode_certificate.h"
#include "collector/formats/catalog.h"
#include "collector/module/cells.h"

namespace hozen::cli {
namespace {

using authenticode::Certificate;
using authenticode::Countersignature;
using authenticode::Signature;

void text_if(JsonObject& object, std::string_view name, std::string_view value) {
  if (!value.empty()) object.text(name, value);
}

void time_if(JsonObject& object, std::string_view name, FileTime time) {
  if (time.is_set()) object.time(name, time);
}

void append_certificate(std::string& json, const Certificate& certificate) {
  JsonObject one{json};
  one.text("subject", certificate.subject.text);
  one.text("issuer", certificate.issuer.text);
  one.text("serial", certificate.serial);
  one.time("not_before", certificate.not_before);
  one.time("not_after", certificate.not_after);
  one.bytes("sha1", certificate.sha1);
  one.bytes("sha256", certificate.sha256);
  one.text("key", certificate.key_algorithm + " " + std::to_string(certificate.key_bits));
  one.text("signature_algorithm", certificate.signature_algorithm);
  one.boolean("is_authority", certificate.is_authority);
  if (!certificate.usages.empty()) one.texts("usages", certificate.usages);
  if (const auto* const known = authenticode::known_authority(certificate.sha256))
    one.text("known_as", known->name);
}

void append_timestamp(std::string& json, const Countersignature& timestamp) {
  JsonObject one{json};
  one.text("kind", authenticode::to_text(timestamp.kind));
  time_if(one, "time", timestamp.time);
  one.boolean("holds", timestamp.holds);
  if (timestamp.signer) text_if(one, "signer", timestamp.signer->subject.text);
  if (timestamp.error) one.text("error", timestamp.error->text());
  one.list("certificates", timestamp.certificates,
           [&](const Certificate& certificate) { append_certificate(json, certificate); });
}

/// Where its chain ends; nobody is revoked and no time is asked for.
void append_chain(JsonObject& object, const Signature& signature) {
  if (!signature.signer) return;
  const authenticode::TrustStore nobody_else;
  const authenticode::Chain chain =
      build_chain(*signature.signer, signature.certificates, nobody_else,
                  signature.signer->not_after, authenticode::Purpose::code_signing);
  text_if(object, "root", chain.root);
  object.boolean("root_known", chain.is_trusted);
}

struct CatalogRow {
  const catalog::Catalog& catalog;
};

void write_attributes(const std::vector<catalog::NameValue>& attributes, Cell& cell) {
  if (attributes.empty()) return cell.absent(Absent::not_present);
  std::string& json = cell.raw();
  json += '[';
  for (const catalog::NameValue& one : attributes) {
    if (&one != attributes.data()) json += ',';
    JsonObject object{json};
    object.text("name", one.name);
    object.text("value", one.value);
  }
  json += ']';
}

using F = Field<CatalogRow>;
constexpr std::array kCatalogFields{
    F{{"made", ""}, [](const CatalogRow& r, Cell& c) { time_or_absent(c, r.catalog.made); }},
    F{{"list_identifier", ""},
      [](const CatalogRow& r, Cell& c) { text_or_absent(c, r.catalog.list_identifier); }},
    F{{"attributes", ""},
      [](const CatalogRow& r, Cell& c) { write_attributes(r.catalog.attributes, c); }},
    F{{"members", ""}, [](const CatalogRow& r, Cell& c) { c.number(r.catalog.members); }},
    F{{"unreadable_members", ""},
      [](const CatalogRow& r, Cell& c) { c.number(r.catalog.unreadable_members); }},
    F{{"signature", ""},
      [](const CatalogRow& r, Cell& c) {
        append_signature(c.raw(), r.catalog.signature, nullptr);
      }},
    F{{"list_is_changed", ""},
      [](const CatalogRow& r, Cell& c) { c.boolean(r.catalog.is_changed); }},
};

using M = Field<catalog::Member>;
constexpr std::array kMemberFields{
    M{{"tag", ""}, [](const catalog::Member& m, Cell& c) { text_or_absent(c, m.tag); }},
    M{{"algorithm", ""},
      [](const catalog::Member& m, Cell& c) { c.text(to_text(m.digest.algorithm)); }},
    M{{"digest", ""}, [](const catalog::Member& m, Cell& c) { c.text(to_hex(m.digest.bytes)); }},
    M{{"attributes", ""},
      [](const catalog::Member& m, Cell& c) { write_attributes(m.attributes, c); }},
};

}  // namespace

void append_signature(std::string& json, const Signature& signature,
                      const authenticode::FileDigests* digests,
                      const authenticode::PageHashes* pages) {
  JsonObject one{json};
  if (signature.depth == 0) one.number("offset", signature.file_offset);
  one.number("size", signature.size_bytes);
  text_if(one, "content_type", signature.content_type);
  if (!signature.digest.bytes.empty()) {
    one.text("digest_algorithm", authenticode::to_text(signature.digest.algorithm));
    one.bytes("digest", signature.digest.bytes);
    if (digests != nullptr) one.boolean("file_matches", digests->is_image_digest(signature.digest));
  }
  one.boolean("content_holds", signature.content_holds);
  one.boolean("signature_holds", signature.signature_holds);
  if (signature.error) one.text("error", signature.error->text());
  if (signature.signer) {
    one.text("signer", signature.signer->subject.text);
    one.text("signer_sha1", to_hex(signature.signer->sha1));
  }
  append_chain(one, signature);
  one.text("signed_with", authenticode::to_text(signature.algorithm));
  text_if(one, "program_name", signature.program_name);
  text_if(one, "more_info", signature.more_info);
  time_if(one, "claimed_time", signature.claimed_time);
  if (signature.page_hashes != authenticode::Algorithm::unknown)
    one.text("page_hashes", authenticode::to_text(signature.page_hashes));
  if (pages != nullptr && signature.depth == 0) {
    one.number("pages", pages->count);
    one.number("pages_wrong", pages->wrong);
    one.boolean("pages_are_whole", pages->is_whole);
    if (pages->error) one.text("pages_error", pages->error->text());
  }
  if (signature.unsigned_bytes != 0) one.number("unsigned_bytes", signature.unsigned_bytes);
  if (signature.spare_bytes != 0) one.number("spare_bytes", signature.spare_bytes);
  one.list("timestamps", signature.countersignatures,
           [&](const Countersignature& timestamp) { append_timestamp(json, timestamp); });
  one.list("certificates", signature.certificates,
           [&](const Certificate& certificate) { append_certificate(json, certificate); });
  if (!signature.remarks.empty()) one.texts("remarks", signature.remarks);
  one.list("nested", signature.nested,
           [&](const Signature& nested) { append_signature(json, nested, digests); });
}

Result<std::uint64_t> print_catalog(Bytes file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const catalog::Catalog read,
            catalog::read_catalog(file, [&](const catalog::Member& member) {
              print_record("catalog_member", kMemberFields, member, source, out);
              return true;
            }));
  print_record("catalog", kCatalogFields, CatalogRow{read}, source, out);
  return print_problems(read.problems, source, out);
}

}  // namespace hozen::cli
