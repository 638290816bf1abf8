// Event logs (.evtx), written from a description: templates, values, embedded fragments, chunks.
//
//   EvtxBuilder{}.event({.event_id = 7045, .data = {{"ServiceName",
//   evtx_text("PSEXESVC")}}}).bytes();
//
// Names and templates are written where they are used first in a chunk, as Windows does. Damage
// verbs are applied to the finished file, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/filetime.h"
#include "collector/base/guid.h"

namespace hozen::builders {

using EvtxBytes = std::vector<std::byte>;

struct EvtxElement;

/// What stands between tags or the quotes of an attribute.
struct EvtxPart {
  enum class Kind : std::uint8_t { text, cdata, character, entity, instruction, value, element };
  Kind kind = Kind::text;
  std::string text{};        ///< of texts; name of an entity or instruction
  std::uint16_t number = 0;  ///< of a value, or UTF-16 unit
  std::uint8_t type = 1;     ///< that the template says of the value
  bool optional = false;
  std::shared_ptr<EvtxElement> element{};
};
struct EvtxAttribute {
  std::string name;
  std::vector<EvtxPart> parts{};
};
struct EvtxElement {
  std::string name;
  std::vector<EvtxAttribute> attributes{};
  std::vector<EvtxPart> content{};
};

EvtxPart evtx_constant(std::string_view text);
EvtxPart evtx_substitution(std::uint16_t number, bool optional = false);
EvtxPart evtx_element(EvtxElement element);
/// `<Data Name="name">` with a value.
EvtxPart evtx_data(std::string_view name, std::uint16_t number);

/// A value: bytes of a type, or a fragment that is written where the value will stand.
struct EvtxValue {
  std::uint8_t type = 0;
  EvtxBytes bytes{};
  std::shared_ptr<EvtxElement> fragment{};  ///< type 0x21
  bool as_template = true;                  ///< the fragment is an instance of a template
  std::vector<EvtxValue> values{};          ///< of that instance
};
EvtxValue evtx_null();
EvtxValue evtx_text(std::string_view text);
EvtxValue evtx_number(std::uint8_t type, std::uint64_t value, std::size_t bytes);
EvtxValue evtx_raw(std::uint8_t type, EvtxBytes bytes);
EvtxValue evtx_time(FileTime time);
EvtxValue evtx_guid(const Guid& guid);
/// "S-1-5-18" and the like.
EvtxValue evtx_sid(std::uint64_t authority, const std::vector<std::uint32_t>& parts);
/// Texts behind one another, each with its NUL (type 0x81).
EvtxValue evtx_texts(const std::vector<std::string>& texts);
EvtxValue evtx_embedded(EvtxElement fragment, std::vector<EvtxValue> values = {},
                        bool as_template = true);

/// Who writes such events on Windows, as far as rules ask for it.
std::string usual_provider(std::string_view channel, std::uint32_t event_id);

/// An event as most providers write it.
struct EvtxEvent {
  std::string provider{};  ///< "": usual_provider()
  std::uint16_t event_id = 7045;
  std::string channel = "System", computer = "PC";
  FileTime time{133'000'000'000'000'000};
  std::optional<std::uint64_t> record_id{};               ///< one more than the last
  std::vector<std::pair<std::string, EvtxValue>> data{};  ///< ""; a value without name
  std::uint64_t keywords = 0x8080000000000000;            ///< bit 52: an audit failure
  std::string section = "EventData";  ///< "UserData": `data` as elements of their own names
};

class EvtxBuilder {
 public:
  EvtxBuilder& event(const EvtxEvent& event);
  /// A record that is an instance of a template; equal elements share one template.
  EvtxBuilder& record(const EvtxElement& root, const std::vector<EvtxValue>& values,
                      FileTime written = FileTime{133'000'000'000'000'000},
                      std::optional<std::uint64_t> id = {});
  EvtxBuilder& plain_record(const EvtxElement& root);  ///< a fragment without a template
  EvtxBuilder& raw_record(const EvtxBytes& content);   ///< any bytes as its content
  EvtxBuilder& hidden(const EvtxEvent& event);         ///< the record before it is grown over it
  EvtxBuilder& new_chunk();
  EvtxBuilder& zero_chunk();                         ///< a chunk of zeros behind this one
  EvtxBuilder& free_at_last(std::size_t records);    ///< these of the chunk are not counted
  EvtxBuilder& counted_chunks(std::uint16_t count);  ///< what the header of the file says
  EvtxBuilder& dirty();

  // Damage.
  EvtxBuilder& set_u32(std::size_t offset, std::uint32_t value);
  EvtxBuilder& set_u64(std::size_t offset, std::uint64_t value);
  EvtxBuilder& truncate_at(std::size_t size);

  EvtxBytes bytes() const;
  /// The first chunk begins with its first record, as if it had no header; call it first.
  EvtxBuilder& at_zero();
  /// The bytes of that chunk, as far as they are used.
  const EvtxBytes& record_at_zero() const { return chunks_.at(0).bytes; }
  /// Where record `number` of all stands in the file, and how long it is.
  std::size_t record_offset(std::size_t number) const { return places_.at(number).first; }
  std::size_t record_bytes(std::size_t number) const { return places_.at(number).second; }

 private:
  struct Chunk {
    EvtxBytes bytes = EvtxBytes(512);
    std::map<std::string, std::uint32_t> names{}, templates{};
    std::uint64_t first_id = 0, last_id = 0;
    std::uint32_t last_record = 0;
    std::optional<std::uint32_t> free{};
    std::vector<std::uint32_t> records{};
    bool zero = false;
  };
  Chunk& chunk();
  void begin_record(FileTime written, std::optional<std::uint64_t> id);
  void end_record();
  void put(std::uint64_t value, std::size_t size);
  void put_bytes(const EvtxBytes& bytes);
  void put_units(std::string_view text);
  void put_name(std::string_view name);
  void put_element(const EvtxElement& element, bool in_value);
  void put_parts(const std::vector<EvtxPart>& parts, bool in_value);
  void put_part(const EvtxPart& part, bool in_value);
  void put_fragment_header();
  void put_instance(const EvtxElement& root, const std::vector<EvtxValue>& values);
  void put_value(const EvtxValue& value);
  EvtxBytes finished(const Chunk& chunk, std::uint64_t& number) const;

  std::vector<Chunk> chunks_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::uint64_t next_id_ = 1;
  std::uint32_t record_at_ = 0;
  std::optional<std::uint16_t> counted_;
  bool dirty_ = false;
  struct Patch {
    std::size_t offset = 0, size = 0;
    std::uint64_t value = 0;
  };
  std::vector<Patch> patches_;
  std::optional<std::size_t> truncate_at_;
};

}  // namespace hozen::builders
