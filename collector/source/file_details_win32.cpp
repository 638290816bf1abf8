#include "collector/source/file_details_win32.h"

#include <windows.h>
#include <winioctl.h>

#include <algorithm>
#include <array>
#include <bit>

#include "collector/base/bytes.h"
#include "collector/base/read_before_fault.h"
#include "collector/base/sid.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxStreamList = 1 << 20;  ///< bytes; some ten thousand stream names
constexpr std::size_t kMaxPath = 32768;          ///< UTF-16 units, the limit of NT
constexpr std::size_t kMaxReparse = 16 * 1024;   ///< MAXIMUM_REPARSE_DATA_BUFFER_SIZE

FileTime time_of(const LARGE_INTEGER& time) {
  return FileTime{static_cast<std::uint64_t>(time.QuadPart)};
}

Bytes bytes_in(const std::vector<std::byte>& buffer, std::size_t size) {
  return Bytes{std::span{buffer}.first(std::min(size, buffer.size()))};
}

/// Names of `FILE_STREAM_INFORMATION` (MS-FSCC 2.4.44): next @0, name length @4, name @24, each
/// ":name:$DATA"; the unnamed stream "::$DATA" is left out.
std::vector<std::string> parse_streams(Bytes list) {
  std::vector<std::string> names;
  std::uint64_t at = 0;
  for (;;) {
    const auto next = list.get<std::uint32_t>(at);
    const auto length = list.get<std::uint32_t>(at + 4);
    if (!next || !length) return names;
    const auto raw = list.slice(at + 24, *length, "stream name");
    if (!raw) return names;
    std::string name = wtf8_from_utf16le(*raw);
    constexpr std::string_view kData = ":$DATA";
    if (name.ends_with(kData)) name.resize(name.size() - kData.size());
    if (name.size() > 1) names.push_back(name.substr(1));
    if (*next == 0) return names;
    at += *next;
  }
}

std::vector<std::string> stream_names(HANDLE handle) {
  std::vector<std::byte> buffer(4096);
  while (!GetFileInformationByHandleEx(handle, FileStreamInfo, buffer.data(),
                                       static_cast<DWORD>(buffer.size()))) {
    // ERROR_HANDLE_EOF: a folder without streams.
    if (GetLastError() != ERROR_MORE_DATA || buffer.size() >= kMaxStreamList) return {};
    buffer.resize(buffer.size() * 4);
  }
  return parse_streams(Bytes{buffer});
}

std::optional<std::string> owner_of(HANDLE handle) {
  std::vector<std::byte> buffer(512);
  DWORD needed = 0;
  while (!GetKernelObjectSecurity(handle, OWNER_SECURITY_INFORMATION, buffer.data(),
                                  static_cast<DWORD>(buffer.size()), &needed)) {
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER || needed <= buffer.size()) return std::nullopt;
    buffer.resize(needed);
  }
  // Self-relative SECURITY_DESCRIPTOR (MS-DTYP 2.4.6): offset of the owner @4.
  const Bytes descriptor{buffer};
  const auto offset = descriptor.get<std::uint32_t>(4);
  if (!offset || *offset == 0) return std::nullopt;
  auto sid = parse_sid(descriptor.tail(*offset));
  if (!sid) return std::nullopt;
  return *std::move(sid);
}

/// Number of the first cluster; nothing for a file whose data lies in its MFT record, and on file
/// systems that do not tell.
std::optional<std::uint64_t> first_cluster(HANDLE handle) {
  STARTING_VCN_INPUT_BUFFER start{};
  RETRIEVAL_POINTERS_BUFFER extents{};
  DWORD got = 0;
  if (!DeviceIoControl(handle, FSCTL_GET_RETRIEVAL_POINTERS, &start, sizeof start, &extents,
                       sizeof extents, &got, nullptr) &&
      GetLastError() != ERROR_MORE_DATA)
    return std::nullopt;
  if (extents.ExtentCount == 0 || extents.Extents[0].Lcn.QuadPart < 0) return std::nullopt;
  return static_cast<std::uint64_t>(extents.Extents[0].Lcn.QuadPart);
}

class HandleSource final : public ByteSource {
 public:
  HandleSource(OwnedHandle handle, std::uint64_t size) : handle_{std::move(handle)}, size_{size} {}
  std::uint64_t size() const override { return size_; }

  Result<std::size_t> read_some(std::uint64_t offset, std::span<std::byte> out) override {
    return read_before_fault(
        [this](std::uint64_t at, std::span<std::byte> part) { return read_once(at, part); }, offset,
        out);
  }
  /// A bad sector, or bytes that another program has locked.
  std::uint64_t resumes_at(std::uint64_t offset) override { return behind_piece(offset, size_); }

 private:
  Result<std::size_t> read_once(std::uint64_t offset, std::span<std::byte> out) {
    constexpr std::size_t kMaxRead = 1 << 30;
    OVERLAPPED position{};
    position.Offset = static_cast<DWORD>(offset);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD got = 0;
    if (ReadFile(handle_.get(), out.data(), static_cast<DWORD>(std::min(out.size(), kMaxRead)),
                 &got, &position))
      return std::size_t{got};
    const DWORD code = GetLastError();
    if (code == ERROR_HANDLE_EOF) return std::size_t{0};
    Error error = win32_error("file data", "ReadFile", code);
    error.offset = offset;
    return error;
  }

  OwnedHandle handle_;
  std::uint64_t size_;
};

}  // namespace

bool stands_for_another(std::uint32_t attributes, std::uint32_t tag) {
  if ((attributes & kAttributeReparsePoint) == 0) return false;
  return is_name_surrogate(tag) || (tag == 0 && (attributes & kAttributeDirectory) != 0);
}

Result<AttributesAndTag> attributes_of(void* handle) {
  FILE_ATTRIBUTE_TAG_INFO both{};
  if (GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &both, sizeof both))
    return AttributesAndTag{both.FileAttributes, both.ReparseTag};
  // Some file systems know no tags.
  FILE_BASIC_INFO basic{};
  if (!GetFileInformationByHandleEx(handle, FileBasicInfo, &basic, sizeof basic))
    return win32_error("file attributes", "GetFileInformationByHandleEx", GetLastError());
  return AttributesAndTag{basic.FileAttributes, 0};
}

Result<FileInfo> describe_file(void* handle, EvidencePath path) {
  FILE_BASIC_INFO basic{};
  FILE_STANDARD_INFO standard{};
  if (!GetFileInformationByHandleEx(handle, FileBasicInfo, &basic, sizeof basic) ||
      !GetFileInformationByHandleEx(handle, FileStandardInfo, &standard, sizeof standard))
    return win32_error("file information", "GetFileInformationByHandleEx", GetLastError());
  HOZEN_TRY(const AttributesAndTag both, attributes_of(handle));
  FileInfo info;
  info.path = std::move(path);
  info.attributes = both.attributes;
  info.is_directory = (both.attributes & kAttributeDirectory) != 0;
  if (!info.is_directory || !info.path.stream().empty())
    info.size = static_cast<std::uint64_t>(standard.EndOfFile.QuadPart);
  if ((both.attributes & kAttributeReparsePoint) != 0) info.reparse_tag = both.tag;
  info.is_link = stands_for_another(both.attributes, both.tag);
  info.si = {time_of(basic.CreationTime), time_of(basic.LastWriteTime), time_of(basic.ChangeTime),
             time_of(basic.LastAccessTime)};
  info.link_count = standard.NumberOfLinks;
  BY_HANDLE_FILE_INFORMATION more{};
  if (GetFileInformationByHandle(handle, &more))
    info.file_reference = (std::uint64_t{more.nFileIndexHigh} << 32) | more.nFileIndexLow;
  return info;
}

void describe_further(void* handle, std::uint32_t cluster_size, FileInfo& info) {
  info.owner_sid = owner_of(handle);
  info.streams = stream_names(handle);
  if (info.is_link)
    if (auto link = link_of(handle)) info.link_target = std::move(link->target);
  if (cluster_size == 0 || info.is_directory) return;
  if (const auto cluster = first_cluster(handle)) info.disk_offset = *cluster * cluster_size;
}

std::optional<std::vector<std::string>> stored_components(void* handle) {
  constexpr DWORD kNormalizedWithoutVolume = FILE_NAME_NORMALIZED | VOLUME_NAME_NONE;
  std::wstring path(MAX_PATH, L'\0');
  DWORD length = 0;
  for (;;) {
    length = GetFinalPathNameByHandleW(handle, path.data(), static_cast<DWORD>(path.size()),
                                       kNormalizedWithoutVolume);
    if (length < path.size()) break;
    if (length > kMaxPath) return std::nullopt;
    path.resize(length + 1);
  }
  path.resize(length);
  if (path.empty()) return std::nullopt;
  std::vector<std::string> components;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find(L'\\', start), path.size());
    if (end > start)
      components.push_back(wtf8_from_wide(std::wstring_view{path}.substr(start, end - start)));
    start = end + 1;
  }
  return components;
}

std::optional<ReparsePoint> link_of(void* handle) {
  std::vector<std::byte> buffer(kMaxReparse);
  DWORD got = 0;
  if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, nullptr, 0, buffer.data(),
                       static_cast<DWORD>(buffer.size()), &got, nullptr))
    return std::nullopt;
  auto point = parse_reparse_point(bytes_in(buffer, got));
  if (!point || point->target.empty()) return std::nullopt;
  return *std::move(point);
}

Result<std::unique_ptr<ByteSource>> make_file_source(OwnedHandle handle) {
  FILE_STANDARD_INFO standard{};
  if (!GetFileInformationByHandleEx(handle.get(), FileStandardInfo, &standard, sizeof standard))
    return win32_error("file size", "GetFileInformationByHandleEx", GetLastError());
  return std::unique_ptr<ByteSource>{std::make_unique<HandleSource>(
      std::move(handle), static_cast<std::uint64_t>(standard.EndOfFile.QuadPart))};
}

}  // namespace hozen
