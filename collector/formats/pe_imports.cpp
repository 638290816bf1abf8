#include "collector/formats/pe_imports.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"

namespace hozen::pe {
namespace {

constexpr std::size_t kDescriptorBytes = 20, kDelayBytes = 32;
constexpr std::uint64_t kOrdinal32 = std::uint64_t{1} << 31, kOrdinal64 = std::uint64_t{1} << 63;
/// Of a delayed import: addresses are RVAs; without it (Visual C++ 6) absolute.
constexpr std::uint32_t kAddressesAreRvas = 1;

class Reader {
 public:
  Reader(Image& image, Imports& out)
      : image_{image}, out_{out}, name_bytes_left_{2 * image.file_size()} {}

  void read_imports() {
    std::uint32_t rva = image_.directory(Directory::imports).rva;
    for (; may_take_library(rva); rva += kDescriptorBytes) {
      const auto entry = Structure<kDescriptorBytes>::read(image_, rva, "import descriptor");
      if (!entry) return add_problem(out_.problems, entry.error());
      const std::uint32_t names = (**entry).u32<0>(), name = (**entry).u32<12>(),
                          addresses = (**entry).u32<16>();
      if (name == 0 || addresses == 0) return;
      ImportedLibrary& library = add_library(name);
      // What does not point into the image is not used by the loader either.
      const bool has_names =
          names != 0 && names < image_.headers().image_size && first_thunk(names).value_or(0) != 0;
      read_functions(has_names ? names : addresses, library);
    }
  }

  void read_delay_imports() {
    std::uint32_t rva = image_.directory(Directory::delay_imports).rva;
    for (; may_take_library(rva); rva += kDelayBytes) {
      const auto entry = Structure<kDelayBytes>::read(image_, rva, "delayed import descriptor");
      if (!entry) return add_problem(out_.problems, entry.error());
      absolute_ = ((**entry).u32<0>() & kAddressesAreRvas) == 0;
      const auto name = rva_of((**entry).u32<4>()), names = rva_of((**entry).u32<16>());
      if ((**entry).u32<4>() == 0) return;
      if (!name || !names)
        return add_problem(out_.problems,
                           {Errc::malformed, "delayed import descriptor", offset_of(rva)});
      ImportedLibrary& library = add_library(*name);
      if (*names != 0) read_functions(*names, library);
    }
  }

 private:
  bool may_take_library(std::uint32_t rva) {
    if (rva == 0) return false;
    if (out_.libraries.size() < kMaxLibraries) return true;
    add_problem(out_.problems, {Errc::limit, "imported libraries", offset_of(rva)});
    return false;
  }

  ImportedLibrary& add_library(std::uint32_t name) {
    ImportedLibrary& library = out_.libraries.emplace_back();
    library.name = read_name(name, "name of an imported library");
    return library;
  }

  std::optional<std::uint64_t> first_thunk(std::uint32_t rva) {
    std::array<std::byte, 8> bytes{};
    if (!image_.read(rva, std::span{bytes}.first(thunk_bytes()), "import table"))
      return std::nullopt;
    return Bytes{bytes}.get<std::uint64_t>(0);
  }

  void read_functions(std::uint32_t rva, ImportedLibrary& library) {
    for (;; rva += static_cast<std::uint32_t>(thunk_bytes())) {
      std::array<std::byte, 8> bytes{};
      if (auto read = image_.read(rva, std::span{bytes}.first(thunk_bytes()), "import table");
          !read)
        return add_problem(out_.problems, std::move(read).error());
      const std::uint64_t thunk = Bytes{bytes}.get<std::uint64_t>(0).value_or(0);
      if (thunk == 0) return;
      if (++functions_ > kMaxImports) {
        if (functions_ == kMaxImports + 1)
          add_problem(out_.problems, {Errc::limit, "imported functions", offset_of(rva)});
        return;
      }
      if ((thunk & (image_.headers().is_64 ? kOrdinal64 : kOrdinal32)) != 0) {
        library.functions.push_back({{}, static_cast<std::uint16_t>(thunk)});
        continue;
      }
      const auto name = rva_of(thunk);
      if (!name || *name > UINT32_MAX - kHintBytes) {
        add_problem(out_.problems, {Errc::malformed, "import table", offset_of(rva)});
        continue;
      }
      library.functions.push_back(
          {read_name(*name + kHintBytes, "name of an imported function"), std::nullopt});
    }
  }

  std::string read_name(std::uint32_t rva, std::string_view what) {
    auto name = image_.read_name(rva, what);
    if (!name) {
      add_problem(out_.problems, std::move(name).error());
      return {};
    }
    if (name->size() > name_bytes_left_) {
      add_problem(out_.problems, {Errc::limit, std::string{what}, offset_of(rva)});
      return {};
    }
    name_bytes_left_ -= name->size();
    return name_text(*name);
  }

  std::size_t thunk_bytes() const { return image_.headers().is_64 ? 8 : 4; }
  std::optional<std::uint32_t> rva_of(std::uint64_t address) const {
    if (absolute_ && address != 0) return image_.rva_of(address);
    return address > UINT32_MAX ? std::nullopt : std::optional{static_cast<std::uint32_t>(address)};
  }
  std::optional<std::uint64_t> offset_of(std::uint32_t rva) const {
    const auto place = image_.locate(rva);
    return place ? std::optional{place->file_offset} : std::nullopt;
  }

  static constexpr std::uint32_t kHintBytes = 2;

  Image& image_;
  Imports& out_;
  std::uint64_t name_bytes_left_;
  std::size_t functions_ = 0;
  bool absolute_ = false;
};

std::string_view without_extension(std::string_view library) {
  for (const std::string_view extension : {".dll", ".ocx", ".sys"})
    if (library.ends_with(extension)) return library.substr(0, library.size() - extension.size());
  return library;
}

}  // namespace

Imports read_imports(Image& image) {
  Imports imports;
  Reader{image, imports}.read_imports();
  return imports;
}

Imports read_delay_imports(Image& image) {
  Imports imports;
  Reader{image, imports}.read_delay_imports();
  return imports;
}

std::optional<Md5Digest> import_hash(const Imports& imports) {
  std::string text;
  Md5 hash;
  bool any = false;
  for (const ImportedLibrary& library : imports.libraries) {
    const std::string name = to_lower_ascii(library.name);
    for (const ImportedFunction& function : library.functions) {
      text.assign(any ? "," : "").append(without_extension(name)) += '.';
      if (!function.ordinal)
        text += to_lower_ascii(function.name);
      else if (const std::string_view known = ordinal_name(name, *function.ordinal); !known.empty())
        text += known;
      else
        text.append("ord").append(std::to_string(*function.ordinal));
      hash.update(std::as_bytes(std::span{text}));
      any = true;
    }
  }
  if (!any) return std::nullopt;
  return hash.finish();
}

}  // namespace hozen::pe
