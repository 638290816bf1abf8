#include "collector/formats/rar.h"

#include <algorithm>
#include <array>

#include "collector/formats/rar_impl.h"

namespace hozen::rar {
namespace {

constexpr std::string_view kCommon{"Rar!\x1A\x07", 6};
constexpr std::string_view kOldSignature{"RE~^", 4};
constexpr std::size_t kWindowBytes = 64u << 10;

struct Found {
  std::uint64_t offset = 0;
  Version version = Version::rar5;
  std::uint64_t behind() const {
    return offset + (version == Version::rar5 ? kSignature5 : kSignature4).size();
  }
};

std::optional<Version> version_of(std::string_view text) {
  if (text.starts_with(kSignature5)) return Version::rar5;
  if (text.starts_with(kSignature4)) return Version::rar4;
  return std::nullopt;
}

/// The archive behind a program: the first signature that a header follows.
Result<Found> find_behind_program(Reader& reader) {
  // A first header, whole: the encryption header of RAR 5 has 60 bytes, main headers of RAR 7 can
  // hold a name.
  constexpr std::uint64_t kHeaderBytes = 8u << 10;
  HOZEN_TRY(const Bytes all, reader.at(0, kMaxStubBytes + kHeaderBytes));
  const std::string_view text = all.chars();
  for (std::size_t at = text.find(kCommon, 1); at != std::string_view::npos && at <= kMaxStubBytes;
       at = text.find(kCommon, at + 1)) {
    const auto version = version_of(text.substr(at));
    if (!version) continue;
    const Found found{at, *version};
    const Bytes behind = all.tail(found.behind());
    if (*version == Version::rar5 ? is_first_header5(behind) : is_first_header4(behind))
      return found;
  }
  return Error{Errc::not_found, "rar signature", 0};
}

Result<Found> find_archive(Reader& reader) {
  HOZEN_TRY(const Bytes head, reader.at(0, kSignature5.size()));
  if (const auto version = version_of(head.chars())) return Found{0, *version};
  if (head.chars().starts_with(kOldSignature))
    return Error{Errc::unsupported, "rar archive older than RAR 1.5", 0};
  // Programs and nothing else: every other file would be searched for nothing.
  if (!head.chars().starts_with("MZ")) return Error{Errc::not_found, "rar signature", 0};
  return find_behind_program(reader);
}

}  // namespace

std::string_view to_text(Version version) { return version == Version::rar5 ? "5-7" : "1.5-4"; }

std::string_view to_text(LinkKind kind) {
  constexpr std::array<std::string_view, 6> kNames{
      "none", "symbolic_link", "windows_symbolic_link", "junction", "hard_link", "copy"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view host_os_text(Version version, std::uint8_t host_os) {
  constexpr std::array<std::string_view, 6> kOld{"dos", "os2", "windows", "unix", "macos", "beos"};
  constexpr std::array<std::string_view, 2> kNew{"windows", "unix"};
  if (version == Version::rar5) return host_os < kNew.size() ? kNew[host_os] : "unknown";
  return host_os < kOld.size() ? kOld[host_os] : "unknown";
}

Result<Bytes> Reader::at(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = begin_ + buffer_.size();
  if (offset < begin_ || offset > end || length > end - offset) {
    const std::uint64_t left = size() - std::min(offset, size());
    buffer_.resize(
        static_cast<std::size_t>(std::min(std::max<std::uint64_t>(length, kWindowBytes), left)));
    begin_ = offset;
    auto bytes = file_.read_some(offset, buffer_);
    buffer_.resize(bytes ? *bytes : 0);
    if (!bytes) return std::move(bytes).error();
  }
  return Bytes{buffer_, begin_}.tail(offset - begin_).head(length);
}

void Reader::problem(Errc code, std::string_view what, std::uint64_t offset,
                     std::string_view detail) {
  if (archive_.problems.size() < kMaxProblems)
    archive_.problems.push_back({code, std::string{what}, offset, std::string{detail}});
}

bool Pending::put(Entry entry) {
  if (!flush()) return false;
  entry_ = std::move(entry);
  return true;
}

bool Pending::flush() {
  if (!entry_) return true;
  const Entry entry = *std::move(entry_);
  entry_.reset();
  return visit_(entry);
}

std::optional<std::uint64_t> next_block(Reader& reader, std::uint64_t header_end,
                                        std::uint64_t data_bytes) {
  if (header_end > reader.size() || data_bytes > reader.size() - header_end) return std::nullopt;
  return header_end + data_bytes;
}

Result<Archive> read(ByteSource& file, Visitor visit) {
  Archive archive;
  Reader reader{file, archive};
  HOZEN_TRY(const Found found, find_archive(reader));
  archive.version = found.version;
  archive.offset = found.offset;
  archive.end = found.behind();
  const auto counted = [&](const Entry& entry) {
    ++archive.entries;
    return visit(entry);
  };
  HOZEN_CHECK(found.version == Version::rar5 ? read_rar5(reader, found.behind(), archive, counted)
                                             : read_rar4(reader, found.behind(), archive, counted));
  return archive;
}

}  // namespace hozen::rar
