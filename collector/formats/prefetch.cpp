#include "collector/formats/prefetch.h"

#include <algorithm>

#include "collector/base/crc32.h"
#include "collector/base/text.h"
#include "collector/formats/prefetch_impl.h"
#include "collector/formats/xpress_huffman.h"

namespace hozen {
namespace {

constexpr std::size_t kHeaderBytes = 84;
constexpr std::uint32_t kBootFlag = 1;
constexpr std::size_t kMaxRuns = 8;
constexpr std::string_view kSignature = "SCCA", kPackedSignature = "MAM";

// Packed files: "MAM", method, size, and a checksum of the file where the method says so.
constexpr std::uint8_t kChecksumFlag = 0x80, kXpressHuffman = 0x04;
constexpr std::size_t kPackedHeaderBytes = 8, kChecksumBytes = 4;
/// A block of 64 KiB has at least a table of 256 bytes: no more can be packed in so many.
constexpr std::uint64_t kBlockBytes = 65536, kLeastPackedBlock = 256;

/// Where a version keeps things, behind which the list of files begins; offsets from the start of
/// the file information (byte 84).
struct Layout {
  std::uint32_t files_offset;  ///< of the file: where its information ends
  std::uint32_t runs_offset, runs, count_offset, volume_bytes, file_bytes, name_offset;
  std::uint32_t hash_text_offset;  ///< 0: none
  bool has_reference;
};

constexpr Layout kXp{0x98, 36, 1, 60, 40, 20, 8, 0, false};
constexpr Layout kVista{0xF0, 44, 1, 68, 104, 32, 12, 0, true};
constexpr Layout k8{0x130, 44, kMaxRuns, 124, 104, 32, 12, 0, true};
constexpr Layout k10First{0x130, 44, kMaxRuns, 124, 96, 32, 12, 136, true};
constexpr Layout k10{0x128, 44, kMaxRuns, 116, 96, 32, 12, 128, true};

/// Windows 10 up to 1809 and later ones differ in the size of the file information.
std::optional<Layout> layout_of(std::uint32_t version, std::uint32_t files_offset) {
  switch (version) {
    case kVersionXp:
      return kXp;
    case kVersionVista:
      return kVista;
    case kVersion8:
      return k8;
    case kVersion10:
    case kVersion11:
      return files_offset == k10First.files_offset ? k10First : k10;
    default:
      return std::nullopt;
  }
}

/// A list of the file: where it begins and what it holds.
struct Section {
  std::uint32_t offset = 0, count = 0;
};

class Reader {
 public:
  Reader(Bytes file, Prefetch& out) : file_{file}, out_{out} {}

  Result<void> read() {
    HOZEN_CHECK(read_header());
    HOZEN_TRY(const auto info, file_.fixed<36>(kHeaderBytes, "prefetch file information"));
    const auto layout = layout_of(out_.version, info.u32<0>());
    if (!layout)
      return Error{Errc::unsupported, "prefetch version", file_.base(),
                   std::to_string(out_.version)};
    layout_ = *layout;
    if (info.u32<0>() != layout_.files_offset)
      return Error{Errc::malformed, "prefetch file information", file_.base() + kHeaderBytes};
    HOZEN_CHECK(read_runs());
    strings_ = part(info.u32<16>(), info.u32<20>(), "prefetch file names");
    read_files({info.u32<0>(), info.u32<4>()});
    read_volumes({info.u32<24>(), info.u32<28>()}, info.u32<32>());
    read_hash_text();
    check_prefetch_hash(out_);
    return {};
  }

 private:
  Result<void> read_header() {
    HOZEN_TRY(const auto header, file_.fixed<kHeaderBytes>(0, "prefetch header"));
    if (file_.chars().substr(4, kSignature.size()) != kSignature)
      return Error{Errc::malformed, "prefetch signature", file_.base() + 4};
    out_.version = header.u32<0>();
    out_.size = header.u32<12>();
    const Bytes name = file_.tail(16).head(2 * (kMaxExecutableUnits + 1));
    out_.executable = wtf8_from_utf16le(name, true);
    if (utf16_length(out_.executable) > kMaxExecutableUnits)
      return Error{Errc::malformed, "prefetch program name", file_.base() + 16};
    out_.hash = header.u32<76>();
    out_.is_boot = (header.u32<80>() & kBootFlag) != 0;
    if (out_.size != file_.size())
      problem(Errc::malformed, "prefetch file size", file_.base() + 12);
    return {};
  }

  Result<void> read_runs() {
    HOZEN_TRY(const Bytes runs,
              file_.slice(kHeaderBytes + layout_.runs_offset,
                          std::uint64_t{layout_.runs} * sizeof(FileTime::ticks), "prefetch runs"));
    for (std::size_t i = 0; i < layout_.runs; ++i) {
      const FileTime time{runs.get<std::uint64_t>(i * sizeof(FileTime::ticks)).value_or(0)};
      if (time.is_set()) out_.runs.push_back(time);
    }
    const auto count = file_.get<std::uint32_t>(kHeaderBytes + layout_.count_offset);
    if (!count)
      return Error{Errc::truncated, "prefetch run count",
                   file_.base() + kHeaderBytes + layout_.count_offset};
    out_.run_count = *count;
    return {};
  }

  void read_files(Section section) {
    const Bytes list = entries(section, layout_.file_bytes, "prefetch file list");
    out_.files.reserve(list.size() / layout_.file_bytes);
    // Names do not overlap but in a file that was made to explode.
    std::uint64_t name_bytes_left = std::uint64_t{2} * strings_.size();
    for (std::uint64_t at = 0; at < list.size(); at += layout_.file_bytes) {
      PrefetchedFile file;
      const auto offset = list.get<std::uint32_t>(at + layout_.name_offset).value_or(0);
      const auto units = list.get<std::uint32_t>(at + layout_.name_offset + 4).value_or(0);
      const std::uint64_t size = std::uint64_t{units} * 2;
      if (!strings_.contains(offset, size) || size > name_bytes_left || units > kMaxPathUnits) {
        problem(Errc::malformed, "prefetch file name", list.base() + at);
        continue;
      }
      name_bytes_left -= size;
      file.path = strings_.tail(offset).head(size);
      if (layout_.has_reference) file.reference = list.get<std::uint64_t>(at + 24).value_or(0);
      out_.files.push_back(file);
    }
  }

  void read_volumes(Section section, std::uint32_t size) {
    const Bytes area = part(section.offset, size, "prefetch volumes");
    const std::uint64_t fitting = area.size() / layout_.volume_bytes;
    if (section.count > fitting) problem(Errc::truncated, "prefetch volume list", area.base());
    const std::uint64_t count = std::min<std::uint64_t>(section.count, fitting);
    for (std::uint64_t i = 0; i < count; ++i) read_volume(area, i * layout_.volume_bytes);
  }

  void read_volume(Bytes area, std::uint64_t at) {
    const auto entry = area.fixed<36>(at, "prefetch volume");
    if (!entry) return out_.problems.push_back(entry.error());
    PrefetchVolume volume;
    volume.created = FileTime{entry->u64<8>()};
    volume.serial = entry->u32<16>();
    const std::uint32_t units = entry->u32<4>();
    const auto path = area.slice(entry->u32<0>(), std::uint64_t{units} * 2, "prefetch volume path");
    if (units > kMaxDeviceUnits)
      problem(Errc::malformed, "prefetch volume path", area.base() + at);
    else if (path)
      volume.device_path = wtf8_from_utf16le(*path, true);
    else
      out_.problems.push_back(path.error());
    const auto references =
        area.slice(entry->u32<20>(), entry->u32<24>(), "prefetch file references");
    if (references)
      volume.file_references = references->get<std::uint32_t>(4).value_or(0);
    else if (entry->u32<24>() != 0)
      out_.problems.push_back(references.error());
    read_directories(area.tail(entry->u32<28>()), entry->u32<32>(), volume);
    out_.volumes.push_back(std::move(volume));
  }

  /// Each: characters without the NUL, UTF-16, NUL. Several volumes may not share what there is.
  void read_directories(Bytes list, std::uint32_t count, PrefetchVolume& volume) {
    Cursor cursor{list};
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto units = cursor.u16("prefetch folder name");
      const auto name = units ? cursor.take(std::uint64_t{*units} * 2 + 2, "prefetch folder name")
                              : Result<Bytes>{units.error()};
      if (!name) return out_.problems.push_back(name.error());
      if (++directories_ > file_.size() / kLeastDirectoryBytes)
        return problem(Errc::malformed, "prefetch folder lists", list.base());
      volume.directories.push_back(name->head(std::uint64_t{*units} * 2));
    }
  }

  void read_hash_text() {
    if (layout_.hash_text_offset == 0) return;
    const std::uint64_t at = kHeaderBytes + layout_.hash_text_offset;
    const auto offset = file_.get<std::uint32_t>(at).value_or(0);
    const auto size = file_.get<std::uint32_t>(at + 4).value_or(0);
    if (offset == 0 || size == 0) return;
    out_.hash_text = wtf8_from_utf16le(part(offset, size, "prefetch hash text"), true);
  }

  /// What there is of `size` bytes at `offset`.
  Bytes part(std::uint32_t offset, std::uint32_t size, std::string_view what) {
    if (!file_.contains(offset, size)) problem(Errc::truncated, what, file_.base() + offset);
    return file_.tail(offset).head(size);
  }

  /// The whole entries there are of a list.
  Bytes entries(Section section, std::uint32_t entry_bytes, std::string_view what) {
    const Bytes rest = file_.tail(section.offset);
    const std::uint64_t fitting = rest.size() / entry_bytes;
    if (section.count > fitting) problem(Errc::truncated, what, rest.base());
    return rest.head(std::min<std::uint64_t>(section.count, fitting) * entry_bytes);
  }

  /// `offset` as errors have it.
  void problem(Errc code, std::string_view what, std::uint64_t offset) {
    if (out_.problems.size() < kMaxProblems)
      out_.problems.push_back({code, std::string{what}, offset});
  }

  static constexpr std::uint64_t kLeastDirectoryBytes = 4;  ///< characters and NUL
  static constexpr std::uint32_t kMaxPathUnits = 32767, kMaxDeviceUnits = 1024;
  static constexpr std::size_t kMaxProblems = 100;

  Bytes file_;
  Prefetch& out_;
  Layout layout_ = kXp;
  Bytes strings_;
  std::uint64_t directories_ = 0;
};

std::uint32_t checksum_of(Bytes file) {
  constexpr std::byte kZeros[kChecksumBytes]{};
  std::uint32_t crc = crc32_of(file.head(kPackedHeaderBytes).span());
  crc = crc32_of(kZeros, crc);
  return crc32_of(file.tail(kPackedHeaderBytes + kChecksumBytes).span(), crc);
}

/// The content of a packed file, in `out`.
Result<void> unpack(Bytes file, std::vector<std::byte>& out, std::vector<Error>& problems) {
  HOZEN_TRY(const auto header, file.fixed<kPackedHeaderBytes>(0, "packed prefetch header"));
  const std::uint8_t method = header.u8<3>();
  if ((method & ~kChecksumFlag) != kXpressHuffman)
    return Error{Errc::unsupported, "packing of a prefetch file", file.base() + 3};
  std::uint64_t begin = kPackedHeaderBytes;
  if ((method & kChecksumFlag) != 0) {
    const auto stated = file.get<std::uint32_t>(begin);
    begin += kChecksumBytes;
    if (!stated) return Error{Errc::truncated, "packed prefetch header", file.base()};
    if (*stated != checksum_of(file))
      problems.push_back({Errc::malformed, "checksum of a packed prefetch file",
                          file.base() + kPackedHeaderBytes});
  }
  const Bytes packed = file.tail(begin);
  const std::uint32_t size = header.u32<4>();
  const bool is_possible = size <= (packed.size() / kLeastPackedBlock + 1) * kBlockBytes;
  if (!is_possible || size > kMaxPrefetchBytes)
    return Error{is_possible ? Errc::limit : Errc::malformed, "size of a packed prefetch file",
                 file.base() + 4};
  out.resize(size);
  return decompress_xpress_huffman(packed, out);
}

}  // namespace

std::string_view to_text(PrefetchHash check) {
  switch (check) {
    case PrefetchHash::matches:
      return "matches";
    case PrefetchHash::hosting:
      return "hosting";
    case PrefetchHash::package:
      return "package";
    case PrefetchHash::differs:
      return "differs";
    case PrefetchHash::path_unknown:
      break;
  }
  return "path_unknown";
}

bool looks_like_prefetch(Bytes head) {
  return head.tail(4).chars().starts_with(kSignature) || head.chars().starts_with(kPackedSignature);
}

Result<Prefetch> parse_prefetch(Bytes file, std::vector<std::byte>& unpacked) {
  Prefetch out;
  Bytes content = file;
  if (file.chars().starts_with(kPackedSignature)) {
    out.is_packed = true;
    HOZEN_CHECK(unpack(file, unpacked, out.problems));
    content = Bytes{unpacked};
  }
  HOZEN_CHECK(Reader(content, out).read());
  return out;
}

}  // namespace hozen
