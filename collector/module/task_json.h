// Actions and triggers of a scheduled task as JSON: the same in records and in `hozen parse`.
#pragma once

#include <span>
#include <string>

#include "collector/formats/task_definition.h"

namespace hozen {

/// Appends a list of objects; a member without a value is left out, text that is not UTF-8 has its
/// exact form in `<member>_utf16`.
void append_task_actions(std::string& json, std::span<const TaskAction> actions);
void append_task_triggers(std::string& json, std::span<const TaskTrigger> triggers);

/// What the action does in one line: command and arguments, class, addressee, caption.
std::string task_action_text(const TaskAction& action);

}  // namespace hozen
