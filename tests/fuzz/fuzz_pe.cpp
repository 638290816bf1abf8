// Portable executables: everything that can be asked of one; what comes out is bounded by what went
// in.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::vector<Error>& problems) {
  require(problems.size() <= 10 * pe::kMaxProblems);
  for (const Error& problem : problems) require(!problem.what.empty());
}

void check(const pe::Imports& imports, std::size_t size) {
  check(imports.problems);
  std::size_t bytes = 0, functions = 0;
  for (const pe::ImportedLibrary& library : imports.libraries) {
    bytes += library.name.size();
    functions += library.functions.size();
    for (const pe::ImportedFunction& function : library.functions) {
      bytes += function.name.size();
      require(is_wtf8(function.name));
    }
  }
  require(bytes <= 4 * size);  // Latin-1 may double
  require(functions <= pe::kMaxImports && imports.libraries.size() <= pe::kMaxLibraries);
  (void)pe::import_hash(imports);
}

void check_exports(pe::Image& image, std::size_t size) {
  const auto exports = pe::read_exports(image);
  if (!exports) return;
  check(exports->problems);
  std::size_t bytes = exports->library.size();
  for (const pe::Export& one : exports->functions) bytes += one.name.size() + one.forwarder.size();
  require(bytes <= 4 * size);
}

void check_resources(pe::Image& image, std::size_t size) {
  const pe::Resources resources = pe::list_resources(image);
  check(resources.problems);
  require(resources.entries.size() <= pe::kMaxResourceEntries);
  std::vector<Error> problems;
  require(pe::read_manifest(image, problems).size() <= 3 * pe::kMaxResourceBytes);
  if (const auto version = pe::read_version_info(image, problems)) {
    check(version->problems);
    std::size_t bytes = 0;
    for (const pe::VersionTable& table : version->tables)
      for (const pe::VersionString& text : table.strings) {
        require(is_wtf8(text.name) && is_wtf8(text.value));
        bytes += text.name.size() + text.value.size();
      }
    require(bytes <= 8 * size);
    (void)version->find("OriginalFilename");
  }
  check(problems);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  (void)pe::looks_like_pe(bytes);
  (void)pe::parse_version_info(bytes);
  MemorySource file{std::vector<std::byte>{bytes.span().begin(), bytes.span().end()}};
  auto image = pe::Image::open(file);
  if (!image) return 0;
  require(pe::looks_like_pe(bytes));
  check(image->problems());
  require(image->sections().size() <= pe::kMaxSections);
  (void)pe::machine_text(image->headers().machine);
  (void)pe::subsystem_text(image->headers().subsystem);
  if (const auto overlay = image->overlay()) {
    require(overlay->offset + overlay->size_bytes == size);
    require(overlay->data_bytes <= overlay->size_bytes);
  }
  check(pe::read_imports(*image), size);
  check(pe::read_delay_imports(*image), size);
  check_exports(*image, size);
  check_resources(*image, size);
  check(pe::read_debug(*image).problems);
  (void)pe::read_rich_header(*image);
  std::vector<Error> problems;
  if (const auto count = pe::count_tls_callbacks(*image, problems))
    require(*count <= pe::kMaxTlsCallbacks);
  (void)pe::read_clr_header(*image, problems);
  check(problems);
  if (const auto table = pe::read_certificates(*image)) {
    check(table->problems);
    for (const pe::CertificateEntry& entry : table->entries) require(entry.file_offset + 8 <= size);
  }
  for (const pe::Section& section : image->sections()) {
    const auto entropy = pe::section_entropy(*image, section);
    require(entropy && (!*entropy || (**entropy >= 0 && **entropy <= 8.0)));
    if (&section - image->sections().data() == 8) break;
  }
  return 0;
}
