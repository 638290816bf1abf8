#include "collector/formats/pe_details.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace hozen::pe {
namespace {

constexpr std::size_t kDebugBytes = 28;
constexpr std::uint32_t kCodeView = 2, kReproducible = 16;
constexpr std::size_t kRsdsBytes = 24, kNb10Bytes = 16;
constexpr std::uint32_t kMaxCodeViewBytes = 4096 + kRsdsBytes;

void read_code_view(Image& image, const DebugEntry& entry, DebugInfo& out) {
  std::vector<std::byte> bytes(std::min(entry.size_bytes, kMaxCodeViewBytes));
  const auto size = image.reader().read_some(entry.file_offset, bytes);
  if (!size) return add_problem(out.problems, size.error());
  const Bytes view = Bytes{bytes, entry.file_offset}.head(*size);
  const std::string_view signature = view.head(4).chars();
  std::string_view path;
  if (const auto rsds = view.fixed<kRsdsBytes>(0, "CodeView"); rsds && signature == "RSDS") {
    out.guid = Guid::from(rsds->raw<4, 16>());
    out.age = rsds->u32<20>();
    path = view.tail(kRsdsBytes).chars();
  } else if (const auto nb10 = view.fixed<kNb10Bytes>(0, "CodeView"); nb10 && signature == "NB10") {
    out.age = nb10->u32<12>();
    path = view.tail(kNb10Bytes).chars();
  } else if (*size < bytes.size()) {
    return add_problem(out.problems, {Errc::truncated, "CodeView", entry.file_offset});
  }
  out.pdb_path = name_text(path.substr(0, path.find('\0')));
}

}  // namespace

DebugInfo read_debug(Image& image) {
  DebugInfo info;
  const DataDirectory directory = image.directory(Directory::debug);
  if (!directory.is_set()) return info;
  const std::size_t stated = directory.size_bytes / kDebugBytes;
  const auto place = image.locate(directory.rva);
  if (stated > kMaxDebugEntries)
    add_problem(info.problems, {Errc::limit, "debug directory",
                                place ? std::optional{place->file_offset} : std::nullopt});
  for (std::size_t i = 0; i < std::min(stated, kMaxDebugEntries); ++i) {
    const auto rva = directory.rva + static_cast<std::uint32_t>(i * kDebugBytes);
    const auto bytes = Structure<kDebugBytes>::read(image, rva, "debug directory");
    if (!bytes) {
      add_problem(info.problems, bytes.error());
      break;
    }
    const Fixed<kDebugBytes> header = **bytes;
    const DebugEntry& entry = info.entries.emplace_back(
        DebugEntry{header.u32<12>(), header.u32<4>(), header.u32<16>(), header.u32<24>()});
    if (entry.type == kReproducible) info.is_reproducible = true;
    if (entry.type == kCodeView && info.pdb_path.empty()) read_code_view(image, entry, info);
  }
  return info;
}

std::optional<std::size_t> count_tls_callbacks(Image& image, std::vector<Error>& problems) {
  const DataDirectory directory = image.directory(Directory::tls);
  if (!directory.is_set()) return std::nullopt;
  const std::uint32_t address_bytes = image.headers().is_64 ? 8 : 4;
  const auto read_address = [&](std::uint32_t rva) -> Result<std::uint64_t> {
    std::uint64_t address = 0;
    HOZEN_CHECK(image.read(rva, std::as_writable_bytes(std::span{&address, 1}).first(address_bytes),
                           "TLS directory"));
    return address;
  };
  auto list = read_address(directory.rva + 3 * address_bytes);
  if (!list) {
    add_problem(problems, std::move(list).error());
    return 0;
  }
  std::size_t count = 0;
  if (*list == 0) return count;
  const auto start = image.rva_of(*list);
  if (!start) {
    add_problem(problems, {Errc::malformed, "TLS directory"});
    return 0;
  }
  for (std::uint32_t rva = *start;; rva += address_bytes, ++count) {
    const auto callback = read_address(rva);
    if (!callback) add_problem(problems, callback.error());
    if (!callback || *callback == 0) return count;
    if (count == kMaxTlsCallbacks) {
      add_problem(problems, {Errc::limit, "TLS callbacks"});
      return count;
    }
  }
}

std::optional<CertificateTable> read_certificates(Image& image) {
  constexpr std::size_t kEntryBytes = 8;
  const DataDirectory directory = image.directory(Directory::certificates);
  if (!directory.is_set() || directory.size_bytes == 0) return std::nullopt;
  CertificateTable table;
  table.file_offset = directory.rva;
  table.size_bytes = directory.size_bytes;
  const std::uint64_t end = std::uint64_t{directory.rva} + directory.size_bytes;
  if (end > image.file_size())
    add_problem(table.problems, {Errc::truncated, "certificate table", image.file_size()});
  for (std::uint64_t at = directory.rva; at + kEntryBytes <= std::min(end, image.file_size());) {
    if (table.entries.size() == kMaxCertificates) {
      add_problem(table.problems, {Errc::limit, "certificate table", at});
      break;
    }
    std::array<std::byte, kEntryBytes> bytes{};
    if (auto read = image.reader().read(at, bytes, "certificate table"); !read) {
      add_problem(table.problems, std::move(read).error());
      break;
    }
    const Fixed<kEntryBytes> header{bytes};
    const std::uint32_t size = header.u32<0>();
    if (size < kEntryBytes || size > end - at) {
      add_problem(table.problems, {Errc::malformed, "certificate table", at});
      break;
    }
    table.entries.push_back({at, size, header.u16<4>(), header.u16<6>()});
    at += (std::uint64_t{size} + 7) / 8 * 8;
  }
  return table;
}

std::optional<ClrHeader> read_clr_header(Image& image, std::vector<Error>& problems) {
  constexpr std::size_t kHeaderBytes = 72, kRootBytes = 16;
  constexpr std::uint32_t kMaxVersionBytes = 255;  // ECMA-335 II.24.2.1
  const DataDirectory directory = image.directory(Directory::clr);
  if (!directory.is_set()) return std::nullopt;
  const auto bytes = Structure<kHeaderBytes>::read(image, directory.rva, "CLR header");
  if (!bytes) {
    add_problem(problems, bytes.error());
    return std::nullopt;
  }
  const Fixed<kHeaderBytes> header = **bytes;
  ClrHeader clr{header.u16<4>(), header.u16<6>(), header.u32<16>(), {}};
  const auto root = Structure<kRootBytes>::read(image, header.u32<8>(), "CLR metadata");
  if (!root) {
    add_problem(problems, root.error());
    return clr;
  }
  constexpr std::uint32_t kSignature = 0x424A'5342;  // BSJB
  if ((**root).u32<0>() != kSignature) return clr;
  std::string version(std::min((**root).u32<12>(), kMaxVersionBytes), '\0');
  if (auto read = image.read(header.u32<8>() + kRootBytes,
                             std::as_writable_bytes(std::span{version}), "CLR metadata");
      !read)
    add_problem(problems, std::move(read).error());
  clr.metadata_version = name_text(std::string_view{version}.substr(0, version.find('\0')));
  return clr;
}

}  // namespace hozen::pe
