#include "collector/cli/parse_task.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "collector/base/hash.h"
#include "collector/base/json_object.h"
#include "collector/base/json_text.h"
#include "collector/cli/print_record.h"
#include "collector/formats/job_file.h"
#include "collector/formats/task_xml.h"
#include "collector/module/record.h"
#include "collector/module/task_json.h"

namespace hozen::cli {
namespace {

void optional_flag(Cell& cell, const std::optional<bool>& flag) {
  flag ? cell.boolean(*flag) : cell.absent(Absent::not_present);
}

void text_or_absent(Cell& cell, const std::string& text) {
  text.empty() ? cell.absent(Absent::not_present) : cell.text(text);
}

struct XmlRow {
  const TaskXml* task;
  Bytes file;
};

void append_principal(std::string& json, const TaskPrincipal& one) {
  JsonObject object{json};
  object.text("id", one.id);
  object.text("user", one.user);
  object.text("group", one.group);
  object.text("display_name", one.display_name);
  object.text("logon_type", one.logon_type);
  object.text("run_level", one.run_level);
  object.text("token_sid_type", one.token_sid_type);
  object.texts("privileges", one.privileges);
}

void write_principals(const XmlRow& row, Cell& cell) {
  std::string& json = cell.raw();
  json += '[';
  for (const auto& one : row.task->principals) {
    if (json.back() != '[') json += ',';
    append_principal(json, one);
  }
  json += ']';
}

/// The one that the actions name; Windows takes the only one there is.
void write_principal(const XmlRow& row, Cell& cell) {
  const auto& all = row.task->principals;
  const auto named = std::find_if(all.begin(), all.end(), [&](const TaskPrincipal& one) {
    return one.id == row.task->actions_context;
  });
  if (all.empty()) return cell.absent(Absent::not_present);
  append_principal(cell.raw(), named != all.end() ? *named : all.front());
}

/// A .job file starts one program.
void write_job_action(const JobFile& job, Cell& cell) {
  TaskAction action;
  action.kind = TaskActionKind::exec;
  action.command = job.application;
  action.arguments = job.parameters;
  action.working_directory = job.working_directory;
  append_task_actions(cell.raw(), std::span{&action, 1});
}

void write_settings(const XmlRow& row, Cell& cell) {
  std::vector<std::string> list;
  for (const auto& [name, value] : row.task->settings)
    list.emplace_back(name).append("=").append(value);
  cell.texts(list);
}

using X = Field<XmlRow>;
constexpr std::array kXmlFields{
    X{{"format", ""}, [](const XmlRow&, Cell& c) { c.text("task_xml"); }},
    X{{"encoding", ""}, [](const XmlRow& r, Cell& c) { c.text(r.task->encoding); }},
    X{{"byte_order_mark", ""},
      [](const XmlRow& r, Cell& c) { c.boolean(r.task->byte_order_mark); }},
    X{{"version", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->version); }},
    X{{"uri", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->uri); }},
    X{{"author", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->author); }},
    X{{"date", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->date); }},
    X{{"description", ""},
      [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->description); }},
    X{{"task_source", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->source); }},
    X{{"documentation", ""},
      [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->documentation); }},
    X{{"registration_version", ""},
      [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->registration_version); }},
    X{{"security_descriptor", ""},
      [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->security_descriptor); }},
    X{{"hidden", ""}, [](const XmlRow& r, Cell& c) { optional_flag(c, r.task->hidden); }},
    X{{"enabled", ""}, [](const XmlRow& r, Cell& c) { optional_flag(c, r.task->enabled); }},
    X{{"principal", ""}, write_principal},
    X{{"principals", ""}, write_principals},
    X{{"triggers", ""},
      [](const XmlRow& r, Cell& c) { append_task_triggers(c.raw(), r.task->triggers); }},
    X{{"actions_context", ""},
      [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->actions_context); }},
    X{{"actions", ""},
      [](const XmlRow& r, Cell& c) { append_task_actions(c.raw(), r.task->actions); }},
    X{{"settings", ""}, write_settings},
    X{{"data", ""}, [](const XmlRow& r, Cell& c) { text_or_absent(c, r.task->data); }},
    X{{"sha256", ""},
      [](const XmlRow& r, Cell& c) { c.bytes(sha256(hashed_part(r.file).span())); }},
    X{{"crc32", ""}, [](const XmlRow& r, Cell& c) { c.number(task_crc32(r.file)); }},
};

using J = Field<JobFile>;
constexpr std::array kJobFields{
    J{{"format", ""}, [](const JobFile&, Cell& c) { c.text("job_file"); }},
    J{{"uri", ""}, [](const JobFile&, Cell& c) { c.absent(Absent::not_applicable); }},
    J{{"product_version", ""}, [](const JobFile& j, Cell& c) { c.number(j.product_version); }},
    J{{"id", ""}, [](const JobFile& j, Cell& c) { c.text(j.id.text()); }},
    J{{"application", ""}, [](const JobFile& j, Cell& c) { c.text(j.application); }},
    J{{"parameters", ""}, [](const JobFile& j, Cell& c) { text_or_absent(c, j.parameters); }},
    J{{"working_directory", ""},
      [](const JobFile& j, Cell& c) { text_or_absent(c, j.working_directory); }},
    J{{"author", ""}, [](const JobFile& j, Cell& c) { text_or_absent(c, j.author); }},
    J{{"comment", ""}, [](const JobFile& j, Cell& c) { text_or_absent(c, j.comment); }},
    J{{"last_run", ""}, [](const JobFile& j, Cell& c) { text_or_absent(c, j.last_run); }},
    J{{"status", ""}, [](const JobFile& j, Cell& c) { c.number(j.status); }},
    J{{"exit_code", ""}, [](const JobFile& j, Cell& c) { c.number(j.exit_code); }},
    J{{"start_error", ""},
      [](const JobFile& j, Cell& c) {
        j.start_error ? c.number(*j.start_error) : c.absent(Absent::not_present);
      }},
    J{{"flags", ""}, [](const JobFile& j, Cell& c) { c.number(j.flags); }},
    J{{"hidden", ""}, [](const JobFile& j, Cell& c) { c.boolean(j.has(job_flag::kHidden)); }},
    J{{"enabled", ""}, [](const JobFile& j, Cell& c) { c.boolean(!j.has(job_flag::kDisabled)); }},
    J{{"principal", ""}, [](const JobFile&, Cell& c) { c.absent(Absent::not_applicable); }},
    J{{"actions", ""}, write_job_action},
    J{{"priority_class", ""}, [](const JobFile& j, Cell& c) { c.number(j.priority_class); }},
    J{{"max_run_time_ms", ""}, [](const JobFile& j, Cell& c) { c.number(j.max_run_time_ms); }},
    J{{"user_data_bytes", ""}, [](const JobFile& j, Cell& c) { c.number(j.user_data_bytes); }},
    J{{"signature", ""}, [](const JobFile& j, Cell& c) { c.boolean(j.signature); }},
    J{{"triggers", ""},
      [](const JobFile& j, Cell& c) { append_task_triggers(c.raw(), j.triggers); }},
};

}  // namespace

Result<std::uint64_t> print_task_xml(Bytes file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const TaskXml task, parse_task_xml(file));
  print_record("scheduled_task", kXmlFields, XmlRow{&task, file}, source, out);
  return print_problems(task.problems, source, out);
}

Result<std::uint64_t> print_job_file(Bytes file, std::string_view source, LineBuffer& out) {
  HOZEN_TRY(const JobFile job, parse_job_file(file));
  print_record("scheduled_task", kJobFields, job, source, out);
  return print_problems(job.problems, source, out);
}

}  // namespace hozen::cli
