// Files that are there and deleted ones, read the same way.
#include <utility>

#include "collector/engine/artifact_store.h"

namespace hozen {
namespace {

/// Since somebody looked at it another file may have come.
Result<DeletedContent> whole(Result<DeletedContent> found, const EvidencePath& path) {
  if (!found || found->content) return found;
  return Error{Errc::io, path.text(), std::nullopt,
               "its content is no longer there: " + std::string{to_text(found->state)}};
}

}  // namespace

Result<FileInfo> ArtifactStore::facts_of(const FileRequest& request) {
  if (!request.deleted) return source_.stat(request.path);
  HOZEN_TRY(DeletedContent found, whole(source_.open_deleted(*request.deleted), request.path));
  return std::move(found.info);
}

Result<std::unique_ptr<ByteSource>> ArtifactStore::open_content(
    const EvidencePath& path, const std::optional<DeletedFile>& deleted) {
  if (!deleted) return source_.open(path);
  HOZEN_TRY(DeletedContent found, whole(source_.open_deleted(*deleted), path));
  return std::move(found.content);
}

}  // namespace hozen
