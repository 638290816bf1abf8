#include "collector/source/block_device.h"

namespace hozen {

bool is_block_device(std::string_view /*path*/) { return false; }

Result<std::unique_ptr<ByteSource>> open_block_device(std::string_view path) {
  return Error{Errc::unsupported, "open " + std::string{path}, std::nullopt, "not a file"};
}

}  // namespace hozen
