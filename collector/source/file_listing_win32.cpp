#include "collector/source/file_listing_win32.h"

#include <windows.h>
#include <winternl.h>

#include <algorithm>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"
#include "collector/source/file_details_win32.h"

namespace hozen {
namespace {

constexpr std::size_t kListBuffer = 64 * 1024;

// NTSTATUS codes (MS-ERREF 2.3.1).
constexpr NTSTATUS status_code(std::uint32_t code) { return static_cast<NTSTATUS>(code); }
constexpr NTSTATUS kNoMoreFiles = status_code(0x80000006);
constexpr NTSTATUS kNoSuchFile = status_code(0xC000000F);
constexpr NTSTATUS kInvalidInfoClass = status_code(0xC0000003);
constexpr NTSTATUS kInvalidParameter = status_code(0xC000000D);
constexpr NTSTATUS kNotSupported = status_code(0xC00000BB);
constexpr NTSTATUS kNotImplemented = status_code(0xC0000002);

using NtQueryDirectoryFileType = NTSTATUS NTAPI(HANDLE, HANDLE, void*, void*, PIO_STATUS_BLOCK,
                                                void*, ULONG, int, BOOLEAN, PUNICODE_STRING,
                                                BOOLEAN);

/// Layout of the two classes of directory entries that are asked for ([MS-FSCC] 2.4.8, 2.4.17): the
/// same up to the short name, which ends at 94.
struct ListClass {
  int information_class;
  std::uint64_t name_offset;
  bool has_reference;
};
constexpr ListClass kWithReference{37, 104, true};  // FileIdBothDirectoryInformation
constexpr ListClass kPlain{3, 94, false};           // FileBothDirectoryInformation
constexpr std::size_t kEntryFixed = 94;

FileInfo entry_info(const Fixed<kEntryFixed>& entry, EvidencePath path) {
  FileInfo info;
  info.path = std::move(path);
  info.si = {FileTime{entry.u64<8>()}, FileTime{entry.u64<24>()}, FileTime{entry.u64<32>()},
             FileTime{entry.u64<16>()}};
  const std::uint32_t attributes = entry.u32<56>();
  info.attributes = attributes;
  info.is_directory = (attributes & kAttributeDirectory) != 0;
  if (!info.is_directory) info.size = entry.u64<40>();
  if ((attributes & kAttributeReparsePoint) != 0) {
    const std::uint32_t tag = entry.u32<64>();  // the size of extended attributes otherwise
    if (tag != 0) info.reparse_tag = tag;
    info.is_link = stands_for_another(attributes, tag);
  }
  return info;
}

bool visit_entries(Bytes entries, const ListClass& layout, const EvidencePath& directory,
                   const std::function<bool(FileInfo)>& visit,
                   const std::function<void(const EvidencePath&, Error)>& problem) {
  std::uint64_t at = 0;
  for (;;) {
    const auto fixed = entries.fixed<kEntryFixed>(at, "directory entry");
    if (!fixed) return problem(directory, fixed.error()), true;
    const auto name =
        entries.slice(at + layout.name_offset, fixed->u32<60>(), "directory entry name");
    if (!name) return problem(directory, name.error()), true;
    const std::string text = wtf8_from_utf16le(*name);
    if (text.find_first_of("\\/") != std::string::npos) {
      problem(directory, {Errc::malformed, "file name with a separator: " + quoted(text)});
    } else if (text != "." && text != ".." && !text.empty()) {
      FileInfo info = entry_info(*fixed, directory.child(text));
      if (layout.has_reference) info.file_reference = entries.get<std::uint64_t>(at + 96);
      if (!visit(std::move(info))) return false;
    }
    const std::uint32_t next = fixed->u32<0>();
    if (next == 0) return true;
    at += next;
  }
}

}  // namespace

Result<void> list_directory(void* handle, const EvidencePath& directory,
                            const std::function<bool(FileInfo)>& visit,
                            const std::function<void(const EvidencePath&, Error)>& problem) {
  static auto* const query =
      system_function_as<NtQueryDirectoryFileType>(L"ntdll.dll", "NtQueryDirectoryFile");
  if (query == nullptr) return nt_error(directory.text(), "NtQueryDirectoryFile", kNotImplemented);
  std::vector<std::byte> buffer(kListBuffer);
  const ListClass* layout = &kWithReference;
  bool first = true;
  for (;;) {
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = query(handle, nullptr, nullptr, nullptr, &block, buffer.data(),
                                  static_cast<ULONG>(buffer.size()), layout->information_class,
                                  FALSE, nullptr, first ? TRUE : FALSE);
    if (status == kNoMoreFiles || (first && status == kNoSuchFile)) return {};
    const bool unknown_class = status == kInvalidInfoClass || status == kInvalidParameter ||
                               status == kNotSupported || status == kNotImplemented;
    if (first && unknown_class && layout == &kWithReference) {
      layout = &kPlain;
      continue;
    }
    if (!NT_SUCCESS(status)) return nt_error(directory.text(), "NtQueryDirectoryFile", status);
    first = false;
    const std::size_t filled = std::min<std::size_t>(block.Information, buffer.size());
    if (!visit_entries(Bytes{std::span{buffer}.first(filled)}, *layout, directory, visit, problem))
      return {};
  }
}

}  // namespace hozen
