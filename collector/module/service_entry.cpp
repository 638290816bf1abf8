#include "collector/module/service_entry.h"

#include <algorithm>

#include "collector/base/json_text.h"
#include "collector/base/text.h"

namespace hozen {
namespace {

constexpr std::pair<std::uint64_t, std::string_view> kTypeNames[] = {
    {0x1, "kernel_driver"}, {0x2, "file_system_driver"}, {0x4, "adapter"},
    {0x8, "recognizer"},    {0x10, "own_process"},       {0x20, "share_process"},
    {0x40, "user_service"}, {0x80, "user_instance"},     {0x100, "interactive"},
    {0x200, "package"},
};

constexpr std::string_view kStarts[] = {"boot", "system", "auto", "demand", "disabled"};

void append_member(std::string& json, std::string_view name, std::string_view text) {
  json += '"';
  json += name;
  json += "\":";
  append_json_string(json, text);
}

/// A list of objects: `write` appends the members of one.
template <class List, class Write>
void write_objects(Cell& cell, const List& list, Write write) {
  std::string& json = cell.raw();
  json += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    json += i == 0 ? "{" : ",{";
    write(list[i], json);
    json += '}';
  }
  json += ']';
}

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

}  // namespace

std::string_view to_text(InboxState state) {
  switch (state) {
    case InboxState::unknown:
      return "unknown";
    case InboxState::usual:
      return "usual";
    case InboxState::differs:
      return "differs";
  }
  return "";
}

std::string ServiceEntry::template_name() const {
  if (!type || (*type & service_type::kUserInstance) == 0) return {};
  const auto at = name.rfind('_');
  if (at == std::string::npos || at == 0 || !is_hex(std::string_view{name}.substr(at + 1)))
    return {};
  return name.substr(0, at);
}

bool ServiceEntry::has_other_library() const {
  if (unused_library.text.empty() || equals_fold(unused_library.text, library.text)) return false;
  const auto* used = library.target();
  const auto* unused = unused_library.target();
  return used == nullptr || unused == nullptr || used->folded() != unused->folded();
}

Envelope ServiceEntry::envelope() const {
  Envelope envelope;
  envelope.origin = {artifact, key_path, offset};
  envelope.timestamps.emplace_back("key_last_written", written);
  const auto add = [&](std::string_view what, FileTime time) {
    if (time.is_set()) envelope.timestamps.emplace_back(what, time);
  };
  add("parameters_last_written", parameters_written);
  add("security_last_written", security_written);
  add("performance_last_written", performance_written);
  return envelope;
}

std::vector<std::string> service_type_names(std::uint64_t type) {
  std::vector<std::string> names;
  for (const auto& [bit, name] : kTypeNames)
    if ((type & bit) != 0) names.emplace_back(name);
  return names;
}

std::string_view service_start_text(std::uint64_t start) {
  return start < std::size(kStarts) ? kStarts[start] : std::string_view{};
}

namespace service_fields {

void write_text(Cell& cell, const std::string& text) {
  text.empty() ? cell.absent(Absent::not_present) : cell.text(text);
}

void write_number(Cell& cell, const std::optional<std::uint64_t>& number) {
  number ? cell.number(*number) : cell.absent(Absent::not_present);
}

void write_command(Cell& cell, const ServiceFile& file, std::string ResolvedCommand::*part) {
  if (!file.command || ((*file.command).*part).empty()) return cell.absent(Absent::not_applicable);
  cell.text((*file.command).*part);
}

void write_target(Cell& cell, const ServiceFile& file) {
  if (!file.command) return cell.absent(Absent::not_applicable);
  cell.text(file.target() != nullptr ? file.target()->text() : file.command->image);
}

void write_existence(Cell& cell, const ServiceFile& file) {
  if (!file.command) return cell.absent(Absent::not_applicable);
  cell.text(to_text(file.command->target_existence()));
}

void write_artifact(Cell& cell, const ServiceFile& file) {
  file.artifact ? cell.number(file.artifact->row) : cell.absent(Absent::not_present);
}

void write_environment_libraries(const ServiceEntry& entry, Cell& cell) {
  std::vector<std::string> paths;
  for (const auto& file : entry.environment_libraries)
    if (file.command)
      paths.push_back(file.target() != nullptr ? file.target()->text() : file.command->image);
  cell.texts(paths);
}

void write_hosts(Cell& cell, const ServiceFile& file) {
  std::vector<std::string> hosts;
  if (file.command)
    for (const auto& host : file.command->hosts)
      hosts.push_back(host.path.empty() ? host.name : host.path);
  cell.texts(hosts);
}

void write_flags(const ServiceEntry& entry, Cell& cell) {
  cell.texts(entry.image.command ? entry.image.command->flags : std::vector<std::string>{});
}

void write_failure_actions(const ServiceEntry& entry, Cell& cell) {
  if (!entry.failure_actions) return cell.absent(Absent::not_present);
  write_objects(cell, entry.failure_actions->actions,
                [](const FailureAction& action, std::string& json) {
                  append_member(json, "type", failure_action_text(action.type));
                  json += ",\"delay_ms\":";
                  append_json_number(json, std::uint64_t{action.delay_ms});
                });
}

void write_triggers(const ServiceEntry& entry, Cell& cell) {
  write_objects(cell, entry.triggers, [](const ServiceTrigger& trigger, std::string& json) {
    append_member(json, "type", trigger_type_text(trigger.type));
    json += ",\"type_number\":";
    append_json_number(json, std::uint64_t{trigger.type});
    json += ',';
    append_member(json, "action", trigger_action_text(trigger.action));
    if (trigger.subtype) {
      json += ',';
      append_member(json, "subtype", trigger.subtype->text());
      json += ',';
      append_member(json, "meaning", trigger_subtype_text(*trigger.subtype));
    }
    json += ",\"data\":[";
    for (std::size_t i = 0; i < trigger.data.size(); ++i) {
      if (i > 0) json += ',';
      append_json_string(json, trigger.data[i]);
    }
    json += ']';
  });
}

void write_filters(const ServiceEntry& entry, Cell& cell) {
  write_objects(cell, entry.filters, [](const FilterInstance& filter, std::string& json) {
    append_member(json, "name", filter.name);
    json += ',';
    append_member(json, "altitude", filter.altitude);
    if (!filter.flags) return;
    json += ",\"flags\":";
    append_json_number(json, *filter.flags);
  });
}

void write_hidden(const ServiceEntry& entry, Cell& cell) {
  if (entry.hidden_data.empty()) return cell.absent(Absent::not_present);
  write_objects(cell, entry.hidden_data, [](const auto& hidden, std::string& json) {
    append_member(json, "value", hidden.first);
    json += ',';
    append_member(json, "text", hidden.second);
  });
}

void write_user_service(const ServiceEntry& entry, Cell& cell) {
  const std::uint64_t type = entry.type.value_or(0);
  if ((type & service_type::kUserInstance) != 0) return cell.text("instance");
  if ((type & service_type::kUserService) != 0) return cell.text("template");
  cell.absent(Absent::not_applicable);
}

}  // namespace service_fields
}  // namespace hozen
