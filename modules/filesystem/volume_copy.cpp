// A copy of each volume below its file system: what every other tool needs to look again, also at
// what nobody thought of when the evidence was collected. Only the clusters in use, or all of them,
// deleted content included. It is taken in parts, so that an interrupted run leaves whole ones. Of
// a running system it is a picture of no single moment: files change while it is taken, and what
// Windows had not written yet is missing.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/base/text.h"
#include "collector/formats/ntfs_bitmap_check.h"
#include "collector/formats/ntfs_volume.h"
#include "collector/module/module.h"
#include "collector/module/volume_part.h"

namespace hozen::modules {
namespace {

/// A whole number of clusters of every size. Small enough to lose little, large enough that the
/// manifest of a large volume stays one that can be read.
constexpr std::uint64_t kPartBytes = 64u << 20;
using Range = VolumeRange;

struct CopyRow {
  std::string volume, file_system;
  std::uint64_t size = 0;
  std::string clusters;
  std::uint64_t cluster_bytes = 0;
};

struct PartRow {
  std::string volume;
  std::uint64_t offset = 0, size = 0, used_bytes = 0;
  PreservedPart stored;
  std::vector<Range> unreadable;
  std::uint64_t more_unreadable = 0;
};

struct EndRow {
  std::string volume;
  std::uint64_t size = 0, parts = 0, used_bytes = 0, unreadable_bytes = 0;
  bool complete = false;
  std::optional<Sha256Digest> sha256{};
};

using C = Field<CopyRow>;
constexpr std::array kCopyFields{
    C{{"volume", "Volume as the source calls it."},
      [](const CopyRow& r, Cell& c) { c.text(r.volume); }},
    C{{"file_system", "Its file system, where known."},
      [](const CopyRow& r, Cell& c) {
        r.file_system.empty() ? c.absent(Absent::unparsable) : c.text(r.file_system);
      }},
    C{{"size", "Bytes of the volume."}, [](const CopyRow& r, Cell& c) { c.number(r.size); }},
    C{{"clusters", "What is copied: `used`, the clusters in use, or `all`."},
      [](const CopyRow& r, Cell& c) { c.text(r.clusters); }},
    C{{"cluster_bytes", "Bytes of a cluster, where only those in use are copied."},
      [](const CopyRow& r, Cell& c) {
        r.cluster_bytes == 0 ? c.absent(Absent::not_applicable) : c.number(r.cluster_bytes);
      }},
    C{{"part_bytes", "Bytes of a part of the copy; the last one may be shorter."},
      [](const CopyRow&, Cell& c) { c.number(kPartBytes); }},
};
constexpr auto kCopyColumns = columns_of(kCopyFields);
constexpr Kind kCopy{"volume_copy", "A copy of a volume begins.", kCopyColumns,
                     "Copy of volume {volume}"};

void ranges(Cell& cell, const std::vector<Range>& list) {
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (const Range& range : list)
    texts.push_back(std::to_string(range.offset) + "+" + std::to_string(range.size));
  cell.texts(texts);
}

using P = Field<PartRow>;
constexpr std::array kPartFields{
    P{{"volume", "Volume as the source calls it."},
      [](const PartRow& r, Cell& c) { c.text(r.volume); }},
    P{{"offset", "Where the part begins in the volume, in bytes."},
      [](const PartRow& r, Cell& c) { c.number(r.offset); }},
    P{{"size", "Bytes of the part."}, [](const PartRow& r, Cell& c) { c.number(r.size); }},
    P{{"used_bytes", "Bytes of it that were read; the others are zeros in the copy."},
      [](const PartRow& r, Cell& c) { c.number(r.used_bytes); }},
    P{{"entry", "Name of its entry in the bundle."},
      [](const PartRow& r, Cell& c) {
        r.stored.entry.empty() ? c.absent(Absent::unreadable) : c.text(r.stored.entry);
      }},
    P{{"stored", "Bytes of the entry: less than `size` where the run ended."},
      [](const PartRow& r, Cell& c) { c.number(r.stored.size); }},
    P{{"sha256", "SHA-256 of the entry."},
      [](const PartRow& r, Cell& c) {
        r.stored.entry.empty() ? c.absent(Absent::unreadable) : c.bytes(r.stored.sha256);
      }},
    P{{"unreadable",
       "What could not be read and is zeros in the copy, the first 1,000 places of a part: "
       "offset in the volume, `+`, number of bytes."},
      [](const PartRow& r, Cell& c) { ranges(c, r.unreadable); }},
    P{{"more_unreadable", "How many further places of the part could not be read."},
      [](const PartRow& r, Cell& c) { c.number(r.more_unreadable); }},
};
constexpr auto kPartColumns = columns_of(kPartFields);
constexpr Kind kPart{"volume_part", "One part of a copy of a volume.", kPartColumns,
                     "Part of a copy of volume {volume}[: {entry}]"};

using E = Field<EndRow>;
constexpr std::array kEndFields{
    E{{"volume", "Volume as the source calls it."},
      [](const EndRow& r, Cell& c) { c.text(r.volume); }},
    E{{"size", "Bytes of the volume."}, [](const EndRow& r, Cell& c) { c.number(r.size); }},
    E{{"parts", "Parts in the bundle; one in which nothing is in use is left out."},
      [](const EndRow& r, Cell& c) { c.number(r.parts); }},
    E{{"used_bytes", "Bytes that were read."},
      [](const EndRow& r, Cell& c) { c.number(r.used_bytes); }},
    E{{"unreadable_bytes", "Bytes that could not be read and are zeros in the copy."},
      [](const EndRow& r, Cell& c) { c.number(r.unreadable_bytes); }},
    E{{"complete", "Whether every part that should be is in the bundle, wholly read."},
      [](const EndRow& r, Cell& c) { c.boolean(r.complete); }},
    E{{"sha256",
       "SHA-256 of the copy as it is restored: `size` bytes, zeros where nothing was "
       "copied."},
      [](const EndRow& r, Cell& c) {
        r.sha256 ? c.bytes(*r.sha256) : c.absent(Absent::unreadable);
      }},
};
constexpr auto kEndColumns = columns_of(kEndFields);
constexpr Kind kEnd{"volume_copy_end", "A copy of a volume is done.", kEndColumns,
                    "End of the copy of volume {volume}"};
constexpr std::array kKinds{kCopy, kPart, kEnd};

constexpr std::string_view kReferences[] = {
    "https://flatcap.github.io/linux-ntfs/ntfs/files/bitmap.html"};
constexpr std::string_view kUsed = "used", kAll = "all", kSystem = "system";
constexpr std::string_view kClusterChoices[] = {kUsed, kAll};
constexpr std::string_view kVolumeChoices[] = {"every", kSystem};
constexpr std::array kOptions{
    ModuleOption{"clusters", "What of an NTFS volume is copied; of any other volume, everything.",
                 kClusterChoices},
    ModuleOption{"volumes", "Which volumes: `system` are those with a Windows.", kVolumeChoices},
};

class Copier {
 public:
  Copier(ModuleContext& context, const VolumeInfo& volume) : context_{context}, volume_{volume} {}

  Result<void> run() {
    auto bytes = context_.source().open_volume(volume_.name);
    if (!bytes) {
      if (!volume_.unreadable) note(bytes.error());  // what is unreadable is told already
      return {};
    }
    bytes_ = *std::move(bytes);
    ClusterMap map = find_clusters();
    if (context_.stop().stop_requested()) return {};
    CopyRow row{volume_.name, volume_.file_system, bytes_->size(), {}, map_bytes_};
    row.clusters = bitmap_ != nullptr ? kUsed : kAll;
    context_.emit(kCopy, kCopyFields, row, Envelope{});
    return copy(map);
  }

 private:
  /// The volume as the source reads it: where its boot sector is damaged, by the copy of that.
  /// nullptr for one that is not NTFS, or whose file table is not found.
  Result<std::shared_ptr<ntfs::Volume>> open_ntfs() {
    if (volume_.file_system != "NTFS") return std::shared_ptr<ntfs::Volume>{};
    return ntfs::Volume::open(bytes_);
  }

  /// Where that cannot be found out, everything is taken.
  ClusterMap find_clusters() {
    auto ntfs = open_ntfs();
    if (ntfs) ntfs_ = *ntfs;
    if (context_.option("clusters") == kAll || volume_.file_system != "NTFS")
      return {nullptr, 0, 0};
    auto bitmap = ntfs ? context_.source().open(EvidencePath{volume_.name} / "$Bitmap")
                       : Result<std::unique_ptr<ByteSource>>{ntfs.error()};
    if (!bitmap) {
      note({bitmap.error().code, "which clusters are in use", bitmap.error().offset,
            "all are copied: " + bitmap.error().text()});
      return {nullptr, 0, 0};
    }
    bitmap_ = *std::move(bitmap);
    map_bytes_ = ntfs_->boot().cluster_bytes;
    ClusterMap map{bitmap_.get(), map_bytes_, ntfs_->boot().total_clusters()};
    if (check(map)) return map;
    bitmap_.reset();
    map_bytes_ = 0;
    return {nullptr, 0, 0};
  }

  /// Holds $Bitmap against the file table. False when everything is to be copied.
  bool check(ClusterMap& map) {
    const auto cannot = [&](const Error& why) {
      note({why.code, "$Bitmap cannot be held against the file table", std::nullopt,
            "all clusters are copied: " + why.text()});
      return false;
    };
    auto bitmap = context_.source().open(EvidencePath{volume_.name} / "$Bitmap");
    if (!bitmap) return cannot(bitmap.error());
    const ntfs::BootSector& boot = ntfs_->boot();
    tell_what_is_not_covered((*bitmap)->size() * 8, boot.total_clusters());
    auto found = ntfs::find_unmarked_clusters(ntfs_->mft(), boot.record_bytes, *std::move(bitmap),
                                              boot.total_clusters(),
                                              [&] { return context_.stop().stop_requested(); });
    if (!found && found.error().code == Errc::cancelled) return true;  // nothing will be copied
    if (!found) return cannot(found.error());
    if (found->clusters != 0)
      note({Errc::malformed, "$Bitmap calls clusters of files free", std::nullopt,
            std::to_string(found->clusters) + " of them are copied too"});
    map.add(std::move(found->runs));
    return true;
  }

  void tell_what_is_not_covered(std::uint64_t covered, std::uint64_t clusters) {
    if (covered < clusters)
      note({Errc::truncated, "$Bitmap is shorter than the volume", covered / 8,
            "of " + std::to_string(clusters - covered) +
                " clusters it does not say whether they are in use: all of them are copied"});
  }

  /// Whether the volume ends before its boot sector says; nothing is known of others than NTFS.
  bool is_cut() {
    if (!ntfs_ || ntfs_->boot().volume_bytes() <= bytes_->size()) return false;
    note({Errc::truncated, "the volume ends early", bytes_->size(),
          "its boot sector says " + std::to_string(ntfs_->boot().volume_bytes()) + " bytes"});
    return true;
  }

  Result<void> copy(ClusterMap& map) {
    HOZEN_TRY(const auto copy, context_.copy_volume(volume_.name));
    EndRow end;
    end.volume = volume_.name;
    end.size = bytes_->size();
    end.complete = true;
    for (std::uint64_t at = 0; at < end.size && end.complete; at += kPartBytes)
      HOZEN_CHECK(copy_part(*copy, map, at, end));
    if (end.complete) {
      HOZEN_TRY(end.sha256, copy->finish(end.size));
    }
    end.complete = end.complete && end.unreadable_bytes == 0 && !is_cut();
    context_.emit(kEnd, kEndFields, end, Envelope{});
    return {};
  }

  Result<void> copy_part(VolumeCopy& copy, ClusterMap& map, std::uint64_t at, EndRow& end) {
    PartRow row;
    row.volume = volume_.name;
    row.offset = at;
    row.size = std::min(kPartBytes, end.size - at);
    if (const auto loaded = map.load(at, row.size); !loaded)
      note({loaded.error().code, "which clusters are in use", at,
            "all of this part are copied: " + loaded.error().text()});
    row.used_bytes = map.used_bytes(at, at + row.size);
    if (row.used_bytes == 0) return {};
    VolumePart part{*bytes_, map, at, row.size};
    auto stored = copy.add(at, part, row.used_bytes);
    if (!stored) {
      end.complete = false;
      if (stored.error().code == Errc::io) return std::move(stored).error();
      const Error& why = stored.error();
      note({why.code, "the copy ends", at,
            why.code == Errc::limit && !why.detail.empty() ? why.what + " " + why.detail
                                                           : why.text()});
      return {};
    }
    row.stored = *std::move(stored);
    row.unreadable = part.take_unreadable();
    row.more_unreadable = part.more_unreadable();
    end.unreadable_bytes += part.unreadable_bytes();
    end.used_bytes += row.used_bytes;
    end.parts += row.stored.entry.empty() ? 0u : 1u;
    end.complete = !row.stored.error.has_value();
    if (row.stored.error) note(*row.stored.error);
    if (const auto& error = part.first_error()) note(unreadable_of(part, row, *error));
    context_.emit(kPart, kPartFields, row, Envelope{});
    return {};
  }

  static Error unreadable_of(const VolumePart& part, const PartRow& row, const Error& first) {
    std::string what = std::to_string(part.unreadable_bytes()) + " bytes cannot be read";
    if (row.more_unreadable != 0)
      what += " in " + std::to_string(row.unreadable.size() + row.more_unreadable) +
              " places, of which the record lists " + std::to_string(row.unreadable.size());
    return {first.code, what + ", zeros in the copy", row.offset, first.text()};
  }

  void note(Error error) {
    error.what = "copy of volume " + volume_.name + ": " + error.what;
    context_.note(std::move(error));
  }

  ModuleContext& context_;
  const VolumeInfo& volume_;
  std::shared_ptr<ByteSource> bytes_;
  std::shared_ptr<ntfs::Volume> ntfs_;
  std::unique_ptr<ByteSource> bitmap_;
  std::uint64_t map_bytes_ = 0;
};

bool has_windows(ModuleContext& context, const std::string& volume) {
  const Registry* registry = context.registry();
  if (registry == nullptr) return false;
  const auto& installations = registry->installations();
  return std::any_of(installations.begin(), installations.end(), [&](const auto& installation) {
    return equals_fold(installation.windows.volume(), volume);
  });
}

Result<void> run(ModuleContext& context) {
  if (!context.reads_files()) return {};
  const bool every = context.option("volumes") != kSystem;
  for (const VolumeInfo& volume : context.source().volumes()) {
    if (context.stop().stop_requested()) return {};
    if (every || has_windows(context, volume.name)) HOZEN_CHECK(Copier(context, volume).run());
  }
  return {};
}

}  // namespace

extern const ModuleSpec volume_copy;
const ModuleSpec volume_copy{"volume_copy",
                             "Copies of the volumes themselves, part by part: `hozen extract` "
                             "makes raw images of them.",
                             kKinds,
                             kReferences,
                             {},
                             run,
                             kOptions,
                             true};

}  // namespace hozen::modules
