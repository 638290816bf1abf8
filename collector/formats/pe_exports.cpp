#include "collector/formats/pe_exports.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace hozen::pe {
namespace {

constexpr std::size_t kDirectoryBytes = 40;

class Reader {
 public:
  Reader(Image& image, Exports& out)
      : image_{image},
        out_{out},
        directory_{image.directory(Directory::exports)},
        text_bytes_left_{2 * image.file_size()} {}

  void read() {
    const auto bytes = Structure<kDirectoryBytes>::read(image_, directory_.rva, "export directory");
    if (!bytes) return add_problem(out_.problems, bytes.error());
    const Fixed<kDirectoryBytes> header = **bytes;
    out_.timestamp = header.u32<4>();
    out_.ordinal_base = header.u32<16>();
    if (header.u32<12>() != 0) out_.library = read_text(header.u32<12>(), "name of a library");
    functions_ = table<std::uint32_t>(header.u32<28>(), header.u32<20>(), kMaxExportedFunctions,
                                      "exported functions");
    is_named_.resize(functions_.size());
    read_named(header.u32<32>(), header.u32<36>(), header.u32<24>());
    // What is read behind the end of a table that claims to be longer has no name to tell it by.
    if (is_overlong_) return;
    for (std::size_t i = 0; i < functions_.size(); ++i)
      if (!is_named_[i] && functions_[i] != 0 && is_function(i)) add({}, i);
  }

 private:
  void read_named(std::uint32_t names_rva, std::uint32_t ordinals_rva, std::uint32_t count) {
    const auto names =
        table<std::uint32_t>(names_rva, count, kMaxExportedNames, "names of exported functions");
    const auto ordinals = table<std::uint16_t>(ordinals_rva, count, kMaxExportedNames,
                                               "numbers of exported functions");
    for (std::size_t i = 0; i < std::min(names.size(), ordinals.size()); ++i) {
      if (ordinals[i] >= functions_.size()) {
        add_problem(out_.problems,
                    {Errc::malformed, "number of an exported function", offset_of(ordinals_rva)});
        continue;
      }
      // What is read behind the end of a short table leads into the headers ("MZ").
      if (names[i] < image_.headers().header_size) {
        name_problem("name of an exported function within the headers", names_rva);
        continue;
      }
      std::string name = read_text(names[i], "name of an exported function");
      if (name.empty() && is_overlong_) continue;
      // Windows searches a sorted list: of a name that is there twice one is never found.
      if (!name.empty() && !known_names_.insert(name).second) {
        name_problem("name of an exported function that is there twice", names_rva);
        continue;
      }
      if (!is_function(ordinals[i])) continue;
      is_named_[ordinals[i]] = true;
      add(std::move(name), ordinals[i]);
    }
  }

  /// A function lies in a section; there are damaged files with thousands that do not.
  bool is_function(std::size_t index) {
    const std::uint32_t rva = functions_[index];
    if (rva == 0 || (rva >= image_.headers().header_size && rva < image_.headers().image_size))
      return true;
    name_problem("exported function outside of the sections", directory_.rva);
    return false;
  }
  /// Each kind is told once: a table that is too long has it a thousand times.
  void name_problem(std::string_view what, std::uint32_t rva) {
    if (told_.insert(what).second)
      add_problem(out_.problems, {Errc::malformed, std::string{what}, offset_of(rva)});
  }

  void add(std::string name, std::size_t index) {
    Export& one = out_.functions.emplace_back();
    one.name = std::move(name);
    one.ordinal = out_.ordinal_base + static_cast<std::uint32_t>(index);
    one.rva = functions_[index];
    if (one.rva >= directory_.rva && one.rva - directory_.rva < directory_.size_bytes)
      one.forwarder = read_text(one.rva, "forwarded export");
  }

  /// As many of the numbers as there are.
  template <class Number>
  std::vector<Number> table(std::uint32_t rva, std::uint32_t count, std::size_t cap,
                            std::string_view what) {
    if (count == 0) return {};
    const auto place = image_.locate(rva);
    const std::uint64_t there = place ? place->total_bytes / sizeof(Number) : 0;
    is_overlong_ = is_overlong_ || count > there || count > cap;
    if (count > there)
      add_problem(out_.problems, {Errc::truncated, std::string{what}, offset_of(rva)});
    if (count > cap) add_problem(out_.problems, {Errc::limit, std::string{what}, offset_of(rva)});
    std::vector<Number> numbers(
        static_cast<std::size_t>(std::min({std::uint64_t{count}, there, std::uint64_t{cap}})));
    if (auto read = image_.read(rva, std::as_writable_bytes(std::span{numbers}), what); !read) {
      if (!numbers.empty()) add_problem(out_.problems, std::move(read).error());
      return {};
    }
    return numbers;
  }

  std::string read_text(std::uint32_t rva, std::string_view what) {
    auto text = image_.read_name(rva, what);
    if (!text) {
      add_problem(out_.problems, std::move(text).error());
      return {};
    }
    if (text->size() > text_bytes_left_) {
      add_problem(out_.problems, {Errc::limit, std::string{what}, offset_of(rva)});
      return {};
    }
    text_bytes_left_ -= text->size();
    return name_text(*text);
  }

  std::optional<std::uint64_t> offset_of(std::uint32_t rva) const {
    const auto place = image_.locate(rva);
    return place ? std::optional{place->file_offset} : std::nullopt;
  }

  Image& image_;
  Exports& out_;
  DataDirectory directory_;
  std::uint64_t text_bytes_left_;
  std::vector<std::uint32_t> functions_;
  std::vector<bool> is_named_;
  bool is_overlong_ = false;
  std::unordered_set<std::string> known_names_;
  std::set<std::string_view> told_;
};

}  // namespace

std::optional<Exports> read_exports(Image& image) {
  if (!image.directory(Directory::exports).is_set()) return std::nullopt;
  Exports exports;
  Reader{image, exports}.read();
  return exports;
}

}  // namespace hozen::pe
