#include "collector/module/side_load_pe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "collector/base/text.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"

namespace hozen::side_load {
namespace {

/// Libraries of one file that are kept.
constexpr std::size_t kMaxImported = 512;

void take_names(const pe::Imports& imports, std::vector<std::string>& names) {
  for (const pe::ImportedLibrary& library : imports.libraries) {
    if (names.size() >= kMaxImported) return;
    std::string name = to_lower_ascii(library.name);
    // The loader puts .dll behind a name without a dot.
    if (name.find('.') == std::string::npos) name += ".dll";
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
}

void read_exports_of(pe::Image& image, PeBody& body) {
  const auto exports = pe::read_exports(image);
  if (!exports) return;
  std::map<std::string, std::size_t> targets;
  std::set<std::uint32_t> addresses;
  for (const pe::Export& one : exports->functions) {
    ++body.exports;
    if (one.forwarder.empty()) {
      addresses.insert(one.rva);
      continue;
    }
    ++body.forwarded;
    const std::size_t dot = one.forwarder.rfind('.');
    ++targets[to_lower_ascii(std::string_view{one.forwarder}.substr(0, dot))];
  }
  body.addresses = addresses.size();
  const auto most =
      std::max_element(targets.begin(), targets.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != targets.end()) body.forwarded_to = most->first;
}

Tools tools_of(pe::Image& image) {
  Tools tools;
  tools.major = image.headers().linker_major;
  tools.minor = image.headers().linker_minor;
  // The linker's own entry is the last (D. Pistelli, "Microsoft's Rich Signature").
  const auto rich = pe::read_rich_header(image);
  if (rich && !rich->entries.empty()) tools.build = rich->entries.back().build;
  return tools;
}

}  // namespace

std::string Tools::text() const {
  std::string text = std::to_string(major) + '.' + std::to_string(minor);
  if (build) text += ", build " + std::to_string(*build);
  return text;
}

bool PeHead::imports(std::string_view lower_name) const {
  return std::find(imported.begin(), imported.end(), lower_name) != imported.end();
}

Result<PeHead> read_pe_head(ByteSource& file) {
  HOZEN_TRY(pe::Image image, pe::Image::open(file));
  PeHead head;
  head.is_dll = image.headers().is_dll();
  head.is_64 = image.headers().is_64;
  head.machine = image.headers().machine;
  head.has_certificates = image.directory(pe::Directory::certificates).is_set();
  head.is_il = image.directory(pe::Directory::clr).is_set();
  if (!pe::read_debug(image).is_reproducible) head.timestamp = image.headers().timestamp;
  if (const auto overlay = image.overlay()) head.overlay_bytes = overlay->data_bytes;
  take_names(pe::read_imports(image), head.imported);
  take_names(pe::read_delay_imports(image), head.imported);
  return head;
}

Result<PeBody> read_pe_body(ByteSource& file, bool with_exports) {
  HOZEN_TRY(pe::Image image, pe::Image::open(file));
  PeBody body;
  body.tools = tools_of(image);
  std::vector<Error> problems;
  if (const auto version = pe::read_version_info(image, problems)) {
    body.has_version = true;
    const auto text = [&](std::string_view name) { return std::string{trim(version->find(name))}; };
    body.original_name = text("OriginalFilename");
    body.company = text("CompanyName");
    body.product = text("ProductName");
    body.description = text("FileDescription");
    body.version = text("ProductVersion");
  }
  if (with_exports) read_exports_of(image, body);
  return body;
}

Result<double> entropy_of(ByteSource& file, std::size_t cap_bytes, std::uint64_t begin) {
  std::array<std::uint64_t, 256> counts{};
  std::vector<std::byte> block(std::min<std::size_t>(cap_bytes, std::size_t{1} << 16U));
  std::uint64_t done = 0;
  while (done < cap_bytes) {
    HOZEN_TRY(const std::size_t got, file.read_some(begin + done, block));
    if (got == 0) break;
    for (std::size_t i = 0; i < got; ++i) ++counts[std::to_integer<std::uint8_t>(block[i])];
    done += got;
  }
  double bits = 0;
  for (const std::uint64_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(done);
    bits -= share * std::log2(share);
  }
  return bits;
}

}  // namespace hozen::side_load
