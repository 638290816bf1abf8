#include "collector/engine/extract_volumes.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "collector/engine/entry_name.h"
#include "collector/engine/json_read.h"
#include "collector/formats/ntfs_boot.h"

namespace hozen {
namespace {

constexpr std::string_view kStream = "records/volume_copy";
/// Zeros of this size and place become a hole of the image.
constexpr std::size_t kHoleBytes = 64 << 10;
/// No volume of NTFS with clusters of 64 KiB is larger: what a damaged bundle says must not fill a
/// disk.
constexpr std::uint64_t kMaxVolumeBytes = 1ull << 48;
/// So much of the image may be gaps for each byte of its parts, and beside them, for its SHA-256 to
/// be computed: what is nearly empty would take days for nothing.
constexpr std::uint64_t kGapsPerByte = 1000, kSmallGaps = 1ull << 40;

/// What the records say of a copy.
struct CopyFacts {
  std::optional<std::uint64_t> size;
  bool ended = false, complete = false;
  std::uint64_t unreadable_bytes = 0;
  std::optional<Sha256Digest> sha256;
};

struct Part {
  std::uint64_t offset = 0;
  const BundleReader::Entry* entry = nullptr;
};

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.front() == std::byte{0} && std::equal(bytes.begin() + 1, bytes.end(), bytes.begin());
}

/// The image on its way, front to back.
class ImageWriter {
 public:
  ImageWriter(OutputFile& file, bool hashed) : file_{file}, hashed_{hashed} {}

  std::uint64_t position() const { return position_; }
  bool is_hashed() const { return hashed_; }

  Result<void> write(std::span<const std::byte> bytes) {
    if (hashed_) hash_.update(bytes);
    while (!bytes.empty()) {
      const auto room = kHoleBytes - static_cast<std::size_t>(position_ % kHoleBytes);
      const auto piece = bytes.first(std::min(room, bytes.size()));
      HOZEN_CHECK(is_zero(piece) ? file_.skip(piece.size()) : file_.write(piece));
      position_ += piece.size();
      bytes = bytes.subspan(piece.size());
    }
    return {};
  }
  Result<void> skip_to(std::uint64_t offset) {
    const std::vector<std::byte> zeros(hashed_ ? kHoleBytes : 0);
    for (std::uint64_t rest = offset - position_; hashed_ && rest != 0;) {
      const auto piece = std::min<std::uint64_t>(rest, zeros.size());
      hash_.update(std::span{zeros}.first(static_cast<std::size_t>(piece)));
      rest -= piece;
    }
    if (offset != position_) HOZEN_CHECK(file_.skip(offset - position_));
    position_ = offset;
    return {};
  }
  Sha256Digest digest() { return hash_.finish(); }

 private:
  OutputFile& file_;
  const bool hashed_;
  Sha256 hash_;
  std::uint64_t position_ = 0;
};

class Volumes {
 public:
  Volumes(const BundleReader& bundle, OutputTree& tree) : bundle_{bundle}, tree_{tree} {}

  Result<std::vector<RestoredVolume>> run(
      const std::function<bool(const std::string& volume)>& wanted) {
    for (const BundleReader::Entry& entry : bundle_.entries())
      if (const auto part = parse_volume_part_name(entry.facts.name))
        parts_[part->volume].push_back({part->offset, &entry});
    read_facts();
    for (const auto& [volume, facts] : facts_) parts_[volume];
    std::vector<RestoredVolume> restored;
    for (auto& [volume, parts] : parts_)
      if (wanted(volume)) {
        HOZEN_TRY(RestoredVolume image, restore(volume, parts));
        restored.push_back(std::move(image));
      }
    return restored;
  }

 private:
  void read_facts() {
    const auto read = bundle_.each_line(kStream, [&](std::string_view line) -> Result<void> {
      const Json row = parse_json(line);
      if (!row.is_object()) return {};
      const std::string kind = json_text(row, "kind");
      CopyFacts& facts = facts_[json_text(row, "volume")];
      if (kind == "volume_copy" || kind == "volume_copy_end") facts.size = json_number(row, "size");
      if (kind != "volume_copy_end") return {};
      const Json* complete = json_member(row, "complete");
      facts.ended = true;
      facts.complete = complete != nullptr && complete->is_boolean() && complete->get<bool>();
      facts.unreadable_bytes = json_number(row, "unreadable_bytes").value_or(0);
      facts.sha256 = json_sha256(row, "sha256");
      return {};
    });
    if (!read) unread_ = read.error();
  }

  Result<RestoredVolume> restore(const std::string& volume, std::vector<Part>& parts) {
    std::sort(parts.begin(), parts.end(),
              [](const Part& a, const Part& b) { return a.offset < b.offset; });
    const CopyFacts facts = facts_of(volume, parts);
    RestoredVolume image;
    image.volume = volume;
    if (parts.empty()) {
      image.problems.push_back(
          {Errc::not_found, "copy of volume " + volume, {}, "the bundle holds no part of it"});
      return image;
    }
    image.written = parts.front().entry->facts.name.substr(std::string_view{"volumes/"}.size());
    image.written.resize(image.written.find('/'));
    image.written += ".raw";
    if (unread_) image.problems.push_back(*unread_);
    auto file = tree_.create({image.written});
    if (!file) {
      image.problems.push_back(std::move(file).error());
      return image;
    }
    ImageWriter writer{**file, facts.sha256 && is_worth_hashing(parts, facts)};
    for (const Part& part : parts) HOZEN_CHECK(add(part, writer, image));
    const std::uint64_t size = facts.size.value_or(writer.position());
    if (size < writer.position() || size > kMaxVolumeBytes)
      refuse(image, "copy of volume " + volume, writer.position(),
             "its size is recorded as " + std::to_string(size) + " bytes");
    else
      skip(size, writer, image);
    image.size = writer.position();
    if (writer.is_hashed()) image.sha256 = writer.digest();
    judge(facts, writer.is_hashed(), image);
    HOZEN_CHECK((*file)->complete());
    return image;
  }

  Result<void> add(const Part& part, ImageWriter& writer, RestoredVolume& image) {
    const BundleEntry& facts = part.entry->facts;
    const char* const why = part.offset > kMaxVolumeBytes || facts.size > kMaxVolumeBytes
                                ? "no volume is so large"
                            : part.offset < writer.position() ? "it overlaps the part before it"
                                                              : nullptr;
    if (why != nullptr) {
      refuse(image, facts.name, part.offset, why);
      return {};
    }
    if (!skip(part.offset, writer, image)) return {};
    std::optional<Error> refused;
    const auto read =
        bundle_.read(*part.entry, [&](std::span<const std::byte> bytes) -> Result<void> {
          auto written = writer.write(bytes);
          if (!written) refused = written.error();
          return written;
        });
    if (refused) return *std::move(refused);
    ++image.parts;
    if (read) return {};
    image.problems.push_back(read.error());
    image.damaged = true;
    return {};
  }

  static void refuse(RestoredVolume& image, std::string what, std::uint64_t offset,
                     std::string why) {
    image.problems.push_back({Errc::malformed, std::move(what), offset, std::move(why)});
    image.damaged = true;
  }

  /// False, and told, where the file system takes no file of that size.
  static bool skip(std::uint64_t offset, ImageWriter& writer, RestoredVolume& image) {
    auto skipped = writer.skip_to(offset);
    if (skipped) return true;
    image.problems.push_back(std::move(skipped).error());
    return false;
  }

  /// What the records say; of a bundle that was cut, the manifest or the boot sector may know the
  /// size.
  CopyFacts facts_of(const std::string& volume, const std::vector<Part>& parts) {
    CopyFacts facts = facts_[volume];
    for (const VolumeInfo& info : bundle_.manifest().source.volumes)
      if (info.name == volume && !facts.size) facts.size = info.size_bytes;
    if (!facts.size && !parts.empty() && parts.front().offset == 0)
      facts.size = size_in_boot_sector(*parts.front().entry);
    return facts;
  }

  /// With the copy of the boot sector that lies behind the volume.
  std::optional<std::uint64_t> size_in_boot_sector(const BundleReader::Entry& part) {
    std::vector<std::byte> sector;
    // Ends the reading with an error of its own.
    (void)bundle_
        .read(part,
              [&](std::span<const std::byte> bytes) -> Result<void> {
                const auto more =
                    bytes.first(std::min(bytes.size(), ntfs::kBootSectorBytes - sector.size()));
                sector.insert(sector.end(), more.begin(), more.end());
                if (sector.size() == ntfs::kBootSectorBytes) return Error{Errc::limit, "enough"};
                return {};
              })
        .has_value();
    const auto boot = ntfs::read_boot_sector(Bytes{sector});
    if (!boot) return std::nullopt;
    return boot->volume_bytes() + boot->sector_bytes;
  }

  static bool is_worth_hashing(const std::vector<Part>& parts, const CopyFacts& facts) {
    std::uint64_t stored = 0, end = facts.size.value_or(0);
    for (const Part& part : parts) {
      stored += std::min(part.entry->facts.size, kMaxVolumeBytes);
      end = std::max(end, std::min(part.offset, kMaxVolumeBytes));
    }
    return end <= kSmallGaps || end / kGapsPerByte <= stored;
  }

  static void judge(const CopyFacts& facts, bool hashed, RestoredVolume& image) {
    const auto problem = [&](Errc code, std::string detail) {
      image.problems.push_back({code, "copy of volume " + image.volume, {}, std::move(detail)});
    };
    if (!facts.ended)
      problem(Errc::truncated,
              facts.size ? "the run ended before it was done: what is missing is zeros"
                         : "the run ended before it was done, and the size of the volume is not "
                           "known: the image ends behind the last part, what is missing before is "
                           "zeros");
    else if (facts.unreadable_bytes != 0)
      problem(Errc::io,
              std::to_string(facts.unreadable_bytes) + " bytes could not be read and are zeros");
    else if (!facts.complete)
      problem(Errc::truncated,
              "it is not complete: what is missing before its end is zeros (module volume_copy "
              "tells why)");
    if (facts.sha256 && !hashed)
      problem(Errc::limit, "nearly all of it is empty: its SHA-256 was not computed");
    if (facts.sha256 && hashed && image.sha256 != facts.sha256) {
      image.damaged = true;
      problem(Errc::malformed, "the image has another SHA-256 than was recorded");
    }
  }

  const BundleReader& bundle_;
  OutputTree& tree_;
  std::map<std::string, std::vector<Part>> parts_;
  std::map<std::string, CopyFacts> facts_;
  std::optional<Error> unread_;
};

}  // namespace

Result<std::vector<RestoredVolume>> extract_volumes(
    const BundleReader& bundle, OutputTree& tree,
    const std::function<bool(const std::string& volume)>& wanted) {
  return Volumes{bundle, tree}.run(wanted);
}

}  // namespace hozen
