#include "collector/source/source.h"

namespace hozen {

std::string_view to_text(View view) { return view == View::raw ? "raw" : "api"; }

std::vector<EvidencePath> only_spelling(const EvidencePath& path, const Result<FileInfo>& info) {
  if (info) return {info->path};
  if (info.error().code == Errc::not_found) return {};
  return {path};
}

}  // namespace hozen
