#include "collector/formats/evt_names.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen::evt {
namespace {

using Code = std::uint16_t;
using Name = std::string_view;

/// The names of the longest form, and the counts of the forms there are.
struct Order {
  Name source;
  std::span<const Code> codes;
  std::span<const Name> names;
  std::span<const std::size_t> counts;
};

// 528, 540: 7 strings on Windows 2000, the GUID on XP, the others on Server 2003.
constexpr Code kLogonCodes[] = {528, 540};
constexpr Name kLogon[] = {"TargetUserName",      "TargetDomainName", "TargetLogonId",
                           "LogonType",           "LogonProcessName", "AuthenticationPackageName",
                           "WorkstationName",     "LogonGuid",        "SubjectUserName",
                           "SubjectDomainName",   "SubjectLogonId",   "ProcessId",
                           "TransmittedServices", "IpAddress",        "IpPort"};
constexpr std::size_t kLogonCounts[] = {7, 8, 15};

// The reason is the number itself.
constexpr Code kRefusedCodes[] = {529, 530, 531, 532, 533, 534, 535, 536, 539};
constexpr Name kRefused[] = {"TargetUserName",
                             "TargetDomainName",
                             "LogonType",
                             "LogonProcessName",
                             "AuthenticationPackageName",
                             "WorkstationName",
                             "SubjectUserName",
                             "SubjectDomainName",
                             "SubjectLogonId",
                             "ProcessId",
                             "TransmittedServices",
                             "IpAddress",
                             "IpPort"};
constexpr std::size_t kRefusedCounts[] = {6, 13};

constexpr Code kLogoffCodes[] = {538};
constexpr Name kLogoff[] = {"TargetUserName", "TargetDomainName", "TargetLogonId", "LogonType"};
constexpr std::size_t kFour[] = {4};
constexpr Code kBeginLogoffCodes[] = {551};
constexpr std::size_t kThree[] = {3};

constexpr Code kCredentialCodes[] = {552};
constexpr Name kCredentials[] = {"SubjectUserName", "SubjectDomainName", "SubjectLogonId",
                                 "LogonGuid",       "TargetUserName",    "TargetDomainName",
                                 "TargetLogonGuid", "TargetServerName",  "TargetInfo",
                                 "ProcessId",       "IpAddress",         "IpPort"};
constexpr std::size_t kTwelve[] = {12};

constexpr Code kClearedCodes[] = {517};
constexpr Name kCleared[] = {"PrimaryUserName", "PrimaryDomainName", "PrimaryLogonId",
                             "SubjectUserName", "SubjectDomainName", "SubjectLogonId"};
constexpr std::size_t kSix[] = {6};

constexpr Code kProcessCodes[] = {592};
constexpr Name kProcess[] = {"NewProcessId",    "NewProcessName",    "ProcessId",
                             "SubjectUserName", "SubjectDomainName", "SubjectLogonId"};
// The name of the program came with XP.
constexpr Code kExitCodes[] = {593};
constexpr Name kExit[] = {"ProcessId", "ProcessName", "SubjectUserName", "SubjectDomainName",
                          "SubjectLogonId"};
constexpr std::size_t kFive[] = {5};

constexpr Code kServiceCodes[] = {601};
constexpr Name kService[] = {"ServiceName",       "ServiceFileName", "ServiceType",
                             "ServiceStartType",  "ServiceAccount",  "SubjectUserName",
                             "SubjectDomainName", "SubjectLogonId"};
constexpr std::size_t kEight[] = {8};

// Accounts: 624 has the attributes of the new account on Server 2003.
constexpr Code kCreatedCodes[] = {624};
constexpr Name kCreated[] = {
    "TargetUserName",    "TargetDomainName",   "TargetSid",           "SubjectUserName",
    "SubjectDomainName", "SubjectLogonId",     "PrivilegeList",       "SamAccountName",
    "DisplayName",       "UserPrincipalName",  "HomeDirectory",       "HomePath",
    "ScriptPath",        "ProfilePath",        "UserWorkstations",    "PasswordLastSet",
    "AccountExpires",    "PrimaryGroupId",     "AllowedToDelegateTo", "OldUacValue",
    "NewUacValue",       "UserAccountControl", "UserParameters",      "SidHistory",
    "LogonHours"};
constexpr std::size_t kCreatedCounts[] = {7, 25};
constexpr std::size_t kSeven[] = {7};
constexpr Code kAccountCodes[] = {630, 639, 641, 645};
constexpr Code kPasswordCodes[] = {628};

constexpr Code kMemberCodes[] = {632, 633, 636, 637, 660, 661};
constexpr Name kMember[] = {"MemberName",        "MemberSid",      "TargetUserName",
                            "TargetDomainName",  "TargetSid",      "SubjectUserName",
                            "SubjectDomainName", "SubjectLogonId", "PrivilegeList"};
constexpr std::size_t kNine[] = {9};

constexpr Code kSessionCodes[] = {682, 683};
constexpr Name kSession[] = {"AccountName", "AccountDomain", "LogonID",
                             "SessionName", "ClientName",    "ClientAddress"};

// 681 is the refused one of Windows 2000; there 680 has no status.
constexpr Code kValidatedCodes[] = {680};
constexpr Name kValidated[] = {"PackageName", "TargetUserName", "Workstation", "Status"};
constexpr std::size_t kValidatedCounts[] = {3, 4};
constexpr Code kNotValidatedCodes[] = {681};

constexpr Code kPrivilegeCodes[] = {576};
constexpr Name kPrivileges[] = {"SubjectUserName", "SubjectDomainName", "SubjectLogonId",
                                "PrivilegeList"};

constexpr Name kSecurity = "Security";
constexpr Order kOrders[] = {
    {kSecurity, kLogonCodes, kLogon, kLogonCounts},
    {kSecurity, kRefusedCodes, kRefused, kRefusedCounts},
    {kSecurity, kLogoffCodes, kLogoff, kFour},
    {kSecurity, kBeginLogoffCodes, kLogoff, kThree},
    {kSecurity, kCredentialCodes, kCredentials, kTwelve},
    {kSecurity, kClearedCodes, kCleared, kSix},
    {kSecurity, kProcessCodes, kProcess, kSix},
    {kSecurity, kExitCodes, kExit, kFive},
    {kSecurity, kServiceCodes, kService, kEight},
    {kSecurity, kCreatedCodes, kCreated, kCreatedCounts},
    {kSecurity, kAccountCodes, kCreated, kSeven},
    {kSecurity, kPasswordCodes, kCreated, kSix},
    {kSecurity, kMemberCodes, kMember, kNine},
    {kSecurity, kSessionCodes, kSession, kSix},
    {kSecurity, kValidatedCodes, kValidated, kValidatedCounts},
    {kSecurity, kNotValidatedCodes, kValidated, kFour},
    {kSecurity, kPrivilegeCodes, kPrivileges, kFour},
};

template <class Items, class Item>
bool holds(const Items& items, const Item& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

}  // namespace

std::span<const std::string_view> string_names(std::string_view source, std::uint16_t code,
                                               std::size_t count) {
  for (const Order& order : kOrders)
    if (holds(order.codes, code) && holds(order.counts, count) && equals_fold(order.source, source))
      return order.names.first(count);
  return {};
}

}  // namespace hozen::evt
