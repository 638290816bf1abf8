#include "collector/module/host_certificates.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

/// Microsoft, "System Store Locations". The keys are below HKLM\SOFTWARE.
constexpr std::string_view kPlaces[] = {"Microsoft\\SystemCertificates",
                                        "Policies\\Microsoft\\SystemCertificates",
                                        "Microsoft\\EnterpriseCertificates"};
enum class Kind { roots, others, disallowed };
struct Store {
  std::string_view name;
  Kind kind = Kind::others;
};
constexpr Store kStores[] = {{"ROOT", Kind::roots},
                             {"AuthRoot", Kind::roots},
                             {"CA", Kind::others},
                             {"TrustedPublisher", Kind::others},
                             {"Disallowed", Kind::disallowed}};

class Reader {
 public:
  explicit Reader(std::vector<Error>& problems) : problems_{problems} {}

  void read(RegistryHive& hive) {
    const bool is_user = hive.role != HiveRole::software;
    for (const std::string_view place : kPlaces)
      for (const Store& store : kStores) {
        if (is_user && store.kind != Kind::disallowed) continue;
        const std::string path = (is_user ? "Software\\" : "") + std::string{place} + '\\' +
                                 std::string{store.name} + "\\Certificates";
        const auto key = hive.root->open(path);
        if (key) read_store(**key, store);
      }
  }
  HostCertificates take() { return std::move(found_); }

 private:
  void read_store(RegistryKey& key, const Store& store) {
    const auto read = key.each_subkey([&](RegistryKey& entry) {
      if (found_.all.size() >= kMaxHostCertificates) {
        problem(Error{Errc::limit, "certificates of the host"});
        return false;
      }
      if (store.kind == Kind::disallowed)
        disallow(entry, key.path());
      else if (const auto blob = entry.value("Blob"))
        add(entry, *blob, store);
      return true;
    });
    if (!read) problem(read.error());
  }
  /// The key is named by the thumbprint, whether the certificate is there or not.
  void disallow(RegistryKey& entry, const std::string& place) {
    constexpr std::size_t kSha1Digits = 40;
    // Others are named by a key or by a digest of another kind.
    if (entry.name().size() != kSha1Digits) return;
    if (found_.disallowed.size() < kMaxHostCertificates)
      found_.disallowed.emplace(to_lower_ascii(entry.name()), place);
  }
  void add(RegistryKey& entry, const RegistryValue& blob, const Store& store) {
    const auto der = authenticode::certificate_in_blob(Bytes{blob.data});
    if (!der) {
      // Settings of a certificate can stand without it.
      if (der.error().code != Errc::not_found) problem(entry, der.error());
      return;
    }
    auto certificate = authenticode::parse_certificate(*der);
    if (!certificate) return problem(entry, certificate.error());
    if (store.kind == Kind::roots) found_.roots.insert(certificate->sha256);
    if (known_.insert(certificate->sha256).second) found_.all.push_back(*std::move(certificate));
  }
  void problem(const RegistryKey& entry, const Error& error) {
    problem(Error{error.code, entry.path() + "\\Blob", error.offset, error.what});
  }
  void problem(Error error) {
    constexpr std::size_t kMaxProblems = 20;  // of one kind, mostly
    if (problems_.size() < kMaxProblems) problems_.push_back(std::move(error));
  }

  std::vector<Error>& problems_;
  HostCertificates found_;
  std::set<Sha256Digest> known_;
};

}  // namespace

HostCertificates read_host_certificates(Registry& registry, std::vector<Error>& problems) {
  Reader reader{problems};
  const auto read = registry.each_hive(
      {HiveRole::software, HiveRole::user},
      [&](RegistryHive& hive) {
        reader.read(hive);
        return true;
      },
      // Told already by whoever read the registry first.
      [](const EvidencePath&, HiveRole, const Error&) {});
  if (!read) problems.push_back(read.error());
  return reader.take();
}

}  // namespace hozen
