// What a 7z header says of packed streams: coders, sizes, checksums, files in one stream.
#include "collector/base/text.h"
#include "collector/formats/archive_7z_impl.h"

namespace hozen::archive::seven_zip {
namespace {

/// Coders of one folder; 7-Zip reads 32.
constexpr std::uint64_t kMaxCoders = 32, kMaxStreamsOfCoder = 32;
constexpr std::string_view kAesCoder{"\x06\xF1\x07\x01", 4};

std::string coder_text(Bytes id) {
  struct Known {
    std::string_view id, name;
  };
  constexpr Known kKnown[] = {{{"\x00", 1}, "copy"},          {{"\x21", 1}, "lzma2"},
                              {{"\x03\x01\x01", 3}, "lzma"},  {{"\x03\x04\x01", 3}, "ppmd"},
                              {{"\x04\x02\x02", 3}, "bzip2"}, {{"\x04\x01\x08", 3}, "deflate"},
                              {kAesCoder, "aes256"}};
  for (const Known& known : kKnown)
    if (id.chars() == known.id) return std::string{known.name};
  return to_hex(id.span());
}

Result<PackedFolder> read_folder(Fields& fields) {
  PackedFolder folder;
  HOZEN_TRY(const std::uint64_t coders, fields.number());
  if (coders == 0 || coders > kMaxCoders) return malformed("7z coders");
  std::uint64_t inputs = 0;
  for (std::uint64_t i = 0; i < coders; ++i) {
    constexpr unsigned kIdBytes = 0x0F, kComplex = 0x10, kHasProperties = 0x20, kReserved = 0xC0;
    HOZEN_TRY(const unsigned form, fields.byte());
    if ((form & kReserved) != 0) return malformed("7z coder");
    HOZEN_TRY(const Bytes id, fields.take(form & kIdBytes, "7z coder"));
    std::uint64_t in = 1, out = 1;
    if ((form & kComplex) != 0) {
      HOZEN_TRY(in, fields.number());
      HOZEN_TRY(out, fields.number());
      if (in > kMaxStreamsOfCoder || out != 1) return malformed("7z coder's streams");
    }
    inputs += in;
    folder.outputs += static_cast<std::size_t>(out);
    folder.is_encrypted = folder.is_encrypted || id.chars() == kAesCoder;
    folder.method += (folder.method.empty() ? "" : "+") + coder_text(id);
    if ((form & kHasProperties) == 0) continue;
    HOZEN_TRY(const std::uint64_t bytes, fields.number());
    HOZEN_CHECK(fields.take(bytes, "7z coder's properties"));
  }
  // An output that is bound is another coder's input: the one that is not is what was packed.
  std::vector<bool> bound(folder.outputs);
  const std::uint64_t pairs = folder.outputs - 1;
  if (inputs < pairs) return malformed("7z coders");
  for (std::uint64_t i = 0; i < pairs; ++i) {
    HOZEN_CHECK(fields.number());
    HOZEN_TRY(const std::uint64_t output, fields.number());
    if (output >= bound.size()) return malformed("7z bind pair");
    bound[static_cast<std::size_t>(output)] = true;
  }
  folder.main_output =
      static_cast<std::size_t>(std::find(bound.begin(), bound.end(), false) - bound.begin());
  const std::uint64_t packed = inputs - pairs;
  for (std::uint64_t i = 0; packed > 1 && i < packed; ++i) HOZEN_CHECK(fields.number());
  return folder;
}

Result<void> skip_pack_info(Fields& fields) {
  HOZEN_CHECK(fields.number());  // where the data lies
  HOZEN_TRY(const std::size_t count, fields.count("7z packed streams"));
  for (;;) {
    HOZEN_TRY(const std::uint64_t id, fields.number());
    if (id == kEnd) return {};
    if (id == kSize) {
      for (std::size_t i = 0; i < count; ++i) HOZEN_CHECK(fields.number());
    } else if (id == kCrc) {
      HOZEN_CHECK(fields.checksums(count));
    } else {
      return malformed("7z packed streams");
    }
  }
}

Result<void> read_unpack_info(Fields& fields, std::vector<PackedFolder>& folders) {
  HOZEN_TRY(const std::uint64_t id, fields.number());
  if (id != kFolder) return malformed("7z folders");
  HOZEN_TRY(const std::size_t count, fields.count("7z folders"));
  HOZEN_TRY(const std::uint8_t elsewhere, fields.byte());
  if (elsewhere != 0) return Error{Errc::unsupported, "7z folders in another stream"};
  for (std::size_t i = 0; i < count; ++i) {
    HOZEN_TRY(PackedFolder folder, read_folder(fields));
    folders.push_back(std::move(folder));
  }
  HOZEN_TRY(const std::uint64_t sizes, fields.number());
  if (sizes != kUnpackSize) return malformed("7z sizes of folders");
  for (PackedFolder& folder : folders)
    for (std::size_t i = 0; i < folder.outputs; ++i) {
      HOZEN_TRY(const std::uint64_t size, fields.number());
      folder.sizes.push_back(size);
    }
  HOZEN_TRY(std::uint64_t next, fields.number());
  if (next == kCrc) {
    HOZEN_TRY(const auto checksums, fields.checksums(count));
    for (std::size_t i = 0; i < count; ++i) folders[i].crc = checksums[i];
    HOZEN_TRY(next, fields.number());
  }
  if (next != kEnd) return malformed("7z folders");
  return {};
}

/// How the content of folders is parted. `id`: what was read last.
Result<void> read_sub_streams(Fields& fields, Streams& streams) {
  HOZEN_TRY(std::uint64_t id, fields.number());
  if (id == kNumUnpackStream) {
    for (PackedFolder& folder : streams.folders) {
      HOZEN_TRY(folder.streams, fields.count("7z files of a folder"));
    }
    HOZEN_TRY(id, fields.number());
  }
  for (std::size_t i = 0; i < streams.folders.size(); ++i) {
    const PackedFolder& folder = streams.folders[i];
    std::uint64_t left = folder.size();
    if (folder.streams > kMaxEntries - streams.contents.size()) return malformed("7z files");
    for (std::size_t stream = 0; stream < folder.streams; ++stream) {
      std::uint64_t size = left;
      if (id == kSize && stream + 1 < folder.streams) {
        HOZEN_TRY(size, fields.number());
      }
      if (size > left) return malformed("7z sizes of files");
      left -= size;
      streams.contents.push_back({size, {}, i});
    }
  }
  if (id == kSize) {
    HOZEN_TRY(id, fields.number());
  }
  // Only of those that the folder's own checksum does not say.
  std::vector<Content*> unknown;
  for (Content& content : streams.contents) {
    const PackedFolder& folder = streams.folders[content.folder];
    if (folder.streams == 1 && folder.crc)
      content.crc = folder.crc;
    else
      unknown.push_back(&content);
  }
  while (id != kEnd) {
    if (id != kCrc) return malformed("7z sub-streams");
    HOZEN_TRY(const auto checksums, fields.checksums(unknown.size()));
    for (std::size_t i = 0; i < unknown.size(); ++i) unknown[i]->crc = checksums[i];
    HOZEN_TRY(id, fields.number());
  }
  return {};
}

}  // namespace

Result<Streams> read_streams(Fields& fields) {
  Streams streams;
  bool parted = false;
  for (;;) {
    HOZEN_TRY(const std::uint64_t id, fields.number());
    if (id == kEnd) break;
    if (id == kPackInfo) {
      HOZEN_CHECK(skip_pack_info(fields));
    } else if (id == kUnpackInfo && streams.folders.empty()) {
      HOZEN_CHECK(read_unpack_info(fields, streams.folders));
    } else if (id == kSubStreams && !parted) {
      parted = true;
      HOZEN_CHECK(read_sub_streams(fields, streams));
    } else {
      return malformed("7z streams");
    }
  }
  for (std::size_t i = 0; !parted && i < streams.folders.size(); ++i)
    streams.contents.push_back({streams.folders[i].size(), streams.folders[i].crc, i});
  return streams;
}

}  // namespace hozen::archive::seven_zip
