#include "collector/engine/file_sink.h"

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen {

Result<void> write_seal_file(const std::string& bundle_path, const Sha256Digest& seal) {
  HOZEN_TRY(const auto output, create_output_file(bundle_path + ".seal"));
  const std::string text = to_hex(seal) + "\n";
  auto done = output->write(bytes_of(text).span());
  if (done) done = output->complete();
  if (!done) output->discard();
  return done;
}

}  // namespace hozen
