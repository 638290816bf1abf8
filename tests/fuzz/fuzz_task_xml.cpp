// The reader of task XML: everything it reads, and every accessor.
#include <cstdlib>

#include "collector/base/text.h"
#include "collector/formats/task_xml.h"

namespace {

using namespace hozen;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes{std::as_bytes(std::span{data, size})};
  task_crc32(bytes);
  require(hashed_part(bytes).size() <= size);
  const auto task = parse_task_xml(bytes);
  if (!task) return 0;
  for (const auto* text :
       {&task->version, &task->uri, &task->author, &task->date, &task->source, &task->description,
        &task->documentation, &task->data, &task->registration_version, &task->security_descriptor})
    require(is_wtf8(*text));
  require(task->triggers.size() <= kMaxTaskTriggers);
  require(task->actions.size() <= kMaxTaskActions);
  for (const auto& action : task->actions)
    for (const auto* text : {&action.element, &action.command, &action.arguments, &action.class_id,
                             &action.data, &action.title, &action.body})
      require(is_wtf8(*text));
  for (const auto& trigger : task->triggers) {
    require(is_wtf8(trigger.kind) && is_wtf8(trigger.schedule) && is_wtf8(trigger.subscription));
    parse_duration(trigger.start);
  }
  for (const auto& [name, value] : task->settings) require(is_wtf8(name) && is_wtf8(value));
  require(task->principals.empty() || task->principal() != nullptr);
  for (const auto& problem : task->problems) require(!problem.text().empty());
  return 0;
}
