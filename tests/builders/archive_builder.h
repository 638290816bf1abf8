// Archives of several formats, written header by header from a description. The data of files are
// zeros: nobody here unpacks them, and other tools that do are not surprised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/filetime.h"

namespace hozen::builders {

using ArchiveBytes = std::vector<std::byte>;

struct ArchivedFile {
  std::string name{};
  std::uint64_t size = 0;  ///< stored: also what it takes
  FileTime modified{};
  bool directory = false, encrypted = false;
  std::string link{};  ///< tar: target of a symbolic link
};

/// ZIP.
class ZipArchive {
 public:
  ZipArchive& file(const ArchivedFile& file);
  ZipArchive& raw_name(std::string_view bytes);  ///< of the last file: as they are, no UTF-8 flag
  ZipArchive& aes();                             ///< of the last file: WinZip's AES
  ZipArchive& strong();                          ///< of the last file: PKWARE's encryption
  ZipArchive& ntfs_times(FileTime created);      ///< of the last file
  ZipArchive& unix_time();                       ///< of the last file
  ZipArchive& unicode_path(std::string_view utf8);  ///< of the last file, beside its name
  ZipArchive& zip64();                              ///< sizes, offsets and the end record
  ZipArchive& comment(std::string_view text);
  ZipArchive& last_of_volumes(std::uint16_t number);  ///< whose files begin in the first one
  ZipArchive& states_volume(std::uint16_t number);    ///< the end record alone
  ZipArchive& first_of_volumes();                     ///< the mark in front, no directory
  ZipArchive& encrypted_directory();                  ///< end record of version 2
  ZipArchive& made_on_unix();
  ZipArchive& behind(const ArchiveBytes& program);  ///< offsets as if nothing stood in front
  ArchiveBytes bytes() const;

 private:
  struct Part {
    ArchivedFile file{};
    std::string stored_name{}, unicode_path{};
    FileTime created{};
    bool is_utf8 = true, aes = false, strong = false, unix_time = false;
  };
  std::string extra(const Part& part, std::uint64_t offset, bool is_central) const;

  std::vector<Part> parts_{};
  std::string comment_{};
  std::optional<std::uint16_t> volume_{};
  bool zip64_ = false, first_ = false, elsewhere_ = false, encrypted_ = false, unix_ = false;
  ArchiveBytes program_{};
};

/// 7z with one folder of stored data.
class SevenZipArchive {
 public:
  SevenZipArchive& file(const ArchivedFile& file);
  SevenZipArchive& encrypt();        ///< the data
  SevenZipArchive& packed_header();  ///< LZMA, as 7-Zip does by default
  SevenZipArchive& encrypted_header();
  SevenZipArchive& file_count(std::uint64_t count);  ///< in place of the true one
  ArchiveBytes bytes() const;

 private:
  ArchiveBytes header() const;

  std::vector<ArchivedFile> files_{};
  bool encrypted_ = false, packed_header_ = false, encrypted_header_ = false;
  std::optional<std::uint64_t> count_{};
};

/// Cabinet.
class CabArchive {
 public:
  CabArchive& file(const ArchivedFile& file);
  CabArchive& raw_name(std::string_view bytes);  ///< of the last file
  CabArchive& volume(std::uint16_t number, std::string_view previous, std::string_view next);
  CabArchive& reserve();  ///< bytes for signatures in header, folders and data
  ArchiveBytes bytes() const;

 private:
  struct Part {
    ArchivedFile file{};
    std::string stored_name{};
    bool is_utf8 = true;
  };
  std::vector<Part> parts_{};
  std::uint16_t number_ = 0;
  std::string previous_{}, next_{};
  bool reserve_ = false;
};

/// ARJ.
class ArjArchive {
 public:
  ArjArchive& file(const ArchivedFile& file);
  ArjArchive& comment(std::string_view text);
  ArjArchive& more_volumes();
  ArjArchive& continued();  ///< the first file, from the volume before
  ArchiveBytes bytes() const;

 private:
  std::vector<ArchivedFile> files_{};
  std::string comment_{};
  bool more_ = false, continued_ = false;
};

/// LZH, all headers of one level.
class LzhArchive {
 public:
  explicit LzhArchive(unsigned level) : level_{level} {}
  LzhArchive& file(const ArchivedFile& file);
  LzhArchive& raw_name(std::string_view bytes);  ///< of the last file
  ArchiveBytes bytes() const;

 private:
  ArchiveBytes header(const ArchivedFile& file) const;

  unsigned level_;
  std::vector<ArchivedFile> files_{};
};

/// tar.
class TarArchive {
 public:
  enum class Kind : std::uint8_t { ustar, gnu, pax };
  explicit TarArchive(Kind kind) : kind_{kind} {}
  TarArchive& file(const ArchivedFile& file);
  TarArchive& without_end();
  ArchiveBytes bytes() const;

 private:
  Kind kind_;
  std::vector<ArchivedFile> files_{};
  bool end_ = true;
};

/// gzip: only its header and what a compressor writes of nothing.
ArchiveBytes gzip_archive(std::string_view name, FileTime modified);

}  // namespace hozen::builders
