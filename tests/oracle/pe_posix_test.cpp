// pefile as an independent reader of executables: those that the tests build, and libraries of
// Wine, if it is installed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "collector/base/native_file.h"
#include "collector/base/text.h"
#include "collector/formats/pe_details.h"
#include "collector/formats/pe_exports.h"
#include "collector/formats/pe_imports.h"
#include "collector/formats/pe_version.h"
#include "tests/builders/pe_builder.h"
#include "tests/builders/temp_folder.h"

namespace hozen {
namespace {

namespace fs = std::filesystem;
using namespace builders;

constexpr std::size_t kWineLibraries = 100;

/// As ascii() of Python writes texts.
std::string python_text(std::string_view wtf8) {
  const bool has_single = wtf8.find('\'') != wtf8.npos && wtf8.find('"') == wtf8.npos;
  const char quote = has_single ? '"' : '\'';
  std::string text(1, quote);
  std::array<char, 16> code{};
  for (const char16_t unit : utf16_from_wtf8(wtf8)) {
    if (unit == u'\\' || (unit == u'\'' && !has_single))
      text.append("\\").push_back(static_cast<char>(unit));
    else if (unit == u'\n' || unit == u'\r' || unit == u'\t')
      text += unit == u'\n' ? "\\n" : unit == u'\r' ? "\\r" : "\\t";
    else if (unit >= 0x20 && unit < 0x7F)
      text.push_back(static_cast<char>(unit));
    else if (std::snprintf(code.data(), code.size(), unit < 0x100 ? "\\x%02x" : "\\u%04x",
                           static_cast<unsigned>(unit)) > 0)
      text += code.data();
  }
  return text + quote;
}

void tell_imports(std::string_view kind, const pe::Imports& imports, std::ostream& out) {
  for (const pe::ImportedLibrary& library : imports.libraries) {
    out << kind << ' ' << library.name << ' ';
    bool first = true;
    for (const pe::ImportedFunction& function : library.functions) {
      if (!std::exchange(first, false)) out << ' ';
      function.ordinal ? out << '#' << *function.ordinal : out << function.name;
    }
    out << '\n';
  }
}

void tell_exports(const pe::Exports& exports, std::ostream& out) {
  out << "export_library " << exports.library << '\n';
  auto rows = exports.functions;
  std::ranges::sort(rows, [](const pe::Export& a, const pe::Export& b) {
    return std::tie(a.ordinal, a.name) < std::tie(b.ordinal, b.name);
  });
  for (const pe::Export& one : rows)
    out << "export " << one.ordinal << ' ' << one.name << ' ' << one.forwarder << '\n';
}

void tell_version(const pe::VersionInfo& version, std::ostream& out) {
  if (version.fixed) out << "file_version " << pe::version_text(version.fixed->file) << '\n';
  for (const pe::VersionTable& table : version.tables) {
    auto rows = table.strings;
    std::ranges::sort(rows, {}, &pe::VersionString::name);
    for (const pe::VersionString& text : rows)
      out << "text " << table.language << ' ' << text.name << ' ' << python_text(text.value)
          << '\n';
  }
}

std::string resource_name(const pe::ResourceName& name) {
  return name.text ? python_text(*name.text) : std::to_string(name.id);
}

void tell_headers(pe::Image& image, std::ostream& out) {
  const pe::Headers& headers = image.headers();
  out << "headers " << headers.machine << ' ' << headers.timestamp << ' ' << headers.characteristics
      << ' ' << (headers.is_64 ? "True" : "False") << ' ' << headers.subsystem << ' '
      << headers.dll_characteristics << ' ' << headers.image_base << ' ' << headers.image_size
      << ' ' << headers.header_size << ' ' << headers.entry_point << ' ' << headers.checksum
      << '\n';
  for (const pe::Section& section : image.sections()) {
    const auto entropy = pe::section_entropy(image, section);
    std::array<char, 16> number{};
    (void)std::snprintf(number.data(), number.size(), "%.4f",
                        entropy && *entropy ? **entropy : 0.0);
    out << "section " << section.name << ' ' << section.rva << ' ' << section.virtual_size << ' '
        << section.raw_offset << ' ' << section.raw_size << ' ' << section.characteristics << ' '
        << number.data() << '\n';
  }
}

/// What pe_facts.py prints.
void tell(const std::string& path, std::ostream& out) {
  const auto file = open_native_file(path);
  ASSERT_TRUE(file) << path;
  auto image = pe::Image::open(**file);
  ASSERT_TRUE(image) << path << image.error().text();
  out << "file " << path << '\n';
  tell_headers(*image, out);
  const pe::Imports imports = pe::read_imports(*image);
  tell_imports("import", imports, out);
  tell_imports("delayed", pe::read_delay_imports(*image), out);
  const auto hash = pe::import_hash(imports);
  out << "imphash " << (hash ? to_hex(*hash) : "") << '\n';
  if (const auto exports = pe::read_exports(*image)) tell_exports(*exports, out);
  std::vector<Error> problems;
  if (const auto version = pe::read_version_info(*image, problems)) tell_version(*version, out);
  for (const pe::Resource& one : pe::list_resources(*image).entries)
    out << "resource " << resource_name(one.type) << ' ' << resource_name(one.name) << ' '
        << one.language << ' ' << one.rva << ' ' << one.size_bytes << '\n';
  const pe::DebugInfo debug = pe::read_debug(*image);
  if (debug.age) out << "pdb " << debug.pdb_path << ' ' << *debug.age << '\n';
  const auto rich = pe::read_rich_header(*image);
  out << "rich " << (rich ? to_hex(rich->hash) : "") << '\n';
  const auto overlay = image->overlay();
  out << "overlay " << (overlay ? overlay->offset : 0) << '\n';
  EXPECT_TRUE(image->problems().empty() && problems.empty() && imports.problems.empty()) << path;
}

/// What pefile reads; nothing where there is none.
std::optional<std::string> facts_of(const std::vector<std::string>& files) {
  const char* const source = std::getenv("HOZEN_SOURCE_DIR");
  const std::string script =
      std::string{source != nullptr ? source : "."} + "/tests/oracle/pe_facts.py";
  for (const std::string_view python : {"python3", "/usr/bin/python3"}) {
    std::string command = std::string{python} + " '" + script + "'";
    for (const std::string& file : files) command += " '" + file + "'";
    std::FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
    std::string text;
    std::array<char, 65536> part{};
    while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
      text.append(part.data(), count);
    if (::pclose(pipe) == 0) return text;
  }
  return std::nullopt;
}

void compare(const std::vector<std::string>& files) {
  const auto theirs = facts_of(files);
  if (!theirs) GTEST_SKIP() << "python3 has no module pefile (package python3-pefile)";
  std::ostringstream text;
  for (const std::string& file : files) tell(file, text);
  std::istringstream ours{text.str()}, expected{*theirs};
  std::string file, a, b;
  while (true) {
    const bool more = static_cast<bool>(std::getline(ours, a));
    ASSERT_EQ(static_cast<bool>(std::getline(expected, b)), more) << file;
    if (!more) break;
    if (a.starts_with("file ")) file = a;
    ASSERT_EQ(a, b) << file;
  }
}

// One language only: pefile (2023.2.7) leaves out every table of texts but the first, also in what
// windres of binutils compiled of two blocks.
TEST(PeOracle, WhatTheTestsBuildIsReadBySomeoneElse) {
  const TempFolder folder;
  std::vector<std::string> files;
  for (const bool is_64 : {false, true}) {
    files.push_back(folder.text() + (is_64 ? "/64.dll" : "/32.dll"));
    std::ofstream file{files.back(), std::ios::binary};
    const PeBytes bytes = PeBuilder{is_64}
                              .dll()
                              .import("KERNEL32.dll", {"CreateFileW", "#35"})
                              .import("WS2_32.dll", {"#3", "#999"})
                              .import("oleaut32.dll", {"#2"})
                              .delay_import("ole32.dll", {"CoInitialize"})
                              .export_library("sample.dll", 10)
                              .exported("Own")
                              .exported("Alloc", "NTDLL.RtlAllocateHeap")
                              .exported("")
                              .version_numbers({1, 2, 3, 4}, {5, 6, 7, 8})
                              .version_string("CompanyName", "Éxample 会社 'x'")
                              .version_string("OriginalFilename", "a.dll")
                              .manifest("<assembly/>")
                              .pdb("C:\\a.pdb", {{std::byte{1}}}, 7)
                              .tls_callbacks(2)
                              .rich()
                              .overlay("behind")
                              .certificate(20)
                              .bytes();
    file << Bytes{bytes}.chars();
  }
  compare(files);
}

TEST(PeOracle, LibrariesOfWineAreReadAsSomeoneElseDoes) {
  std::vector<std::string> files;
  std::error_code failed;
  for (const fs::directory_entry& triple : fs::directory_iterator{"/usr/lib", failed})
    for (const fs::directory_entry& one :
         fs::directory_iterator{triple.path() / "wine/x86_64-windows", failed})
      if (one.path().extension() == ".dll") files.push_back(one.path().string());
  if (files.empty()) GTEST_SKIP() << "no libraries of Wine are installed";
  std::ranges::sort(files);
  files.resize(std::min(files.size(), kWineLibraries));
  compare(files);
}

}  // namespace
}  // namespace hozen
