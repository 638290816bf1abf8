// Digests of files in one pass: of all bytes, and the Authentihash of an executable, which leaves
// out what signing changes (checksum, entry of the certificate table, the table).
//
// Source: Microsoft "Windows Authenticode Portable Executable Signature Format" (2008),
// "Calculating the PE Image Hash".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/hash.h"
#include "collector/formats/pe.h"

namespace hozen::authenticode {

enum class Algorithm : std::uint8_t { unknown, md5, sha1, sha256, sha384, sha512 };
constexpr std::size_t kAlgorithms = 6;
/// "sha256"; "unknown".
std::string_view to_text(Algorithm algorithm);

struct Digest {
  Algorithm algorithm = Algorithm::unknown;
  std::vector<std::byte> bytes{};
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// A set of algorithms.
class Algorithms {
 public:
  constexpr Algorithms() = default;
  constexpr Algorithms(std::initializer_list<Algorithm> members) {
    for (const Algorithm one : members) add(one);
  }
  constexpr void add(Algorithm one) {
    if (one != Algorithm::unknown) bits_ = static_cast<std::uint8_t>(bits_ | bit(one));
  }
  constexpr bool has(Algorithm one) const { return (bits_ & bit(one)) != 0; }

 private:
  static constexpr unsigned bit(Algorithm one) { return 1u << static_cast<unsigned>(one); }
  std::uint8_t bits_ = 0;
};
/// What catalogs name files by.
constexpr Algorithms kCatalogAlgorithms{Algorithm::sha1, Algorithm::sha256};

/// What an Authentihash leaves out.
struct ImageLayout {
  std::uint64_t checksum_offset = 0;         ///< of four bytes
  std::uint64_t directory_entry_offset = 0;  ///< of eight bytes; 0: the header has no such entry
  std::uint64_t table_offset = 0, table_bytes = 0;  ///< certificate table within the file; 0: none
  /// Headers, sections and what follows them lie one behind the other: then the bytes of the file
  /// in their order are what is hashed.
  bool is_ordered = true;
};
ImageLayout layout_of(const pe::Image& image);

struct FileDigests {
  std::uint64_t size_bytes = 0;
  Sha256Digest sha256{};
  Sha1Digest sha1{};
  bool is_image = false;
  /// Of an image, in file order; what was asked for.
  std::vector<Digest> image{};
  /// The same with zeros up to a multiple of eight bytes, which signing tools put there first:
  /// empty where the file has a certificate table or needs none. Catalogs use either.
  std::vector<Digest> padded{};
  /// The same by sections in order of their place; empty where `image` is the same.
  std::vector<Digest> by_sections{};

  /// nullptr where it was not asked for.
  const Digest* image_digest(Algorithm algorithm) const;
  /// Whether one of those lists has it.
  bool is_image_digest(const Digest& digest) const;
};

/// Is fed with the bytes of a file from front to back, in pieces of any size.
class FileHasher {
 public:
  /// Of a file that is no executable.
  FileHasher();
  FileHasher(const ImageLayout& layout, Algorithms algorithms);
  ~FileHasher();
  FileHasher(FileHasher&&) noexcept;
  FileHasher& operator=(FileHasher&&) noexcept;

  void update(std::span<const std::byte> data);
  /// Without `by_sections`, for which the file has to be read in another order.
  FileDigests finish();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Reads the file once (twice where its sections are not in order), in pieces. `image` is the same
/// file, nullptr for what is no executable. Errc::io, and Errc::truncated where the file shrank.
Result<FileDigests> digest_file(ByteSource& file, pe::Image* image,
                                Algorithms algorithms = kCatalogAlgorithms);

}  // namespace hozen::authenticode
