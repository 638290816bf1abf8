// The public face of an open hive: Key and Hive.
#include "collector/formats/regf.h"

#include "collector/base/text.h"
#include "collector/formats/regf_impl.h"

namespace hozen::regf {

std::string_view to_text(State state) {
  switch (state) {
    case State::clean:
      return "clean";
    case State::replayed:
      return "replayed";
    case State::dirty:
      return "dirty";
    case State::corrupt:
      return "corrupt";
  }
  return "corrupt";
}

Hive::Hive(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Hive::~Hive() = default;

State Hive::state() const { return impl_->state; }
const BaseBlock& Hive::base_block() const { return impl_->base; }
const std::optional<Replay>& Hive::replay() const { return impl_->replay; }
std::uint32_t Hive::effective_bins_size() const { return impl_->bins_end; }
const std::vector<std::byte>& Hive::bytes() const { return impl_->bytes; }
const std::vector<Problem>& Hive::problems() const { return impl_->problems; }
std::uint64_t Hive::problem_count() const { return impl_->problem_count; }

std::optional<Key> Hive::root() const {
  if (!impl_->root) return std::nullopt;
  return Key{*this, *impl_->root, 0};
}

// A Key is made for cells that hold a key node only, and the bytes do not change.
KeyView Key::view() const {
  const auto node = hive_->impl_->key_node(cell_);
  KeyView view;
  view.name = node->name;
  view.latin1_name = node->has_latin1_name();
  view.flags = node->flags;
  view.last_written = node->last_written;
  view.stated_subkeys = node->subkeys;
  view.stated_values = node->values;
  view.has_class_name = node->class_length != 0 && node->class_name != kNoCell;
  view.file_offset = file_offset();
  return view;
}

std::string Key::name() const {
  std::string text;
  append_name(text);
  return text;
}
void Key::append_name(std::string& out) const {
  const auto node = hive_->impl_->key_node(cell_);
  append_registry_name(out, node->name, node->has_latin1_name());
}
Bytes Key::raw_name() const { return hive_->impl_->key_node(cell_)->name; }
bool Key::has_latin1_name() const { return hive_->impl_->key_node(cell_)->has_latin1_name(); }
std::string Key::path() const { return hive_->impl_->path_of(cell_); }
FileTime Key::last_written() const { return hive_->impl_->key_node(cell_)->last_written; }
std::uint16_t Key::flags() const { return hive_->impl_->key_node(cell_)->flags; }
std::uint64_t Key::file_offset() const { return std::uint64_t{kBaseBlockBytes} + cell_; }
std::uint32_t Key::stated_subkeys() const { return hive_->impl_->key_node(cell_)->subkeys; }
std::uint32_t Key::stated_values() const { return hive_->impl_->key_node(cell_)->values; }
bool Key::is_symbolic_link() const { return (flags() & kFlagSymbolicLink) != 0; }

std::string Key::class_name() const {
  const auto node = hive_->impl_->key_node(cell_);
  if (node->class_length == 0 || node->class_name == kNoCell) return {};
  const auto text = hive_->impl_->cell(node->class_name);
  if (!text) {
    hive_->impl_->note_cell(Errc::truncated, "class name", node->class_name, cell_);
    return {};
  }
  return wtf8_from_utf16le(text->data.head(node->class_length));
}

std::optional<Bytes> Key::security_descriptor() const {
  const auto node = hive_->impl_->key_node(cell_);
  if (node->security == kNoCell) return std::nullopt;
  const auto found = hive_->impl_->cell(node->security);
  const bool is_sk = found && found->data.get<std::uint16_t>(0) == signature('s', 'k');
  const auto size = is_sk ? found->data.get<std::uint32_t>(16) : std::nullopt;
  if (!size || !found->data.contains(kSecurityBytes, *size)) {
    hive_->impl_->note_cell(is_sk || !found ? Errc::truncated : Errc::malformed,
                            "security descriptor", node->security, cell_);
    return std::nullopt;
  }
  return found->data.tail(kSecurityBytes).head(*size);
}

bool Key::each_subkey(FunctionRef<bool(const Key&)> visit) const {
  return hive_->impl_->each_child(cell_, depth_, [&](std::uint32_t child) {
    return visit(Key{*hive_, child, static_cast<std::uint16_t>(depth_ + 1)});
  });
}

bool Key::visit_values(FunctionRef<bool(const ValueView&)> visit) const {
  return hive_->impl_->visit_values(cell_, visit);
}

bool Key::each_value(FunctionRef<bool(const Value&)> visit) const {
  return visit_values([&](const ValueView& view) { return visit(to_value(view)); });
}

std::optional<Key> Key::subkey(std::string_view name) const {
  const auto child = hive_->impl_->find_child(cell_, depth_, name);
  if (!child) return std::nullopt;
  return Key{*hive_, *child, static_cast<std::uint16_t>(depth_ + 1)};
}

std::optional<Key> Key::find(std::string_view relative_path) const {
  std::optional<Key> key = *this;
  while (key && !relative_path.empty()) {
    const std::size_t end = relative_path.find('\\');
    const std::string_view name = relative_path.substr(0, end);
    relative_path = end == std::string_view::npos ? "" : relative_path.substr(end + 1);
    if (!name.empty()) key = key->subkey(name);
  }
  return key;
}

std::optional<Value> Key::value(std::string_view name) const {
  std::optional<Value> found;
  std::string stored;
  visit_values([&](const ValueView& view) {
    stored.clear();
    view.append_name(stored);
    if (equals_fold(stored, name)) found = to_value(view);
    return !found;
  });
  return found;
}

}  // namespace hozen::regf
