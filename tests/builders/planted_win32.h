// What tests plant on the Windows machine (or Wine prefix) they run on, and take away again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hozen::planted {

/// A folder below %TEMP% of its own, removed with everything in it. Names are WTF-8, relative to
/// it, with backslashes.
class Folder {
 public:
  Folder();                              ///< below %TEMP%
  explicit Folder(std::wstring parent);  ///< below this one: L"C:\\"
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path() const;                             ///< "C:\…" without a final backslash
  std::wstring wide(std::string_view name = {}) const;  ///< `\\?\` form
  void folder(std::string_view name) const;             ///< with the folders above it
  void file(std::string_view name, std::string_view content) const;

 private:
  std::wstring root_;
};

/// A file that nobody else can open while this lives.
class Held {
 public:
  explicit Held(const std::wstring& path);
  ~Held();
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  void* handle_ = nullptr;
};

/// Last-access and the other times of a file: created, accessed, modified; ticks.
void set_times(const std::wstring& path, std::uint64_t created, std::uint64_t accessed,
               std::uint64_t modified);

/// A registry key below HKLM\SOFTWARE or HKCU\Software of its own, removed with everything in it.
class Key {
 public:
  enum class Root { machine, user };
  explicit Key(Root root);
  /// The key `name` below Software instead, which nobody else has; the keys above it stay.
  Key(Root root, std::string name);
  ~Key();
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  const std::string& name() const { return name_; }  ///< below HKLM\SOFTWARE or HKCU\Software
  /// Through the native calls, so that `subkey` and `value` may hold NUL. Each subkey is one level.
  void value(const std::vector<std::string>& subkeys, std::string_view value, std::uint32_t type,
             std::string_view data) const;
  /// A subkey that is a link to `native_target`.
  void link(std::string_view subkey, std::string_view native_target) const;

 private:
  void* root_ = nullptr;
  std::string name_;
};

/// One value in a key of this user's hive that is there anyway; the value is removed again.
class Value {
 public:
  Value(const std::wstring& key, std::string_view name, std::uint32_t type, std::string_view data);
  ~Value();
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

 private:
  void* key_ = nullptr;
  std::wstring name_;
};

/// UTF-16 with a terminator, as REG_SZ holds it.
std::string sz(std::string_view text);

}  // namespace hozen::planted
