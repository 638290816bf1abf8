#include "collector/engine/deflater.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

#include <algorithm>
#include <vector>

#ifdef HOZEN_WITH_ISAL
#include <isa-l/igzip_lib.h>

#include "collector/base/kept_registers.h"
#endif

namespace hozen {
namespace {

const unsigned char* octets(std::span<const std::byte> data) {
  return static_cast<const unsigned char*>(static_cast<const void*>(data.data()));
}

unsigned char* octets(std::span<std::byte> data) {
  return static_cast<unsigned char*>(static_cast<void*>(data.data()));
}

class ZlibDeflater final : public Deflater {
 public:
  ZlibDeflater() {
    // Negative window bits: no zlib header around the stream.
    ready_ =
        deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~ZlibDeflater() override { deflateEnd(&stream_); }

  std::size_t deflate(std::span<const std::byte> in, bool last, std::span<std::byte> out) override {
    if (!ready_ || !looks_compressible(in)) return 0;
    return run(in, last ? Z_FINISH : Z_FULL_FLUSH, out);
  }

 private:
  /// zlib takes ten times as long over random bytes as over text: four samples of a larger block
  /// are tried first.
  bool looks_compressible(std::span<const std::byte> in) {
    constexpr std::size_t kSample = 8 << 10, kSamples = 4;
    if (in.size() < 4 * kSample * kSamples) return true;
    std::vector<std::byte> out(kSample - kSample / 32);
    for (std::size_t i = 0; i < kSamples; ++i)
      if (run(in.subspan(in.size() / kSamples * i, kSample), Z_FINISH, out) != 0) return true;
    return false;
  }

  std::size_t run(std::span<const std::byte> in, int flush, std::span<std::byte> out) {
    deflateReset(&stream_);
    stream_.next_in = octets(in);
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = octets(out);
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = ::deflate(&stream_, flush);
    const bool done = flush == Z_FINISH
                          ? result == Z_STREAM_END
                          : result == Z_OK && stream_.avail_in == 0 && stream_.avail_out != 0;
    return done ? out.size() - stream_.avail_out : 0;
  }

  z_stream stream_{};
  bool ready_ = false;
};

#ifdef HOZEN_WITH_ISAL

[[gnu::noinline]] int isal_deflate_safely(isal_zstream& stream) {
  const int result = isal_deflate(&stream);
  forget_kept_registers();
  return result;
}

[[gnu::noinline]] void isal_init_safely(isal_zstream& stream) {
  isal_deflate_init(&stream);
  forget_kept_registers();
}

class IsalDeflater final : public Deflater {
 public:
  std::size_t deflate(std::span<const std::byte> in, bool last, std::span<std::byte> out) override {
    isal_init_safely(stream_);
    stream_.level = 2;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream_.flush = last ? NO_FLUSH : FULL_FLUSH;
    stream_.end_of_stream = last ? 1 : 0;
    // The interface takes no const; the input is only read.
    stream_.next_in = const_cast<unsigned char*>(octets(in));
    stream_.avail_in = static_cast<std::uint32_t>(in.size());
    stream_.next_out = octets(out);
    stream_.avail_out = static_cast<std::uint32_t>(out.size());
    const bool done = isal_deflate_safely(stream_) == COMP_OK && stream_.avail_in == 0 &&
                      stream_.internal_state.state == (last ? ZSTATE_END : ZSTATE_NEW_HDR);
    return done ? out.size() - stream_.avail_out : 0;
  }

 private:
  std::vector<unsigned char> level_buffer_ = std::vector<unsigned char>(ISAL_DEF_LVL2_EXTRA_LARGE);
  isal_zstream stream_{};
};

#endif

}  // namespace

std::unique_ptr<Deflater> make_deflater([[maybe_unused]] DeflateEncoder encoder) {
#ifdef HOZEN_WITH_ISAL
  if (encoder == DeflateEncoder::fastest) return std::make_unique<IsalDeflater>();
#endif
  return std::make_unique<ZlibDeflater>();
}

std::string deflate_stored_header(std::size_t size) {
  const auto low = static_cast<unsigned char>(size & 0xFF);
  const auto high = static_cast<unsigned char>(size >> 8);
  std::string header(1, '\0');  // not the last block, kind 00, padding
  header += static_cast<char>(low);
  header += static_cast<char>(high);
  header += static_cast<char>(static_cast<unsigned char>(~low));
  header += static_cast<char>(static_cast<unsigned char>(~high));
  return header;
}

}  // namespace hozen
