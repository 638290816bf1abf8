// Reads every #include line of the program and enforces which layer may include what
// (base <- formats <- source <- module <- modules/ ; module <- engine <- delivery <- cli, main).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace hozen {
namespace {

using std::string_view_literals::operator""sv;
namespace fs = std::filesystem;

struct Layer {
  std::string_view path;                    ///< files whose path begins with this
  std::vector<std::string_view> own;        ///< our own includes may begin with one of these
  std::vector<std::string_view> libraries;  ///< third-party includes may begin with one of these
  bool pure;  ///< no file, thread, clock or environment of the machine
};

/// A file that may include a library which its layer otherwise may not.
struct Exception {
  std::string_view path;
  std::string_view library;
};

const std::vector<Layer>& layers() {
  static const std::vector<Layer> kLayers{
      {"collector/base/", {"collector/base/"}, {}, false},
      {"collector/formats/",
       {"collector/base/", "collector/formats/"},
       {"zlib.h", "pugixml.hpp"},
       true},
      {"collector/source/",
       {"collector/base/", "collector/formats/", "collector/source/"},
       {"boost/filesystem"},
       false},
      {"collector/module/",
       {"collector/base/", "collector/formats/", "collector/source/", "collector/module/"},
       {},
       false},
      {"modules/",
       {"collector/base/", "collector/formats/", "collector/source/", "collector/module/"},
       {},
       true},
      {"collector/engine/",
       {"collector/base/", "collector/formats/", "collector/source/", "collector/module/",
        "collector/engine/"},
       {"boost/filesystem", "isa-l/", "nlohmann/", "openssl/", "pugixml.hpp", "spdlog/", "zlib.h"},
       false},
      {"collector/delivery/",
       {"collector/base/", "collector/delivery/"},
       {"boost/filesystem", "curl/", "nlohmann/"},
       false},
      {"collector/cli/", {"collector/"}, {"boost/filesystem", "nlohmann/", "spdlog/"}, false},
      {"collector/main.cpp", {"collector/"}, {}, false},
  };
  return kLayers;
}

constexpr std::array kExceptions{
    Exception{"collector/base/native_path", "boost/filesystem"},
    Exception{"collector/base/log.", "spdlog/"},
    Exception{"collector/base/hash.", "openssl/"},
    Exception{"collector/base/crc32.", "zlib.h"},
    Exception{"collector/base/crc32.", "isa-l/"},
    Exception{"collector/formats/authenticode", "openssl/"},
    Exception{"collector/formats/catalog", "openssl/"},
    Exception{"collector/cli/command_parser", "CLI/"},
};

/// Headers of ours that formats and modules must not see although they lie in a layer below.
constexpr std::array kNotForPure{"collector/base/log.h"sv, "collector/base/native_path.h"sv};

constexpr std::array kLibraries{
    "boost/"sv,    "CLI/"sv,     "curl/"sv,       "fmt/"sv,    "isa-l/"sv, "isa-l.h"sv,
    "nlohmann/"sv, "openssl/"sv, "pugixml.hpp"sv, "spdlog/"sv, "zlib.h"sv,
};

constexpr std::array kMachineHeaders{
    "chrono"sv,       "condition_variable"sv,
    "ctime"sv,        "dirent.h"sv,
    "fcntl.h"sv,      "filesystem"sv,
    "fstream"sv,      "future"sv,
    "iostream"sv,     "mutex"sv,
    "pthread.h"sv,    "semaphore"sv,
    "shared_mutex"sv, "stop_token"sv,
    "sys/"sv,         "thread"sv,
    "time.h"sv,       "unistd.h"sv,
};

constexpr std::array kWindowsHeaders{
    "accctrl.h"sv,  "aclapi.h"sv,   "iphlpapi.h"sv, "lm.h"sv,       "ntsecapi.h"sv, "psapi.h"sv,
    "sddl.h"sv,     "shellapi.h"sv, "shlobj.h"sv,   "tlhelp32.h"sv, "vss.h"sv,      "wincon.h"sv,
    "windows.h"sv,  "winevt.h"sv,   "winhttp.h"sv,  "winioctl.h"sv, "winnt.h"sv,    "winreg.h"sv,
    "winsock2.h"sv, "winternl.h"sv, "wintrust.h"sv, "ws2tcpip.h"sv, "wtsapi32.h"sv,
};

bool begins_with_any(std::string_view text, std::span<const std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool is_excepted(std::string_view file, std::string_view included) {
  return std::any_of(kExceptions.begin(), kExceptions.end(), [&](const Exception& exception) {
    return file.starts_with(exception.path) && included.starts_with(exception.library);
  });
}

/// A table of data beside the module: modules/<group>/<anything>.inc from the same folder.
bool is_data_of_module(std::string_view file, std::string_view included) {
  const auto folder = file.substr(0, file.rfind('/') + 1);
  return file.starts_with("modules/") && included.starts_with(folder) && included.ends_with(".inc");
}

/// Why `file` may not have this #include; empty when it may.
std::string objection(std::string_view file, std::string_view included, bool quoted) {
  const auto layer = std::find_if(layers().begin(), layers().end(), [&](const Layer& candidate) {
    return file.starts_with(candidate.path);
  });
  if (layer == layers().end()) return "the file lies in no layer";
  if (quoted) {
    if (is_data_of_module(file, included)) return {};
    if (!begins_with_any(included, layer->own)) return "not a layer below, or not from the root";
    if (layer->pure && begins_with_any(included, kNotForPure)) return "touches the machine";
    return {};
  }
  if (begins_with_any(included, kWindowsHeaders) && !file.ends_with("_win32.cpp")) {
    return "Windows headers belong into *_win32.cpp";
  }
  if (layer->pure && begins_with_any(included, kWindowsHeaders)) return "touches the machine";
  if (layer->pure && begins_with_any(included, kMachineHeaders)) return "touches the machine";
  if (begins_with_any(included, kLibraries) && !begins_with_any(included, layer->libraries) &&
      !is_excepted(file, included)) {
    return "not a library of this layer";
  }
  return {};
}

/// One line "file:line: #include what: reason" for each include that is not allowed.
std::vector<std::string> check_includes(std::string_view file, std::istream& text) {
  static const std::regex kInclude{R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re"};
  std::vector<std::string> objections;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const std::string included = match[2];
    const std::string reason = objection(file, included, match[1] == "\"");
    if (reason.empty()) continue;
    objections.push_back(std::string(file) + ":" + std::to_string(number) + ": " + included + ": " +
                         reason);
  }
  return objections;
}

fs::path source_root() {
  const char* root = std::getenv("HOZEN_SOURCE_DIR");
  return root != nullptr ? fs::path(root) : fs::current_path();
}

std::vector<fs::path> program_files(const fs::path& root) {
  std::vector<fs::path> files;
  for (const char* folder : {"collector", "modules"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp" || extension == ".inc") {
        files.push_back(entry.path());
      }
    }
  }
  return files;
}

TEST(Architecture, EveryIncludePointsDownwards) {
  const fs::path root = source_root();
  const auto files = program_files(root);
  ASSERT_GT(files.size(), 20U) << "not the root of the checkout: " << root;
  for (const auto& path : files) {
    std::ifstream text(path);
    ASSERT_TRUE(text) << path;
    for (const auto& line : check_includes(fs::relative(path, root).generic_string(), text)) {
      ADD_FAILURE() << line;
    }
  }
}

struct Case {
  std::string_view file;
  std::string_view line;
  bool allowed;
};

class IncludeRule : public testing::TestWithParam<Case> {};

TEST_P(IncludeRule, IsEnforced) {
  std::istringstream text("// comment\n" + std::string(GetParam().line) + "\n");
  const auto objections = check_includes(GetParam().file, text);
  EXPECT_EQ(objections.empty(), GetParam().allowed)
      << GetParam().file << " " << GetParam().line
      << (objections.empty() ? "" : "\n" + objections.front());
}

INSTANTIATE_TEST_SUITE_P(
    Cases, IncludeRule,
    testing::Values(
        Case{"collector/base/text.h", "#include \"collector/base/bytes.h\"", true},
        Case{"collector/base/text.h", "#include \"collector/formats/regf.h\"", false},
        Case{"collector/base/text.h", "#include \"bytes.h\"", false},
        Case{"collector/base/text.cpp", "#include <spdlog/logger.h>", false},
        Case{"collector/base/log.cpp", "#include <spdlog/logger.h>", true},
        Case{"collector/base/hash.cpp", "  #  include <openssl/evp.h>", true},
        Case{"collector/base/text.cpp", "#include <openssl/evp.h>", false},
        Case{"collector/base/native_path_win32.cpp", "#include <boost/filesystem/path.hpp>", true},
        Case{"collector/base/native_path_win32.cpp", "#include <windows.h>", true},
        Case{"collector/base/native_path.h", "#include <windows.h>", false},
        Case{"collector/formats/regf.cpp", "#include \"collector/base/log.h\"", false},
        Case{"collector/formats/regf.cpp", "#include \"collector/base/native_path.h\"", false},
        Case{"collector/formats/regf.cpp", "#include <fstream>", false},
        Case{"collector/formats/regf.cpp", "#include <thread>", false},
        Case{"collector/formats/regf.cpp", "#include <boost/filesystem.hpp>", false},
        Case{"collector/formats/regf_win32.cpp", "#include <windows.h>", false},
        Case{"collector/formats/zip.cpp", "#include <zlib.h>", true},
        Case{"collector/formats/catalog.cpp", "#include <openssl/cms.h>", true},
        Case{"collector/formats/lnk.cpp", "#include <openssl/cms.h>", false},
        Case{"collector/source/source.h", "#include \"collector/module/record.h\"", false},
        Case{"collector/source/live_win32.cpp", "#include <winternl.h>", true},
        Case{"collector/source/live.cpp", "#include <winternl.h>", false},
        Case{"collector/module/module.h", "#include \"collector/engine/bundle.h\"", false},
        Case{"modules/persistence/run_keys.cpp", "#include \"collector/module/module.h\"", true},
        Case{"modules/persistence/run_keys.cpp", "#include \"collector/engine/host.h\"", false},
        Case{"modules/persistence/run_keys.cpp", "#include \"modules/persistence/a.inc\"", true},
        Case{"modules/persistence/run_keys.cpp", "#include \"modules/logs/a.inc\"", false},
        Case{"modules/persistence/run_keys.cpp", "#include \"modules/persistence/a.h\"", false},
        Case{"modules/persistence/run_keys.cpp", "#include <chrono>", false},
        Case{"collector/engine/runner.cpp", "#include \"collector/delivery/upload.h\"", false},
        Case{"collector/engine/runner.cpp", "#include \"modules/persistence/a.inc\"", false},
        Case{"collector/engine/deflater.cpp", "#include <isa-l/igzip_lib.h>", true},
        Case{"collector/engine/runner.cpp", "#include <CLI/CLI.hpp>", false},
        Case{"collector/delivery/upload.cpp", "#include \"collector/engine/bundle.h\"", false},
        Case{"collector/delivery/upload.cpp", "#include \"collector/base/log.h\"", true},
        Case{"collector/cli/command_parser.cpp", "#include <CLI/CLI.hpp>", true},
        Case{"collector/cli/collect.cpp", "#include <CLI/CLI.hpp>", false},
        Case{"collector/cli/collect.cpp", "#include \"tests/builders/regf_builder.h\"", false},
        Case{"collector/main.cpp", "#include \"collector/cli/collect.h\"", true},
        Case{"collector/other/x.cpp", "#include <string>", false}));

}  // namespace
}  // namespace hozen
