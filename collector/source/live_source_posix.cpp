#include "collector/source/live_source.h"

namespace hozen {

Result<std::unique_ptr<EvidenceSource>> make_live_source(FileTime /*started*/, RawReading /*raw*/) {
  return Error{Errc::unsupported, "collecting from the running system", {}, "needs Windows"};
}

}  // namespace hozen
