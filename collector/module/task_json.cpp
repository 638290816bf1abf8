#include "collector/module/task_json.h"

#include <string_view>
#include <utility>
#include <vector>

#include "collector/base/json_object.h"

namespace hozen {
namespace {

/// "name=value" each.
void pairs(JsonObject& object, std::string_view name,
           std::span<const std::pair<std::string, std::string>> values) {
  std::vector<std::string> list;
  for (const auto& [key, value] : values) list.push_back(key + "=" + value);
  object.texts(name, list);
}

void append_action(std::string& json, const TaskAction& action) {
  JsonObject object{json};
  object.text("type", to_text(action.kind));
  object.text("element", action.element);
  object.text("id", action.id);
  object.text("command", action.command);
  object.text("arguments", action.arguments);
  object.text("working_directory", action.working_directory);
  object.text("class_id", action.class_id);
  object.text("data", action.data);
  object.text("title", action.title);
  object.text("body", action.body);
  object.text("server", action.server);
  object.text("from", action.from);
  object.text("to", action.to);
  object.text("cc", action.cc);
  object.text("bcc", action.bcc);
  object.text("reply_to", action.reply_to);
  object.texts("attachments", action.attachments);
  pairs(object, "headers", action.headers);
}

void append_trigger(std::string& json, const TaskTrigger& trigger) {
  JsonObject object{json};
  object.text("type", trigger.kind);
  object.text("id", trigger.id);
  object.boolean("enabled", trigger.enabled);
  object.text("start", trigger.start);
  object.text("end", trigger.end);
  object.text("schedule", trigger.schedule);
  object.number("delay_s", trigger.delay_s);
  object.number("random_delay_s", trigger.random_delay_s);
  object.number("execution_time_limit_s", trigger.execution_time_limit_s);
  object.number("repetition_interval_s", trigger.repetition_interval_s);
  object.number("repetition_duration_s", trigger.repetition_duration_s);
  if (trigger.stop_at_duration_end) object.boolean("stop_at_duration_end", true);
  object.text("user", trigger.user);
  object.text("state_change", trigger.state_change);
  object.text("subscription", trigger.subscription);
  pairs(object, "value_queries", trigger.value_queries);
  object.text("state_name", trigger.state_name);
}

template <class Item, class Append>
void append_list(std::string& json, std::span<const Item> items, Append append) {
  json += '[';
  for (const auto& item : items) {
    if (json.back() != '[') json += ',';
    append(json, item);
  }
  json += ']';
}

}  // namespace

void append_task_actions(std::string& json, std::span<const TaskAction> actions) {
  append_list(json, actions, append_action);
}

void append_task_triggers(std::string& json, std::span<const TaskTrigger> triggers) {
  append_list(json, triggers, append_trigger);
}

std::string task_action_text(const TaskAction& action) {
  switch (action.kind) {
    case TaskActionKind::exec:
      return action.arguments.empty() ? action.command : action.command + ' ' + action.arguments;
    case TaskActionKind::com_handler:
      return action.data.empty() ? action.class_id : action.class_id + ' ' + action.data;
    case TaskActionKind::email:
      return "mail to " + action.to;
    case TaskActionKind::message:
      return "message " + action.title;
    case TaskActionKind::other:
      break;
  }
  return action.element;
}

}  // namespace hozen
