// Portable executables (.exe, .dll, .sys): headers, sections, and where in the file an address of
// the loaded image lies. What the data directories hold is read by the other pe_*.h.
//
// Source: Microsoft "PE Format"; what the loader of Windows accepts beyond it: A. Albertini's
// collection of odd executables (corkami), and files of the test data. Compared with pefile
// (tests/real/pe_test.cpp, tests/oracle/pe_posix_test.cpp).
// Not read: relocations, exception tables, load configuration, bound imports; ROM images. The
// checksum is told as it stands: to prove it the whole file would have to be read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/byte_source.h"
#include "collector/base/filetime.h"
#include "collector/formats/pe_reader.h"

namespace hozen::pe {

/// Linkers make some dozens; Windows XP took no more than 96. Those above are a problem of the
/// file.
constexpr std::size_t kMaxSections = 1024;
/// Of a name in imports and exports; compilers cut theirs at 4,096.
constexpr std::size_t kMaxNameBytes = 4096;
/// Of each list: problems of one kind repeat in a damaged file.
constexpr std::size_t kMaxProblems = 100;

/// Places in the table of data directories.
enum class Directory : std::uint8_t {
  exports = 0,
  imports = 1,
  resources = 2,
  certificates = 4,  ///< its address is an offset in the file
  debug = 6,
  tls = 9,
  delay_imports = 13,
  clr = 14,
};
constexpr std::size_t kDirectories = 16;

struct DataDirectory {
  std::uint32_t rva = 0, size_bytes = 0;
  bool is_set() const { return rva != 0; }
};

struct Section {
  std::string name{};  ///< eight bytes at most, without trailing NULs; Latin-1
  std::uint32_t virtual_size = 0, rva = 0;
  std::uint32_t raw_size = 0, raw_offset = 0;  ///< in the file, as they stand
  std::uint32_t characteristics = 0;

  static constexpr std::uint32_t kExecutable = 0x2000'0000, kReadable = 0x4000'0000,
                                 kWritable = 0x8000'0000;
};

struct Headers {
  std::uint32_t pe_offset = 0;  ///< e_lfanew
  std::uint16_t machine = 0;
  std::uint16_t stated_sections = 0;
  std::uint32_t timestamp = 0;  ///< seconds since 1970, or a hash (DebugInfo::is_reproducible)
  std::uint16_t characteristics = 0;
  bool is_64 = false;  ///< PE32+
  std::uint8_t linker_major = 0, linker_minor = 0;
  std::uint32_t entry_point = 0;  ///< RVA
  std::uint64_t image_base = 0;
  std::uint32_t section_alignment = 0, file_alignment = 0;
  std::uint16_t subsystem_major = 0,
                subsystem_minor = 0;              ///< least version of Windows that it asks for
  std::uint32_t image_size = 0, header_size = 0;  ///< bytes
  std::uint32_t checksum = 0;
  std::uint16_t subsystem = 0, dll_characteristics = 0;
  std::uint32_t stated_directories = 0;
  std::array<DataDirectory, kDirectories> directories{};

  static constexpr std::uint16_t kExecutableImage = 0x0002, kDll = 0x2000;
  bool is_dll() const { return (characteristics & kDll) != 0; }
  FileTime compiled() const;  ///< `timestamp`; unset for 0
};

/// "i386", "amd64", "arm64"; "0x1234" for a machine without a name here.
std::string machine_text(std::uint16_t machine);
/// "windows_gui", "windows_console", "native"; "0x1234" for others.
std::string subsystem_text(std::uint16_t subsystem);

/// What lies behind the last section.
struct Overlay {
  std::uint64_t offset = 0, size_bytes = 0;  ///< certificates included
  std::uint64_t data_bytes = 0;              ///< without the certificate table
};

/// A place of the loaded image.
struct Place {
  std::uint64_t file_offset = 0;
  std::uint64_t file_bytes = 0;   ///< from there on in the file
  std::uint64_t total_bytes = 0;  ///< the same and the zeros that the loader puts behind them
};

/// An executable whose parts are read when they are asked for. Not safe for two threads at once.
class Image {
 public:
  /// Reads headers and section table. `file` must outlive the image. Errc::malformed for what is no
  /// executable, Errc::unsupported for those of DOS, 16-bit Windows and OS/2 and for ROM images,
  /// Errc::truncated when the headers are not all there, Errc::io.
  static Result<Image> open(ByteSource& file);

  const Headers& headers() const { return headers_; }
  const std::vector<Section>& sections() const { return sections_; }
  DataDirectory directory(Directory which) const {
    return headers_.directories[static_cast<std::size_t>(which)];
  }
  std::uint64_t file_size() const { return reader_.size(); }
  BlockReader& reader() { return reader_; }
  std::optional<Overlay> overlay() const;
  /// What is wrong with headers and sections.
  const std::vector<Error>& problems() const { return problems_; }

  /// Where `rva` lies; nothing for what is neither in a section nor in the headers.
  std::optional<Place> locate(std::uint32_t rva) const;
  /// The RVA of an absolute address; nothing below the image base or 4 GiB above it.
  std::optional<std::uint32_t> rva_of(std::uint64_t address) const;
  /// Fills `out` from `rva` on, with zeros where the loader has zeros. Errc::truncated, named
  /// `what`, where section or file end before; its offset is one of the file where there is one.
  Result<void> read(std::uint32_t rva, std::span<std::byte> out, std::string_view what);
  /// The bytes at `rva` up to their NUL. Errc::truncated where the file ends before it, Errc::limit
  /// above kMaxNameBytes.
  Result<std::string> read_name(std::uint32_t rva, std::string_view what);

 private:
  explicit Image(ByteSource& file) : reader_{file} {}
  Result<void> read_headers();
  void read_sections(std::uint64_t offset);
  bool is_flat() const;
  Place place_in(const Section& section, std::uint32_t delta) const;

  BlockReader reader_;
  Headers headers_;
  std::vector<Section> sections_;
  std::vector<Error> problems_;
  mutable std::size_t last_section_ = 0;  ///< the one that was asked for last
};

/// A structure of N bytes of the image.
template <std::size_t N>
class Structure {
 public:
  static Result<Structure> read(Image& image, std::uint32_t rva, std::string_view what) {
    Structure read_one;
    HOZEN_CHECK(image.read(rva, read_one.bytes_, what));
    return read_one;
  }
  Fixed<N> operator*() const { return Fixed<N>{std::span<const std::byte, N>{bytes_}}; }

 private:
  std::array<std::byte, N> bytes_{};
};

/// Adds a problem to a list unless it is full.
void add_problem(std::vector<Error>& problems, Error problem);
/// Names are bytes: UTF-8 as some compilers write it, else Latin-1.
std::string name_text(std::string_view bytes);

/// Whether a file that begins like this is to be read as an executable of Windows.
bool looks_like_pe(Bytes head);

/// Shannon entropy of the section's bytes in the file, 0 to 8 bits for a byte; reads all of them.
/// Nothing for a section without bytes. Errc::io.
Result<std::optional<double>> section_entropy(Image& image, const Section& section);

}  // namespace hozen::pe
