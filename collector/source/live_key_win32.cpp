#include "collector/source/live_key_win32.h"

#include <windows.h>
#include <winternl.h>

#include <algorithm>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kMaxValueBytes = 64
                                       << 20;  ///< of one value's data; more is left out and said
constexpr std::size_t kMaxInfoBytes = kMaxValueBytes + (1 << 17);  ///< data, name and header
constexpr std::size_t kMaxNameBytes = 65534;                       ///< of a UNICODE_STRING
constexpr ACCESS_MASK kReadKey = KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS | KEY_WOW64_64KEY;
constexpr ULONG kOpenForBackup = 4;  // REG_OPTION_BACKUP_RESTORE
constexpr ULONG kOpenLink = 0x100;   // OBJ_OPENLINK

// Classes of information (wdm.h).
constexpr int kKeyBasic = 0, kValueBasic = 0, kValueFull = 1;

// NTSTATUS codes (MS-ERREF 2.3.1).
constexpr NTSTATUS status_code(std::uint32_t code) { return static_cast<NTSTATUS>(code); }
constexpr NTSTATUS kNoMoreEntries = status_code(0x8000001A);
constexpr NTSTATUS kBufferOverflow = status_code(0x80000005);
constexpr NTSTATUS kBufferTooSmall = status_code(0xC0000023);
constexpr NTSTATUS kAccessDenied = status_code(0xC0000022);
constexpr NTSTATUS kObjectNameInvalid = status_code(0xC0000033);

struct NtRegistry {
  NTSTATUS NTAPI (*open)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES) = nullptr;
  NTSTATUS NTAPI (*open_ex)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG) = nullptr;
  NTSTATUS NTAPI (*query_key)(HANDLE, int, void*, ULONG, PULONG) = nullptr;
  NTSTATUS NTAPI (*enumerate_key)(HANDLE, ULONG, int, void*, ULONG, PULONG) = nullptr;
  NTSTATUS NTAPI (*enumerate_value)(HANDLE, ULONG, int, void*, ULONG, PULONG) = nullptr;
  NTSTATUS NTAPI (*query_value)(HANDLE, PUNICODE_STRING, int, void*, ULONG, PULONG) = nullptr;

  bool complete() const {
    return open && query_key && enumerate_key && enumerate_value && query_value;
  }
};

template <class Function>
void look_up(Function*& function, const char* name) {
  function = system_function_as<Function>(L"ntdll.dll", name);
}

const NtRegistry& nt() {
  static const NtRegistry functions = [] {
    NtRegistry found;
    look_up(found.open, "NtOpenKey");
    look_up(found.open_ex, "NtOpenKeyEx");
    look_up(found.query_key, "NtQueryKey");
    look_up(found.enumerate_key, "NtEnumerateKey");
    look_up(found.enumerate_value, "NtEnumerateValueKey");
    look_up(found.query_value, "NtQueryValueKey");
    return found;
  }();
  return functions;
}

/// UTF-16 with its length: names may hold NUL.
struct NativeName {
  explicit NativeName(std::string_view wtf8) : text{wide_from_wtf8(wtf8)} {
    string.Buffer = text.data();
    string.Length = static_cast<USHORT>(std::min(text.size() * sizeof(wchar_t), kMaxNameBytes));
    string.MaximumLength = string.Length;
  }
  bool fits() const { return text.size() * sizeof(wchar_t) <= kMaxNameBytes; }
  std::wstring text;
  UNICODE_STRING string{};
};

struct OpenedKey {
  OwnedHandle handle;
  NTSTATUS status = 0;
};

OpenedKey open_key(HANDLE parent, std::string_view name_text) {
  NativeName name{name_text};
  if (!name.fits()) return {{}, kObjectNameInvalid};
  OBJECT_ATTRIBUTES attributes{};
  attributes.Length = sizeof attributes;
  attributes.RootDirectory = parent;
  attributes.ObjectName = &name.string;
  attributes.Attributes = OBJ_CASE_INSENSITIVE | kOpenLink;
  HANDLE handle = nullptr;
  NTSTATUS status = nt().open(&handle, kReadKey, &attributes);
  if (status == kAccessDenied && nt().open_ex != nullptr) {
    // What this attempt meets on top (no privilege) is not what the reader needs to know.
    if (NT_SUCCESS(nt().open_ex(&handle, kReadKey, &attributes, kOpenForBackup))) status = 0;
  }
  if (!NT_SUCCESS(status)) return {{}, status};
  return {OwnedHandle{handle}, status};
}

/// Calls `ask(buffer, size, needed)` with a growing buffer; the size filled, or the last status.
template <class Ask>
NTSTATUS ask_growing(std::vector<std::byte>& buffer, ULONG& filled, const Ask& ask) {
  for (;;) {
    const NTSTATUS status = ask(buffer.data(), static_cast<ULONG>(buffer.size()), &filled);
    if (status != kBufferOverflow && status != kBufferTooSmall) return status;
    if (filled > kMaxInfoBytes || buffer.size() >= kMaxInfoBytes) return kBufferOverflow;
    buffer.resize(std::min(kMaxInfoBytes, std::max<std::size_t>(filled, buffer.size() * 2)));
  }
}

struct KeyFacts {
  std::string name;
  FileTime written{};
};

/// KEY_BASIC_INFORMATION: last write @0, name length @12, name @16.
KeyFacts parse_key_basic(Bytes info) {
  KeyFacts facts;
  facts.written = FileTime{info.get<std::uint64_t>(0).value_or(0)};
  const std::uint32_t length = info.get<std::uint32_t>(12).value_or(0);
  facts.name = wtf8_from_utf16le(info.tail(16).head(length));
  return facts;
}

/// KEY_VALUE_FULL_INFORMATION: type @4, data offset @8, data length @12, name length @16, name @20.
RegistryValue parse_value_full(Bytes info) {
  RegistryValue value;
  value.type = info.get<std::uint32_t>(4).value_or(0);
  value.name = wtf8_from_utf16le(info.tail(20).head(info.get<std::uint32_t>(16).value_or(0)));
  const std::uint32_t length = info.get<std::uint32_t>(12).value_or(0);
  const Bytes data = info.tail(info.get<std::uint32_t>(8).value_or(0)).head(length);
  value.data.assign(data.span().begin(), data.span().end());
  value.data_incomplete = data.size() < length;
  return value;
}

/// KEY_VALUE_BASIC_INFORMATION: type @4, name length @8, name @12. For a value whose data is too
/// large to be read.
RegistryValue parse_value_basic(Bytes info) {
  RegistryValue value;
  value.type = info.get<std::uint32_t>(4).value_or(0);
  value.name = wtf8_from_utf16le(info.tail(12).head(info.get<std::uint32_t>(8).value_or(0)));
  value.data_incomplete = true;
  return value;
}

/// Name as stored and last write of an open key; the name as asked when the system does not tell.
KeyFacts describe_key(HANDLE handle, std::string_view asked) {
  std::vector<std::byte> buffer(1024);
  ULONG filled = 0;
  const NTSTATUS status = ask_growing(buffer, filled, [&](void* to, ULONG size, PULONG needed) {
    return nt().query_key(handle, kKeyBasic, to, size, needed);
  });
  KeyFacts facts;
  if (NT_SUCCESS(status)) facts = parse_key_basic(Bytes{buffer}.head(filled));
  // Some systems answer with more than the last component.
  if (const auto slash = facts.name.rfind('\\'); slash != std::string::npos)
    facts.name.erase(0, slash + 1);
  if (facts.name.empty()) facts.name = asked;
  return facts;
}

bool is_link(HANDLE handle) {
  NativeName name{"SymbolicLinkValue"};
  std::vector<std::byte> buffer(256);
  ULONG filled = 0;
  const NTSTATUS status = ask_growing(buffer, filled, [&](void* to, ULONG size, PULONG needed) {
    return nt().query_value(handle, &name.string, kValueBasic, to, size, needed);
  });
  return NT_SUCCESS(status) &&
         parse_value_basic(Bytes{buffer}).type == static_cast<std::uint32_t>(RegType::link);
}

class LiveKey final : public RegistryKey {
 public:
  LiveKey(OwnedHandle handle, std::string path, KeyFacts facts)
      : handle_{std::move(handle)}, path_{std::move(path)}, facts_{std::move(facts)} {}
  LiveKey(Error unreadable, std::string path, KeyFacts facts)
      : unreadable_{std::move(unreadable)}, path_{std::move(path)}, facts_{std::move(facts)} {}

  std::string name() const override { return facts_.name; }
  std::string path() const override { return path_; }
  FileTime last_written() const override { return facts_.written; }
  std::optional<std::uint64_t> offset() const override { return std::nullopt; }
  Result<void> each_subkey(const std::function<bool(RegistryKey&)>& visit) override;
  Result<void> each_value(const std::function<bool(const RegistryValue&)>& visit) override;
  Result<std::unique_ptr<RegistryKey>> open(std::string_view relative_path) override;
  Result<RegistryValue> value(std::string_view name) override;
  bool is_symbolic_link() const override;

 private:
  OwnedHandle handle_{};
  std::optional<Error> unreadable_{};
  std::string path_;
  KeyFacts facts_;
};

Result<void> LiveKey::each_subkey(const std::function<bool(RegistryKey&)>& visit) {
  if (unreadable_) return *unreadable_;
  std::vector<std::byte> buffer(1024);
  for (ULONG index = 0;; ++index) {
    ULONG filled = 0;
    const NTSTATUS status = ask_growing(buffer, filled, [&](void* to, ULONG size, PULONG needed) {
      return nt().enumerate_key(handle_.get(), index, kKeyBasic, to, size, needed);
    });
    if (status == kNoMoreEntries) return {};
    if (!NT_SUCCESS(status)) return nt_error("registry key " + path_, "NtEnumerateKey", status);
    KeyFacts facts = parse_key_basic(Bytes{buffer}.head(filled));
    std::string path = path_ + "\\" + facts.name;
    OpenedKey opened = open_key(handle_.get(), facts.name);
    if (opened.handle) {
      LiveKey key{std::move(opened.handle), std::move(path), std::move(facts)};
      if (!visit(key)) return {};
    } else {
      Error error = nt_error("registry key " + path, "NtOpenKey", opened.status);
      LiveKey key{std::move(error), std::move(path), std::move(facts)};
      if (!visit(key)) return {};
    }
  }
}

Result<void> LiveKey::each_value(const std::function<bool(const RegistryValue&)>& visit) {
  if (unreadable_) return *unreadable_;
  std::vector<std::byte> buffer(4096);
  for (ULONG index = 0;; ++index) {
    ULONG filled = 0;
    int information = kValueFull;
    const auto ask = [&](void* to, ULONG size, PULONG needed) {
      return nt().enumerate_value(handle_.get(), index, information, to, size, needed);
    };
    NTSTATUS status = ask_growing(buffer, filled, ask);
    if (status == kBufferOverflow) {
      information = kValueBasic;
      status = ask_growing(buffer, filled, ask);
    }
    if (status == kNoMoreEntries) return {};
    if (!NT_SUCCESS(status))
      return nt_error("values of registry key " + path_, "NtEnumerateValueKey", status);
    const Bytes info = Bytes{buffer}.head(filled);
    if (!visit(information == kValueFull ? parse_value_full(info) : parse_value_basic(info)))
      return {};
  }
}

Result<std::unique_ptr<RegistryKey>> LiveKey::open(std::string_view relative_path) {
  if (unreadable_) return *unreadable_;
  std::string path = path_;
  OwnedHandle handle;
  KeyFacts facts = facts_;
  HANDLE parent = handle_.get();
  // One component after the other, and nothing below a link: the system would follow it.
  do {
    if (is_link(parent)) return Error{Errc::not_found, "registry key " + path, {}, "is a link"};
    const std::string_view name = relative_path.substr(0, relative_path.find('\\'));
    relative_path.remove_prefix(std::min(name.size() + 1, relative_path.size()));
    OpenedKey opened = open_key(parent, name);
    if (!opened.handle)
      return nt_error("registry key " + path + "\\" + std::string{name}, "NtOpenKey",
                      opened.status);
    handle = std::move(opened.handle);
    parent = handle.get();
    if (name.empty()) continue;
    facts = describe_key(parent, name);
    path += "\\" + facts.name;
  } while (!relative_path.empty());
  return std::unique_ptr<RegistryKey>{
      std::make_unique<LiveKey>(std::move(handle), std::move(path), std::move(facts))};
}

Result<RegistryValue> LiveKey::value(std::string_view name_text) {
  if (unreadable_) return *unreadable_;
  NativeName name{name_text};
  if (!name.fits()) return Error{Errc::not_found, "registry value", {}, "name too long"};
  std::vector<std::byte> buffer(1024);
  ULONG filled = 0;
  int information = kValueFull;
  const auto ask = [&](void* to, ULONG size, PULONG needed) {
    return nt().query_value(handle_.get(), &name.string, information, to, size, needed);
  };
  NTSTATUS status = ask_growing(buffer, filled, ask);
  if (status == kBufferOverflow) {
    information = kValueBasic;
    status = ask_growing(buffer, filled, ask);
  }
  if (!NT_SUCCESS(status))
    return nt_error("value " + quoted(name_text) + " of registry key " + path_, "NtQueryValueKey",
                    status);
  const Bytes info = Bytes{buffer}.head(filled);
  return information == kValueFull ? parse_value_full(info) : parse_value_basic(info);
}

bool LiveKey::is_symbolic_link() const { return !unreadable_ && is_link(handle_.get()); }

}  // namespace

Result<std::unique_ptr<RegistryKey>> open_live_key(std::string_view native_path,
                                                   std::string shown_path) {
  if (!nt().complete()) return Error{Errc::unsupported, "native registry calls", {}, "ntdll.dll"};
  OpenedKey opened = open_key(nullptr, native_path);
  if (!opened.handle) return nt_error("registry key " + shown_path, "NtOpenKey", opened.status);
  KeyFacts facts = describe_key(opened.handle.get(), {});
  facts.name = shown_path.substr(shown_path.rfind('\\') + 1);
  return std::unique_ptr<RegistryKey>{
      std::make_unique<LiveKey>(std::move(opened.handle), std::move(shown_path), std::move(facts))};
}

}  // namespace hozen
