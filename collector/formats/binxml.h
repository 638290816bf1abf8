// BinXml, the form of event records: fragments and templates, compiled once to a tree whose texts
// are ready to be written. Values stay where they are in the chunk.
//
// Source: MS-EVEN6 2.2.12; libyal/libevtx "Windows XML Event Log (EVTX)"; logs of Windows 7 to 11.
// Not read: constants that are not text (none is known, and MS-EVEN6 has none).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/formats/binxml_value.h"

namespace hozen::evtx {

constexpr std::size_t kMaxElementDepth = 64;  ///< elements in elements; real ones have less than 10
constexpr std::size_t kMaxNodes = 1u << 16;   ///< of one tree: a chunk has as many bytes
/// Bytes of names of one tree, which may name the same long name again and again; real ones have
/// less than 10 KiB.
constexpr std::size_t kMaxPoolBytes = 512u << 10;

enum class NodeKind : std::uint8_t {
  root,  ///< its children are what the fragment holds
  element,
  attribute,
  text,          ///< constant; UTF-16 at `data_offset`
  substitution,  ///< a value of the instance
  character,     ///< `index` is a UTF-16 unit
  entity,        ///< name in `key`
  instruction,   ///< processing instruction: name in `key`, text at `data_offset`
  nested,        ///< a template instance inside a fragment, at `data_offset`
};

/// What stands between the tags of an element or the quotes of an attribute.
enum class Content : std::uint8_t {
  none,
  single,    ///< one constant or substitution
  text,      ///< several of them, or references to characters
  elements,  ///< only elements
  mixed,     ///< anything else
};

/// A part of Program::pool.
struct Slice {
  std::uint32_t at = 0, size = 0;
};

/// Numbers of nodes; 0 (the root) stands for none.
struct Node {
  NodeKind kind = NodeKind::root;
  Content content = Content::none;
  bool optional = false;        ///< substitution: nothing is written for a null value
  bool is_namespace = false;    ///< attribute xmlns or xmlns:...
  bool repeated_names = false;  ///< two child elements have one name
  bool plain_name = true;       ///< of ASCII letters and the like: it stands in the key as it is
  std::uint16_t index = 0;      ///< substitution: number of the value
  std::uint32_t attributes = 0, child = 0, next = 0;
  Slice key{};                                    ///< element, attribute: `"name":` as JSON has it
  Slice name{};                                   ///< the name where it is not plain
  std::uint32_t data_offset = 0, data_bytes = 0;  ///< in the chunk
};

/// What a judge asks of System.
enum class SystemField : std::uint8_t {
  provider,
  provider_guid,
  event_source,
  event_id,
  qualifiers,
  version,
  level,
  task,
  opcode,
  keywords,
  time_created,
  record_id,
  activity_id,
  related_activity_id,
  process_id,
  thread_id,
  channel,
  computer,
  user_id,
};
constexpr std::size_t kSystemFields = 19;

/// A named value of EventData or UserData.
struct DataField {
  std::uint32_t node = 0;     ///< element or attribute
  std::uint32_t section = 0;  ///< EventData, UserData, ... that it belongs to
  Slice key{};                ///< `"name":`; empty: the name is a value, or the value has none
  std::uint16_t number = 0;   ///< from 1: of a value without a name
};

/// A compiled template or fragment. Reused, so that its memory is.
struct Program {
  std::vector<Node> nodes;
  std::string pool;
  std::vector<DataField> fields;
  bool repeated_fields = false;  ///< two fields have one name, or a name is a value
  std::array<std::uint32_t, kSystemFields> system{};  ///< nodes: constants or substitutions
  std::uint32_t event = 0;  ///< node of the element Event, where it is a root
  std::uint32_t system_node = 0;
  std::uint32_t end = 0;  ///< where reading stopped, in the chunk
  bool complete = false;
  std::string_view fault{};  ///< what stopped it; "" when complete

  std::string_view text(Slice slice) const {
    return std::string_view{pool}.substr(slice.at, slice.size);
  }
  /// Name of an element or attribute.
  std::string_view name(const Node& node) const {
    if (!node.plain_name) return text(node.name);
    return text({node.key.at + 1, node.key.size - 3});
  }
  void clear();
};

/// Reads the fragment at [begin, end) of `chunk` into `program`. Only the elements of a template's
/// definition have a dependency id (observed: records and values without a template have none).
void compile_fragment(Bytes chunk, std::uint32_t begin, std::uint32_t end, bool in_template,
                      Program& program);

/// A value of a template instance.
struct Slot {
  std::uint32_t offset = 0;  ///< in the chunk
  std::uint16_t size = 0;
  std::uint8_t type = 0;
};

/// Where the parts of a template instance are.
struct InstanceHead {
  std::uint32_t id = 0;          ///< the first four bytes of the template's GUID
  std::uint32_t definition = 0;  ///< offset of the template
  std::uint32_t first = 0;       ///< of its values, in `slots`
  std::uint32_t count = 0;
  std::uint32_t end = 0;  ///< behind it
};

/// Reads the instance whose token is at `offset`, and appends its values to `slots`.
/// Errc::truncated or Errc::malformed; nothing is appended then.
Result<InstanceHead> read_instance(Bytes chunk, std::uint32_t offset, std::uint32_t end,
                                   std::vector<Slot>& slots);

namespace token {
constexpr std::uint8_t kEnd = 0x00, kOpenElement = 0x01, kCloseOpen = 0x02, kCloseEmpty = 0x03,
                       kCloseElement = 0x04, kValue = 0x05, kAttribute = 0x06, kCData = 0x07,
                       kCharacter = 0x08, kEntity = 0x09, kTarget = 0x0A, kTargetData = 0x0B,
                       kTemplate = 0x0C, kSubstitution = 0x0D, kOptional = 0x0E, kFragment = 0x0F,
                       kMore = 0x40;
}  // namespace token

constexpr std::size_t kFragmentHeaderBytes = 4;     ///< token, major, minor, flags
constexpr std::size_t kDefinitionHeaderBytes = 24;  ///< next, GUID, size

}  // namespace hozen::evtx
