#include "collector/formats/security_descriptor.h"

#include <algorithm>
#include <span>

#include "collector/base/sid.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kAclHeaderBytes = 8;
constexpr std::size_t kAceHeaderBytes = 8;  ///< type, flags, size, mask
constexpr std::uint32_t kObjectTypePresent = 1, kInheritedObjectTypePresent = 2;
constexpr std::size_t kSidHeaderBytes = 8;

bool is_object_type(std::uint8_t type) {
  using namespace ace_type;
  return (type >= kAllowObject && type <= 8) || type == kAllowCallbackObject ||
         type == kDenyCallbackObject || type == kAuditCallbackObject || type == 16;
}

/// Types whose layout is mask and SID, with GUIDs between them for object types. Type 4 (compound)
/// was never used by Windows.
bool is_known_type(std::uint8_t type) { return type <= ace_type::kAccessFilter && type != 4; }

Result<Guid> read_guid(Bytes ace, std::uint64_t& offset) {
  HOZEN_TRY(const auto bytes, ace.fixed<16>(offset, "ace object type"));
  offset += 16;
  return Guid::from(bytes.raw<0, 16>());
}

Result<AccessEntry> read_entry(Bytes ace) {
  HOZEN_TRY(const auto header, ace.fixed<kAceHeaderBytes>(0, "ace"));
  AccessEntry entry;
  entry.type = header.u8<0>();
  entry.flags = header.u8<1>();
  entry.mask = header.u32<4>();
  entry.offset = ace.base();
  std::uint64_t offset = kAceHeaderBytes;
  if (is_known_type(entry.type)) {
    if (is_object_type(entry.type)) {
      const auto present = ace.get<std::uint32_t>(offset);
      if (!present) return Error{Errc::truncated, "ace object flags", ace.base() + offset};
      offset += 4;
      if ((*present & kObjectTypePresent) != 0) {
        HOZEN_TRY(entry.object_type, read_guid(ace, offset));
      }
      if ((*present & kInheritedObjectTypePresent) != 0) {
        HOZEN_TRY(entry.inherited_object_type, read_guid(ace, offset));
      }
    }
    const Bytes sid = ace.tail(offset);
    HOZEN_TRY(entry.sid, parse_sid(sid));
    offset += kSidHeaderBytes + 4u * sid.get<std::uint8_t>(1).value_or(0);
  }
  const auto rest = ace.tail(offset).span();
  // Sizes are multiples of four: zeros that fill up the last four bytes mean nothing.
  if (rest.size() >= 4 ||
      std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; }))
    entry.data.assign(rest.begin(), rest.end());
  return entry;
}

std::vector<AccessEntry> read_acl(Bytes data, std::uint32_t offset, const char* what,
                                  std::vector<Error>& problems) {
  std::vector<AccessEntry> entries;
  const auto header = data.fixed<kAclHeaderBytes>(offset, what);
  if (!header) {
    problems.push_back(header.error());
    return entries;
  }
  const std::size_t stated = header->u16<2>();
  const std::size_t count = header->u16<4>();
  if (header->u8<0>() < 2 || header->u8<0>() > 4)
    problems.push_back({Errc::malformed, std::string{what} + " revision", data.base() + offset});
  const Bytes acl = data.tail(offset).head(stated);
  if (acl.size() < stated) problems.push_back({Errc::truncated, what, data.base() + data.size()});
  std::uint64_t at = kAclHeaderBytes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = acl.get<std::uint16_t>(at + 2);
    if (!size || *size < kAceHeaderBytes || !acl.contains(at, *size)) {
      problems.push_back({Errc::truncated, std::string{what} + " entry", acl.base() + at});
      break;
    }
    auto entry = read_entry(acl.tail(at).head(*size));
    if (entry) {
      entries.push_back(*std::move(entry));
    } else {
      problems.push_back(entry.error());
    }
    at += *size;
  }
  return entries;
}

std::optional<std::string> read_sid(Bytes data, std::uint32_t offset, const char* what,
                                    std::vector<Error>& problems) {
  if (offset == 0) return {};
  auto sid = parse_sid(data.tail(offset));
  if (sid) return *std::move(sid);
  problems.push_back(
      {sid.error().code, std::string{what} + ": " + sid.error().what, sid.error().offset});
  return {};
}

struct Letters {
  std::uint32_t bits;
  std::string_view text;
};

constexpr Letters kAceFlags[] = {{0x01, "OI"}, {0x02, "CI"}, {0x04, "NP"}, {0x08, "IO"},
                                 {0x10, "ID"}, {0x20, "CR"}, {0x40, "SA"}, {0x80, "FA"}};

/// Sets of rights with a name of their own: files, then registry keys.
constexpr Letters kWholeMasks[] = {{0x1F01FF, "FA"}, {0x120089, "FR"}, {0x120116, "FW"},
                                   {0x1200A0, "FX"}, {0x0F003F, "KA"}, {0x020019, "KR"}};

constexpr Letters kRights[] = {
    {0x1, "CC"},        {0x2, "DC"},        {0x4, "LC"},     {0x8, "SW"},        {0x10, "RP"},
    {0x20, "WP"},       {0x40, "DT"},       {0x80, "LO"},    {0x100, "CR"},      {0x10000, "SD"},
    {0x20000, "RC"},    {0x40000, "WD"},    {0x80000, "WO"}, {0x10000000, "GA"}, {0x20000000, "GX"},
    {0x40000000, "GW"}, {0x80000000, "GR"},
};

constexpr Letters kLabelRights[] = {{0x1, "NW"}, {0x2, "NR"}, {0x4, "NX"}};

struct SidLetters {
  std::string_view sid, text;
};

/// Well-known SIDs that are the same on every machine (MS-DTYP 2.5.1.1).
constexpr SidLetters kSids[] = {
    {"S-1-1-0", "WD"},      {"S-1-3-0", "CO"},      {"S-1-3-1", "CG"},      {"S-1-3-4", "OW"},
    {"S-1-5-2", "NU"},      {"S-1-5-4", "IU"},      {"S-1-5-6", "SU"},      {"S-1-5-7", "AN"},
    {"S-1-5-9", "ED"},      {"S-1-5-10", "PS"},     {"S-1-5-11", "AU"},     {"S-1-5-12", "RC"},
    {"S-1-5-18", "SY"},     {"S-1-5-19", "LS"},     {"S-1-5-20", "NS"},     {"S-1-5-33", "WR"},
    {"S-1-5-32-544", "BA"}, {"S-1-5-32-545", "BU"}, {"S-1-5-32-546", "BG"}, {"S-1-5-32-547", "PU"},
    {"S-1-5-32-548", "AO"}, {"S-1-5-32-549", "SO"}, {"S-1-5-32-550", "PO"}, {"S-1-5-32-551", "BO"},
    {"S-1-5-32-552", "RE"}, {"S-1-5-32-554", "RU"}, {"S-1-5-32-555", "RD"}, {"S-1-5-32-556", "NO"},
    {"S-1-5-32-558", "MU"}, {"S-1-5-32-559", "LU"}, {"S-1-5-32-568", "IS"}, {"S-1-5-32-569", "CY"},
    {"S-1-5-32-573", "ER"}, {"S-1-5-32-574", "CD"}, {"S-1-5-32-575", "RA"}, {"S-1-5-32-576", "ES"},
    {"S-1-5-32-577", "MS"}, {"S-1-5-32-578", "HA"}, {"S-1-5-32-579", "AA"}, {"S-1-5-32-580", "RM"},
    {"S-1-15-2-1", "AC"},   {"S-1-16-4096", "LW"},  {"S-1-16-8192", "ME"},  {"S-1-16-8448", "MP"},
    {"S-1-16-12288", "HI"}, {"S-1-16-16384", "SI"}, {"S-1-18-1", "AS"},     {"S-1-18-2", "SS"},
};

constexpr std::string_view kTypes[] = {"A",  "D",  "AU", "AL", "",   "OA", "OD", "OU",
                                       "OL", "XA", "XD", "ZA", "ZD", "XU", "",   "ZU",
                                       "",   "ML", "RA", "SP", "TL", "FL"};

std::string hex_number(std::uint32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  do {
    digits.insert(digits.begin(), kDigits[value & 0xF]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

/// Letters of the bits in `value`; the number itself when one of them has none.
std::string letters_of(std::uint32_t value, std::span<const Letters> table) {
  std::string text;
  std::uint32_t left = value;
  for (const auto& one : table)
    if ((value & one.bits) != 0) {
      text += one.text;
      left &= ~one.bits;
    }
  return left == 0 ? text : hex_number(value);
}

std::string rights_text(const AccessEntry& entry) {
  if (entry.type == ace_type::kMandatoryLabel) return letters_of(entry.mask, kLabelRights);
  for (const auto& whole : kWholeMasks)
    if (entry.mask == whole.bits) return std::string{whole.text};
  return letters_of(entry.mask, kRights);
}

std::string guid_text(const std::optional<Guid>& guid) {
  if (!guid) return {};
  const std::string text = guid->text();
  return to_lower_ascii(std::string_view{text}.substr(1, text.size() - 2));
}

void append_entry(const AccessEntry& entry, std::string& out) {
  const std::string_view type =
      entry.type < std::size(kTypes) ? kTypes[entry.type] : std::string_view{};
  out += '(';
  out += type.empty() ? hex_number(entry.type) : std::string{type};
  out += ';' + letters_of(entry.flags, kAceFlags) + ';' + rights_text(entry) + ';' +
         guid_text(entry.object_type) + ';' + guid_text(entry.inherited_object_type) + ';';
  out += sddl_sid(entry.sid);
  if (!entry.data.empty()) out += ";0x" + to_hex(entry.data);
  out += ')';
}

/// `shift`: the bits of the SACL stand one place above those of the DACL.
std::string list_flags(std::uint16_t control, unsigned shift) {
  const unsigned bits = static_cast<unsigned>(control) >> shift;
  std::string text;
  if ((bits & 0x1000) != 0) text += "P";
  if ((bits & 0x0100) != 0) text += "AR";
  if ((bits & 0x0400) != 0) text += "AI";
  return text;
}

}  // namespace

bool AccessEntry::allows() const {
  using namespace ace_type;
  return (flags & kAceInheritOnly) == 0 && (type == kAllow || type == kAllowObject ||
                                            type == kAllowCallback || type == kAllowCallbackObject);
}

bool AccessEntry::denies() const {
  using namespace ace_type;
  return (flags & kAceInheritOnly) == 0 && (type == kDeny || type == kDenyObject ||
                                            type == kDenyCallback || type == kDenyCallbackObject);
}

std::string_view sddl_sid(std::string_view sid) {
  const auto* at = std::find_if(std::begin(kSids), std::end(kSids),
                                [&](const SidLetters& known) { return known.sid == sid; });
  return at != std::end(kSids) ? at->text : sid;
}

std::string SecurityDescriptor::sddl() const {
  std::string text;
  if (owner) text += "O:" + std::string{sddl_sid(*owner)};
  if (group) text += "G:" + std::string{sddl_sid(*group)};
  if (dacl || null_dacl) {
    text += "D:" + list_flags(control, 0);
    if (null_dacl) text += "NO_ACCESS_CONTROL";
    if (dacl)
      for (const auto& entry : *dacl) append_entry(entry, text);
  }
  if (sacl) {
    text += "S:" + list_flags(control, 1);
    for (const auto& entry : *sacl) append_entry(entry, text);
  }
  return text;
}

Result<SecurityDescriptor> parse_security_descriptor(Bytes data) {
  HOZEN_TRY(const auto header, data.fixed<kHeaderBytes>(0, "security descriptor"));
  if (header.u8<0>() != 1)
    return Error{Errc::malformed, "security descriptor revision", data.base()};
  SecurityDescriptor descriptor;
  descriptor.control = header.u16<2>();
  if ((descriptor.control & kSelfRelative) == 0)
    return Error{Errc::malformed, "security descriptor is not self-relative", data.base() + 2};
  descriptor.owner = read_sid(data, header.u32<4>(), "owner", descriptor.problems);
  descriptor.group = read_sid(data, header.u32<8>(), "group", descriptor.problems);
  if ((descriptor.control & kSaclPresent) != 0 && header.u32<12>() != 0)
    descriptor.sacl = read_acl(data, header.u32<12>(), "sacl", descriptor.problems);
  if ((descriptor.control & kDaclPresent) != 0) {
    descriptor.null_dacl = header.u32<16>() == 0;
    if (!descriptor.null_dacl)
      descriptor.dacl = read_acl(data, header.u32<16>(), "dacl", descriptor.problems);
  }
  return descriptor;
}

}  // namespace hozen
