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

/// Places of an image that are told one by one.
constexpr std::size_t kMostPlaces = 100;

/// Places of an image: the first ones, as `offset+size`, and how many more there are.
class Places {
 public:
  void add(std::string place) {
    if (count_++ < kMostPlaces) text_ += (text_.empty() ? "" : ", ") + place;
  }
  void add(std::uint64_t offset, std::uint64_t size) {
    add(std::to_string(offset) + "+" + std::to_string(size));
  }
  void add_more(std::uint64_t count) { count_ += count; }
  bool empty() const { return count_ == 0; }
  std::string text() const {
    const std::uint64_t told = std::min<std::uint64_t>(count_, kMostPlaces);
    return count_ == told ? text_ : text_ + " and " + std::to_string(count_ - told) + " more";
  }

 private:
  std::string text_;
  std::uint64_t count_ = 0;
};

/// What the records say of a copy.
struct CopyFacts {
  std::optional<std::uint64_t> size;
  bool ended = false, complete = false;
  std::uint64_t unreadable_bytes = 0;
  std::optional<Sha256Digest> sha256;
  Places unreadable;
  Places absent;  ///< parts that are not in the bundle
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
      if (kind == "volume_part") read_part(row, facts);
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

  void read_part(const Json& row, CopyFacts& facts) const {
    const std::string entry = json_text(row, "entry");
    if (!entry.empty() && bundle_.find(entry) == nullptr)
      facts.absent.add(json_number(row, "offset").value_or(0),
                       json_number(row, "size").value_or(0));
    const Json* unreadable = json_member(row, "unreadable");
    if (unreadable != nullptr && unreadable->is_array())
      for (const Json& place : *unreadable)
        if (place.is_string()) facts.unreadable.add(place.get<std::string>());
    const std::uint64_t more = json_number(row, "more_unreadable").value_or(0);
    facts.unreadable.add_more(std::min<std::uint64_t>(more, kMaxVolumeBytes));
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
      image.problems.push_back({file.error().code,
                                "copy of volume " + volume,
                                {},
                                file.error().text() + "; nothing is overwritten: where " +
                                    image.written +
                                    " is there already, unpack into another folder"});
      return image;
    }
    ImageWriter writer{**file, facts.sha256 && is_worth_hashing(parts, facts)};
    for (const Part& part : parts) HOZEN_CHECK(add(part, writer, image));
    const std::uint64_t copied = writer.position();
    const std::uint64_t size = facts.size.value_or(writer.position());
    if (size < writer.position() || size > kMaxVolumeBytes)
      refuse(image, "copy of volume " + volume, writer.position(),
             "its size is recorded as " + std::to_string(size) + " bytes");
    else
      skip(size, writer, image);
    image.size = writer.position();
    if (writer.is_hashed()) image.sha256 = writer.digest();
    judge(facts, writer.is_hashed(), copied, image);
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
    image.problems.push_back({read.error().code, facts.name, part.offset,
                              read.error().text() + "; " +
                                  wrong_places(image.written, part.offset, facts.size,
                                               writer.position() - part.offset)});
    image.damaged = true;
    return {};
  }

  /// Of a damaged part no checksum tells more than that it is damaged.
  static std::string wrong_places(const std::string& name, std::uint64_t offset, std::uint64_t size,
                                  std::uint64_t written) {
    constexpr std::uint64_t kMiB = 1u << 20;
    const std::uint64_t last = offset + std::max<std::uint64_t>(size, 1) - 1;
    std::string text = "bytes " + std::to_string(offset) + "+" + std::to_string(size) + " of " +
                       name + " may be wrong (MiB " + std::to_string(offset / kMiB) + " to " +
                       std::to_string(last / kMiB) + ")";
    if (written < size)
      text += ", of these " + std::to_string(offset + written) + "+" +
              std::to_string(size - written) + " are zeros";
    return text;
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

  /// `copied`: up to there parts, and what lies between them, which was not in use.
  static void judge(const CopyFacts& facts, bool hashed, std::uint64_t copied,
                    RestoredVolume& image) {
    const auto problem = [&](Errc code, std::string detail) {
      image.problems.push_back({code, "copy of volume " + image.volume, {}, std::move(detail)});
    };
    // Its hash is made of all its parts.
    const bool has_all = facts.sha256 || (facts.size && copied >= *facts.size);
    std::string behind = "what is missing before its end is zeros";
    if (facts.size && copied < *facts.size)
      behind = "bytes " + std::to_string(copied) + "+" + std::to_string(*facts.size - copied) +
               " are missing and are zeros";
    if (!facts.ended && !facts.size)
      problem(
          Errc::truncated,
          "the run ended before it was done, and the size of the volume is not known: the image "
          "ends behind the last part, at byte " +
              std::to_string(copied));
    else if (!facts.ended && !has_all)
      problem(Errc::truncated, "the run ended before it was done: " + behind);
    else if (facts.ended && !has_all)
      problem(Errc::truncated, "it is not complete: " + behind + " (module volume_copy tells why)");
    else if (facts.ended && !facts.complete && facts.unreadable_bytes == 0)
      problem(Errc::truncated, "it is not complete (module volume_copy tells why)");
    if (!facts.absent.empty())
      problem(Errc::not_found,
              "parts that are not in the bundle are zeros: " + facts.absent.text());
    if (facts.unreadable_bytes != 0 || !facts.unreadable.empty())
      problem(Errc::io,
              (facts.ended ? std::to_string(facts.unreadable_bytes) + " bytes" : "bytes") +
                  std::string{" could not be read and are zeros"} +
                  (facts.unreadable.empty() ? "" : ": " + facts.unreadable.text()));
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
