#include "collector/formats/amcache.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "collector/base/text.h"

namespace hozen {
namespace {

// Names of values in the layout of Windows 8.
constexpr std::string_view kProduct = "0", kCompany = "1", kLanguage = "3", kVersion = "5",
                           kSize = "6", kChecksum = "9", kDescription = "c", kLinked = "f",
                           kModified = "11", kCreated = "12", kPath = "15", kProgramId = "100",
                           kSha1 = "101";
/// Data of a value that is kept as text: no honest one is longer.
constexpr std::size_t kMaxValueBytes = 16'384;

// Types of values (winnt.h).
constexpr std::uint32_t kSz = 1, kExpandSz = 2, kDword = 4, kMultiSz = 7, kQword = 11;

std::string text_of(const regf::ValueView& value) {
  const Bytes data = value.data.head(kMaxValueBytes);
  switch (value.type) {
    case kSz:
    case kExpandSz:
      return wtf8_from_utf16le(data, true);
    case kDword:
      if (const auto number = data.get<std::uint32_t>(0)) return std::to_string(*number);
      break;
    case kQword:
      if (const auto number = data.get<std::uint64_t>(0)) return std::to_string(*number);
      break;
    case kMultiSz: {
      std::string text = wtf8_from_utf16le(data);
      while (!text.empty() && text.back() == '\0') text.pop_back();
      std::replace(text.begin(), text.end(), '\0', '|');
      return text;
    }
    default:
      break;
  }
  return to_hex(data.span());
}

FileTime time_of(const std::optional<std::uint64_t>& ticks) { return FileTime{ticks.value_or(0)}; }

AmcacheFile old_file(const AmcacheEntry& entry) {
  AmcacheFile file;
  file.is_old_layout = true;
  file.path = entry.text(kPath);
  file.name = file.path.substr(file.path.rfind('\\') + 1);
  file.sha1 = amcache_sha1(entry.text(kSha1));
  file.program_id = entry.text(kProgramId);
  file.publisher = entry.text(kCompany);
  file.product = entry.text(kProduct);
  file.version = entry.text(kVersion);
  file.description = entry.text(kDescription);
  file.size = entry.number(kSize);
  file.pe_checksum = entry.number(kChecksum);
  file.language = entry.number(kLanguage);
  if (const auto linked = entry.number(kLinked); linked && *linked != 0)
    file.linked = filetime_from_unix(static_cast<std::int64_t>(*linked & 0xFFFF'FFFF), 0);
  file.modified = time_of(entry.number(kModified));
  file.created = time_of(entry.number(kCreated));
  constexpr std::string_view kBelow = "Root\\File\\";
  if (starts_with_fold(entry.key, kBelow)) {
    const std::string_view rest = std::string_view{entry.key}.substr(kBelow.size());
    file.volume = rest.substr(0, rest.find('\\'));
  }
  return file;
}

AmcacheFile new_file(const AmcacheEntry& entry) {
  AmcacheFile file;
  file.path = entry.text("LowerCaseLongPath");
  file.name = entry.text("Name");
  file.sha1 = amcache_sha1(entry.text("FileId"));
  file.program_id = entry.text("ProgramId");
  file.publisher = entry.text("Publisher");
  file.product = entry.text("ProductName");
  file.version = entry.text("Version");
  file.original_name = entry.text("OriginalFileName");
  file.binary_type = entry.text("BinaryType");
  file.size = entry.number("Size");
  file.usn = entry.number("Usn");
  file.language = entry.number("Language");
  if (const auto is_os = entry.number("IsOsComponent")) file.is_os_component = *is_os != 0;
  file.linked = amcache_time(entry.text("LinkDate"));
  return file;
}

bool read_entry(const regf::Key& key, const std::string& category, AmcacheEntry& out) {
  out.category = category;
  out.key = key.path();
  out.key_written = key.last_written();
  out.offset = key.file_offset();
  out.values.clear();
  key.visit_values([&](const regf::ValueView& value) {
    std::string name;
    value.append_name(name);
    out.values.emplace_back(std::move(name), text_of(value));
    return true;
  });
  return !out.values.empty();
}

}  // namespace

std::string_view AmcacheEntry::text(std::string_view name) const {
  for (const auto& [known, value] : values)
    if (equals_fold(known, name)) return value;
  return {};
}

/// Numbers are stored as such, or as text: in decimal, or in hex with 0x in front.
std::optional<std::uint64_t> AmcacheEntry::number(std::string_view name) const {
  std::string_view digits = text(name);
  int base = 10;
  if (digits.starts_with("0x")) {
    digits.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

AmcacheFile amcache_file(const AmcacheEntry& entry) {
  return equals_fold(entry.category, "File") ? old_file(entry) : new_file(entry);
}

std::string amcache_sha1(std::string_view file_id) {
  constexpr std::string_view kZeros = "0000";
  constexpr std::size_t kDigits = 40;
  if (file_id.size() != kZeros.size() + kDigits || !file_id.starts_with(kZeros)) return {};
  std::string digits = to_lower_ascii(file_id.substr(kZeros.size()));
  return digits.find_first_not_of("0123456789abcdef") == std::string::npos ? digits : "";
}

FileTime amcache_time(std::string_view text) {
  // The month first: 2017-03-01 stands there as 03/01/2017.
  constexpr std::string_view kForm = "MM/DD/YYYY HH:MM:SS";
  if (text.size() != kForm.size() || text[2] != '/' || text[5] != '/' || text[10] != ' ') return {};
  std::string iso;
  iso.append(text.substr(6, 4)).append("-").append(text.substr(0, 2)).append("-");
  iso.append(text.substr(3, 2)).append("T").append(text.substr(11)).append("Z");
  return parse_iso8601(iso).value_or(FileTime{});
}

Result<void> each_amcache_entry(const regf::Hive& hive,
                                FunctionRef<bool(const AmcacheEntry&)> visit) {
  const auto top = hive.root();
  const auto root = top ? top->subkey("Root") : std::nullopt;
  if (!root) return Error{Errc::not_found, "amcache key Root"};
  std::size_t count = 0;
  AmcacheEntry entry;
  const auto take = [&](const regf::Key& key, const std::string& category) {
    return !read_entry(key, category, entry) || (++count <= kMaxAmcacheEntries && visit(entry));
  };
  root->each_subkey([&](const regf::Key& category) {
    const std::string name = category.name();
    const bool has_volumes = equals_fold(name, "File");
    return category.each_subkey([&](const regf::Key& key) {
      if (!has_volumes) return take(key, name);
      return key.each_subkey([&](const regf::Key& file) { return take(file, name); });
    });
  });
  if (count > kMaxAmcacheEntries) return Error{Errc::limit, "amcache entries"};
  return {};
}

}  // namespace hozen
