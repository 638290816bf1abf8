// The content of the files of one NTFS volume as programs on Windows see it: behind reparse points,
// unpacked where it is compacted, and never zeros for what lies elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/formats/ntfs_volume.h"
#include "collector/source/source.h"

namespace hozen {

/// Whether content of the unnamed stream lies on the volume, whatever is said of it.
bool holds_content(const ntfs::File& file);

/// The $DATA of this name, spelled so or, where there is none, but for case: Windows makes no two
/// such streams, other systems do. nullptr where there is neither.
const ntfs::FileStream* find_data_stream(const ntfs::File& file, std::string_view name);

/// The attribute, other than $DATA, that a stream's name means as Windows spells it:
/// `$O:$INDEX_ROOT`, `:$EA`.
struct AttributePart {
  std::string_view name;
  std::uint32_t type = 0;
};
std::optional<AttributePart> attribute_part(std::string_view stream);

/// The reparse point's bytes; Errc::not_found when there is none.
Result<std::vector<std::byte>> read_reparse_point(ntfs::Volume& volume, const ntfs::File& file);

/// Opens contents; what is wrong with a file is added to `problems`.
class NtfsContent {
 public:
  NtfsContent(ntfs::Volume& volume, std::vector<Error>& problems)
      : volume_{volume}, problems_{problems} {}

  /// A stream as it lies there.
  Result<std::unique_ptr<ByteSource>> open_data(std::uint64_t number, std::string_view stream);
  /// The unnamed stream. Of a file that is in a cloud in part, what lies there reads as error.
  Result<std::unique_ptr<ByteSource>> open_unnamed(const ntfs::File& file,
                                                   const EvidencePath& path);

 private:
  Result<std::unique_ptr<ByteSource>> open_behind(Bytes point, const ntfs::File& file,
                                                  const EvidencePath& path);
  Result<std::unique_ptr<ByteSource>> open_cloud_file(const ntfs::File& file,
                                                      const EvidencePath& path);
  Result<std::unique_ptr<ByteSource>> open_wof(Bytes data, const ntfs::File& file);
  void tell_taken(Errc code);

  ntfs::Volume& volume_;
  std::vector<Error>& problems_;
};

}  // namespace hozen
