#include "collector/source/live_trust_win32.h"

#include <windows.h>
// The two below need the first.
#include <wintrust.h>

#include <mscat.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/native_win32.h"
#include "collector/base/system_dll_win32.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr const wchar_t* kDll = L"wintrust.dll";
/// WINTRUST_ACTION_GENERIC_VERIFY_V2 (softpub.h).
constexpr GUID kGenericVerify{
    0x00AAC56B, 0xCD44, 0x11D0, {0x8C, 0xC2, 0x00, 0xC0, 0x4F, 0xC2, 0x95, 0xEE}};
/// Nothing is asked of the network: neither revocation nor certificates that are missing.
constexpr DWORD kProviderFlags = WTD_REVOCATION_CHECK_NONE | WTD_CACHE_ONLY_URL_RETRIEVAL;
constexpr DWORD kMaxHashBytes = 64;

/// WINTRUST_CATALOG_INFO as of Windows 8, which has one member more.
struct CatalogInfo {
  WINTRUST_CATALOG_INFO info{};
  HCATADMIN administrator = nullptr;
};

std::uint32_t verify(WINTRUST_DATA& data) {
  auto* const verify_trust =
      system_function_as<LONG WINAPI(HWND, const GUID*, void*)>(kDll, "WinVerifyTrust");
  if (verify_trust == nullptr) return SystemVerdict::kNoSignature;
  data.cbStruct = sizeof data;
  data.dwUIChoice = WTD_UI_NONE;
  data.fdwRevocationChecks = WTD_REVOKE_NONE;
  data.dwStateAction = WTD_STATEACTION_VERIFY;
  data.dwProvFlags = kProviderFlags;
  // No window belongs to us: INVALID_HANDLE_VALUE says that none may be shown.
  auto* const no_window = static_cast<HWND>(INVALID_HANDLE_VALUE);
  const LONG code = verify_trust(no_window, &kGenericVerify, &data);
  data.dwStateAction = WTD_STATEACTION_CLOSE;
  verify_trust(no_window, &kGenericVerify, &data);
  return static_cast<std::uint32_t>(code);
}

std::uint32_t verify_embedded(const std::wstring& path, HANDLE file) {
  WINTRUST_FILE_INFO info{};
  info.cbStruct = sizeof info;
  info.pcwszFilePath = path.c_str();
  info.hFile = file;
  WINTRUST_DATA data{};
  data.dwUnionChoice = WTD_CHOICE_FILE;
  data.pFile = &info;
  return verify(data);
}

/// The system's list of catalogs, for one kind of digest.
class Catalogs {
 public:
  /// `algorithm` nullptr: SHA-1, the only one that Windows 7 knows.
  explicit Catalogs(const wchar_t* algorithm) : knows_algorithm_{algorithm != nullptr} {
    if (knows_algorithm_) {
      auto* const acquire =
          system_function_as<BOOL WINAPI(HCATADMIN*, const GUID*, const WCHAR*, const void*,
                                         DWORD)>(kDll, "CryptCATAdminAcquireContext2");
      if (acquire == nullptr || !acquire(&handle_, nullptr, algorithm, nullptr, 0))
        handle_ = nullptr;
      return;
    }
    auto* const acquire = system_function_as<BOOL WINAPI(HCATADMIN*, const GUID*, DWORD)>(
        kDll, "CryptCATAdminAcquireContext");
    if (acquire == nullptr || !acquire(&handle_, nullptr, 0)) handle_ = nullptr;
  }
  ~Catalogs() {
    auto* const release =
        system_function_as<BOOL WINAPI(HCATADMIN, DWORD)>(kDll, "CryptCATAdminReleaseContext");
    if (handle_ != nullptr && release != nullptr) release(handle_, 0);
  }
  Catalogs(const Catalogs&) = delete;
  Catalogs& operator=(const Catalogs&) = delete;

  /// kNoSignature where no catalog names the file.
  SystemVerdict verify_file(const std::wstring& path, HANDLE file) const {
    SystemVerdict verdict{SystemVerdict::kNoSignature};
    std::vector<BYTE> hash = hash_of(file);
    const std::wstring catalog = hash.empty() ? std::wstring{} : catalog_of(hash);
    if (catalog.empty()) return verdict;
    verdict.catalog = wtf8_from_wide(catalog);
    std::wstring tag;
    for (const BYTE byte : hash) {
      constexpr std::wstring_view kDigits = L"0123456789ABCDEF";
      tag += kDigits[byte >> 4u];
      tag += kDigits[byte & 15u];
    }
    CatalogInfo info;
    info.info.cbStruct = knows_algorithm_ ? sizeof info : sizeof info.info;
    info.info.pcwszCatalogFilePath = catalog.c_str();
    info.info.pcwszMemberTag = tag.c_str();
    info.info.pcwszMemberFilePath = path.c_str();
    info.info.hMemberFile = file;
    info.info.pbCalculatedFileHash = hash.data();
    info.info.cbCalculatedFileHash = static_cast<DWORD>(hash.size());
    info.administrator = handle_;
    WINTRUST_DATA data{};
    data.dwUnionChoice = WTD_CHOICE_CATALOG;
    data.pCatalog = &info.info;
    verdict.code = verify(data);
    return verdict;
  }

 private:
  std::vector<BYTE> hash_of(HANDLE file) const {
    std::vector<BYTE> hash(kMaxHashBytes);
    auto size = static_cast<DWORD>(hash.size());
    BOOL done = FALSE;
    if (handle_ == nullptr) return {};
    if (knows_algorithm_) {
      auto* const calculate =
          system_function_as<BOOL WINAPI(HCATADMIN, HANDLE, DWORD*, BYTE*, DWORD)>(
              kDll, "CryptCATAdminCalcHashFromFileHandle2");
      done = calculate != nullptr && calculate(handle_, file, &size, hash.data(), 0);
    } else {
      auto* const calculate = system_function_as<BOOL WINAPI(HANDLE, DWORD*, BYTE*, DWORD)>(
          kDll, "CryptCATAdminCalcHashFromFileHandle");
      done = calculate != nullptr && calculate(file, &size, hash.data(), 0);
    }
    hash.resize(done ? std::min<std::size_t>(size, hash.size()) : 0);
    return hash;
  }
  std::wstring catalog_of(std::vector<BYTE>& hash) const {
    auto* const find =
        system_function_as<HCATINFO WINAPI(HCATADMIN, BYTE*, DWORD, DWORD, HCATINFO*)>(
            kDll, "CryptCATAdminEnumCatalogFromHash");
    auto* const tell = system_function_as<BOOL WINAPI(HCATINFO, CATALOG_INFO*, DWORD)>(
        kDll, "CryptCATCatalogInfoFromContext");
    auto* const release = system_function_as<BOOL WINAPI(HCATADMIN, HCATINFO, DWORD)>(
        kDll, "CryptCATAdminReleaseCatalogContext");
    if (find == nullptr || tell == nullptr || release == nullptr) return {};
    const HCATINFO found = find(handle_, hash.data(), static_cast<DWORD>(hash.size()), 0, nullptr);
    if (found == nullptr) return {};
    CATALOG_INFO info{};
    info.cbStruct = sizeof info;
    const std::wstring path = tell(found, &info, 0) ? info.wszCatalogFile : L"";
    release(handle_, found, 0);
    return path;
  }

  HCATADMIN handle_ = nullptr;
  bool knows_algorithm_ = false;
};

OwnedHandle open_shared(const std::wstring& path, DWORD access) {
  constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  constexpr DWORD kFlags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_NO_RECALL;
  return OwnedHandle{
      CreateFileW(path.c_str(), access, kShareAll, nullptr, OPEN_EXISTING, kFlags, nullptr)};
}

/// A time of this value leaves that of the last access alone while the handle is open
/// (SetFileTime).
OwnedHandle open_to_verify(const std::wstring& path, bool keep_access_times) {
  if (keep_access_times) {
    OwnedHandle file = open_shared(path, GENERIC_READ | FILE_WRITE_ATTRIBUTES);
    const FILETIME stays{0xFFFF'FFFF, 0xFFFF'FFFF};
    if (file && SetFileTime(file.get(), nullptr, &stays, nullptr)) return file;
  }
  return open_shared(path, GENERIC_READ);
}

}  // namespace

Result<SystemVerdict> ask_windows_about(const EvidencePath& file, bool keep_access_times) {
  if (!file.stream().empty())
    return Error{Errc::unsupported, file.text(), {}, "an alternate data stream"};
  if (system_function(kDll, "WinVerifyTrust") == nullptr)
    return Error{Errc::unsupported, "wintrust.dll", {}, "it has no WinVerifyTrust"};
  const std::wstring path = L"\\\\?\\" + wide_from_wtf8(file.text());
  const OwnedHandle handle = open_to_verify(path, keep_access_times);
  if (!handle) return win32_error(file.text(), "CreateFileW", GetLastError());
  SystemVerdict verdict{verify_embedded(path, handle.get())};
  if (verdict.code != SystemVerdict::kNoSignature) return verdict;
  for (const wchar_t* algorithm : {L"SHA256", static_cast<const wchar_t*>(nullptr)}) {
    SystemVerdict by_catalog = Catalogs{algorithm}.verify_file(path, handle.get());
    if (!by_catalog.catalog.empty()) return by_catalog;
  }
  return verdict;
}

}  // namespace hozen
