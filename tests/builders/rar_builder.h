// RAR archives of both generations, written header by header from a description. The data of files
// are zeros: nobody here unpacks them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using RarBytes = std::vector<std::byte>;

struct RarFile {
  std::string name{};
  std::uint64_t size = 0, packed = 0;
  std::uint32_t crc = 0;
  std::uint8_t method = 3;  ///< 0 stored to 5 best
  bool directory = false, encrypted = false, before = false, after = false;
  FileTime modified{}, created{}, accessed{};  ///< RAR 4: local time as if UTC
  std::string link{};                          ///< RAR 5: target of a Windows symbolic link
  std::string user{};                          ///< RAR 5
  std::vector<std::string> streams{};          ///< names with their colon
};

class RarBuilder {
 public:
  enum class Generation : std::uint8_t { rar4, rar5 };
  explicit RarBuilder(Generation generation) : generation_{generation} {}

  RarBuilder& volume(std::uint64_t number, bool more);
  RarBuilder& encrypt_headers();
  RarBuilder& comment(std::string_view text);
  RarBuilder& made_as(std::string_view name, FileTime created);  ///< RAR 7
  RarBuilder& file(const RarFile& file);
  RarBuilder& without_end();
  RarBuilder& behind(const RarBytes& program);  ///< a self-extracting archive
  RarBytes bytes() const;

 private:
  RarBytes bytes4() const;
  RarBytes bytes5() const;

  Generation generation_;
  std::optional<std::uint64_t> volume_{};
  bool more_ = false, headers_encrypted_ = false, end_ = true;
  std::string comment_{}, made_as_{};
  FileTime made_{};
  std::vector<RarFile> files_{};
  RarBytes program_{};
};

}  // namespace hozen::builders
