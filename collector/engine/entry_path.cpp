#include "collector/engine/entry_path.h"

namespace hozen {

std::string_view content_root_of(std::string_view entry_name) {
  for (const std::string_view root : {kEvidenceRoot, kDeletedRoot})
    if (entry_name.size() > root.size() && entry_name.starts_with(root) &&
        entry_name[root.size()] == '/')
      return root;
  return {};
}

std::string deleted_folder_name(std::uint64_t record, std::uint64_t sequence) {
  return std::to_string(record) + "-" + std::to_string(sequence);
}

EntryPath entry_path_of(const DeletedFile& file) {
  EvidencePath path =
      EvidencePath{file.path.volume()}.child(deleted_folder_name(file.record(), file.sequence()));
  for (const std::string& name : file.path.components()) path = path.child(name);
  return {path.with_stream(file.path.stream()), kDeletedRoot};
}

}  // namespace hozen
