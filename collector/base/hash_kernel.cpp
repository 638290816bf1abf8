#include "collector/base/hash_kernel.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <bit>
#include <cstring>
#include <utility>

namespace hozen {
namespace {

// Functions that use SHA instructions must all be compiled for them to be inlined into another.
#define HOZEN_SHA_CODE __attribute__((target("sha,sse4.1,ssse3"), always_inline)) inline

/// A message block is worked off in so many stages: 4 of the 64 steps of MD5 and of the 64 rounds
/// of SHA-256 each, and 4 or 8 of the 80 rounds of SHA-1.
constexpr std::size_t kStages = 16;

// RFC 1321, 3.4: floor(2^32 * |sin(i + 1)|).
constexpr std::array<std::uint32_t, 64> kMd5Sines{
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391};
constexpr int kMd5Shifts[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

// FIPS 180-4, 4.2.2: the fractions of the cube roots of the first 64 primes.
alignas(16) constexpr std::array<std::uint32_t, 64> kSha256Roots{
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

template <class Pointer>
HOZEN_SHA_CODE __m128i load(const Pointer* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(from)));
}

template <class Pointer>
HOZEN_SHA_CODE void store(Pointer* to, __m128i value) {
  _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(to)), value);
}

struct Md5Lane {
  std::uint32_t a, b, c, d;
};

/// One step, whose result becomes the new `b`. In each form what needs `b`, the newest, comes last.
template <std::size_t Step>
HOZEN_SHA_CODE void md5_step(Md5Lane& s, const std::byte* block) {
  constexpr std::size_t kRound = Step / 16;
  constexpr std::size_t kFactors[4] = {1, 5, 3, 7}, kOffsets[4] = {0, 1, 5, 0};
  constexpr std::size_t kWord = (Step * kFactors[kRound] + kOffsets[kRound]) % 16;
  std::uint32_t word = 0;
  std::memcpy(&word, block + 4 * kWord, sizeof word);
  std::uint32_t sum = s.a + word + kMd5Sines[Step];
  if constexpr (kRound == 0) sum += s.d ^ (s.b & (s.c ^ s.d));
  if constexpr (kRound == 1) {
    sum += s.c & ~s.d;  // the two parts have no bit in common
    sum += s.b & s.d;
  }
  if constexpr (kRound == 2) sum += s.b ^ (s.c ^ s.d);
  if constexpr (kRound == 3) sum += s.c ^ (s.b | ~s.d);
  s = {s.d, s.b + std::rotl(sum, kMd5Shifts[kRound][Step % 4]), s.b, s.c};
}

struct Sha256Lane {
  __m128i abef, cdgh;
  __m128i words[4];  ///< of the message schedule, the four newest quadruples in a ring
};

template <std::size_t Group>
HOZEN_SHA_CODE void sha256_group(Sha256Lane& s) {
  __m128i& words = s.words[Group % 4];
  if constexpr (Group >= 4) {
    const __m128i newest = s.words[(Group + 3) % 4];
    const __m128i middle = _mm_alignr_epi8(newest, s.words[(Group + 2) % 4], 4);
    const __m128i first = _mm_sha256msg1_epu32(words, s.words[(Group + 1) % 4]);
    words = _mm_sha256msg2_epu32(_mm_add_epi32(first, middle), newest);
  }
  const __m128i sum = _mm_add_epi32(words, load(&kSha256Roots[Group * 4]));
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, sum);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

struct Sha1Lane {
  __m128i abcd, before;  ///< `before`: abcd of four rounds ago, from which e comes
  __m128i e;             ///< of the first group only
  __m128i words[4];
};

template <std::size_t Group>
HOZEN_SHA_CODE void sha1_group(Sha1Lane& s) {
  __m128i& words = s.words[Group % 4];
  if constexpr (Group >= 4) {
    const __m128i first = _mm_sha1msg1_epu32(words, s.words[(Group + 1) % 4]);
    words = _mm_sha1msg2_epu32(_mm_xor_si128(first, s.words[(Group + 2) % 4]),
                               s.words[(Group + 3) % 4]);
  }
  const __m128i sum = Group == 0 ? _mm_add_epi32(s.e, words) : _mm_sha1nexte_epu32(s.before, words);
  s.before = s.abcd;
  s.abcd = _mm_sha1rnds4_epu32(s.abcd, sum, Group / 5);
}

template <std::size_t Stage>
HOZEN_SHA_CODE void stage(Md5Lane& md5, Sha1Lane& sha1, Sha256Lane& sha256,
                          const std::byte* block) {
  md5_step<Stage * 4>(md5, block);
  md5_step<Stage * 4 + 1>(md5, block);
  sha256_group<Stage>(sha256);
  md5_step<Stage * 4 + 2>(md5, block);
  sha1_group<Stage + Stage / 4>(sha1);
  md5_step<Stage * 4 + 3>(md5, block);
  if constexpr (Stage % 4 == 3) sha1_group<Stage + Stage / 4 + 1>(sha1);
}

template <std::size_t... Stage>
HOZEN_SHA_CODE void stages(Md5Lane& md5, Sha1Lane& sha1, Sha256Lane& sha256, const std::byte* block,
                           std::index_sequence<Stage...> /*all*/) {
  (stage<Stage>(md5, sha1, sha256, block), ...);
}

}  // namespace

bool has_hash_kernel() {
  static const bool found = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
    const bool vectors = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    constexpr unsigned kShaBit = 1u << 29;
    return vectors && (b & kShaBit) != 0;
  }();
  return found;
}

__attribute__((target("sha,sse4.1,ssse3"))) void hash_blocks(HashState& state,
                                                             std::span<const std::byte> blocks) {
  Md5Lane md5{state.md5[0], state.md5[1], state.md5[2], state.md5[3]};

  Sha1Lane sha1{};
  sha1.abcd = _mm_shuffle_epi32(load(state.sha1.data()), 0x1B);
  sha1.e = _mm_set_epi32(static_cast<int>(state.sha1[4]), 0, 0, 0);

  // The instructions want {a, b, e, f} and {c, d, g, h}, the first letter highest.
  Sha256Lane sha256{};
  const __m128i cdab = _mm_shuffle_epi32(load(state.sha256.data()), 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(load(&state.sha256[4]), 0x1B);
  sha256.abef = _mm_alignr_epi8(cdab, efgh, 8);
  sha256.cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

  const __m128i reverse_words = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
  const __m128i reverse_all = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);
  for (; blocks.size() >= kDigestBlockBytes; blocks = blocks.subspan(kDigestBlockBytes)) {
    const std::byte* block = blocks.data();
    const Md5Lane md5_start = md5;
    const __m128i abcd = sha1.abcd, e = sha1.e, abef = sha256.abef, cdgh = sha256.cdgh;
    for (std::size_t i = 0; i < 4; ++i) {
      const __m128i words = load(block + 16 * i);
      sha1.words[i] = _mm_shuffle_epi8(words, reverse_all);
      sha256.words[i] = _mm_shuffle_epi8(words, reverse_words);
    }
    stages(md5, sha1, sha256, block, std::make_index_sequence<kStages>{});
    md5 = {md5.a + md5_start.a, md5.b + md5_start.b, md5.c + md5_start.c, md5.d + md5_start.d};
    sha1.e = _mm_sha1nexte_epu32(sha1.before, e);
    sha1.abcd = _mm_add_epi32(sha1.abcd, abcd);
    sha256.abef = _mm_add_epi32(sha256.abef, abef);
    sha256.cdgh = _mm_add_epi32(sha256.cdgh, cdgh);
  }

  state.md5 = {md5.a, md5.b, md5.c, md5.d};
  store(state.sha1.data(), _mm_shuffle_epi32(sha1.abcd, 0x1B));
  state.sha1[4] = static_cast<std::uint32_t>(_mm_extract_epi32(sha1.e, 3));
  const __m128i feba = _mm_shuffle_epi32(sha256.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(sha256.cdgh, 0xB1);
  store(state.sha256.data(), _mm_blend_epi16(feba, dchg, 0xF0));
  store(&state.sha256[4], _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace hozen

#else

namespace hozen {

bool has_hash_kernel() { return false; }
void hash_blocks(HashState& /*state*/, std::span<const std::byte> /*blocks*/) {}

}  // namespace hozen

#endif
