// MD5, SHA-1 and SHA-256 of the same 64-byte blocks at once, where the processor has the SHA
// instructions.
//
// MD5 keeps the integer units waiting for its own last result, and the SHA instructions use other
// units: interleaved, the three cost little more than MD5 alone. The library computes one digest
// after the other; it remains the reference and the fallback.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hozen {

/// The chaining values of the three (RFC 1321, FIPS 180-4), at first those of an empty message.
struct HashState {
  std::array<std::uint32_t, 4> md5{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  std::array<std::uint32_t, 5> sha1{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  std::array<std::uint32_t, 8> sha256{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
};

constexpr std::size_t kDigestBlockBytes = 64;

/// True when hash_blocks() can run here.
bool has_hash_kernel();
/// `blocks` is a multiple of kDigestBlockBytes long. Only where has_hash_kernel().
void hash_blocks(HashState& state, std::span<const std::byte> blocks);

}  // namespace hozen
