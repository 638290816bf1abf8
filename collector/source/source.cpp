#include "collector/source/source.h"

#include "collector/source/deleted_file.h"

namespace hozen {

std::string_view to_text(View view) { return view == View::raw ? "raw" : "api"; }

std::vector<EvidencePath> only_spelling(const EvidencePath& path, const Result<FileInfo>& info) {
  if (info) return {info->path};
  if (info.error().code == Errc::not_found) return {};
  return {path};
}

Result<std::unique_ptr<ByteSource>> EvidenceSource::open_volume(const std::string& volume) {
  return Error{Errc::unsupported, "volume " + volume, {}, "this source is no volume, but files"};
}

Result<std::unique_ptr<ByteSource>> EvidenceSource::open_other_way(const EvidencePath& path) {
  return Error{Errc::unsupported, path.text(), {}, "this source reads files in one way"};
}

Result<EvidencePath> EvidenceSource::real_folder(const EvidencePath& path) {
  HOZEN_TRY(FileInfo info, stat(path));
  if (info.is_link) return Error{Errc::unsupported, path.text(), {}, "a link, not followed"};
  if (!info.is_directory)
    return Error{Errc::unsupported, path.text(), {}, std::string{kNotAFolder}};
  return std::move(info.path);
}

Result<DeletedContent> EvidenceSource::open_deleted(const DeletedFile& file) {
  return Error{Errc::unsupported, file.path.text(), std::nullopt,
               "this source does not read deleted files"};
}

}  // namespace hozen
