// One event record: its header, its values by name and by type, and its texts.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/bytes.h"
#include "collector/base/filetime.h"
#include "collector/base/function_ref.h"
#include "collector/base/text_out.h"
#include "collector/formats/binxml.h"

namespace hozen::evtx {

/// Embedded fragments of one record; real ones have 1 or 2.
constexpr std::size_t kMaxInstances = 64;
constexpr std::size_t kMaxEmbeddedDepth = 16;
/// Parts of fragments and values that are looked at for one record; real ones have some hundreds.
constexpr std::uint32_t kMaxRecordWork = 1u << 18;
constexpr std::uint32_t kMaxChunkWork = 1u << 23;  ///< the same for all records of a chunk
/// What the JSON or XML of one record may take; what is behind it is left out.
constexpr std::size_t kMaxRecordText = 1u << 20;
/// Bytes of templates and names that are compiled for one chunk; a real one holds less than its
/// size.
constexpr std::size_t kMaxCompiledBytes = 4u << 20;

/// The templates of one chunk, each compiled once, when it is first asked for.
class TemplateCache {
 public:
  /// Begins a chunk, which must outlive its use.
  void begin(Bytes chunk);
  Bytes chunk() const { return chunk_; }
  /// The template whose definition is at `offset`; null at the limit. It may be incomplete.
  const Program* find(std::uint32_t offset);
  /// Takes work from what all records of the chunk may do; tells what is left.
  std::uint32_t spend(std::uint32_t work) {
    work_ = work < kMaxChunkWork - work_ ? work_ + work : kMaxChunkWork;
    return kMaxChunkWork - work_;
  }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::unique_ptr<Program> program;
  };
  Bytes chunk_;
  std::vector<Entry> entries_;  // the first `used_` are this chunk's, the others spare
  std::size_t used_ = 0;
  std::size_t compiled_bytes_ = 0;
  std::uint32_t work_ = 0;
};

/// A compiled fragment and the values that fill it.
struct Instance {
  const Program* program = nullptr;
  std::uint32_t first_slot = 0, slots = 0;
  std::uint32_t depth = 0;
  std::uint32_t offset = 0;  ///< of the fragment, in the chunk
};

/// Element System, EventData, UserData, ... and the instance that it is in.
struct Section {
  const Instance* instance = nullptr;
  std::uint32_t node = 0;
};

/// Where a record was found.
enum class RecordPlace : std::uint8_t {
  live,           ///< in the chain of records of its chunk
  behind_damage,  ///< in the used part of its chunk, behind something damaged
  slack,          ///< behind the used part: of an earlier use of the chunk
  damaged_chunk,  ///< in a chunk without its signature
  hidden,         ///< inside another record, behind what that says
};
std::string_view to_text(RecordPlace place);

/// What the header of a record says, and where it is.
struct RecordHead {
  std::uint64_t record_id = 0;
  FileTime written{};             ///< unset in one record of many exported logs
  std::uint64_t file_offset = 0;  ///< bytes from the start of the log
  std::uint32_t size = 0;         ///< bytes, as it says
  std::uint32_t offset = 0;       ///< in the chunk
  std::uint32_t end = 0;          ///< in the chunk; less than the size says when it is cut off
  RecordPlace place = RecordPlace::live;
  std::uint64_t hidden_in = 0;  ///< hidden: id of the record around it
};

/// A record whose BinXml has been read as far as needed. Views and values are valid until the next
/// record.
class Event {
 public:
  /// Reads the record; what is wrong with it is in fault().
  void load(const RecordHead& head, TemplateCache& templates);

  const RecordHead& head() const { return head_; }
  bool is_recovered() const { return head_.place != RecordPlace::live; }
  /// What was wrong first, so far: embedded fragments are read when they are asked for.
  const std::optional<Error>& fault() const { return fault_; }
  /// Whether System and data can be asked for; otherwise only head() and loose_values().
  bool has_content() const { return !instances_.empty(); }

  // System.

  /// A value of System, null when there is none.
  Value system(SystemField field);
  std::optional<std::uint32_t> event_id();
  /// Name of the provider, as in `Provider/@Name`.
  std::string_view provider() { return text(SystemField::provider); }
  std::string_view channel() { return text(SystemField::channel); }
  std::string_view computer() { return text(SystemField::computer); }
  /// `TimeCreated/@SystemTime`, or the time of the header where that is missing.
  FileTime time_created();
  /// The text of any of them, kept from record to record while its bytes are the same.
  std::string_view text(SystemField field);

  // EventData and UserData. Values without a name are called param1, param2, ....

  /// The first value of this name; null (as type) when it says nothing; nothing when there is none.
  std::optional<Value> data(std::string_view name);
  /// All of them in order, values of arrays without name one by one; ends when `visit` says false.
  /// An element that holds others comes as an empty value of type BinXml.
  void each_data(FunctionRef<bool(std::string_view name, const Value&)> visit);

  // For those that write the record.

  /// Elements of Event, in order.
  std::span<const Section> sections();
  /// The same, and what stands in those of them whose content is a fragment: where the named values
  /// are.
  std::span<const Section> data_sections();
  /// The node System, wherever it is.
  Section system_section();
  const Instance* outer() const { return instances_.empty() ? nullptr : &instances_.front(); }
  /// The value of a constant or substitution.
  Value value(const Instance& instance, const Node& node) {
    if (node.kind == NodeKind::substitution && node.index < instance.slots) [[likely]]
      return slot_value(slots_[instance.first_slot + node.index]);
    return constant(instance, node);
  }
  /// The value of an element's or attribute's content, put together where it has several parts.
  Value content(const Instance& instance, const Node& node) {
    if (node.content == Content::single) [[likely]]
      return value(instance, instance.program->nodes[node.child]);
    return built_content(instance, node);
  }
  /// Whether an element or attribute is left out because its optional value is null.
  bool is_left_out(const Instance& instance, const Node& node) {
    if (node.content != Content::single) return false;
    const Node& only = instance.program->nodes[node.child];
    return only.optional && value(instance, only).is_null();
  }
  /// The fragments that a value of type BinXml holds; empty when it cannot be read.
  std::span<const Instance> expand(const Instance& around, const Value& value);
  std::span<const Instance> expand_nested(const Instance& around, const Node& node);
  /// False once the record has taken more than its share of work.
  bool spend(std::uint32_t work = 1) {
    work_ += work;
    return work_ <= work_limit_ || overspent();
  }
  /// The values of the record where its template cannot be had.
  std::span<const Slot> loose_values() const;
  Value slot_value(const Slot& slot) const {
    return {slot.type, Bytes{chunk_.subspan(slot.offset, slot.size), base_ + slot.offset}};
  }
  Bytes chunk() const { return templates_->chunk(); }
  /// End of what was read of the record, in the chunk.
  std::uint32_t read_end() const { return read_end_; }
  void add_fault(Errc code, std::string_view what, std::uint32_t offset);

 private:
  struct Memo {
    std::uint8_t type = 0;
    std::string bytes, text;
  };
  const Instance* read_fragment(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                                std::uint32_t& fragment_end);
  const Instance* read_template(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                                std::uint32_t& fragment_end);
  const Instance* read_plain(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                             std::uint32_t& fragment_end);
  std::span<const Instance> expand_range(std::uint32_t offset, std::uint32_t end,
                                         std::uint32_t depth);
  Value constant(const Instance& instance, const Node& node);
  Value built_content(const Instance& instance, const Node& node);
  bool overspent();
  void find_sections();
  void add_sections(const Instance& instance, std::uint32_t first);
  void add_data_sections(const Section& section);
  void append_text(const Instance& instance, const Node& node, std::string& units);
  bool visit_field(const Instance& instance, const DataField& field, std::uint32_t& number,
                   FunctionRef<bool(std::string_view, const Value&)> visit);

  RecordHead head_;
  TemplateCache* templates_ = nullptr;
  std::optional<Error> fault_;
  std::vector<Instance> instances_;  // its memory is had at once, so that pointers stay
  std::vector<Slot> slots_;
  std::vector<Section> sections_, data_sections_;
  bool has_sections_ = false;
  Section system_;
  std::vector<std::unique_ptr<Program>> plain_;  // fragments without a template
  std::size_t plain_used_ = 0;
  std::deque<std::string> built_;  // texts put together
  std::uint32_t read_end_ = 0;
  std::uint32_t work_ = 0, work_limit_ = 0;
  std::span<const std::byte> chunk_;  // of the templates' chunk
  std::uint64_t base_ = 0;
  std::array<Memo, kSystemFields> memos_;
};

/// A named value as data() finds it: `"name":` of a field, as WTF-8.
std::string field_name(const Program& program, Slice key);

}  // namespace hozen::evtx
