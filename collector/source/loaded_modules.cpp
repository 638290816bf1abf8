#include "collector/source/loaded_modules.h"

#include <algorithm>
#include <map>
#include <set>

#include "collector/base/bytes.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

using Address = std::uint64_t;

/// Offsets of what is read, for either size of a pointer.
struct Layout {
  std::size_t ldr, parameters;  // of the PEB
  std::size_t first;            // of PEB_LDR_DATA: InLoadOrderModuleList
  std::size_t base, image_size, name,
      of_entry;              // of LDR_DATA_TABLE_ENTRY, which begins with a link
  std::size_t command_line;  // of RTL_USER_PROCESS_PARAMETERS
};
constexpr Layout kLayout64{0x18, 0x20, 0x10, 0x30, 0x40, 0x48, 0x58, 0x70};
constexpr Layout kLayout32{0x0C, 0x10, 0x0C, 0x18, 0x20, 0x24, 0x2C, 0x40};

/// Bytes: a UNICODE_STRING cannot be longer.
constexpr std::size_t kMaxText = 65'534;
/// Bytes of all paths of a list: entries of a hostile process can all have the longest one.
constexpr std::size_t kMaxListText = std::size_t{4} << 20U;

class Process {
 public:
  Process(ReadMemory read, PointerSize size) : read_{read}, size_{size} {}

  const Layout& layout() const { return size_ == PointerSize::eight ? kLayout64 : kLayout32; }
  Address pointer_in(Bytes bytes, std::size_t offset) const {
    if (size_ == PointerSize::eight) return bytes.get<std::uint64_t>(offset).value_or(0);
    return bytes.get<std::uint32_t>(offset).value_or(0);
  }
  Result<std::vector<std::byte>> bytes(Address address, std::size_t count) const {
    return read_(address, count);
  }
  Result<Address> pointer(Address address) const {
    HOZEN_TRY(const auto found, read_(address, static_cast<std::size_t>(size_)));
    return pointer_in(Bytes{found}, 0);
  }
  /// Of the UNICODE_STRING at `offset`: length in bytes, the same of its buffer, buffer.
  Result<std::string> text(Bytes bytes, std::size_t offset) const {
    const std::size_t length = bytes.get<std::uint16_t>(offset).value_or(0) & kMaxText;
    const Address buffer = pointer_in(bytes, offset + static_cast<std::size_t>(size_));
    if (length == 0 || buffer == 0) return std::string{};
    HOZEN_TRY(const auto found, read_(buffer, length));
    return wtf8_from_utf16le(Bytes{found});
  }

 private:
  ReadMemory read_;
  PointerSize size_;
};

Error malformed(std::string_view why) {
  return Error{Errc::malformed, "list of the loader", {}, std::string{why}};
}

/// As Windows would name the same file: without the prefix of a native path.
std::string plain(std::string_view path) {
  for (const std::string_view prefix : {"\\??\\", "\\\\?\\"})
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  return std::string{path};
}

// Offsets in a portable executable (Microsoft, "PE Format").
constexpr std::size_t kDosBytes = 0x40, kPeOffset = 0x3C;
constexpr std::uint32_t kMaxPeOffset = 0x1000;
constexpr std::size_t kOptional = 24;  ///< the optional header, behind the signature and COFF's
constexpr std::size_t kHeaderBytes = kOptional + 240;
constexpr std::size_t kImageSize = kOptional + 56;
constexpr std::uint16_t kPe32 = 0x10B, kPe32Plus = 0x20B;
constexpr std::size_t kBoundImports = 11, kImportAddresses = 12;  ///< data directories
/// Below it is no function: Windows keeps that memory free.
constexpr std::uint64_t kLowestAddress = 0x1'0000;

}  // namespace

Result<void> read_loader_list(ReadMemory read, Address peb, PointerSize size,
                              std::vector<ImageRange>& list) {
  const Process process{read, size};
  const Layout& layout = process.layout();
  HOZEN_TRY(const Address data, process.pointer(peb + layout.ldr));
  if (data == 0) return malformed("there is none");
  const Address head = data + layout.first;
  HOZEN_TRY(Address next, process.pointer(head));
  std::set<Address> seen;
  std::size_t text = 0;
  while (next != head) {
    if (next == 0 || !seen.insert(next).second) return malformed("it does not end");
    if (list.size() >= kMaxLiveModules || text > kMaxListText)
      return Error{Errc::limit, "list of the loader"};
    HOZEN_TRY(const auto entry, process.bytes(next, layout.of_entry));
    const Bytes bytes{entry};
    ImageRange image;
    image.base = process.pointer_in(bytes, layout.base);
    image.size_bytes = bytes.get<std::uint32_t>(layout.image_size).value_or(0);
    HOZEN_TRY(image.path, process.text(bytes, layout.name));
    text += image.path.size();
    // An entry without an address is none: the last one of Windows XP.
    if (image.base != 0) list.push_back(std::move(image));
    next = process.pointer_in(bytes, 0);
  }
  return {};
}

Result<std::string> read_command_line(ReadMemory read, Address peb) {
  const Process process{read, PointerSize::eight};
  HOZEN_TRY(const Address parameters, process.pointer(peb + process.layout().parameters));
  HOZEN_TRY(const auto text, process.bytes(parameters + process.layout().command_line, 16));
  return process.text(Bytes{text}, 0);
}

std::optional<bool> has_bound_imports(ReadMemory read, Address base) {
  const auto dos = read(base, kDosBytes);
  if (!dos || Bytes{*dos}.get<std::uint16_t>(0) != std::uint16_t{0x5A4D}) return std::nullopt;
  const std::uint32_t offset = Bytes{*dos}.get<std::uint32_t>(kPeOffset).value_or(0);
  if (offset > kMaxPeOffset) return std::nullopt;
  const auto header = read(base + offset, kHeaderBytes);
  if (!header) return std::nullopt;
  const Bytes bytes{*header};
  const auto magic = bytes.get<std::uint16_t>(kOptional);
  if (magic != kPe32 && magic != kPe32Plus) return std::nullopt;
  const Process process{read, magic == kPe32 ? PointerSize::four : PointerSize::eight};
  const std::size_t directories = kOptional + (magic == kPe32 ? 96 : 112);
  const auto rva_of = [&](std::size_t directory) {
    return bytes.get<std::uint32_t>(directories + 8 * directory).value_or(0);
  };
  const std::uint32_t image_size = bytes.get<std::uint32_t>(kImageSize).value_or(0);
  const std::uint32_t addresses = rva_of(kImportAddresses);
  if (addresses == 0 || addresses >= image_size || rva_of(kBoundImports) != 0) return std::nullopt;
  const auto first = process.pointer(base + addresses);
  if (!first || *first == 0) return std::nullopt;
  // Not bound it is the place of a name within the image, or a number with the highest bit set.
  const Address highest = magic == kPe32 ? 0x8000'0000u : Address{1} << 63u;
  if ((*first & highest) != 0) return std::nullopt;
  return *first >= std::max<Address>(image_size, kLowestAddress);
}

std::vector<LiveModule> merge_modules(const std::vector<ImageRange>& listed,
                                      const std::vector<ImageRange>& mapped) {
  std::map<Address, LiveModule> found;
  for (const ImageRange& image : mapped) {
    LiveModule& module = found[image.base];
    module.base = image.base;
    module.size_bytes = image.size_bytes;
    module.path = image.path;
    module.is_mapped = true;
  }
  for (const ImageRange& image : listed) {
    LiveModule& module = found[image.base];
    module.base = image.base;
    module.in_loader_list = true;
    if (module.size_bytes == 0) module.size_bytes = image.size_bytes;
    const std::string path = plain(image.path);
    if (module.path.empty())
      module.path = path;
    else if (!equals_fold(module.path, path))
      module.loader_path = image.path;
  }
  std::vector<LiveModule> modules;
  modules.reserve(found.size());
  for (auto& [base, module] : found) modules.push_back(std::move(module));
  return modules;
}

}  // namespace hozen
