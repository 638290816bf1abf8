#include "collector/formats/lnk.h"

#include <algorithm>

#include "collector/base/text.h"
#include "collector/formats/lnk_impl.h"

namespace hozen {
namespace {

constexpr std::size_t kHeaderBytes = 0x4C;
constexpr std::string_view kClassId = "{00021401-0000-0000-C000-000000000046}";

DecodedText joined(const DecodedText& first, std::string_view separator,
                   const DecodedText& second) {
  DecodedText out = first;
  // By UTF-16, so that the halves of a surrogate pair on both sides become one character.
  out.text = wtf8_from_utf16(utf16_from_wtf8(first.text) + utf16_from_wtf8(separator) +
                             utf16_from_wtf8(second.text));
  // The less certain of the two encodings is that of the whole.
  out.encoding = std::max(first.encoding, second.encoding);
  out.bytes.insert(out.bytes.end(), second.bytes.begin(), second.bytes.end());
  return out;
}

Result<Link> read_header(Bytes file) {
  HOZEN_TRY(const auto header, file.fixed<kHeaderBytes>(0, "link header"));
  if (header.u32<0>() != kHeaderBytes)
    return Error{Errc::malformed, "link header size", file.base()};
  if (Guid::from(header.raw<4, 16>()).text() != kClassId)
    return Error{Errc::malformed, "link class identifier", file.base() + 4};
  Link link;
  link.flags = header.u32<20>();
  link.attributes = header.u32<24>();
  link.created = {header.u64<28>()};
  link.accessed = {header.u64<36>()};
  link.modified = {header.u64<44>()};
  link.target_size = header.u32<52>();
  link.icon_index = header.i32<56>();
  link.show_command = header.u32<60>();
  link.hot_key = header.u16<64>();
  return link;
}

/// Reads the parts behind the header front to back; a part whose end is not known ends it.
class Body {
 public:
  Body(Bytes file, Link& link) : file_{file}, link_{link} {}

  void read() {
    if (!read_id_list() || !read_info()) return;
    const std::pair<std::uint32_t, std::optional<DecodedText>*> strings[] = {
        {link_flag::kHasName, &link_.name},
        {link_flag::kHasRelativePath, &link_.relative_path},
        {link_flag::kHasWorkingDirectory, &link_.working_directory},
        {link_flag::kHasArguments, &link_.arguments},
        {link_flag::kHasIconLocation, &link_.icon_location}};
    for (const auto& [flag, text] : strings)
      if (has(flag) && !read_string(*text)) return;
    lnk::read_extra_data(file_, at_, link_);
  }

 private:
  bool has(std::uint32_t flag) const { return (link_.flags & flag) != 0; }

  bool fail(Errc code, std::string_view what) {
    link_.problems.push_back({code, std::string{what}, file_.base() + at_});
    return false;
  }

  bool read_id_list() {
    if (!has(link_flag::kHasIdList)) return true;
    const auto size = file_.get<std::uint16_t>(at_);
    if (!size) return fail(Errc::truncated, "link id list size");
    const bool whole = file_.contains(at_ + 2, *size);
    link_.id_list = parse_shell_items(file_.tail(at_ + 2).head(*size));
    std::vector<Error>& problems = link_.id_list->problems;
    link_.problems.insert(link_.problems.end(), problems.begin(), problems.end());
    if (!whole) return fail(Errc::truncated, "link id list");
    at_ += 2 + std::uint64_t{*size};
    return true;
  }

  bool read_info() {
    if (!has(link_flag::kHasLinkInfo) || has(link_flag::kForceNoLinkInfo)) return true;
    const auto size = file_.get<std::uint32_t>(at_);
    if (!size) return fail(Errc::truncated, "link info size");
    const bool whole = file_.contains(at_, *size);
    link_.info = lnk::read_link_info(file_.tail(at_).head(*size), link_.problems);
    if (!whole) return fail(Errc::truncated, "link info");
    if (*size < 4) return fail(Errc::malformed, "link info size");
    at_ += *size;
    return true;
  }

  bool read_string(std::optional<DecodedText>& out) {
    const auto count = file_.get<std::uint16_t>(at_);
    if (!count) return fail(Errc::truncated, "link string size");
    const bool unicode = has(link_flag::kIsUnicode);
    const std::uint64_t length = std::uint64_t{*count} * (unicode ? 2 : 1);
    const bool whole = file_.contains(at_ + 2, length);
    const Bytes text = file_.tail(at_ + 2).head(length);
    // A counted string: a NUL inside hides the rest from programs, and is kept.
    out = unicode ? decode_utf16(text, false) : decode_ansi(text, false);
    if (!whole) return fail(Errc::truncated, "link string");
    at_ += 2 + length;
    return true;
  }

  Bytes file_;
  Link& link_;
  std::uint64_t at_ = kHeaderBytes;
};

}  // namespace

std::optional<DecodedText> LinkInfo::local_path() const {
  if (!local_base_path) return std::nullopt;
  return joined(*local_base_path, "", common_path_suffix);
}

std::optional<DecodedText> LinkInfo::network_path() const {
  if (!share) return std::nullopt;
  const bool separate = !common_path_suffix.text.empty() && !share->net_name.text.ends_with('\\');
  return joined(share->net_name, separate ? "\\" : "", common_path_suffix);
}

LinkTarget target_of(const Link& link) {
  const bool has_environment = link.environment_target && !link.environment_target->text.empty();
  if (has_environment && (link.flags & link_flag::kPreferEnvironmentPath) != 0)
    return {link.environment_target->text, "environment"};
  if (link.info) {
    const auto local = link.info->local_path();
    if (local && !local->text.empty()) return {local->text, "local"};
    const auto network = link.info->network_path();
    if (network && !network->text.empty()) return {network->text, "network"};
  }
  if (has_environment) return {link.environment_target->text, "environment"};
  for (const auto* list : {&link.id_list, &link.vista_id_list})
    if (*list && (*list)->is_file_path) return {(*list)->path, "id_list"};
  if (link.relative_path && !link.relative_path->text.empty())
    return {link.relative_path->text, "relative"};
  if (link.id_list && !link.id_list->path.empty()) return {link.id_list->path, "id_list"};
  return {"", ""};
}

Result<Link> parse_lnk(Bytes file) {
  HOZEN_TRY(Link link, read_header(file));
  Body{file, link}.read();
  return link;
}

}  // namespace hozen
