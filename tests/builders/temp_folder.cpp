#include "tests/builders/temp_folder.h"

#include <fstream>
#include <random>
#include <system_error>

namespace hozen {
namespace {

std::filesystem::path from_utf8(std::string_view text) {
  return std::filesystem::path{std::u8string{text.begin(), text.end()}};
}

}  // namespace

TempFolder::TempFolder() {
  std::random_device random;
  do {
    path_ = std::filesystem::temp_directory_path() / ("hozen-test-" + std::to_string(random()));
  } while (!std::filesystem::create_directory(path_));
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::text() const {
  const std::u8string text = path_.u8string();
  return {text.begin(), text.end()};
}

std::filesystem::path TempFolder::write(std::string_view relative, std::string_view content) const {
  const std::filesystem::path file = path_ / from_utf8(relative);
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << content;
  return file;
}

std::filesystem::path TempFolder::make_folder(std::string_view relative) const {
  const std::filesystem::path folder = path_ / from_utf8(relative);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace hozen
