// What lies in a slot: read from headers and directories, never whole.
#include <algorithm>
#include <map>

#include "collector/base/text.h"
#include "collector/formats/pe.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_version.h"
#include "collector/module/module_slot.h"

namespace hozen::slots {
namespace {

/// Bytes of a text of the file: one that is longer says nothing.
constexpr std::size_t kMaxText = 256;

std::string cut(std::string_view text) {
  if (text.size() <= kMaxText) return std::string{text};
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return std::string{text.substr(0, end)};
}

void read_names(pe::Image& image, const std::vector<std::string>& wanted, File& file) {
  const auto exports = pe::read_exports(image);
  file.all_names = true;
  if (!exports) return;
  file.all_names = exports->problems.empty();
  std::map<std::string, std::size_t> libraries;
  for (const pe::Export& one : exports->functions) {
    ++file.exports;
    if (!one.forwarder.empty()) {
      ++file.forwarded;
      ++libraries[to_lower_ascii(one.forwarder.substr(0, one.forwarder.rfind('.')))];
    }
    if (!file.has_export(one.name) &&
        std::find(wanted.begin(), wanted.end(), one.name) != wanted.end())
      file.names.push_back(one.name);
  }
  std::size_t most = 0;
  for (const auto& [library, count] : libraries)
    if (count > most) {
      most = count;
      file.forwarded_to = cut(library);
    }
}

void read_version(pe::Image& image, File& file) {
  std::vector<Error> problems;  // of a file that may be anything: what can be read is enough
  const auto version = pe::read_version_info(image, problems);
  if (!version) return;
  file.has_version = true;
  file.company = cut(version->find("CompanyName"));
  file.product = cut(version->find("ProductName"));
  file.description = cut(version->find("FileDescription"));
  file.version = cut(version->find("FileVersion"));
  file.original_name = cut(version->find("OriginalFilename"));
}

}  // namespace

bool File::has_export(std::string_view name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

File read_slot_file(EvidenceSource& source, const EvidencePath& path,
                    const std::vector<std::string>& wanted) {
  File file;
  const auto info = source.stat(path);
  if (!info || info->is_directory) return file;
  file.info = *info;
  // What is fetched from a cloud when it is read, and what leads elsewhere, is left alone.
  if (info->is_link || is_placeholder(info->attributes.value_or(0))) {
    file.problem = Error{Errc::unsupported,
                         info->is_link ? "a link, not followed" : "its content is kept elsewhere"};
    return file;
  }
  const auto content = source.open(path);
  if (!content) {
    file.problem = content.error();
    return file;
  }
  auto image = pe::Image::open(**content);
  if (!image) {
    file.problem = image.error();
    return file;
  }
  file.is_executable = true;
  file.is_dotnet = image->directory(pe::Directory::clr).is_set();
  read_names(*image, wanted, file);
  read_version(*image, file);
  return file;
}

}  // namespace hozen::slots
