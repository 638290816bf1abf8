// Facts of a file: statx, and what NTFS drivers hand out as extended attributes.
// Source: ntfs-3g(8) "Extended attributes"; the order of system.ntfs_times (created, modified,
// accessed, changed) was observed on ntfs-3g 2022.10.3 against stat(2).
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collector/base/bytes.h"
#include "collector/base/sid.h"
#include "collector/base/text.h"
#include "collector/formats/reparse_point.h"
#include "collector/source/host_name.h"
#include "collector/source/posix_folder.h"

namespace hozen::posix {
namespace {

constexpr char kTimes[] = "system.ntfs_times";
constexpr char kAttributes[] = "system.ntfs_attrib";
constexpr char kReparseData[] = "system.ntfs_reparse_data";
constexpr char kSecurity3g[] = "system.ntfs_acl";
constexpr char kSecurityKernel[] = "system.ntfs_security";
constexpr std::string_view kStreamPrefix = "user.";

constexpr long kMagicNtfs = 0x5346544e;       // the kernel's old driver
constexpr long kMagicNtfs3 = 0x7366746e;      // ntfs3
constexpr std::size_t kSmallAttribute = 512;  // first guess: times, attributes, most descriptors
constexpr std::size_t kMaxAttribute = 64 * 1024;  // XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux
constexpr std::size_t kMaxLink = 16 * 1024;  // reparse data is at most 16 KiB; PATH_MAX is 4 KiB
constexpr std::uint64_t kMaxOwnerOffset = 64 * 1024;

/// There is no getxattrat(): the folder's descriptor gives a path that no link can bend.
std::string path_through(int folder, const std::string& host) {
  return "/proc/self/fd/" + std::to_string(folder) + '/' + (host.empty() ? "." : host);
}

/// The value of an extended attribute; the errno when there is none.
struct Attribute {
  std::vector<std::byte> bytes;
  int error = 0;
};

Attribute read_attribute(const std::string& path, const char* name) {
  Attribute result;
  for (std::size_t size = kSmallAttribute;; size = kMaxAttribute) {
    result.bytes.resize(size);
    const ssize_t count = ::lgetxattr(path.c_str(), name, result.bytes.data(), size);
    if (count >= 0) {
      result.bytes.resize(static_cast<std::size_t>(count));
      return result;
    }
    if (errno == ERANGE && size < kMaxAttribute) continue;
    result.error = errno;
    result.bytes.clear();
    return result;
  }
}

FileTime to_filetime(const statx_timestamp& time) {
  return filetime_from_unix(time.tv_sec, time.tv_nsec);
}

Times times_from(const std::string& path, const struct statx& facts, const Capabilities& can) {
  Times times;
  times.modified = to_filetime(facts.stx_mtime);
  if (can.ntfs_times) {
    const Attribute attribute = read_attribute(path, kTimes);
    if (const auto raw = Bytes{attribute.bytes}.fixed<32>(0, "ntfs times")) {
      times.created.ticks = raw->u64<0>();
      times.modified.ticks = raw->u64<8>();
      times.accessed.ticks = raw->u64<16>();
      times.changed.ticks = raw->u64<24>();
    }
  } else if (can.ntfs_stat) {
    if ((facts.stx_mask & STATX_BTIME) != 0) times.created = to_filetime(facts.stx_btime);
    times.accessed = to_filetime(facts.stx_atime);
    times.changed = to_filetime(facts.stx_ctime);
  }
  return times;
}

std::optional<std::string> owner_of(const std::string& path) {
  Attribute descriptor = read_attribute(path, kSecurity3g);
  if (descriptor.error != 0) descriptor = read_attribute(path, kSecurityKernel);
  // SECURITY_DESCRIPTOR_RELATIVE (MS-DTYP 2.4.6): offset of the owner at 4.
  const Bytes bytes{descriptor.bytes};
  const auto offset = bytes.get<std::uint32_t>(4);
  if (!offset || *offset == 0 || *offset > kMaxOwnerOffset) return std::nullopt;
  auto sid = parse_sid(bytes.tail(*offset));
  if (!sid) return std::nullopt;
  return *std::move(sid);
}

std::vector<std::string> streams_of(const std::string& path) {
  std::vector<std::string> streams;
  std::vector<char> list(kMaxAttribute);
  const ssize_t count = ::llistxattr(path.c_str(), list.data(), list.size());
  std::string_view rest{list.data(), count < 0 ? 0 : static_cast<std::size_t>(count)};
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (starts_with_fold(name, kStreamPrefix))
      streams.push_back(name_from_host(name.substr(kStreamPrefix.size())).text);
  }
  return streams;
}

Result<ReparsePoint> reparse_point_of(const std::string& path) {
  const Attribute data = read_attribute(path, kReparseData);
  if (data.error != 0) return system_error("reparse point", "lgetxattr", data.error);
  return parse_reparse_point(Bytes{data.bytes});
}

/// Adds what NTFS knows of the entry at `path`.
void add_ntfs_facts(FileInfo& info, const std::string& path, const struct statx& facts) {
  const Attribute attributes = read_attribute(path, kAttributes);
  if (const auto value = Bytes{attributes.bytes}.get<std::uint32_t>(0)) {
    info.attributes = *value | (S_ISDIR(facts.stx_mode) ? kAttributeDirectory : 0u);
    if ((*value & kAttributeReparsePoint) != 0) {
      const Attribute data = read_attribute(path, kReparseData);
      info.reparse_tag = Bytes{data.bytes}.get<std::uint32_t>(0);
    }
  }
  // Drivers show what they cannot follow (cloud files, other compression) as links too.
  if (info.reparse_tag) info.is_link = is_name_surrogate(*info.reparse_tag);
  if (info.attributes) info.is_directory = (*info.attributes & kAttributeDirectory) != 0;
  info.owner_sid = owner_of(path);
  info.streams = streams_of(path);
  if (!info.is_directory) info.link_count = facts.stx_nlink;
}

/// Where a link leads, as it is stored: the NTFS reparse point where the driver hands it out, else
/// what the system says.
std::optional<std::string> link_text(int folder, const std::string& host, const std::string& full,
                                     const Capabilities& can) {
  if (can.ntfs_attributes)
    if (auto point = reparse_point_of(full); point && !point->target.empty())
      return std::move(point->target);
  std::string target(kMaxLink, '\0');
  const ssize_t count = ::readlinkat(folder, host.c_str(), target.data(), target.size());
  if (count <= 0) return {};
  target.resize(static_cast<std::size_t>(count));
  return is_utf8(target) ? target : name_from_host(target).text;
}

}  // namespace

Capabilities probe_capabilities(int folder) {
  Capabilities can;
  const std::string path = path_through(folder, "");
  unsigned char probe[32];
  can.ntfs_attributes = ::getxattr(path.c_str(), kAttributes, probe, sizeof probe) >= 0;
  can.ntfs_times = ::getxattr(path.c_str(), kTimes, probe, sizeof probe) >= 0;
  struct statfs facts {};
  if (::fstatfs(folder, &facts) == 0) {
    const long magic = static_cast<long>(facts.f_type);
    can.ntfs_stat = magic == kMagicNtfs || magic == kMagicNtfs3;
  }
  return can;
}

bool is_ntfs_root(int folder) {
  constexpr ino_t kRootRecord = 5;
  struct ::stat facts {};
  return ::fstat(folder, &facts) == 0 && facts.st_ino == kRootRecord;
}

std::string file_system_name(int, const Capabilities& can) {
  return can.ntfs_attributes || can.ntfs_stat ? "NTFS" : "";
}

Result<FileInfo> read_facts(int folder, const std::string& host, const EvidencePath& path,
                            const Capabilities& can) {
  struct statx facts {};
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (host.empty() ? AT_EMPTY_PATH : 0);
  if (::statx(folder, host.c_str(), flags, STATX_BASIC_STATS | STATX_BTIME, &facts) != 0)
    return system_error(path.text(), "statx", errno);
  FileInfo info;
  info.path = path;
  info.is_directory = S_ISDIR(facts.stx_mode);
  info.is_link = S_ISLNK(facts.stx_mode);
  if (S_ISREG(facts.stx_mode)) info.size = facts.stx_size;
  if (name_from_host(host).escaped)
    info.host_name_hex = to_hex(std::as_bytes(std::span{host.data(), host.size()}));
  const std::string full = path_through(folder, host);
  info.si = times_from(full, facts, can);
  if (can.ntfs_attributes) add_ntfs_facts(info, full, facts);
  if (info.is_link) info.link_target = link_text(folder, host, full, can);
  return info;
}

Result<EvidencePath> read_link(int folder, const std::string& host, const EvidencePath& parent,
                               const Capabilities& can) {
  const auto refuse = [&](const std::string& target) {
    return Error{Errc::unsupported, parent.child(name_from_host(host).text).text(), std::nullopt,
                 "a link that leads out of the evidence: " + target};
  };
  if (can.ntfs_attributes) {
    if (const auto point = reparse_point_of(path_through(folder, host));
        point && !point->target.empty()) {
      if (point->relative) return parent / point->target;
      auto target = EvidencePath::parse(point->target);
      if (!target) return refuse(point->target);
      return *std::move(target);
    }
  }
  std::string target(kMaxLink, '\0');
  const ssize_t count = ::readlinkat(folder, host.c_str(), target.data(), target.size());
  if (count < 0) return system_error(parent.text(), "readlinkat", errno);
  target.resize(static_cast<std::size_t>(count));
  if (target.empty() || target.front() == '/') return refuse(name_from_host(target).text);
  EvidencePath result = parent;
  for (std::size_t at = 0; at <= target.size();) {
    const std::size_t end = std::min(target.find('/', at), target.size());
    const std::string_view part = std::string_view{target}.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (result.is_root()) return refuse(name_from_host(target).text);
      result = result.parent();
    } else {
      result = result.child(name_from_host(part).text);
    }
  }
  return result;
}

Result<std::unique_ptr<ByteSource>> open_stream(int folder, const std::string& host,
                                                const EvidencePath& path, const Capabilities& can) {
  const auto fail = [&](Errc code, const char* detail) {
    return Error{code, path.text(), std::nullopt, detail};
  };
  if (!can.ntfs_attributes)
    return fail(Errc::not_found, "the file system has no alternate data streams");
  const std::string stream = host_from_name(path.stream());
  std::string exact = stream;
  for (const std::string& name : streams_of(path_through(folder, host)))
    if (equals_fold(name, path.stream())) exact = host_from_name(name);
  Attribute value =
      read_attribute(path_through(folder, host), (std::string{kStreamPrefix} + exact).c_str());
  if (value.error == 0)
    return std::unique_ptr<ByteSource>{std::make_unique<MemorySource>(std::move(value.bytes))};
  if (value.error == E2BIG || value.error == ERANGE)
    return fail(Errc::limit,
                "an alternate stream over 64 KiB: mount with streams_interface=windows");
  // Mounted with streams_interface=windows, a stream is a file of its own.
  if (auto file = open_file(folder, host + ':' + stream, path)) return file;
  return fail(Errc::not_found, "no such stream");
}

}  // namespace hozen::posix
