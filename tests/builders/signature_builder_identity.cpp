// Keys and certificates.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "tests/builders/signature_builder_part.h"

namespace hozen::builders {

using namespace made;
using authenticode::Algorithm;

namespace {

std::string pem_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string copy(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return copy;
}

}  // namespace

struct Identity::Key {
  EVP_PKEY* key = nullptr;
  X509* x509 = nullptr;
  bool is_rsa = false;
  ~Key() {
    EVP_PKEY_free(key);
    X509_free(x509);
  }
};

Identity Identity::root(std::string name) {
  return make({std::move(name), "20100101000000Z", "20490101000000Z", {}, true}, nullptr);
}
Identity Identity::self_signed(const Wish& wish) { return make(wish, nullptr); }
Identity Identity::issue(const Wish& wish) const { return make(wish, this); }

Identity Identity::make(const Wish& wish, const Identity* issuer) {
  Identity made;
  made.key_ = std::make_shared<Key>();
  Key& key = *made.key_;
  key.is_rsa = wish.is_rsa;
  key.key = wish.is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  key.x509 = X509_new();
  X509* const x509 = key.x509;
  require(key.key != nullptr && x509 != nullptr);
  X509_set_version(x509, X509_VERSION_3);
  std::array<unsigned char, 8> serial{};
  require(RAND_bytes(serial.data(), serial.size()) == 1);
  serial[0] = 0x5A;
  BIGNUM* const big = BN_bin2bn(serial.data(), serial.size(), nullptr);
  BN_to_ASN1_INTEGER(big, X509_get_serialNumber(x509));
  BN_free(big);
  require(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), wish.from.c_str()) == 1);
  require(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), wish.to.c_str()) == 1);
  X509_NAME* const name = X509_get_subject_name(x509);
  const auto add = [&](const char* field, const std::string& value) {
    require(X509_NAME_add_entry_by_txt(
                name, field, MBSTRING_UTF8,
                static_cast<const unsigned char*>(static_cast<const void*>(value.data())),
                static_cast<int>(value.size()), -1, 0) == 1);
  };
  add("O", wish.organization);
  add("CN", wish.name);
  X509* const above = issuer != nullptr ? issuer->key_->x509 : x509;
  X509_set_issuer_name(x509, X509_get_subject_name(above));
  X509_set_pubkey(x509, key.key);
  const auto extend = [&](int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, above, x509, nullptr, nullptr, 0);
    X509_EXTENSION* const one = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require(one != nullptr);
    X509_add_ext(x509, one, -1);
    X509_EXTENSION_free(one);
  };
  extend(NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "CA:FALSE");
  extend(NID_key_usage, wish.is_authority ? "critical,keyCertSign,cRLSign" : "digitalSignature");
  std::string usages;
  for (const std::string& one : wish.usages) usages += (usages.empty() ? "" : ",") + one;
  const bool is_for_time = std::ranges::count(wish.usages, kTimestamping) != 0;
  if (!usages.empty()) extend(NID_ext_key_usage, (is_for_time ? "critical," : "") + usages);
  require(X509_sign(x509, issuer != nullptr ? issuer->key_->key : key.key, EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  made.certificate_ = der_of(der, static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return made;
}

std::string Identity::certificate_pem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  require(PEM_write_bio_X509(bio, key_->x509) == 1);
  return pem_of(bio);
}

std::string Identity::key_pem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PrivateKey(bio, key_->key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return pem_of(bio);
}

bool Identity::is_rsa() const { return key_->is_rsa; }

Der Identity::sign(const Der& content, Algorithm algorithm) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::size_t size = 0;
  require(EVP_DigestSignInit(context, nullptr,
                             EVP_get_digestbyname(std::string{to_text(algorithm)}.c_str()), nullptr,
                             key_->key) == 1);
  require(EVP_DigestSign(context, nullptr, &size, chars_of(content), content.size()) == 1);
  std::vector<unsigned char> out(size);
  require(EVP_DigestSign(context, out.data(), &size, chars_of(content), content.size()) == 1);
  EVP_MD_CTX_free(context);
  return der_of(out.data(), size);
}

Der Identity::issuer_name() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509_NAME(X509_get_issuer_name(key_->x509), &der);
  Der out = der_of(der, static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

Der Identity::serial() const {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(key_->x509), &der);
  Der out = der_of(der, static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace hozen::builders
