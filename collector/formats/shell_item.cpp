#include "collector/formats/shell_item.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::uint8_t kRootFolder = 0x1F;
constexpr std::uint8_t kUri = 0x61;
constexpr std::uint8_t kDelegate = 0x74;  ///< a file entry inside a folder of another kind
constexpr std::uint8_t kClassMask = 0x70;
constexpr std::uint8_t kVolumeClass = 0x20;
constexpr std::uint8_t kFileClass = 0x30;
constexpr std::uint8_t kNetworkClass = 0x40;
constexpr std::uint8_t kDirectoryFlag = 0x01, kUnicodeFlag = 0x04;
constexpr std::uint32_t kDelegateSignature = 0x46534643;  ///< "CFSF"
constexpr std::uint32_t kFileExtension = 0xBEEF0004;
constexpr std::string_view kComputer = "{20D04FE0-3AEA-1069-A2D8-08002B30309D}";

FileTime fat_time(Bytes item, std::uint64_t offset) {
  const auto date = item.get<std::uint16_t>(offset), time = item.get<std::uint16_t>(offset + 2);
  if (!date || !time) return {};
  return filetime_from_fat(*date, *time).value_or(FileTime{});
}

/// Bytes of the text at `offset` with its terminator, or to the end when it has none.
std::uint64_t text_length(Bytes item, std::uint64_t offset, bool unicode) {
  const Bytes rest = item.tail(offset);
  if (!unicode) {
    const std::size_t end = rest.chars().find('\0');
    return end == std::string_view::npos ? rest.size() : end + 1;
  }
  for (std::uint64_t at = 0; rest.contains(at, 2); at += 2)
    if (*rest.get<std::uint16_t>(at) == 0) return at + 2;
  return rest.size();
}

/// Offset of the file extension block within the item: by the item's last two bytes, or where the
/// names end.
std::optional<std::uint64_t> find_file_extension(Bytes item, std::uint64_t behind_name) {
  const auto is_extension = [&](std::uint64_t offset) {
    return item.get<std::uint32_t>(offset + 4) == kFileExtension;
  };
  if (item.size() >= 2) {
    const std::uint16_t last = *item.get<std::uint16_t>(item.size() - 2);
    if (last != 0 && is_extension(last)) return last;
  }
  if (is_extension(behind_name)) return behind_name;
  return std::nullopt;
}

/// Long name, times and file reference (libfwsi "File entry extension block").
void read_file_extension(Bytes item, std::uint64_t offset, ShellItem& out) {
  const auto size = item.get<std::uint16_t>(offset), version = item.get<std::uint16_t>(offset + 2);
  if (!size || !version) return;
  const Bytes block = item.tail(offset).head(*size);
  out.created = fat_time(block, 8);
  out.accessed = fat_time(block, 12);
  std::uint64_t name = 0;
  if (*version >= 9) {
    name = 46;
  } else if (*version == 8) {
    name = 42;
  } else if (*version == 7) {
    name = 38;
  } else if (*version >= 3) {
    name = 20;
  } else {
    return;
  }
  if (*version >= 7) {
    const auto reference = block.get<std::uint64_t>(20);
    if (reference && *reference != 0) out.file_reference = *reference;
  }
  DecodedText long_name = decode_utf16(block.tail(name), true);
  if (!long_name.text.empty()) out.name = std::move(long_name);
}

/// A file or folder whose fixed part begins at `start` (at its class type indicator).
void read_file_entry(Bytes item, std::uint64_t start, ShellItem& out) {
  const std::uint8_t type = *item.get<std::uint8_t>(start);
  out.kind = ShellItemKind::file_entry;
  out.size = item.get<std::uint32_t>(start + 2).value_or(0);
  out.modified = fat_time(item, start + 6);
  out.attributes = item.get<std::uint16_t>(start + 10).value_or(0);
  out.is_directory = (type & kDirectoryFlag) != 0;
  const bool unicode = (type & kUnicodeFlag) != 0;
  const std::uint64_t name = start + 12;
  const std::uint64_t length = text_length(item, name, unicode);
  const Bytes text = item.tail(name).head(length);
  out.short_name = unicode ? decode_utf16(text, true) : decode_ansi(text, true);
  out.name = out.short_name;
  const std::uint64_t behind_name = name + length + (name + length) % 2;
  if (const auto extension = find_file_extension(item, behind_name))
    read_file_extension(item, *extension, out);
}

void read_guid_name(Bytes item, std::uint64_t offset, ShellItem& out) {
  const auto guid = item.fixed<16>(offset, "shell item guid");
  if (guid) out.name = {Guid::from(guid->raw<0, 16>()).text(), TextEncoding::ascii};
}

ShellItem read_item(Bytes item) {
  ShellItem out;
  const auto type = item.get<std::uint8_t>(2);
  if (!type) return out;
  out.type = *type;
  if (*type == kRootFolder) {
    out.kind = ShellItemKind::root_folder;
    read_guid_name(item, 4, out);
  } else if (*type == kDelegate) {
    // size, type, ?, inner size, "CFSF", size of the file entry, file entry, …
    if (item.get<std::uint32_t>(6) == kDelegateSignature && item.contains(12, 1))
      read_file_entry(item, 12, out);
  } else if (*type == kUri) {
    out.kind = ShellItemKind::uri;
    const bool unicode = (item.get<std::uint8_t>(3).value_or(0) & 0x80) != 0;
    const auto data = item.get<std::uint16_t>(4).value_or(0);
    const Bytes text = item.tail(data == 0 ? 6 : 8 + std::uint64_t{data});
    out.name = unicode ? decode_utf16(text, true) : decode_ansi(text, true);
  } else if ((*type & kClassMask) == kVolumeClass) {
    out.kind = ShellItemKind::volume;
    out.name = decode_ansi(item.tail(3), true);
    if (*type == 0x2E) {
      out.kind = ShellItemKind::other;
      read_guid_name(item, 4, out);
    }
  } else if ((*type & kClassMask) == kFileClass) {
    read_file_entry(item, 2, out);
  } else if ((*type & kClassMask) == kNetworkClass) {
    out.kind = ShellItemKind::network;
    out.name = decode_ansi(item.tail(5), true);
  }
  return out;
}

class PathBuilder {
 public:
  void add(const ShellItem& item) {
    const std::string& name = item.name.text;
    const bool first = path_.empty();
    switch (item.kind) {
      case ShellItemKind::root_folder:
        if (first && name == kComputer) return;
        append("::" + name);
        return;
      case ShellItemKind::volume:
        is_file_path_ = first && name.size() >= 2 && name[1] == ':';
        append(name);
        return;
      case ShellItemKind::network:
        // A server or share is named whole, whatever stands above it: \\server\share.
        if (name.starts_with("\\\\")) {
          path_.clear();
          is_file_path_ = name.find('\\', 2) != std::string::npos;
        }
        append(name);
        return;
      case ShellItemKind::file_entry:
        if (first) is_file_path_ = false;
        append(name);
        return;
      case ShellItemKind::uri:
      case ShellItemKind::other:
        is_file_path_ = false;
        append(name.empty() ? "?" : item.kind == ShellItemKind::other ? "::" + name : name);
        return;
    }
  }
  std::string path() && { return std::move(path_); }
  bool is_file_path() const { return is_file_path_ && !path_.empty(); }

 private:
  void append(std::string_view name) {
    if (!path_.empty() && path_.back() != '\\') path_ += '\\';
    path_ += name;
  }
  std::string path_;
  bool is_file_path_ = false;
};

}  // namespace

std::string_view to_text(ShellItemKind kind) {
  switch (kind) {
    case ShellItemKind::root_folder:
      return "root_folder";
    case ShellItemKind::volume:
      return "volume";
    case ShellItemKind::file_entry:
      return "file_entry";
    case ShellItemKind::network:
      return "network";
    case ShellItemKind::uri:
      return "uri";
    case ShellItemKind::other:
      break;
  }
  return "other";
}

ShellItemList parse_shell_items(Bytes list) {
  ShellItemList out;
  PathBuilder path;
  std::uint64_t at = 0;
  while (true) {
    const auto size = list.get<std::uint16_t>(at);
    if (!size) {
      out.problems.push_back({Errc::truncated, "shell item list terminator", list.base() + at});
      break;
    }
    if (*size == 0) break;
    if (*size < 3 || !list.contains(at, *size)) {
      out.problems.push_back(
          {*size < 3 ? Errc::malformed : Errc::truncated, "shell item", list.base() + at});
      break;
    }
    if (out.items.size() == kMaxShellItems) {
      out.problems.push_back({Errc::limit, "shell items", list.base() + at});
      break;
    }
    ShellItem item = read_item(list.tail(at).head(*size));
    path.add(item);
    out.items.push_back(std::move(item));
    at += *size;
  }
  out.is_file_path = path.is_file_path() && out.problems.empty();
  out.path = std::move(path).path();
  return out;
}

}  // namespace hozen
