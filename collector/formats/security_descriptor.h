// Security descriptors as Windows stores them: who owns an object, and who may do what with it.
//
// Source: MS-DTYP 2.4.4 (ACEs), 2.4.5 (ACL), 2.4.6 (SECURITY_DESCRIPTOR, self-relative form), 2.5.1
// (SDDL). Not read: conditions of callback ACEs and data of resource attribute ACEs, which stand in
// the SDDL text as hexadecimal digits; the descriptor of an object in memory (absolute form).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/guid.h"

namespace hozen {

/// ACE types of MS-DTYP 2.4.4.1; any other number is allowed in evidence.
namespace ace_type {
constexpr std::uint8_t kAllow = 0, kDeny = 1, kAudit = 2;
constexpr std::uint8_t kAllowObject = 5, kDenyObject = 6, kAuditObject = 7;
constexpr std::uint8_t kAllowCallback = 9, kDenyCallback = 10;
constexpr std::uint8_t kAllowCallbackObject = 11, kDenyCallbackObject = 12;
constexpr std::uint8_t kAuditCallback = 13, kAuditCallbackObject = 15;
constexpr std::uint8_t kMandatoryLabel = 17, kResourceAttribute = 18, kScopedPolicy = 19;
constexpr std::uint8_t kTrustLabel = 20, kAccessFilter = 21;
}  // namespace ace_type

/// For children only: says nothing about the object itself (flag of an ACE).
constexpr std::uint8_t kAceInheritOnly = 0x08;

/// SECURITY_DESCRIPTOR control bits.
constexpr std::uint16_t kDaclPresent = 0x0004, kSaclPresent = 0x0010, kSelfRelative = 0x8000;

struct AccessEntry {
  std::uint8_t type = 0;   ///< of ace_type
  std::uint8_t flags = 0;  ///< inheritance and auditing
  std::uint32_t mask = 0;  ///< rights; their meaning depends on the object
  std::string sid;         ///< "S-1-5-18"; "" for a type that is not known
  std::optional<Guid> object_type{}, inherited_object_type{};
  std::vector<std::byte> data{};  ///< what follows the SID: a condition, an attribute
  std::uint64_t offset = 0;       ///< of the ACE, in the named source

  /// It grants (denies) something on the object itself, conditions left aside.
  bool allows() const;
  bool denies() const;
};

/// An ACE is at least 8 bytes and an ACL at most 64 KiB.
constexpr std::size_t kMaxAccessEntries = 65'536 / 8;

struct SecurityDescriptor {
  std::uint16_t control = 0;
  std::optional<std::string> owner{}, group{};  ///< SIDs
  /// nothing: there is none. For the DACL that means, like `null_dacl`, that everyone may do
  /// everything; an empty list that no one may do anything.
  std::optional<std::vector<AccessEntry>> dacl{}, sacl{};
  bool null_dacl = false;         ///< said to be there, but without a place
  std::vector<Error> problems{};  ///< what could not be read; the lists hold what stands before it

  /// The descriptor as Windows prints it ("O:SYG:SYD:(A;;GA;;;BA)"), SIDs of a domain in full.
  std::string sddl() const;
};

/// Errc::truncated when the 20 bytes of the header are not all there, Errc::malformed for another
/// revision or the absolute form. Any other damage is among `problems`.
Result<SecurityDescriptor> parse_security_descriptor(Bytes data);

/// The two letters that SDDL has for a SID ("BA" for S-1-5-32-544); the SID itself where it has
/// none.
std::string_view sddl_sid(std::string_view sid);

}  // namespace hozen
