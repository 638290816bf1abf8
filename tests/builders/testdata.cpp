#include "tests/builders/testdata.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace hozen {
namespace {

std::filesystem::path folder() {
  if (const char* given = std::getenv("HOZEN_TESTDATA"); given != nullptr && *given != '\0')
    return given;
  const char* checkout = std::getenv("HOZEN_SOURCE_DIR");
  return std::filesystem::path{checkout != nullptr ? checkout : "."} / ".." / "shared" / "testdata";
}

std::vector<std::byte> read_stream(std::FILE* stream) {
  std::vector<std::byte> bytes;
  std::array<std::byte, 65536> block{};
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), stream))
    bytes.insert(bytes.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
  return bytes;
}

std::vector<std::byte> unpack(const std::filesystem::path& packed) {
#ifdef _WIN32
  throw std::runtime_error("no xz here: " + packed.string());
#else
  std::FILE* pipe = ::popen(("xz -dc '" + packed.string() + "'").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run xz");
  std::vector<std::byte> bytes = read_stream(pipe);
  if (::pclose(pipe) != 0) throw std::runtime_error("xz failed: " + packed.string());
  return bytes;
#endif
}

}  // namespace

std::optional<std::string> why_no_testdata() {
#ifdef _WIN32
  return "real artifacts are tested natively: some need xz";
#else
  std::error_code error;
  if (!std::filesystem::is_directory(folder() / "hives", error))
    return "no real artifacts in " + folder().string() + " (set HOZEN_TESTDATA)";
  if (std::system("command -v xz >/dev/null 2>&1") != 0) return "the program xz is not installed";
  return std::nullopt;
#endif
}

std::string testdata_path(std::string_view relative) { return (folder() / relative).string(); }

std::vector<std::byte> testdata(std::string_view relative) {
  const std::filesystem::path path = folder() / relative;
  std::filesystem::path packed = path;
  packed += ".xz";
  if (!std::filesystem::exists(path) && std::filesystem::exists(packed)) return unpack(packed);
  std::FILE* file = std::fopen(path.string().c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot read " + path.string());
  std::vector<std::byte> bytes = read_stream(file);
  std::fclose(file);
  return bytes;
}

}  // namespace hozen
