#include "collector/formats/pe_version.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::pe {
namespace {

constexpr std::uint32_t kFixedSignature = 0xFEEF04BD;
constexpr std::size_t kFixedBytes = 52, kNodeHeader = 6;
constexpr std::size_t kMaxTables = 256, kMaxTranslations = 256;

std::uint64_t align4(std::uint64_t offset) { return (offset + 3) & ~std::uint64_t{3}; }

/// What all structures of version information begin with; offsets in the resource.
struct Node {
  std::uint64_t begin = 0, end = 0;
  std::uint16_t value_length = 0;
  std::string key{};
  std::uint64_t value = 0;  ///< where it begins; up to `end`
};

class Reader {
 public:
  Reader(Bytes bytes, VersionInfo& out) : bytes_{bytes}, out_{out} {}

  Result<void> read() {
    const auto root = node_at(0, bytes_.size());
    if (!root || !equals_fold(root->key, "VS_VERSION_INFO"))
      return Error{Errc::malformed, "version information", bytes_.base()};
    read_fixed(*root);
    each_child(*root, align4(root->value + root->value_length), [this](const Node& block) {
      if (equals_fold(block.key, "StringFileInfo"))
        each_child(block, block.value, [this](const Node& table) { read_table(table); });
      else if (equals_fold(block.key, "VarFileInfo"))
        each_child(block, block.value, [this](const Node& var) { read_translations(var); });
    });
    return {};
  }

 private:
  std::optional<Node> node_at(std::uint64_t offset, std::uint64_t limit) const {
    const Bytes rest = bytes_.head(limit).tail(offset);
    const auto header = rest.fixed<kNodeHeader>(0, "version structure");
    if (!header || header->u16<0>() < kNodeHeader) return std::nullopt;
    Node node;
    node.begin = offset;
    node.end = std::min<std::uint64_t>(offset + header->u16<0>(), limit);
    node.value_length = header->u16<2>();
    const Bytes key = bytes_.head(node.end).tail(offset + kNodeHeader);
    std::uint64_t units = 0;
    while (key.get<std::uint16_t>(units * 2).value_or(0) != 0) ++units;
    node.key = wtf8_from_utf16le(key.head(units * 2));
    node.value = std::min(align4(offset + kNodeHeader + units * 2 + 2), node.end);
    return node;
  }

  template <class Visit>
  void each_child(const Node& parent, std::uint64_t from, Visit visit) {
    for (std::uint64_t at = from; at + kNodeHeader <= parent.end;) {
      const auto child = node_at(at, parent.end);
      if (!child) {
        // Zeros fill up what is left.
        if (bytes_.get<std::uint16_t>(at).value_or(0) != 0) problem(Errc::malformed, at);
        return;
      }
      if (at + bytes_.get<std::uint16_t>(at).value_or(0) > parent.end)
        problem(Errc::truncated, parent.end);
      visit(*child);
      at = align4(child->end);
    }
  }

  void read_fixed(const Node& root) {
    const Bytes value = bytes_.head(root.end).tail(root.value).head(root.value_length);
    if (value.empty()) return;
    const auto fixed = value.fixed<kFixedBytes>(0, "version numbers");
    if (!fixed || fixed->u32<0>() != kFixedSignature) return problem(Errc::malformed, root.value);
    FixedVersion& out = out_.fixed.emplace();
    out.file = {fixed->u16<10>(), fixed->u16<8>(), fixed->u16<14>(), fixed->u16<12>()};
    out.product = {fixed->u16<18>(), fixed->u16<16>(), fixed->u16<22>(), fixed->u16<20>()};
    out.flags = fixed->u32<28>() & fixed->u32<24>();
    out.os = fixed->u32<32>();
    out.type = fixed->u32<36>();
    out.subtype = fixed->u32<40>();
    out.date = std::uint64_t{fixed->u32<44>()} << 32 | fixed->u32<48>();
  }

  void read_table(const Node& node) {
    if (out_.tables.size() >= kMaxTables) return problem(Errc::limit, node.begin);
    VersionTable& table = out_.tables.emplace_back();
    table.language = node.key;
    each_child(node, node.value, [&](const Node& text) {
      if (++strings_ > kMaxVersionStrings) return problem(Errc::limit, text.begin);
      const Bytes value = bytes_.head(text.end).tail(text.value);
      table.strings.push_back(
          {text.key, text.value_length == 0 ? std::string{} : wtf8_from_utf16le(value, true)});
    });
  }

  void read_translations(const Node& node) {
    if (!equals_fold(node.key, "Translation")) return;
    const Bytes value = bytes_.head(node.end).tail(node.value).head(node.value_length);
    for (std::uint64_t at = 0; at + 4 <= value.size(); at += 4) {
      if (out_.translations.size() >= kMaxTranslations) return problem(Errc::limit, node.begin);
      out_.translations.push_back(value.get<std::uint32_t>(at).value_or(0));
    }
  }

  void problem(Errc code, std::uint64_t offset) {
    add_problem(out_.problems, {code, "version information", bytes_.base() + offset});
  }

  Bytes bytes_;
  VersionInfo& out_;
  std::size_t strings_ = 0;
};

/// What another language adds.
void join(VersionInfo& all, VersionInfo one) {
  if (!all.fixed) all.fixed = one.fixed;
  for (VersionTable& table : one.tables)
    if (all.tables.size() < kMaxTables) all.tables.push_back(std::move(table));
  for (const std::uint32_t translation : one.translations)
    if (all.translations.size() < kMaxTranslations) all.translations.push_back(translation);
  for (Error& problem : one.problems) add_problem(all.problems, std::move(problem));
}

}  // namespace

std::string version_text(const std::array<std::uint16_t, 4>& version) {
  std::string text;
  for (const std::uint16_t part : version) text += (text.empty() ? "" : ".") + std::to_string(part);
  return text;
}

std::string_view VersionInfo::find(std::string_view name) const {
  for (const VersionTable& table : tables)
    for (const VersionString& string : table.strings)
      if (equals_fold(string.name, name)) return string.value;
  return {};
}

Result<VersionInfo> parse_version_info(Bytes bytes) {
  VersionInfo info;
  HOZEN_CHECK(Reader(bytes, info).read());
  return info;
}

std::optional<VersionInfo> read_version_info(Image& image, std::vector<Error>& problems) {
  std::optional<VersionInfo> all;
  Resources resources = list_resources(image, resource_type::kVersion);
  for (Error& problem : resources.problems) add_problem(problems, std::move(problem));
  std::size_t tried = 0;
  std::uint64_t bytes_left = image.file_size();  // resources do not overlap but in a made-up file
  for (const Resource& resource : resources.entries) {
    if (++tried > kMaxResourcesRead || resource.size_bytes > bytes_left) {
      add_problem(problems, {Errc::limit, "version information"});
      break;
    }
    bytes_left -= resource.size_bytes;
    const auto bytes = read_resource(image, resource);
    if (!bytes) {
      add_problem(problems, bytes.error());
      continue;
    }
    const auto place = image.locate(resource.rva);
    auto info = parse_version_info(Bytes{*bytes, place ? place->file_offset : 0});
    if (!info)
      add_problem(problems, std::move(info).error());
    else if (all)
      join(*all, *std::move(info));
    else
      all = *std::move(info);
  }
  return all;
}

}  // namespace hozen::pe
