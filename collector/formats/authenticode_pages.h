// Page hashes: digests of every page of an executable, which a signature may carry besides the one
// of the whole file. Windows compares them page by page as they are read from the disk.
//
// Source: osslsigncode's documentation and what it writes
// (tests/oracle/authenticode_posix_test.cpp).
#pragma once

#include <cstdint>
#include <optional>

#include "collector/formats/authenticode_digest.h"
#include "collector/formats/pe.h"

namespace hozen::authenticode {

struct PageHashes {
  Algorithm algorithm = Algorithm::unknown;
  std::uint64_t count = 0;       ///< that are stated, the one of the end counted
  std::uint64_t wrong = 0;       ///< of them, those that are not of the page as it is
  bool is_whole = false;         ///< every page of the file has one
  std::optional<Error> error{};  ///< why they were not compared to the end
};

/// `pkcs7`: of a signature of `image`, not nested. Nothing where it carries none. Reads the pages,
/// each once.
std::optional<PageHashes> check_page_hashes(pe::Image& image, Bytes pkcs7);

}  // namespace hozen::authenticode
