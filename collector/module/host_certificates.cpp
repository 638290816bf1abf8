#include "collector/module/host_certificates.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "collector/base/bytes.h"

namespace hozen {
namespace {

/// Microsoft, "System Store Locations". The keys are below HKLM\SOFTWARE.
constexpr std::string_view kPlaces[] = {"Microsoft\\SystemCertificates",
                                        "Policies\\Microsoft\\SystemCertificates",
                                        "Microsoft\\EnterpriseCertificates"};
struct Store {
  std::string_view name;
  bool of_roots = false;
};
constexpr Store kStores[] = {
    {"ROOT", true}, {"AuthRoot", true}, {"CA", false}, {"TrustedPublisher", false}};

class Reader {
 public:
  explicit Reader(std::vector<Error>& problems) : problems_{problems} {}

  void read(RegistryHive& hive) {
    for (const std::string_view place : kPlaces)
      for (const Store& store : kStores) {
        const std::string path =
            std::string{place} + '\\' + std::string{store.name} + "\\Certificates";
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
      if (const auto blob = entry.value("Blob")) add(entry, *blob, store);
      return true;
    });
    if (!read) problem(read.error());
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
    if (store.of_roots) found_.roots.insert(certificate->sha256);
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
      {HiveRole::software},
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
