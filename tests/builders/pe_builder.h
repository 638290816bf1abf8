// Portable executables, written from a description.
//
//   PeBuilder{}.dll().import("KERNEL32.dll", {"CreateFileW", "#35"})
//       .version_string("OriginalFilename", "PsExec.exe").bytes();
//
// Sections: .text, .rdata (everything but resources), .rsrc, then those that were added. Damage
// verbs are applied to the finished file, in their order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/guid.h"

namespace hozen::builders {

using PeBytes = std::vector<std::byte>;

class PeBuilder {
 public:
  explicit PeBuilder(bool is_64 = true);
  PeBuilder& machine(std::uint16_t machine);
  PeBuilder& dll();
  PeBuilder& timestamp(std::uint32_t seconds);
  PeBuilder& section(std::string_view name, std::string_view content,
                     std::uint32_t virtual_size = 0);

  /// Functions are names, or numbers as "#35".
  PeBuilder& import(std::string_view library, const std::vector<std::string>& functions);
  PeBuilder& delay_import(std::string_view library, const std::vector<std::string>& functions);
  PeBuilder& absolute_delay_imports();  ///< as Visual C++ 6 wrote them
  PeBuilder& without_name_tables();     ///< imports have only the table of addresses, as Borland's
  PeBuilder& export_library(std::string_view name, std::uint32_t ordinal_base = 1);
  /// Each one is a function, in the order of calls; "" for one that has a number only.
  PeBuilder& exported(std::string_view name, std::string_view forwarder = "");

  PeBuilder& version_numbers(std::array<std::uint16_t, 4> file,
                             std::array<std::uint16_t, 4> product);
  PeBuilder& version_string(std::string_view name, std::string_view value,
                            std::string_view language = "040904b0");
  PeBuilder& manifest(std::string_view text);
  PeBuilder& resource(std::uint16_t type, std::uint16_t name, std::uint16_t language,
                      std::string_view content);

  PeBuilder& pdb(std::string_view path, const Guid& guid, std::uint32_t age);
  /// As linkers before 2002 name one: NB10, with a time in the place of the GUID.
  PeBuilder& old_pdb(std::string_view path, std::uint32_t time, std::uint32_t age);
  PeBuilder& reproducible();
  PeBuilder& tls_callbacks(std::size_t count);
  PeBuilder& clr(std::string_view metadata_version);
  PeBuilder& rich();                                  ///< a Rich header of two tools
  PeBuilder& certificate(std::size_t content_bytes);  ///< its content is zeros
  PeBuilder& overlay(std::string_view content);       ///< before the certificates

  PeBuilder& truncate_at(std::size_t size);
  PeBuilder& set_u16(std::size_t offset, std::uint16_t value);
  PeBuilder& set_u32(std::size_t offset, std::uint32_t value);

  PeBytes bytes() const;
  /// The resource that version_numbers() and version_string() describe.
  PeBytes version_resource() const;

  static constexpr std::size_t kPeOffset = 0x100;
  static constexpr std::size_t kOptionalOffset = kPeOffset + 24;

 private:
  struct Library {
    std::string name;
    std::vector<std::string> functions;
  };
  struct Resource {
    std::uint16_t type, name, language;
    std::string content;
  };
  struct Section {
    std::string name, content;
    std::uint32_t virtual_size;
  };
  struct Part;
  struct Directories;
  struct Placed;
  void put_imports(Part& part, Directories& directories) const;
  void put_delay_imports(Part& part, Directories& directories) const;
  void put_exports(Part& part, Directories& directories) const;
  void put_details(Part& part, Directories& directories) const;
  void put_resources(Part& part, Directories& directories) const;
  void put_version(PeBytes& out) const;
  std::uint32_t put_thunks(Part& part, const std::vector<std::string>& functions,
                           std::uint64_t base) const;
  void put_headers(Part& file, const Directories& directories,
                   const std::vector<Placed>& sections) const;
  void put_rich(Part& file) const;

  bool is_64_, absolute_delay_ = false, name_tables_ = true, reproducible_ = false, rich_ = false;
  std::uint16_t machine_, characteristics_ = 0x0002;
  std::uint32_t timestamp_ = 1'500'000'000, ordinal_base_ = 1, age_ = 0;
  std::uint64_t image_base_;
  std::vector<Section> sections_;
  std::vector<Library> imports_, delay_imports_;
  std::optional<std::string> export_library_, pdb_, clr_, manifest_;
  std::optional<std::uint32_t> pdb_time_;
  std::vector<std::pair<std::string, std::string>> exports_;
  std::optional<std::pair<std::array<std::uint16_t, 4>, std::array<std::uint16_t, 4>>> numbers_;
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, std::string>>>> tables_;
  std::vector<Resource> resources_;
  Guid guid_;
  std::optional<std::size_t> tls_callbacks_;
  std::vector<std::size_t> certificates_;
  std::string overlay_;
  std::size_t truncate_at_ = SIZE_MAX;
  std::vector<std::pair<std::size_t, std::uint32_t>> patches16_, patches32_;
};

}  // namespace hozen::builders
