#include "collector/module/task_json.h"

#include <string_view>

#include "collector/base/json_text.h"

namespace hozen {
namespace {

/// One JSON object under construction.
class Object {
 public:
  explicit Object(std::string& json) : json_{json} { json_ += '{'; }
  ~Object() { json_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    member(name, "");
    if (append_json_string(json_, value)) return;
    member(name, "_utf16");
    append_json_utf16_hex(json_, value);
  }
  void number(std::string_view name, const std::optional<std::uint64_t>& value) {
    if (!value) return;
    member(name, "");
    append_json_number(json_, *value);
  }
  void boolean(std::string_view name, const std::optional<bool>& value) {
    if (!value) return;
    member(name, "");
    json_ += *value ? "true" : "false";
  }
  void texts(std::string_view name, std::span<const std::string> values) {
    if (values.empty()) return;
    member(name, "");
    json_ += '[';
    for (const auto& value : values) {
      if (json_.back() != '[') json_ += ',';
      append_json_string(json_, value);
    }
    json_ += ']';
  }
  /// "name=value" each.
  void pairs(std::string_view name, std::span<const std::pair<std::string, std::string>> values) {
    std::vector<std::string> list;
    for (const auto& [key, value] : values) list.push_back(key + "=" + value);
    texts(name, list);
  }

 private:
  void member(std::string_view name, std::string_view suffix) {
    if (json_.back() != '{') json_ += ',';
    json_ += '"';
    json_ += name;
    json_ += suffix;
    json_ += "\":";
  }

  std::string& json_;
};

void append_action(std::string& json, const TaskAction& action) {
  Object object{json};
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
  object.pairs("headers", action.headers);
}

void append_trigger(std::string& json, const TaskTrigger& trigger) {
  Object object{json};
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
  object.pairs("value_queries", trigger.value_queries);
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
