#include "collector/source/host_tree_win32.h"

#include <windows.h>
#include <winternl.h>

#include <algorithm>
#include <utility>

#include "collector/base/bytes.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"
#include "collector/source/file_details_win32.h"
#include "collector/source/file_listing_win32.h"

namespace hozen {
namespace {

constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr ULONG kOpenSafely = FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT |
                              FILE_OPEN_REPARSE_POINT | FILE_OPEN_NO_RECALL;
constexpr ACCESS_MASK kDescribe = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
constexpr ACCESS_MASK kList = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
constexpr ACCESS_MASK kRead = FILE_READ_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
constexpr std::size_t kMaxNameBytes = 65534;  ///< of a UNICODE_STRING

// NTSTATUS codes (MS-ERREF 2.3.1).
constexpr NTSTATUS status_code(std::uint32_t code) { return static_cast<NTSTATUS>(code); }
constexpr NTSTATUS kNotImplemented = status_code(0xC0000002);
constexpr NTSTATUS kNoSuchFile = status_code(0xC000000F);
constexpr NTSTATUS kAccessDenied = status_code(0xC0000022);
constexpr NTSTATUS kWriteProtected = status_code(0xC00000A2);
constexpr NTSTATUS kFileIsDirectory = status_code(0xC00000BA);
constexpr NTSTATUS kNotADirectory = status_code(0xC0000103);

using NtCreateFileType = NTSTATUS NTAPI(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK,
                                        PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);
using NtQueryVolumeInformationFileType = NTSTATUS NTAPI(HANDLE, PIO_STATUS_BLOCK, void*, ULONG,
                                                        int);

template <class Function>
Function* ntdll(const char* name) {
  return system_function_as<Function>(L"ntdll.dll", name);
}

/// Rights to ask for, and those that do when the system refuses the rest.
struct Access {
  ACCESS_MASK wanted, enough;
};

struct Opened {
  OwnedHandle handle;
  NTSTATUS status = 0;
};

/// Opens an existing file or folder relative to `parent`, or by its full native path without one.
Opened open_native(HANDLE parent, std::wstring_view name, ACCESS_MASK access, ULONG options) {
  static auto* const create = ntdll<NtCreateFileType>("NtCreateFile");
  if (create == nullptr) return {{}, kNotImplemented};
  if (name.size() * sizeof(wchar_t) > kMaxNameBytes) return {{}, kNoSuchFile};
  std::wstring text{name};
  UNICODE_STRING string{};
  string.Buffer = text.data();
  string.Length = static_cast<USHORT>(text.size() * sizeof(wchar_t));
  string.MaximumLength = string.Length;
  OBJECT_ATTRIBUTES attributes{};
  attributes.Length = sizeof attributes;
  attributes.RootDirectory = parent;
  attributes.ObjectName = &string;
  attributes.Attributes = OBJ_CASE_INSENSITIVE;
  IO_STATUS_BLOCK block{};
  HANDLE handle = nullptr;
  const NTSTATUS status = create(&handle, access, &attributes, &block, nullptr, 0, kShareAll,
                                 FILE_OPEN, options, nullptr, 0);
  if (!NT_SUCCESS(status)) return {{}, status};
  return {OwnedHandle{handle}, status};
}

std::uint32_t cluster_size_of(HANDLE root) {
  constexpr int kFileFsSizeInformation = 3;
  struct SizeInformation {  // MS-FSCC 2.5.8
    LARGE_INTEGER total_units, available_units;
    ULONG sectors_per_unit, bytes_per_sector;
  } size{};
  static auto* const query =
      ntdll<NtQueryVolumeInformationFileType>("NtQueryVolumeInformationFile");
  IO_STATUS_BLOCK block{};
  if (query == nullptr ||
      !NT_SUCCESS(query(root, &block, &size, sizeof size, kFileFsSizeInformation)))
    return 0;
  return size.sectors_per_unit * size.bytes_per_sector;
}

/// From now on the system leaves times alone for what is done through this handle: -1 in
/// FILE_BASIC_INFORMATION (MS-FSCC 2.4.7) is such an order, zero means "no change".
void leave_times_alone(HANDLE handle) {
  FILE_BASIC_INFO basic{};
  basic.LastAccessTime.QuadPart = basic.LastWriteTime.QuadPart = basic.ChangeTime.QuadPart = -1;
  SetFileInformationByHandle(handle, FileBasicInfo, &basic, sizeof basic);
}

std::string placeholder_text(std::uint32_t attributes) {
  std::string text = "file attributes";
  if ((attributes & kAttributeOffline) != 0) text += " OFFLINE";
  if ((attributes & kAttributeRecallOnOpen) != 0) text += " RECALL_ON_OPEN";
  if ((attributes & kAttributeRecallOnDataAccess) != 0) text += " RECALL_ON_DATA_ACCESS";
  return text;
}

Error placeholder_error(const EvidencePath& path, std::uint32_t attributes) {
  return {Errc::unsupported, "placeholder " + path.text(), {}, placeholder_text(attributes)};
}

/// What an entry is before it is used; LinkMet when it only leads elsewhere, Errc::unsupported for
/// a placeholder. A tree's root is what it is opened as, even where the system calls it a link.
Result<OrLink<AttributesAndTag>> look_at(HANDLE handle, const EvidencePath& path, bool is_root) {
  HOZEN_TRY(const AttributesAndTag both, attributes_of(handle));
  if (!is_root && stands_for_another(both.attributes, both.tag)) {
    LinkMet met{path, {}, false, {}};
    if (auto link = link_of(handle)) {
      met.target = std::move(link->target);
      met.relative = link->relative;
    }
    return OrLink<AttributesAndTag>{std::move(met)};
  }
  if (is_placeholder(both.attributes)) return placeholder_error(path, both.attributes);
  return OrLink<AttributesAndTag>{both};
}

/// The number of a file on its volume, to see that two handles are of the same one.
std::optional<std::uint64_t> file_number(HANDLE handle) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(handle, &info)) return std::nullopt;
  return (std::uint64_t{info.nFileIndexHigh} << 32) | info.nFileIndexLow;
}

}  // namespace

struct HostTree::State {
  std::wstring nt_root;
  EvidencePath base;
  bool keep_access_times = false;
  OwnedHandle root{};
  std::uint32_t cluster_size = 0;
  std::size_t root_depth = 0;  ///< components between the volume's root and the tree's
  /// The folders of the last path opened, so that its neighbours open in one step.
  struct Level {
    std::string name;
    OwnedHandle handle;
  };
  std::vector<Level> chain{};

  Result<void> open_root();
  /// The folder that holds the last of `components`.
  Result<OrLink<HANDLE>> open_parent(const std::vector<std::string>& components);
  Result<OrLink<HANDLE>> enter(HANDLE parent, const std::vector<std::string>& components,
                               std::size_t index);
  std::vector<std::string> below_base(const EvidencePath& path) const;
  bool is_root(const EvidencePath& path) const {
    return path.components().size() <= base.components().size();
  }
  EvidencePath path_of(const std::vector<std::string>& components, std::size_t count) const;
  EvidencePath stored_path(HANDLE handle, const EvidencePath& asked) const;
  /// `path` opened as it is, link or not.
  Result<OrLink<OwnedHandle>> open_entry(const EvidencePath& path, Access access, ULONG options);
};

HostTree::HostTree(std::wstring nt_root, EvidencePath base, bool keep_access_times)
    : state_{std::make_unique<State>()} {
  state_->nt_root = std::move(nt_root);
  state_->base = std::move(base);
  state_->keep_access_times = keep_access_times;
}
HostTree::~HostTree() = default;
HostTree::HostTree(HostTree&&) noexcept = default;
HostTree& HostTree::operator=(HostTree&&) noexcept = default;

Result<void> HostTree::State::open_root() {
  if (root) return {};
  // The operator chose this folder: here, and only here, links are followed.
  Opened opened =
      open_native(nullptr, nt_root, kDescribe | FILE_TRAVERSE,
                  (kOpenSafely & ~ULONG{FILE_OPEN_REPARSE_POINT}) | FILE_DIRECTORY_FILE);
  if (!opened.handle) return nt_error("folder " + base.text(), "NtCreateFile", opened.status);
  root = std::move(opened.handle);
  cluster_size = cluster_size_of(root.get());
  if (const auto components = stored_components(root.get())) root_depth = components->size();
  return {};
}

std::vector<std::string> HostTree::State::below_base(const EvidencePath& path) const {
  const auto& all = path.components();
  const std::size_t above = std::min(base.components().size(), all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(above), all.end()};
}

EvidencePath HostTree::State::path_of(const std::vector<std::string>& components,
                                      std::size_t count) const {
  EvidencePath path = base;
  for (std::size_t i = 0; i < count; ++i) path = path.child(components[i]);
  return path;
}

Result<OrLink<HANDLE>> HostTree::State::enter(HANDLE parent,
                                              const std::vector<std::string>& components,
                                              std::size_t index) {
  const EvidencePath here = path_of(components, index + 1);
  Opened opened = open_native(parent, wide_from_wtf8(components[index]), kDescribe | FILE_TRAVERSE,
                              kOpenSafely | FILE_DIRECTORY_FILE);
  if (!opened.handle) {
    Error error = nt_error("folder " + here.text(), "NtCreateFile", opened.status);
    if (opened.status == kNotADirectory) error.code = Errc::not_found;
    return error;
  }
  HOZEN_TRY(OrLink<AttributesAndTag> seen, look_at(opened.handle.get(), here, false));
  if (auto* met = std::get_if<LinkMet>(&seen)) {
    met->rest.assign(components.begin() + static_cast<std::ptrdiff_t>(index) + 1, components.end());
    return OrLink<HANDLE>{std::move(*met)};
  }
  chain.push_back({components[index], std::move(opened.handle)});
  return OrLink<HANDLE>{chain.back().handle.get()};
}

Result<OrLink<HANDLE>> HostTree::State::open_parent(const std::vector<std::string>& components) {
  HOZEN_CHECK(open_root());
  const std::size_t depth = components.empty() ? 0 : components.size() - 1;
  std::size_t shared = 0;
  while (shared < depth && shared < chain.size() && chain[shared].name == components[shared])
    ++shared;
  chain.resize(shared);
  HANDLE parent = shared == 0 ? root.get() : chain.back().handle.get();
  for (std::size_t i = shared; i < depth; ++i) {
    HOZEN_TRY(OrLink<HANDLE> next, enter(parent, components, i));
    if (std::holds_alternative<LinkMet>(next)) return next;
    parent = std::get<HANDLE>(next);
  }
  return OrLink<HANDLE>{parent};
}

Result<OrLink<OwnedHandle>> HostTree::State::open_entry(const EvidencePath& path, Access access,
                                                        ULONG options) {
  const std::vector<std::string> components = below_base(path);
  HOZEN_TRY(OrLink<HANDLE> parent, open_parent(components));
  if (auto* met = std::get_if<LinkMet>(&parent)) return OrLink<OwnedHandle>{std::move(*met)};
  // An empty name means the folder of the handle itself.
  std::string name = components.empty() ? std::string{} : components.back();
  if (!path.stream().empty()) name += ":" + path.stream();
  const std::wstring wide = wide_from_wtf8(name);
  HANDLE folder = std::get<HANDLE>(parent);
  Opened opened = open_native(folder, wide, access.wanted, options);
  if ((opened.status == kAccessDenied || opened.status == kWriteProtected) &&
      access.enough != access.wanted)
    opened = open_native(folder, wide, access.enough, options);
  if (!opened.handle) {
    Error error = nt_error(path.text(), "NtCreateFile", opened.status);
    if (opened.status == kFileIsDirectory) error.code = Errc::unsupported;
    return error;
  }
  return OrLink<OwnedHandle>{std::move(opened.handle)};
}

EvidencePath HostTree::State::stored_path(HANDLE handle, const EvidencePath& asked) const {
  const auto components = stored_components(handle);
  if (!components || components->size() != root_depth + below_base(asked).size()) return asked;
  EvidencePath path = base;
  for (std::size_t i = root_depth; i < components->size(); ++i) {
    // A stream's handle may name the stream too.
    std::string_view name = (*components)[i];
    path = path.child(name.substr(0, name.find(':')));
  }
  return asked.stream().empty() ? path : path.with_stream(asked.stream());
}

Result<OrLink<FileInfo>> HostTree::stat(const EvidencePath& path) {
  HOZEN_TRY(OrLink<OwnedHandle> opened,
            state_->open_entry(path, {kDescribe | READ_CONTROL, kDescribe}, kOpenSafely));
  if (auto* met = std::get_if<LinkMet>(&opened)) return OrLink<FileInfo>{std::move(*met)};
  HANDLE handle = std::get<OwnedHandle>(opened).get();
  HOZEN_TRY(FileInfo info, describe_file(handle, state_->stored_path(handle, path)));
  if (state_->is_root(path)) info.is_link = false;
  describe_further(handle, state_->cluster_size, info);
  return OrLink<FileInfo>{std::move(info)};
}

Result<OrLink<FileInfo>> HostTree::folder(const EvidencePath& path) {
  using Answer = OrLink<FileInfo>;
  HOZEN_TRY(OrLink<OwnedHandle> opened,
            state_->open_entry(path, {kDescribe, kDescribe}, kOpenSafely | FILE_DIRECTORY_FILE));
  if (auto* met = std::get_if<LinkMet>(&opened)) return Answer{std::move(*met)};
  const OwnedHandle handle = std::move(std::get<OwnedHandle>(opened));
  HOZEN_TRY(OrLink<AttributesAndTag> seen, look_at(handle.get(), path, state_->is_root(path)));
  if (auto* met = std::get_if<LinkMet>(&seen)) return Answer{std::move(*met)};
  FileInfo info;
  info.path = state_->stored_path(handle.get(), path);
  info.is_directory = true;
  return Answer{std::move(info)};
}

Result<OrLink<std::unique_ptr<ByteSource>>> HostTree::open(const EvidencePath& path) {
  using Answer = OrLink<std::unique_ptr<ByteSource>>;
  constexpr ULONG kOptions = kOpenSafely | FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
  const Access access{state_->keep_access_times ? kRead | FILE_WRITE_ATTRIBUTES : kRead, kRead};
  HOZEN_TRY(OrLink<OwnedHandle> opened, state_->open_entry(path, access, kOptions));
  if (auto* met = std::get_if<LinkMet>(&opened)) return Answer{std::move(*met)};
  OwnedHandle handle = std::move(std::get<OwnedHandle>(opened));
  HOZEN_TRY(OrLink<AttributesAndTag> seen, look_at(handle.get(), path, false));
  if (auto* met = std::get_if<LinkMet>(&seen)) return Answer{std::move(*met)};
  if ((std::get<AttributesAndTag>(seen).attributes & kAttributeReparsePoint) != 0) {
    // Compressed, deduplicated and the like: a driver gives the content only to who lets it.
    HOZEN_TRY(OrLink<OwnedHandle> content,
              state_->open_entry(path, access, kOptions & ~ULONG{FILE_OPEN_REPARSE_POINT}));
    if (auto* met = std::get_if<LinkMet>(&content)) return Answer{std::move(*met)};
    OwnedHandle other = std::move(std::get<OwnedHandle>(content));
    if (file_number(other.get()) != file_number(handle.get()))
      return Error{Errc::io, path.text(), {}, "replaced while it was opened"};
    handle = std::move(other);
  }
  if (state_->keep_access_times) leave_times_alone(handle.get());
  HOZEN_TRY(std::unique_ptr<ByteSource> source, make_file_source(std::move(handle)));
  return Answer{std::move(source)};
}

Result<OrLink<std::monostate>> HostTree::list(
    const EvidencePath& directory, const std::function<bool(FileInfo)>& visit,
    const std::function<void(const EvidencePath&, Error)>& problem) {
  using Answer = OrLink<std::monostate>;
  HOZEN_TRY(OrLink<OwnedHandle> opened,
            state_->open_entry(directory, {kList, kList}, kOpenSafely | FILE_DIRECTORY_FILE));
  if (auto* met = std::get_if<LinkMet>(&opened)) return Answer{std::move(*met)};
  const OwnedHandle handle = std::move(std::get<OwnedHandle>(opened));
  HOZEN_TRY(OrLink<AttributesAndTag> seen,
            look_at(handle.get(), directory, state_->is_root(directory)));
  if (auto* met = std::get_if<LinkMet>(&seen)) return Answer{std::move(*met)};
  const EvidencePath stored = state_->stored_path(handle.get(), directory);
  HOZEN_CHECK(list_directory(handle.get(), stored, visit, problem));
  return Answer{std::monostate{}};
}

}  // namespace hozen
