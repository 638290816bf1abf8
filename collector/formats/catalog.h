// Catalogs (.cat): signed lists of the digests of files that have no signature of their own.
//
// Source: Microsoft "Catalog Files and Digital Signatures", "MakeCat", wincrypt.h (CTL_INFO) and
// mscat.h (member and name attributes), checked with files of the test data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collector/base/function_ref.h"
#include "collector/formats/authenticode.h"

namespace hozen::catalog {

/// Largest of Windows: some 10 MiB.
constexpr std::size_t kMaxCatalogBytes = 64u << 20;
constexpr std::size_t kMaxMembers = 1'000'000;
constexpr std::size_t kMaxAttributes = 256;

struct NameValue {
  std::string name{}, value{};
};

struct Member {
  std::string tag{};              ///< as it stands: hex of the digest mostly; hex where it is bytes
  authenticode::Digest digest{};  ///< of the file: Authentihash of an executable, else all of it
  std::vector<NameValue> attributes{};                      ///< "File", "OSAttr", ...
  std::string_view attribute(std::string_view name) const;  ///< "" for none
};

struct Catalog {
  authenticode::Signature signature{};
  std::string list_identifier{};        ///< hex
  FileTime made{};                      ///< thisUpdate
  std::vector<NameValue> attributes{};  ///< of the catalog itself: "OS", "HWID1", ...
  std::uint64_t members = 0;
  std::uint64_t unreadable_members = 0;
  /// The list is not what its signer signed: what it names may be named no more.
  bool is_changed = false;
  std::vector<Error> problems{};
};

/// Whether a file that begins like this may be a catalog.
bool looks_like_catalog(Bytes head);
/// `on_member` gets each in its order and returns false to end (the catalog is whole without the
/// rest of its members then); the object is used again for the next. Errc::malformed,
/// Errc::unsupported for other PKCS #7, Errc::limit.
Result<Catalog> read_catalog(Bytes file, FunctionRef<bool(const Member&)> on_member);
Result<Catalog> read_catalog(Bytes file, authenticode::CertificateCache& cache,
                             FunctionRef<bool(const Member&)> on_member);
/// The same without a look at who signed, which takes longer than short lists.
Result<Catalog> list_members(Bytes file, FunctionRef<bool(const Member&)> on_member);

}  // namespace hozen::catalog
