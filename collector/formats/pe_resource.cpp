#include "collector/formats/pe_resource.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::pe {
namespace {

constexpr std::uint32_t kHighBit = 0x8000'0000;
constexpr std::size_t kFolderBytes = 16, kEntryBytes = 8, kDataBytes = 16;

/// Walks type, name, language: the depth is that of the calls, so that a tree that leads back into
/// itself ends, and entries are counted, so that one that fans out does, too.
class Walker {
 public:
  Walker(Image& image, std::optional<std::uint16_t> type, Resources& out)
      : image_{image}, root_{image.directory(Directory::resources).rva}, type_{type}, out_{out} {}

  void walk() {
    each_entry(0, [this](const Entry& type) {
      if (type_ && ((type.name & kHighBit) != 0 || type.name != *type_)) return;
      resource_.type = name_of(type);
      in_folder(type, [this](const Entry& name) {
        resource_.name = name_of(name);
        in_folder(name, [this](const Entry& language) {
          resource_.language = static_cast<std::uint16_t>(language.name);
          take(language);
        });
      });
    });
  }

 private:
  struct Entry {
    std::uint32_t rva;
    std::uint32_t name, offset;
  };

  template <class Visit>
  void each_entry(std::uint32_t offset, Visit visit) {
    const std::uint32_t rva = root_ + offset;
    const auto folder = Structure<kFolderBytes>::read(image_, rva, "resource folder");
    if (!folder) return add_problem(out_.problems, folder.error());
    const std::uint32_t count =
        std::uint32_t{(**folder).template u16<12>()} + (**folder).template u16<14>();
    for (std::uint32_t i = 0; i < count; ++i) {
      if (++entries_ > kMaxResourceEntries) {
        if (entries_ == kMaxResourceEntries + 1)
          add_problem(out_.problems, {Errc::limit, "resource entries", file_offset(rva)});
        return;
      }
      const std::uint32_t at = rva + static_cast<std::uint32_t>(kFolderBytes + i * kEntryBytes);
      const auto entry = Structure<kEntryBytes>::read(image_, at, "resource entry");
      if (!entry) return add_problem(out_.problems, entry.error());
      visit(Entry{at, (**entry).template u32<0>(), (**entry).template u32<4>()});
    }
  }

  template <class Visit>
  void in_folder(const Entry& entry, Visit visit) {
    if ((entry.offset & kHighBit) != 0) return each_entry(entry.offset & ~kHighBit, visit);
    add_problem(out_.problems, {Errc::malformed, "resource entry", file_offset(entry.rva)});
  }

  ResourceName name_of(const Entry& entry) {
    if ((entry.name & kHighBit) == 0) return {static_cast<std::uint16_t>(entry.name), {}};
    const std::uint32_t rva = root_ + (entry.name & ~kHighBit);
    const auto units = Structure<2>::read(image_, rva, "resource name");
    if (!units) {
      add_problem(out_.problems, units.error());
      return {0, ""};
    }
    const std::uint16_t count = (**units).u16<0>();
    // Windows cuts none, but names are short; what names share must not add up.
    constexpr std::uint16_t kMaxUnits = 256;
    if (count > kMaxUnits)
      add_problem(out_.problems, {Errc::limit, "resource name", file_offset(rva)});
    std::vector<std::byte> text(std::size_t{std::min(count, kMaxUnits)} * 2);
    if (auto read = image_.read(rva + 2, text, "resource name"); !read) {
      add_problem(out_.problems, std::move(read).error());
      return {0, ""};
    }
    return {0, wtf8_from_utf16le(Bytes{text})};
  }

  void take(const Entry& entry) {
    if ((entry.offset & kHighBit) != 0)
      return add_problem(out_.problems,
                         {Errc::unsupported, "resource below a language", file_offset(entry.rva)});
    const auto data = Structure<kDataBytes>::read(image_, root_ + entry.offset, "resource data");
    if (!data) return add_problem(out_.problems, data.error());
    resource_.rva = (**data).u32<0>();
    resource_.size_bytes = (**data).u32<4>();
    resource_.code_page = (**data).u32<8>();
    out_.entries.push_back(resource_);
  }

  std::optional<std::uint64_t> file_offset(std::uint32_t rva) const {
    const auto place = image_.locate(rva);
    return place ? std::optional{place->file_offset} : std::nullopt;
  }

  Image& image_;
  std::uint32_t root_;
  std::optional<std::uint16_t> type_;
  Resources& out_;
  Resource resource_;  ///< what is known of it on the way down
  std::size_t entries_ = 0;
};

std::string manifest_text(Bytes bytes) {
  constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF", kUtf16Mark = "\xFF\xFE";
  if (bytes.head(2).chars() == kUtf16Mark) return wtf8_from_utf16le(bytes.tail(2));
  std::string_view text = bytes.chars();
  if (text.starts_with(kUtf8Mark)) text.remove_prefix(kUtf8Mark.size());
  return to_wtf8_lossy(text);
}

}  // namespace

Resources list_resources(Image& image, std::optional<std::uint16_t> type) {
  Resources resources;
  if (image.directory(Directory::resources).is_set()) Walker{image, type, resources}.walk();
  return resources;
}

Result<std::vector<std::byte>> read_resource(Image& image, const Resource& resource) {
  const auto place = image.locate(resource.rva);
  if (resource.size_bytes > kMaxResourceBytes)
    return Error{Errc::limit, "resource", place ? std::optional{place->file_offset} : std::nullopt};
  // Not more memory than the file can fill.
  if (!place || resource.size_bytes > place->total_bytes)
    return Error{Errc::truncated, "resource",
                 place ? std::optional{place->file_offset} : std::nullopt};
  std::vector<std::byte> bytes(resource.size_bytes);
  HOZEN_CHECK(image.read(resource.rva, bytes, "resource"));
  return bytes;
}

std::string read_manifest(Image& image, std::vector<Error>& problems) {
  Resources manifests = list_resources(image, resource_type::kManifest);
  for (Error& problem : manifests.problems) add_problem(problems, std::move(problem));
  std::size_t tried = 0;
  for (const Resource& manifest : manifests.entries) {
    if (++tried > kMaxResourcesRead) break;
    auto bytes = read_resource(image, manifest);
    if (bytes) return manifest_text(Bytes{*bytes});
    add_problem(problems, std::move(bytes).error());
  }
  return {};
}

}  // namespace hozen::pe
