// Definitions of scheduled tasks as Windows Vista and later keep them: XML files without extension
// below System32\Tasks.
//
// Source: MS-TSCH 2.5 (schema of http://schemas.microsoft.com/windows/2004/02/mit/task), and 202
// files of a Windows 10. Element names count without their namespace.
// Not read: what entities of a document type declaration stand for (the declaration is a problem).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/task_definition.h"

namespace hozen {

/// A definition is a few KiB.
constexpr std::size_t kMaxTaskXmlBytes = 4u << 20;
/// Elements within elements: a real definition has 7.
constexpr std::size_t kMaxTaskXmlDepth = 64;
/// Tags and attributes: each costs the reader some 80 bytes. A real definition has under 500.
constexpr std::size_t kMaxTaskXmlMarks = 100'000;

struct TaskXml {
  std::string encoding{};  ///< "utf-16le" | "utf-16be" | "utf-8" | "ansi" (an assumption)
  bool byte_order_mark = false;
  std::string version{};  ///< attribute of Task: "1.2"
  // RegistrationInfo, as written
  std::string uri{}, author{}, date{}, description{}, source{}, documentation{};
  std::string registration_version{}, security_descriptor{};
  std::vector<TaskTrigger> triggers{};
  std::vector<TaskPrincipal> principals{};
  std::optional<bool> hidden{}, enabled{};  ///< Settings; absent: false and true
  /// Every element of Settings that holds a text, in order: {"RestartOnFailure.Count", "3"}.
  std::vector<std::pair<std::string, std::string>> settings{};
  std::string actions_context{};  ///< id of the principal that the actions run as
  std::vector<TaskAction> actions{};
  std::string data{};  ///< free text of the element Data

  /// What was not as it should be; the rest was read.
  std::vector<Error> problems{};

  /// The principal that the actions name, else the first; nullptr without any.
  const TaskPrincipal* principal() const;
};

/// Errc::limit for a file over the caps, Errc::malformed when there is no Task element. What is cut
/// off or not well-formed behind it is a problem of the result.
Result<TaskXml> parse_task_xml(Bytes file);

/// True when a Task element begins in `head`, the beginning of a file in any encoding.
bool looks_like_task_xml(Bytes head);

/// The bytes of the file that the registry's Hash and CRC are computed over: without the byte order
/// mark (checked with five tasks of a Windows 10 whose file and registry entry are both known).
Bytes hashed_part(Bytes task_xml);
/// The CRC-32 that the registry keeps in Triggers: that of zip with all bits turned over.
std::uint32_t task_crc32(Bytes task_xml);

}  // namespace hozen
