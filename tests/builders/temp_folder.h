// A folder of this computer that lives as long as the test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace hozen {

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();  ///< removes everything below it, links not followed
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string text() const;  ///< UTF-8, as an operator would type it
  /// Writes a file, making the folders above it; `relative` with slashes.
  std::filesystem::path write(std::string_view relative, std::string_view content) const;
  std::filesystem::path make_folder(std::string_view relative) const;

 private:
  std::filesystem::path path_;
};

}  // namespace hozen
