#include "collector/module/asep_entry.h"

#include <algorithm>

#include "collector/base/text.h"

namespace hozen {
namespace {

/// `text` cut to kMaxDataBytes bytes, never inside a character.
std::string_view capped(std::string_view text) {
  if (text.size() <= kMaxDataBytes) return text;
  std::size_t end = kMaxDataBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void write_strings(const RegistryValue& value, Cell& cell) {
  std::vector<std::string> strings = value.strings();
  std::size_t left = kMaxDataBytes;
  for (std::size_t i = 0; i < strings.size(); ++i) {
    const std::size_t cost = strings[i].size() + 1;
    if (cost > left) {
      strings.resize(i);
      break;
    }
    left -= cost;
  }
  cell.texts(strings);
}

/// The data of a list stand in the record of its first entry.
bool has_data(const AsepEntry& entry) { return entry.value && entry.element.value_or(0) == 0; }

}  // namespace

std::vector<const EvidencePath*> AsepEntry::targets() const {
  std::vector<const EvidencePath*> paths;
  if (!command) return paths;
  if (command->target_path()) paths.push_back(&*command->target_path());
  for (const auto& other : command->others)
    if (other.target_path()) paths.push_back(&*other.target_path());
  return paths;
}

std::uint64_t AsepEntry::characters() const {
  return whole_characters ? *whole_characters : utf16_length(text);
}

std::string AsepEntry::place() const {
  if (file && line.empty()) return file->path.text();
  if (file) return file->path.text() + (section.empty() ? " " : " [" + section + "] ") + line;
  if (!value || value->name.empty()) return key_path;
  return key_path + "\\" + printable(value->name);
}

ViewFact AsepEntry::fact(std::string record) const {
  ViewFact fact;
  fact.kind = location->id;
  fact.key = key_path;
  if (value) fact.name = value->name;
  if (element.value_or(0) != 0) fact.name += " (" + std::to_string(*element) + ")";
  fact.written = key_written;
  fact.record = std::move(record);
  fact.partial = value && value->data_incomplete;
  fact.values = {{"command_line", text},
                 {"command_line_characters", std::to_string(characters())},
                 {"value_type", value ? reg_type_text(value->type) : ""}};
  return fact;
}

Envelope AsepEntry::envelope() const {
  Envelope envelope;
  envelope.origin = {artifact, key_path, offset};
  if (file) {
    envelope.timestamps.emplace_back("created", file->si.created);
    envelope.timestamps.emplace_back("modified", file->si.modified);
  } else {
    envelope.timestamps.emplace_back("key_last_written", key_written);
  }
  if (enabled && !*enabled && disabled_at.is_set())
    envelope.timestamps.emplace_back("disabled", disabled_at);
  if (user != nullptr) {
    envelope.user_sid = user->sid;
    envelope.user_name = user->name;
  }
  return envelope;
}

namespace asep_fields {

void write_text_or_absent(Cell& cell, const std::string& text) {
  if (text.empty()) {
    cell.absent(Absent::not_applicable);
  } else {
    cell.text(text);
  }
}

void write_value_name(const AsepEntry& entry, Cell& cell) {
  if (entry.value) {
    cell.text(entry.value->name);
  } else {
    cell.absent(Absent::not_applicable);
  }
}

void write_value_type(const AsepEntry& entry, Cell& cell) {
  if (entry.value) {
    cell.text(reg_type_text(entry.value->type));
  } else {
    cell.absent(Absent::not_applicable);
  }
}

void write_data(const AsepEntry& entry, Cell& cell) {
  if (!has_data(entry)) return cell.absent(Absent::not_applicable);
  const RegistryValue& value = *entry.value;
  if (value.data_incomplete && value.data.empty()) return cell.absent(Absent::unreadable);
  if (const auto text = value.text()) return cell.text(capped(*text));
  if (value.type == static_cast<std::uint32_t>(RegType::multi_sz))
    return write_strings(value, cell);
  if (const auto number = value.number()) return cell.number(*number);
  cell.bytes(std::span{value.data}.first(std::min(value.data.size(), kMaxDataBytes / 2)));
}

void write_data_size(const AsepEntry& entry, Cell& cell) {
  if (has_data(entry)) {
    cell.number(entry.value->data.size());
  } else {
    cell.absent(Absent::not_applicable);
  }
}

void write_data_cut(const AsepEntry& entry, Cell& cell) {
  if (!has_data(entry)) return cell.absent(Absent::not_applicable);
  const RegistryValue& value = *entry.value;
  std::size_t size = 0;
  if (const auto text = value.text()) {
    size = text->size();
  } else if (value.type == static_cast<std::uint32_t>(RegType::multi_sz)) {
    for (const auto& string : value.strings()) size += string.size() + 1;
  } else if (!value.number()) {
    size = value.data.size() * 2;  // in hex
  }
  const auto hidden = value.hidden_tail();
  cell.boolean(value.data_incomplete || size > kMaxDataBytes ||
               (hidden && hidden->size() > kMaxDataBytes));
}

void write_link_target(const AsepEntry& entry, Cell& cell) {
  if (!entry.file->is_link) return cell.absent(Absent::not_applicable);
  cell.optional_text(entry.file->link_target, Absent::unreadable);
}

void write_hidden_data(const AsepEntry& entry, Cell& cell) {
  auto hidden = entry.value ? entry.value->hidden_tail() : std::nullopt;
  if (hidden) {
    while (hidden->ends_with('\0')) hidden->pop_back();
    cell.text(capped(*hidden));
  } else {
    cell.absent(Absent::not_present);
  }
}

void write_control_set(const AsepEntry& entry, Cell& cell) {
  if (entry.control_set && *entry.control_set != 0) {
    cell.number(*entry.control_set);
  } else {
    cell.absent(Absent::not_applicable);
  }
}

void write_command_part(const AsepEntry& entry, Cell& cell, std::string ResolvedCommand::*part) {
  static const std::string none;
  write_text_or_absent(cell, entry.command ? (*entry.command).*part : none);
}

void write_list(const AsepEntry& entry, Cell& cell,
                std::vector<std::string> ResolvedCommand::*part) {
  static const std::vector<std::string> none;
  cell.texts(entry.command ? (*entry.command).*part : none);
}

void write_hosts(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> hosts;
  if (entry.command)
    for (const auto& host : entry.command->hosts)
      hosts.push_back(host.path.empty() ? host.name : host.path);
  cell.texts(hosts);
}

void write_flags(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> flags;
  if (entry.command) {
    flags = entry.command->flags;
    for (const auto& other : entry.command->others)
      for (const auto& flag : other.flags)
        if (std::find(flags.begin(), flags.end(), flag) == flags.end()) flags.push_back(flag);
  }
  cell.texts(flags);
}

void write_other_targets(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> targets;
  if (entry.command)
    for (const auto& other : entry.command->others)
      targets.push_back(other.payload.empty() ? other.image : other.payload);
  cell.texts(targets);
}

void write_other_existence(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> existence;
  if (entry.command)
    for (const auto& other : entry.command->others)
      existence.emplace_back(
          to_text(other.payload.empty() ? other.image_existence : other.payload_existence));
  cell.texts(existence);
}

void write_shortcut_targets(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> targets;
  for (const auto& shortcut : entry.shortcuts)
    for (const auto& target : shortcut.targets)
      targets.push_back(std::string{target.source} + ": " + target.path);
  cell.texts(targets);
}

void write_named_files(const AsepEntry& entry, Cell& cell) {
  std::vector<std::string> files;
  for (const auto& file : entry.named_files) files.push_back(file.text());
  cell.texts(files);
}

void write_existence(const AsepEntry&, Cell& cell, Existence existence, bool there_is_one) {
  if (there_is_one) {
    cell.text(to_text(existence));
  } else {
    cell.absent(Absent::not_applicable);
  }
}

}  // namespace asep_fields
}  // namespace hozen
