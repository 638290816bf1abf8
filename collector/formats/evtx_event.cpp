#include "collector/formats/evtx_event.h"

#include <algorithm>
#include <array>

#include "collector/base/text.h"
#include "collector/formats/binxml_fields.h"
#include "collector/formats/binxml_text.h"

namespace hozen::evtx {
namespace {

constexpr std::uint32_t kRecordHeadBytes = 24;
/// Spare programs are let go when they have taken more than this.
constexpr std::size_t kMaxSpareBytes = 1u << 20;

std::size_t memory_of(const Program& program) {
  return program.pool.capacity() + program.nodes.capacity() * sizeof(Node) +
         program.fields.capacity() * sizeof(DataField);
}

/// The UTF-16 of a reference such as `&lt;`; the name itself between its signs when it is none of
/// the five.
std::string entity_units(std::string_view name) {
  struct Entity {
    std::string_view name;
    char character;
  };
  constexpr std::array<Entity, 5> kEntities{
      {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
  for (const Entity& known : kEntities)
    if (known.name == name) return {known.character, '\0'};
  const std::u16string units = utf16_from_wtf8("&" + std::string{name} + ";");
  return std::string{Bytes{std::as_bytes(std::span{units.data(), units.size()})}.chars()};
}

}  // namespace

std::string_view to_text(RecordPlace place) {
  switch (place) {
    case RecordPlace::behind_damage:
      return "behind_damage";
    case RecordPlace::slack:
      return "slack";
    case RecordPlace::damaged_chunk:
      return "damaged_chunk";
    case RecordPlace::hidden:
      return "hidden";
    case RecordPlace::live:
      break;
  }
  return "live";
}

void TemplateCache::begin(Bytes chunk) {
  chunk_ = chunk;
  std::size_t memory = 0;
  for (std::size_t i = 0; i < used_; ++i) memory += memory_of(*entries_[i].program);
  if (memory > kMaxSpareBytes) entries_.clear();
  used_ = compiled_bytes_ = work_ = 0;
}

const Program* TemplateCache::find(std::uint32_t offset) {
  for (std::size_t i = 0; i < used_; ++i)
    if (entries_[i].offset == offset) return entries_[i].program.get();
  const auto header = chunk_.fixed<kDefinitionHeaderBytes>(offset, "binxml template definition");
  if (!header || compiled_bytes_ > kMaxCompiledBytes) return nullptr;
  const std::uint64_t begin = std::uint64_t{offset} + kDefinitionHeaderBytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + header->u32<20>(), chunk_.size());
  if (used_ == entries_.size()) entries_.push_back({0, std::make_unique<Program>()});
  Entry& entry = entries_[used_++];
  entry.offset = offset;
  compile_fragment(chunk_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                   false, *entry.program);
  compiled_bytes_ += (end - begin) + entry.program->pool.size();
  return entry.program.get();
}

void Event::load(const RecordHead& head, TemplateCache& templates) {
  if (templates_ == &templates && chunk_.data() == templates.chunk().span().data() &&
      base_ == templates.chunk().base())
    templates.spend(work_);  // of the record before
  work_limit_ = std::min(kMaxRecordWork, templates.spend(0));
  head_ = head;
  templates_ = &templates;
  chunk_ = templates.chunk().span();
  base_ = templates.chunk().base();
  fault_.reset();
  instances_.clear();
  instances_.reserve(kMaxInstances);
  slots_.clear();
  sections_.clear();
  data_sections_.clear();
  has_sections_ = false;
  system_ = {};
  plain_used_ = 0;
  built_.clear();
  work_ = 0;
  read_end_ = head.offset + kRecordHeadBytes;
  read_fragment(read_end_, head.end, 0, read_end_);
}

void Event::add_fault(Errc code, std::string_view what, std::uint32_t offset) {
  if (!fault_) fault_ = Error{code, std::string{what}, chunk().base() + offset};
}

bool Event::overspent() {
  work_ = work_limit_ + 1;  // not to come around to 0
  add_fault(Errc::limit, "event record of too many parts", head_.offset);
  return false;
}

/// A fragment header, if any, and what is behind it.
const Instance* Event::read_fragment(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                                     std::uint32_t& fragment_end) {
  const Bytes inside = chunk().head(end);
  const std::uint32_t begin = offset;
  if (inside.get<std::uint8_t>(offset) == token::kFragment) offset += kFragmentHeaderBytes;
  if (instances_.size() == kMaxInstances) {
    add_fault(Errc::limit, "event record of too many fragments", begin);
    return nullptr;
  }
  const auto next = inside.get<std::uint8_t>(offset);
  if (!next) {
    add_fault(Errc::truncated, "event record without content", begin);
    return nullptr;
  }
  const Instance* const found = *next == token::kTemplate
                                    ? read_template(offset, end, depth, fragment_end)
                                    : read_plain(offset, end, depth, fragment_end);
  if (found != nullptr) instances_.back().offset = begin;
  return found;
}

const Instance* Event::read_template(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                                     std::uint32_t& fragment_end) {
  const auto instance = read_instance(chunk(), offset, end, slots_);
  if (!instance) {
    if (!fault_) fault_ = instance.error();
    return nullptr;
  }
  fragment_end = instance->end;
  if (chunk().get<std::uint8_t>(fragment_end) == token::kEnd && fragment_end < end) ++fragment_end;
  // In an old record the place of the template may hold another one by now.
  if (chunk().get<std::uint32_t>(std::uint64_t{instance->definition} + 4) != instance->id) {
    add_fault(Errc::malformed, "binxml template definition of another template", offset);
    return nullptr;
  }
  const Program* const program = templates_->find(instance->definition);
  if (program == nullptr || !program->complete) {
    if (program == nullptr)
      add_fault(Errc::malformed, "binxml template definition that cannot be had", offset);
    else
      add_fault(Errc::malformed, program->fault, program->end);
    return nullptr;
  }
  return &instances_.emplace_back(
      Instance{program, instance->first, instance->count, depth, offset});
}

const Instance* Event::read_plain(std::uint32_t offset, std::uint32_t end, std::uint32_t depth,
                                  std::uint32_t& fragment_end) {
  if (!spend(end - offset)) return nullptr;
  if (plain_used_ == plain_.size()) plain_.push_back(std::make_unique<Program>());
  Program& program = *plain_[plain_used_++];
  compile_fragment(chunk(), offset, end, false, program);
  fragment_end = program.end;
  if (!program.complete) {
    add_fault(Errc::malformed, program.fault, program.end);
    return nullptr;
  }
  return &instances_.emplace_back(Instance{&program, 0, 0, depth, offset});
}

std::span<const Slot> Event::loose_values() const {
  return instances_.empty() ? std::span{slots_} : std::span<const Slot>{};
}

Value Event::constant(const Instance& instance, const Node& node) {
  if (node.kind == NodeKind::text)
    return {value_type::kUtf16, chunk().tail(node.data_offset).head(node.data_bytes)};
  if (node.kind != NodeKind::substitution) return {};
  add_fault(Errc::malformed, "binxml substitution without a value", instance.offset);
  return {};
}

void Event::append_text(const Instance& instance, const Node& node, std::string& units) {
  if (units.size() > kMaxRecordText || !spend()) return;
  if (node.kind == NodeKind::text) {
    units += chunk().tail(node.data_offset).head(node.data_bytes).chars();
  } else if (node.kind == NodeKind::character) {
    units += static_cast<char>(node.index & 0xFF);
    units += static_cast<char>(node.index >> 8);
  } else if (node.kind == NodeKind::entity) {
    units += entity_units(instance.program->name(node));
  } else {
    const Value part = value(instance, node);
    const std::u16string text = utf16_from_wtf8(part.is_binxml() ? std::string{} : part.text());
    units += Bytes{std::as_bytes(std::span{text.data(), text.size()})}.chars();
  }
}

Value Event::built_content(const Instance& instance, const Node& node) {
  const auto& nodes = instance.program->nodes;
  if (node.content == Content::elements) return {value_type::kBinXml, {}};
  if (node.content == Content::none) return {};
  std::string units;
  for (std::uint32_t i = node.child; i != 0; i = nodes[i].next) {
    const NodeKind kind = nodes[i].kind;
    if (kind == NodeKind::element || kind == NodeKind::instruction || kind == NodeKind::nested)
      continue;
    append_text(instance, nodes[i], units);
  }
  return {value_type::kUtf16, bytes_of(built_.emplace_back(std::move(units)))};
}

std::span<const Instance> Event::expand(const Instance& around, const Value& value) {
  const auto offset = static_cast<std::uint32_t>(value.data.base() - chunk().base());
  return expand_range(offset, offset + static_cast<std::uint32_t>(value.data.size()),
                      around.depth + 1);
}

std::span<const Instance> Event::expand_nested(const Instance& around, const Node& node) {
  return expand_range(node.data_offset, node.data_offset + node.data_bytes, around.depth + 1);
}

std::span<const Instance> Event::expand_range(std::uint32_t offset, std::uint32_t end,
                                              std::uint32_t depth) {
  if (offset >= end) return {};
  for (std::size_t i = 1; i < instances_.size(); ++i) {
    if (instances_[i].offset != offset || instances_[i].depth != depth) continue;
    std::size_t last = i + 1;
    while (last < instances_.size() && instances_[last].offset > instances_[last - 1].offset &&
           instances_[last].offset < end && instances_[last].depth == depth)
      ++last;
    return std::span{instances_}.subspan(i, last - i);
  }
  if (depth > kMaxEmbeddedDepth) {
    add_fault(Errc::limit, "binxml of too many fragments in fragments", offset);
    return {};
  }
  const std::size_t first = instances_.size();
  while (offset < end && spend()) {
    std::uint32_t next = offset;
    if (read_fragment(offset, end, depth, next) == nullptr || next <= offset) break;
    offset = next;
    // Behind the last one there may be filling.
    if (chunk().get<std::uint8_t>(offset) != token::kFragment) break;
  }
  return std::span{instances_}.subspan(first);
}

void Event::add_sections(const Instance& instance, std::uint32_t first) {
  const auto& nodes = instance.program->nodes;
  for (std::uint32_t i = first; i != 0 && spend(); i = nodes[i].next) {
    const Node& node = nodes[i];
    if (node.kind == NodeKind::element) {
      if (instance.program->system_node == i && system_.instance == nullptr)
        system_ = {&instance, i};
      else
        sections_.push_back({&instance, i});
    } else if (node.kind == NodeKind::substitution) {
      const Value held = value(instance, node);
      if (!held.is_binxml()) continue;
      for (const Instance& inner : expand(instance, held))
        add_sections(inner, inner.program->nodes[0].child);
    } else if (node.kind == NodeKind::nested) {
      for (const Instance& inner : expand_nested(instance, node))
        add_sections(inner, inner.program->nodes[0].child);
    }
  }
}

void Event::find_sections() {
  if (has_sections_) return;
  has_sections_ = true;
  if (instances_.empty()) return;
  const Instance& outer = instances_.front();
  const std::uint32_t event = outer.program->event;
  add_sections(outer, outer.program->nodes[event].child);
}

/// `<UserData>` with a fragment as its only content: the elements of that hold the values.
void Event::add_data_sections(const Section& section) {
  data_sections_.push_back(section);
  const Instance& instance = *section.instance;
  const Node& node = instance.program->nodes[section.node];
  if (node.content != Content::single || !spend()) return;
  const Value held = value(instance, instance.program->nodes[node.child]);
  if (!held.is_binxml()) return;
  for (const Instance& inner : expand(instance, held)) {
    const auto& nodes = inner.program->nodes;
    for (std::uint32_t i = nodes[0].child; i != 0; i = nodes[i].next)
      if (nodes[i].kind == NodeKind::element) add_data_sections({&inner, i});
  }
}

std::span<const Section> Event::data_sections() {
  find_sections();
  if (data_sections_.empty())
    for (const Section& section : sections_) add_data_sections(section);
  return data_sections_;
}

std::span<const Section> Event::sections() {
  find_sections();
  return sections_;
}

Section Event::system_section() {
  if (system_.instance == nullptr && !instances_.empty() &&
      instances_.front().program->system_node != 0)
    return {&instances_.front(), instances_.front().program->system_node};
  find_sections();
  return system_;
}

}  // namespace hozen::evtx
