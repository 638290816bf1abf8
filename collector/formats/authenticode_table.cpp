// The certificate table of an executable.
#include <algorithm>

#include "collector/formats/authenticode.h"
#include "collector/formats/authenticode_asn1.h"
#include "collector/formats/pe_details.h"

namespace hozen::authenticode {
namespace {

constexpr std::uint64_t kEntryAlignment = 8;

std::uint64_t round_up(std::uint64_t size) {
  return (size + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}

bool is_zero(Bytes bytes) {
  return std::ranges::all_of(bytes.span(), [](std::byte one) { return one == std::byte{}; });
}

/// Zeros that fill up are no hidden bytes.
std::uint64_t hidden_in(Bytes rest) {
  return rest.size() < kEntryAlignment && is_zero(rest) ? 0 : rest.size();
}

void read_entry(pe::Image& image, const pe::CertificateEntry& entry, SignatureTable& table,
                CertificateCache& cache) {
  constexpr std::uint32_t kEntryBytes = 8;
  constexpr std::uint16_t kPkcs7 = 2;
  // No more than the file has, whatever the entry says.
  const std::uint64_t begin = entry.file_offset + kEntryBytes;
  const std::uint64_t left = image.file_size() - std::min(begin, image.file_size());
  const std::uint64_t size = std::min<std::uint64_t>(entry.size_bytes - kEntryBytes, left);
  if (entry.type != kPkcs7) {
    table.hidden_bytes += size;
    return pe::add_problem(table.problems, {Errc::unsupported, "certificate of another kind",
                                            entry.file_offset, std::to_string(entry.type)});
  }
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(size, kMaxSignatureBytes)));
  const auto count = image.reader().read_some(entry.file_offset + kEntryBytes, bytes);
  if (!count) return pe::add_problem(table.problems, count.error());
  bytes.resize(*count);
  const Bytes view{bytes, entry.file_offset + kEntryBytes};
  table.signatures.push_back(parse_signature(view, cache));
  const auto node = asn1::read_node(view, "signature");
  table.hidden_bytes += node ? hidden_in(view.tail(node->whole.size())) : 0;
  if (size > kMaxSignatureBytes) table.hidden_bytes += size - kMaxSignatureBytes;
}

/// What lies in the table behind its last entry.
void read_rest(pe::Image& image, const pe::CertificateTable& entries, SignatureTable& table) {
  std::uint64_t at = entries.file_offset;
  for (const pe::CertificateEntry& entry : entries.entries)
    at = entry.file_offset + round_up(entry.size_bytes);
  const std::uint64_t end = std::min(entries.file_offset + entries.size_bytes, image.file_size());
  if (at >= end) return;
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(end - at, kEntryAlignment)));
  const auto count = image.reader().read_some(at, bytes);
  const bool is_filling = count && end - at < kEntryAlignment && is_zero(Bytes{bytes}.head(*count));
  if (!is_filling) table.hidden_bytes += end - at;
}

bool overlaps(const pe::Image& image, const SignatureTable& table) {
  const std::uint64_t begin = table.file_offset, end = begin + table.size_bytes;
  if (begin < image.headers().header_size) return true;
  return std::ranges::any_of(image.sections(), [&](const pe::Section& section) {
    return section.raw_size != 0 && section.raw_offset < end &&
           begin < std::uint64_t{section.raw_offset} + section.raw_size;
  });
}

std::uint64_t spare_bytes(const Signature& signature) {
  std::uint64_t bytes = signature.spare_bytes;
  for (const Signature& one : signature.nested) bytes += spare_bytes(one);
  return bytes;
}

void add_algorithms(const std::vector<Signature>& signatures, Algorithms& out) {
  for (const Signature& one : signatures) {
    out.add(one.digest.algorithm);
    add_algorithms(one.nested, out);
  }
}

}  // namespace

Algorithms SignatureTable::algorithms() const {
  Algorithms all;
  add_algorithms(signatures, all);
  return all;
}

std::optional<SignatureTable> read_signatures(pe::Image& image) {
  CertificateCache cache;
  return read_signatures(image, cache);
}

std::optional<SignatureTable> read_signatures(pe::Image& image, CertificateCache& cache) {
  const auto entries = pe::read_certificates(image);
  if (!entries) return std::nullopt;
  SignatureTable table;
  table.file_offset = entries->file_offset;
  table.size_bytes = entries->size_bytes;
  table.problems = entries->problems;
  for (const pe::CertificateEntry& entry : entries->entries) {
    if (table.signatures.size() == kMaxSignatures) {
      pe::add_problem(table.problems, {Errc::limit, "certificate table", entry.file_offset});
      break;
    }
    read_entry(image, entry, table, cache);
  }
  std::uint64_t spare = 0;
  for (const Signature& one : table.signatures) spare += spare_bytes(one);
  if (spare >= kLeastSpareBytes) table.hidden_bytes += spare;
  read_rest(image, *entries, table);
  const std::uint64_t end = entries->file_offset + entries->size_bytes;
  if (end < image.file_size()) table.bytes_behind = image.file_size() - end;
  table.overlaps_image = overlaps(image, table);
  return table;
}

}  // namespace hozen::authenticode
