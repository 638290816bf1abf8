#include "tests/builders/gzip_builder.h"

#define ZLIB_CONST  // const input
#include <zlib.h>

namespace hozen::builders {

std::vector<std::byte> gzip_of(std::string_view content) {
  constexpr int kGzipWindow = 16 + MAX_WBITS, kMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::vector<std::byte> out(deflateBound(&stream, static_cast<uLong>(content.size())));
  stream.next_in = static_cast<const Bytef*>(static_cast<const void*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = static_cast<Bytef*>(static_cast<void*>(out.data()));
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(result == Z_STREAM_END ? out.size() - stream.avail_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace hozen::builders
