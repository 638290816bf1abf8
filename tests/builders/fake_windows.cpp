#include "tests/builders/fake_windows.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "collector/base/text.h"
#include "collector/source/host_name.h"
#include "tests/builders/fake_hives.h"
#include "tests/builders/fake_windows_defaults.h"

namespace hozen::fake {
namespace {

constexpr std::uint64_t kDefaultTicks = 133'537'680'000'000'000;  // 2024-03-01T12:00:00Z

struct Account {
  std::string name, sid;
  EvidencePath folder;
  UserOptions options;
  bool listed = true;
};

struct Hive {
  FakeKey root;
  EvidencePath file;
  std::optional<std::vector<std::byte>> bytes;
  bool absent = false;
};

std::string_view take_component(std::string_view& path) {
  const std::size_t end = std::min(path.find('\\'), path.size());
  const std::string_view component = path.substr(0, end);
  path.remove_prefix(std::min(path.size(), end + 1));
  return component;
}

}  // namespace

FileTime default_time() { return FileTime{kDefaultTicks}; }

FileTime at(std::int64_t seconds) {
  return FileTime{kDefaultTicks +
                  static_cast<std::uint64_t>(seconds * static_cast<std::int64_t>(kTicksPerSecond))};
}

Preserver::Preserver(EvidenceSource& source)
    : source_{&source}, rows_{std::make_shared<std::vector<Row>>()} {}

Result<PreservedFile> Preserver::operator()(const EvidencePath& path, std::string_view reason,
                                            bool expected) {
  constexpr std::uint64_t kCap = std::uint64_t{1} << 32;
  const auto known = std::find_if(rows_->begin(), rows_->end(), [&](const Row& row) {
    return row.path.folded() == path.folded();
  });
  const auto index = static_cast<std::uint32_t>(known - rows_->begin());
  auto opened = source_->open(path);
  if (known == rows_->end() && (opened || expected))
    rows_->push_back({path, std::string{reason}, expected, opened.has_value()});
  if (!opened) return std::move(opened).error();
  HOZEN_TRY(auto bytes, read_all(**opened, kCap));
  return PreservedFile{std::move(bytes), index};
}

struct FakeWindows::State {
  Options options;
  EvidencePath windows;
  FakeSource disks;
  std::vector<Account> accounts;
  std::map<std::string, Hive> hives;  // by folded mount

  /// "HKU\alice" as "HKU\S-1-…"; the mount's part of `path` is taken off it.
  std::string take_mount(std::string_view& path) const {
    const std::string_view root = take_component(path);
    if (equals_fold(root, "HKLM")) return "HKLM\\" + std::string{take_component(path)};
    if (!equals_fold(root, "HKU"))
      throw std::invalid_argument("a key begins with HKLM or HKU: " + std::string{root});
    std::string name{take_component(path)};
    constexpr std::string_view kClasses = "_Classes";
    const bool classes = ends_with_fold(name, kClasses);
    const std::string_view who =
        std::string_view{name}.substr(0, name.size() - (classes ? kClasses.size() : 0));
    for (const Account& account : accounts)
      if (equals_fold(account.name, who) && !account.sid.empty())
        return "HKU\\" + account.sid + (classes ? "_Classes" : "");
    return "HKU\\" + name;
  }

  Hive& hive(std::string_view mount) {
    const auto found = hives.find(fold_case(take_mount(mount)));
    if (found == hives.end()) throw std::invalid_argument("no such hive: " + std::string{mount});
    return found->second;
  }

  void add_hive(const std::string& mount, EvidencePath file) {
    Hive& hive = hives[fold_case(mount)];
    hive.file = std::move(file);
    hive.root.written = default_time();
  }

  /// The hive of `path`, which becomes relative to its root; CurrentControlSet is the first set.
  Hive& hive_of(std::string_view path, std::string& relative) {
    std::string_view rest = path;
    const std::string mount = take_mount(rest);
    relative = rest;
    constexpr std::string_view kCurrent = "CurrentControlSet";
    if (equals_fold(mount, "HKLM\\SYSTEM") && starts_with_fold(relative, kCurrent) &&
        (relative.size() == kCurrent.size() || relative[kCurrent.size()] == '\\'))
      relative.replace(0, kCurrent.size(), "ControlSet001");
    const auto found = hives.find(fold_case(mount));
    if (found == hives.end()) throw std::invalid_argument("no such hive: " + std::string{path});
    return found->second;
  }
};

FakeWindows::FakeWindows(Options options) : self_{std::make_unique<State>()} {
  self_->options = std::move(options);
  const Options& given = self_->options;
  self_->windows = EvidencePath{given.volume} / given.windows_folder;
  self_->disks.add_volume({given.volume, "70EC-FA33", "NTFS", {}});
  const EvidencePath config = self_->windows / "System32\\config";
  for (const std::string_view name : {"SYSTEM", "SOFTWARE", "SAM", "SECURITY"})
    self_->add_hive("HKLM\\" + std::string{name}, config / name);
  self_->add_hive("HKU\\.DEFAULT", config / "DEFAULT");
  add_system_files(*this, given, self_->windows);
  add_machine_values(*this, given, self_->windows);
  if (given.default_values) add_default_values(*this, self_->windows);
  value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-18",
        "ProfileImagePath", expand_sz("%systemroot%\\system32\\config\\systemprofile"));
  const auto service = [&](const char* name, const char* sid) {
    user(name, {sid, (self_->windows / "ServiceProfiles" / name).text(), true, false, false});
    value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" + std::string{sid},
          "ProfileImagePath", expand_sz("%systemroot%\\ServiceProfiles\\" + std::string{name}));
  };
  service("LocalService", "S-1-5-19");
  service("NetworkService", "S-1-5-20");
}
FakeWindows::~FakeWindows() = default;
FakeWindows::FakeWindows(FakeWindows&&) noexcept = default;
FakeWindows& FakeWindows::operator=(FakeWindows&&) noexcept = default;

FakeWindows& FakeWindows::volume(std::string_view name, std::string_view file_system) {
  self_->disks.add_volume({std::string{name}, std::nullopt, std::string{file_system}, {}});
  return *this;
}

FakeWindows& FakeWindows::folder(std::string_view path) {
  self_->disks.add_folder(*EvidencePath::parse(path));
  return *this;
}

Entry& FakeWindows::file(std::string_view path, std::string_view content) {
  Entry& entry = self_->disks.add_file(*EvidencePath::parse(path), bytes_from(content));
  entry.facts.si = {default_time(), default_time(), default_time(), default_time()};
  return entry;
}

Entry& FakeWindows::program(std::string_view path) { return file(path, "MZ " + std::string{path}); }

Entry& FakeWindows::entry(std::string_view path) {
  Entry* entry = self_->disks.find(*EvidencePath::parse(path));
  if (entry == nullptr) throw std::invalid_argument("no such entry: " + std::string{path});
  return *entry;
}

FakeWindows& FakeWindows::user(std::string_view name, UserOptions options) {
  constexpr int kFirstRid = 1001;
  Account account{std::string{name}, options.sid, {}, options, options.in_profile_list};
  const auto people =
      std::count_if(self_->accounts.begin(), self_->accounts.end(),
                    [](const Account& other) { return other.sid.starts_with("S-1-5-21-"); });
  if (account.sid.empty())
    account.sid = "S-1-5-21-1000-2000-3000-" + std::to_string(kFirstRid + people);
  const std::string profiles = options.xp_layout ? "Documents and Settings" : "Users";
  account.folder = options.folder.empty() ? EvidencePath{self_->options.volume} / profiles / name
                                          : *EvidencePath::parse(options.folder);
  self_->add_hive("HKU\\" + account.sid, account.folder / "NTUSER.DAT");
  const std::string_view local =
      options.xp_layout ? "Local Settings\\Application Data" : "AppData\\Local";
  if (options.classes_hive)
    self_->add_hive("HKU\\" + account.sid + "_Classes",
                    account.folder / local / "Microsoft\\Windows\\UsrClass.dat");
  self_->disks.add_folder(account.folder);
  self_->accounts.push_back(account);
  if (options.in_profile_list)
    value("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\" + account.sid,
          "ProfileImagePath", expand_sz(account.folder.text()));
  return *this;
}

std::string FakeWindows::sid_of(std::string_view user) const {
  for (const Account& account : self_->accounts)
    if (equals_fold(account.name, user)) return account.sid;
  throw std::invalid_argument("no such user: " + std::string{user});
}

FakeWindows& FakeWindows::key(std::string_view path, FileTime written) {
  std::string relative;
  Hive& hive = self_->hive_of(path, relative);
  hive.root.make(relative, written).written = written;
  return *this;
}

FakeWindows& FakeWindows::value(std::string_view key, std::string_view name, Data data) {
  std::string relative;
  Hive& hive = self_->hive_of(key, relative);
  hive.root.make(relative, default_time()).set({std::string{name}, std::move(data), false});
  return *this;
}

FakeWindows& FakeWindows::value(std::string_view path, std::string_view name, Data data,
                                FileTime key_written) {
  key(path, key_written);
  return value(path, name, std::move(data));
}

FakeWindows& FakeWindows::remove_key(std::string_view path) {
  std::string relative;
  Hive& hive = self_->hive_of(path, relative);
  const std::size_t slash = relative.rfind('\\');
  const std::string parent = slash == std::string::npos ? "" : relative.substr(0, slash);
  if (FakeKey* key = hive.root.at(parent))
    std::erase_if(key->subkeys, [&](const auto& subkey) {
      return equals_fold(subkey->name, relative.substr(slash == std::string::npos ? 0 : slash + 1));
    });
  return *this;
}

FakeWindows& FakeWindows::remove_value(std::string_view path, std::string_view name) {
  std::string relative;
  Hive& hive = self_->hive_of(path, relative);
  if (FakeKey* key = hive.root.at(relative))
    std::erase_if(key->values, [&](const FakeValue& value) {
      return !value.deleted && equals_fold(value.name, name);
    });
  return *this;
}

FakeWindows& FakeWindows::deleted_value(std::string_view key, std::string_view name, Data data) {
  std::string relative;
  Hive& hive = self_->hive_of(key, relative);
  hive.root.make(relative, default_time()).set({std::string{name}, std::move(data), true});
  return *this;
}

FakeWindows& FakeWindows::hive_bytes(std::string_view mount, std::vector<std::byte> bytes) {
  self_->hive(mount).bytes = std::move(bytes);
  return *this;
}

FakeWindows& FakeWindows::without_hive(std::string_view mount) {
  self_->hive(mount).absent = true;
  return *this;
}

EvidencePath FakeWindows::hive_file(std::string_view mount) const {
  return self_->hive(mount).file;
}

std::vector<std::byte> FakeWindows::hive_image(std::string_view mount) const {
  const Hive& hive = self_->hive(mount);
  return hive.bytes ? *hive.bytes : build_hive(hive.root);
}

FakeWindows& FakeWindows::merge(const FakeWindows& other) {
  self_->disks.merge(*other.source());
  return *this;
}

std::unique_ptr<FakeSource> FakeWindows::source() const {
  auto source = std::make_unique<FakeSource>();
  source->merge(self_->disks);
  for (const auto& [mount, hive] : self_->hives) {
    if (hive.absent) continue;
    Entry& entry = source->add_file(hive.file, hive.bytes ? *hive.bytes : build_hive(hive.root));
    entry.facts.si = {default_time(), default_time(), default_time(), default_time()};
  }
  return source;
}

Machine FakeWindows::machine() const {
  Machine machine;
  machine.source = source();
  machine.preserver = std::make_shared<Preserver>(*machine.source);
  machine.problems = std::make_shared<std::vector<Error>>();
  machine.registry = make_offline_registry(
      *machine.source,
      [preserver = machine.preserver](const EvidencePath& path, std::string_view reason,
                                      bool expected) {
        return (*preserver)(path, reason, expected);
      },
      [problems = machine.problems](Error error) { problems->push_back(std::move(error)); });
  return machine;
}

namespace {

/// A name as the file system of this computer takes it.
std::filesystem::path host_component(const std::string& name) {
#ifdef _WIN32
  return std::filesystem::path{std::u8string{name.begin(), name.end()}};
#else
  return std::filesystem::path{host_from_name(name)};
#endif
}

void set_modified(const std::filesystem::path& file, FileTime time) {
  if (!time.is_set()) return;
  const auto since_1970 = std::chrono::nanoseconds{100} *
                          (static_cast<std::int64_t>(time.ticks) -
                           kUnixEpochSeconds * static_cast<std::int64_t>(kTicksPerSecond));
  const std::chrono::sys_time<std::chrono::nanoseconds> moment{since_1970};
  std::error_code ignored;
  std::filesystem::last_write_time(
      file,
      std::chrono::time_point_cast<std::filesystem::file_time_type::duration>(
          std::chrono::file_clock::from_sys(moment)),
      ignored);
}

}  // namespace

Result<void> FakeWindows::write_to(std::string_view folder) const {
  const auto source = this->source();
  const std::filesystem::path root{std::u8string{folder.begin(), folder.end()}};
  const bool one_volume = source->volumes().size() == 1;
  std::optional<Error> failed;
  const auto write = [&](const FileInfo& info) {
    if (info.is_link) return Visit::skip;
    std::filesystem::path path = root;
    const std::string& volume = info.path.volume();
    if (!one_volume) path /= volume.ends_with(':') ? volume.substr(0, volume.size() - 1) : volume;
    for (const std::string& component : info.path.components()) path /= host_component(component);
    std::error_code error;
    std::filesystem::create_directories(info.is_directory ? path : path.parent_path(), error);
    if (!info.is_directory) {
      const Entry& entry = *source->find(info.path);
      std::ofstream out{path, std::ios::binary};
      out << Bytes{entry.bytes}.chars();
      out.close();
      set_modified(path, info.si.modified);
      if (!out || error) failed = Error{Errc::io, path.string(), std::nullopt, error.message()};
    }
    return failed ? Visit::stop : Visit::enter;
  };
  for (const VolumeInfo& volume : source->volumes())
    HOZEN_CHECK(source->walk(EvidencePath{volume.name}, write,
                             [&](const EvidencePath&, Error error) { failed = std::move(error); }));
  if (failed) return *std::move(failed);
  return {};
}

}  // namespace hozen::fake
