#include <algorithm>
#include <cstring>

#include "collector/base/json_text.h"
#include "collector/base/text.h"
#include "collector/formats/binxml.h"
#include "collector/formats/binxml_fields.h"

namespace hozen::evtx {
namespace {

constexpr std::size_t kNameHeaderBytes = 8;  ///< next, hash, characters

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Whether a name needs no escape anywhere and is one in XML: letters, digits and a few signs of
/// ASCII, a letter first.
bool is_plain_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
         });
}

class Compiler {
 public:
  Compiler(Bytes chunk, std::uint32_t begin, std::uint32_t end, bool in_template, Program& program)
      : chunk_{chunk.head(end)},
        names_{chunk},
        at_{begin},
        has_dependency_{in_template},
        out_{program} {}

  void run() {
    out_.clear();
    out_.nodes.emplace_back();
    out_.complete = read_content(0, 0);
    out_.end = at_;
  }

 private:
  bool fail(std::string_view what) {
    if (out_.fault.empty()) out_.fault = what;
    return false;
  }
  template <class T>
  bool read(T& value) {
    const auto found = chunk_.get<T>(at_);
    if (!found) return fail("binxml ends within a token");
    value = *found;
    at_ += sizeof(T);
    return true;
  }
  bool skip(std::uint32_t bytes) {
    if (!chunk_.contains(at_, bytes)) return fail("binxml ends within a token");
    at_ += bytes;
    return true;
  }
  std::uint8_t peek() const {
    const auto next = chunk_.get<std::uint8_t>(at_);
    return next ? static_cast<std::uint8_t>(*next & ~token::kMore) : token::kEnd;
  }

  /// A new node at the end of the list that `last` is the last of; 0 when there are too many.
  std::uint32_t add(NodeKind kind, std::uint32_t& list, std::uint32_t& last) {
    if (out_.nodes.size() >= kMaxNodes) {
      fail("binxml of too many parts");
      return 0;
    }
    const auto number = static_cast<std::uint32_t>(out_.nodes.size());
    out_.nodes.emplace_back().kind = kind;
    if (last == 0)
      list = number;
    else
      out_.nodes[last].next = number;
    last = number;
    return number;
  }

  /// Children of `parent` up to the end of its element, or of the fragment for the root.
  bool read_content(std::uint32_t parent, std::size_t depth) {
    std::uint32_t first = 0, last = 0;
    const bool done = read_children(parent, depth, first, last);
    Node& node = out_.nodes[parent];
    node.child = first;
    classify(node);
    return done;
  }

  bool read_children(std::uint32_t parent, std::size_t depth, std::uint32_t& first,
                     std::uint32_t& last) {
    for (;;) {
      if (parent == 0 && at_ >= chunk_.size()) return true;
      std::uint8_t found = 0;
      if (!read(found)) return false;
      switch (found & ~token::kMore) {
        case token::kEnd:
          return parent == 0 || fail("binxml element without end");
        case token::kCloseElement:
          return parent != 0 || fail("binxml end of an element that is not open");
        case token::kFragment:
          if (!skip(kFragmentHeaderBytes - 1)) return false;
          break;
        case token::kOpenElement:
          if (!read_element((found & token::kMore) != 0, depth, first, last)) return false;
          break;
        default:
          if (!read_text_part(found, first, last)) return false;
      }
    }
  }

  /// A token that may stand in an attribute too, or another that has no children.
  bool read_text_part(std::uint8_t found, std::uint32_t& first, std::uint32_t& last) {
    switch (found & ~token::kMore) {
      case token::kValue:
        return read_constant(first, last);
      case token::kCData:
        return read_units(NodeKind::text, first, last);
      case token::kCharacter:
        return read_number(NodeKind::character, first, last);
      case token::kEntity:
        return read_named(NodeKind::entity, first, last);
      case token::kTarget:
        return read_instruction(first, last);
      case token::kTemplate:
        return read_nested(first, last);
      case token::kSubstitution:
      case token::kOptional:
        return read_substitution(found == token::kOptional, first, last);
      default:
        --at_;
        return fail("binxml token that is unknown or out of place");
    }
  }

  bool read_constant(std::uint32_t& first, std::uint32_t& last) {
    std::uint8_t type = 0;
    if (!read(type)) return false;
    if (type != value_type::kUtf16) return fail("binxml constant that is not text");
    return read_units(NodeKind::text, first, last);
  }

  bool read_units(NodeKind kind, std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(kind, first, last);
    return number != 0 && read_units(number);
  }

  bool read_units(std::uint32_t number) {
    std::uint16_t units = 0;
    if (!read(units)) return false;
    out_.nodes[number].data_offset = at_;
    out_.nodes[number].data_bytes = 2u * units;
    return skip(2u * units);
  }

  bool read_number(NodeKind kind, std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(kind, first, last);
    return number != 0 && read(out_.nodes[number].index);
  }

  bool read_named(NodeKind kind, std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(kind, first, last);
    return number != 0 && read_name(number);
  }

  bool read_instruction(std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(NodeKind::instruction, first, last);
    if (number == 0 || !read_name(number)) return false;
    if (peek() != token::kTargetData) return true;
    return skip(1) && read_units(number);
  }

  bool read_nested(std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(NodeKind::nested, first, last);
    if (number == 0) return false;
    slots_.clear();
    const std::uint32_t begin = at_ - 1;
    const auto head =
        read_instance(chunk_, begin, static_cast<std::uint32_t>(chunk_.size()), slots_);
    if (!head) return fail("binxml template instance in a fragment");
    out_.nodes[number].data_offset = begin;
    out_.nodes[number].data_bytes = head->end - begin;
    at_ = head->end;
    return true;
  }

  bool read_substitution(bool optional, std::uint32_t& first, std::uint32_t& last) {
    const std::uint32_t number = add(NodeKind::substitution, first, last);
    if (number == 0) return false;
    Node& node = out_.nodes[number];
    node.optional = optional;
    return read(node.index) && skip(1);
  }

  bool read_element(bool has_attributes, std::size_t depth, std::uint32_t& first,
                    std::uint32_t& last) {
    if (depth >= kMaxElementDepth) return fail("binxml of too many elements in elements");
    const std::uint32_t number = add(NodeKind::element, first, last);
    if (number == 0) return false;
    if (has_dependency_ && !skip(2)) return false;
    if (!skip(4) || !read_name(number)) return false;
    if (has_attributes && !read_attributes(number)) return false;
    std::uint8_t close = 0;
    if (!read(close)) return false;
    if (close == token::kCloseEmpty) return true;
    if (close != token::kCloseOpen) {
      --at_;
      return fail("binxml element that is not closed");
    }
    return read_content(number, depth + 1);
  }

  bool read_attributes(std::uint32_t element) {
    if (!skip(4)) return false;
    std::uint32_t first = 0, last = 0;
    while (peek() == token::kAttribute) {
      at_ += 1;
      const std::uint32_t number = add(NodeKind::attribute, first, last);
      if (number == 0 || !read_name(number)) return false;
      out_.nodes[element].attributes = first;
      if (!read_attribute_text(number)) return false;
    }
    return true;
  }

  bool read_attribute_text(std::uint32_t attribute) {
    std::uint32_t first = 0, last = 0;
    for (;;) {
      const std::uint8_t next = peek();
      const bool is_text = next == token::kValue || next == token::kSubstitution ||
                           next == token::kOptional || next == token::kCharacter ||
                           next == token::kEntity || next == token::kCData;
      if (!is_text || at_ >= chunk_.size()) break;
      std::uint8_t found = 0;
      if (!read(found) || !read_text_part(found, first, last)) return false;
    }
    Node& node = out_.nodes[attribute];
    node.child = first;
    classify(node);
    return true;
  }

  /// The offset of a name, and the name itself when it stands right here.
  bool read_name(std::uint32_t number) {
    std::uint32_t offset = 0;
    if (!read(offset)) return false;
    const auto units = names_.get<std::uint16_t>(std::uint64_t{offset} + 6);
    if (!units) return fail("binxml name outside of the chunk");
    const std::uint32_t bytes = 2u * *units;
    if (!names_.contains(std::uint64_t{offset} + kNameHeaderBytes, bytes))
      return fail("binxml name outside of the chunk");
    const Bytes units_of_name = names_.tail(offset + kNameHeaderBytes).head(bytes);
    // What stands in slack may lead into anything that was written there since.
    if (names_.get<std::uint16_t>(std::uint64_t{offset} + 4) != name_hash(units_of_name))
      return fail("binxml name that its hash does not fit");
    if (offset == at_ && !skip(static_cast<std::uint32_t>(kNameHeaderBytes) + bytes + 2))
      return false;
    if (out_.pool.size() > kMaxPoolBytes) return fail("binxml of too long names");
    set_name(out_.nodes[number], units_of_name);
    return true;
  }

  /// The low 16 bits of the sum that Windows keeps with each name (seen in all names of logs of
  /// Windows Vista to 11; libevtx, "Windows XML Event Log format", name).
  static std::uint16_t name_hash(Bytes units) {
    std::uint32_t hash = 0;
    for (std::size_t at = 0; at + 1 < units.size(); at += 2)
      hash = hash * 65'599u + units.get<std::uint16_t>(at).value_or(0);
    return static_cast<std::uint16_t>(hash & 0xFFFFu);
  }

  void set_name(Node& node, Bytes units) {
    bool exact = true;
    node.key.at = static_cast<std::uint32_t>(out_.pool.size());
    out_.pool.resize(node.key.at + json_utf16_bytes(units.size() / 2) + 1);
    char* end = write_json_utf16le(out_.pool.data() + node.key.at, units, exact);
    *end++ = ':';
    out_.pool.resize(static_cast<std::size_t>(end - out_.pool.data()));
    node.key.size = static_cast<std::uint32_t>(out_.pool.size()) - node.key.at;
    const std::string_view inner = std::string_view{out_.pool}.substr(node.key.at + 1);
    node.plain_name = exact && is_plain_name(inner.substr(0, inner.size() - 2));
    if (node.plain_name) {
      const std::string_view name = inner.substr(0, inner.size() - 2);
      node.is_namespace = name == "xmlns" || name.starts_with("xmlns:");
      return;
    }
    const std::string name = wtf8_from_utf16le(units);
    node.name = {static_cast<std::uint32_t>(out_.pool.size()),
                 static_cast<std::uint32_t>(name.size())};
    out_.pool += name;
  }

  void classify(Node& node) const {
    std::size_t elements = 0, texts = 0, others = 0;
    for (std::uint32_t i = node.child; i != 0; i = out_.nodes[i].next) {
      const NodeKind kind = out_.nodes[i].kind;
      if (kind == NodeKind::element)
        ++elements;
      else if (kind == NodeKind::text || kind == NodeKind::substitution)
        ++texts;
      else
        ++others;
    }
    const bool references_only = others != 0 && elements == 0 && has_references_only(node);
    if (elements + texts + others == 0)
      node.content = Content::none;
    else if (elements == 0 && others == 0)
      node.content = texts == 1 ? Content::single : Content::text;
    else if (references_only)
      node.content = Content::text;
    else
      node.content = texts + others == 0 ? Content::elements : Content::mixed;
    if (elements > 1) node.repeated_names = has_repeated_names(out_, node.child);
  }

  bool has_references_only(const Node& node) const {
    for (std::uint32_t i = node.child; i != 0; i = out_.nodes[i].next) {
      const NodeKind kind = out_.nodes[i].kind;
      if (kind == NodeKind::instruction || kind == NodeKind::nested) return false;
    }
    return true;
  }

  Bytes chunk_;  // up to the end of the fragment
  Bytes names_;  // the whole chunk
  std::uint32_t at_;
  bool has_dependency_;
  Program& out_;
  std::vector<Slot> slots_;
};

}  // namespace

void Program::clear() {
  nodes.clear();
  pool.clear();
  fields.clear();
  repeated_fields = complete = false;
  system = {};
  event = system_node = end = 0;
  fault = {};
}

void compile_fragment(Bytes chunk, std::uint32_t begin, std::uint32_t end, bool in_template,
                      Program& program) {
  Compiler{chunk, begin, end, in_template, program}.run();
  if (!program.complete && !in_template) {
    // MS-EVEN6 has it in records without a template too.
    Program other;
    Compiler{chunk, begin, end, true, other}.run();
    if (other.complete || other.end > program.end) program = std::move(other);
  }
  if (program.complete) find_fields(chunk, program);
}

Result<InstanceHead> read_instance(Bytes chunk, std::uint32_t offset, std::uint32_t end,
                                   std::vector<Slot>& slots) {
  constexpr std::uint32_t kHeadBytes = 10;  // token, a 1, identifier, offset of the definition
  constexpr std::uint32_t kSlotBytes = 4;
  const Bytes inside = chunk.head(end);
  HOZEN_TRY(const auto head, inside.fixed<kHeadBytes>(offset, "binxml template instance"));
  if (head.u8<0>() != token::kTemplate)
    return Error{Errc::malformed, "binxml template instance", chunk.base() + offset};
  InstanceHead found;
  found.id = head.u32<2>();
  found.definition = head.u32<6>();
  std::uint64_t at = offset + kHeadBytes;
  if (found.definition == at) {  // it stands here, where it is used first
    HOZEN_TRY(const auto definition,
              inside.fixed<kDefinitionHeaderBytes>(at, "binxml template definition"));
    at += kDefinitionHeaderBytes + std::uint64_t{definition.u32<20>()};
  }
  const auto count = inside.get<std::uint32_t>(at);
  if (!count) return Error{Errc::truncated, "binxml template values", chunk.base() + offset};
  at += 4;
  if (!inside.contains(at, std::uint64_t{*count} * kSlotBytes))
    return Error{Errc::malformed, "binxml count of template values", chunk.base() + at - 4};
  found.first = static_cast<std::uint32_t>(slots.size());
  found.count = *count;
  std::uint64_t data = at + std::uint64_t{*count} * kSlotBytes;
  slots.resize(slots.size() + *count);
  const std::byte* entry_at = inside.span().data() + at;
  for (Slot& slot : std::span{slots}.subspan(found.first)) {
    std::uint32_t entry = 0;
    std::memcpy(&entry, entry_at, sizeof entry);
    entry_at += kSlotBytes;
    slot.offset = static_cast<std::uint32_t>(data);
    slot.size = static_cast<std::uint16_t>(entry);
    slot.type = static_cast<std::uint8_t>(entry >> 16);
    data += slot.size;
  }
  if (data > inside.size()) {  // offsets only grow, and 64 bits hold all sizes there can be
    slots.resize(found.first);
    return Error{Errc::truncated, "binxml template value", chunk.base() + at};
  }
  found.end = static_cast<std::uint32_t>(data);
  return found;
}

}  // namespace hozen::evtx
