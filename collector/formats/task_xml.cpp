#include "collector/formats/task_xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "collector/base/text.h"
#include "collector/formats/task_xml_impl.h"

namespace hozen {
namespace {

using pugi::xml_node;

/// Text of one element that is kept; a definition is at most 4 MiB.
constexpr std::size_t kMaxTextBytes = 1u << 20;
/// After so many the rest is not listed.
constexpr std::size_t kMaxProblems = 100;

std::string_view local_name(const char* name) {
  const std::string_view whole = name;
  const auto colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

std::string_view local_name(xml_node node) { return local_name(node.name()); }

bool is_element(xml_node node) { return node.type() == pugi::node_element; }

template <class Visit>
void each_element(xml_node parent, Visit visit) {
  for (const auto child : parent.children())
    if (is_element(child)) visit(child);
}

template <class Visit>
void each_named(xml_node parent, std::string_view name, Visit visit) {
  each_element(parent, [&](xml_node child) {
    if (local_name(child) == name) visit(child);
  });
}

xml_node child_of(xml_node parent, std::string_view name) {
  for (const auto child : parent.children())
    if (is_element(child) && local_name(child) == name) return child;
  return {};
}

/// A character reference may name what is no character.
std::string wtf8(std::string text) { return is_wtf8(text) ? text : to_wtf8_lossy(text); }

std::string attribute_of(xml_node node, std::string_view name) {
  for (const auto attribute : node.attributes())
    if (local_name(attribute.name()) == name) return wtf8(attribute.value());
  return {};
}

/// All text directly in the element: comments and references part it into several nodes.
std::string text_of(xml_node node) {
  std::string text;
  for (const auto child : node.children())
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata)
      text += child.value();
  if (text.size() > kMaxTextBytes) text.resize(kMaxTextBytes);
  return wtf8(std::move(text));
}

/// Surrounding white space has no meaning in names, numbers and times.
std::string word_of(xml_node parent, std::string_view name) {
  return std::string{trim(text_of(child_of(parent, name)))};
}

std::string line_of(xml_node parent, std::string_view name) {
  return text_of(child_of(parent, name));
}

/// The next element in document order within `root`, children first; empty at the end.
xml_node next_element(xml_node root, xml_node at, std::size_t& depth) {
  if (const auto child = at.first_child()) {
    ++depth;
    return child;
  }
  while (at != root && !at.next_sibling()) {
    at = at.parent();
    --depth;
  }
  return at == root ? xml_node{} : at.next_sibling();
}

class Reader {
 public:
  explicit Reader(TaskXml& task) : task_{task} {}

  void problem(Errc code, std::string what, xml_node node) {
    if (task_.problems.size() >= kMaxProblems) return;
    const auto offset = node.offset_debug();
    task_.problems.push_back(
        Error{code, std::move(what), std::nullopt,
              offset < 0 ? "" : "character " + std::to_string(offset) + " of the text in UTF-8"});
  }

  void read(xml_node task) {
    check_depth(task);
    task_.version = attribute_of(task, "version");
    each_element(task, [&](xml_node part) {
      const std::string_view name = local_name(part);
      if (name == "RegistrationInfo") {
        read_registration(part);
      } else if (name == "Triggers") {
        read_triggers(part);
      } else if (name == "Principals") {
        each_named(part, "Principal", [&](xml_node node) { read_principal(node); });
      } else if (name == "Settings") {
        read_settings(part);
      } else if (name == "Actions") {
        read_actions(part);
      } else if (name == "Data") {
        read_data(part);
      } else {
        problem(Errc::unsupported, "task XML element " + printable(name), part);
      }
    });
  }

 private:
  void check_depth(xml_node task) {
    std::size_t depth = 1;
    for (xml_node at = task; at; at = next_element(task, at, depth))
      if (depth > kMaxTaskXmlDepth) return problem(Errc::limit, "task XML nesting", at);
  }

  void read_registration(xml_node info) {
    task_.uri = word_of(info, "URI");
    task_.author = line_of(info, "Author");
    task_.date = word_of(info, "Date");
    task_.description = line_of(info, "Description");
    task_.source = line_of(info, "Source");
    task_.documentation = line_of(info, "Documentation");
    task_.registration_version = word_of(info, "Version");
    task_.security_descriptor = word_of(info, "SecurityDescriptor");
  }

  std::optional<bool> flag_of(xml_node parent, std::string_view name) {
    const xml_node node = child_of(parent, name);
    if (!node) return {};
    const std::string text = to_lower_ascii(trim(text_of(node)));
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    problem(Errc::malformed, "task XML switch " + std::string{name}, node);
    return {};
  }

  std::optional<std::uint64_t> duration_of(xml_node parent, std::string_view name) {
    const xml_node node = child_of(parent, name);
    const std::string text{trim(text_of(node))};
    if (text.empty()) return {};
    const auto seconds = parse_duration(text);
    if (!seconds) problem(Errc::malformed, "task XML duration " + std::string{name}, node);
    return seconds;
  }

  void read_triggers(xml_node triggers) {
    std::size_t left_out = 0;
    each_element(triggers, [&](xml_node node) {
      if (task_.triggers.size() < kMaxTaskTriggers) return read_trigger(node);
      if (left_out++ == 0) problem(Errc::limit, "triggers of task XML", node);
    });
  }

  void read_trigger(xml_node node) {
    TaskTrigger& trigger = task_.triggers.emplace_back();
    trigger.kind = wtf8(std::string{local_name(node)});
    trigger.id = attribute_of(node, "id");
    trigger.enabled = flag_of(node, "Enabled");
    trigger.start = word_of(node, "StartBoundary");
    trigger.end = word_of(node, "EndBoundary");
    trigger.delay_s = duration_of(node, "Delay");
    trigger.random_delay_s = duration_of(node, "RandomDelay");
    trigger.execution_time_limit_s = duration_of(node, "ExecutionTimeLimit");
    if (const auto repetition = child_of(node, "Repetition")) {
      trigger.repetition_interval_s = duration_of(repetition, "Interval");
      trigger.repetition_duration_s = duration_of(repetition, "Duration");
      trigger.stop_at_duration_end = flag_of(repetition, "StopAtDurationEnd").value_or(false);
    }
    trigger.user = word_of(node, "UserId");
    trigger.state_change = word_of(node, "StateChange");
    trigger.state_name = word_of(node, "StateName");
    trigger.subscription = line_of(node, "Subscription");
    each_named(child_of(node, "ValueQueries"), "Value", [&](xml_node value) {
      if (trigger.value_queries.size() < kMaxTaskTriggers)
        trigger.value_queries.emplace_back(attribute_of(value, "name"), text_of(value));
    });
    each_element(node, [&](xml_node child) {
      if (local_name(child).starts_with("ScheduleBy") && trigger.schedule.empty())
        trigger.schedule = schedule_of(child);
    });
  }

  /// "ScheduleByWeek WeeksInterval=1 DaysOfWeek=Monday,Friday".
  static std::string schedule_of(xml_node schedule) {
    std::string text{local_name(schedule)};
    each_element(schedule, [&](xml_node part) {
      std::string values{trim(text_of(part))};
      each_element(part, [&](xml_node value) {
        const std::string inner{trim(text_of(value))};
        values +=
            (values.empty() ? "" : ",") + (inner.empty() ? std::string{local_name(value)} : inner);
      });
      text += " " + std::string{local_name(part)} + "=" + values;
    });
    return wtf8(std::move(text));
  }

  void read_principal(xml_node node) {
    if (task_.principals.size() >= kMaxTaskActions) return;
    TaskPrincipal& principal = task_.principals.emplace_back();
    principal.id = attribute_of(node, "id");
    principal.user = word_of(node, "UserId");
    principal.group = word_of(node, "GroupId");
    principal.display_name = line_of(node, "DisplayName");
    principal.logon_type = word_of(node, "LogonType");
    principal.run_level = word_of(node, "RunLevel");
    principal.token_sid_type = word_of(node, "ProcessTokenSidType");
    each_named(child_of(node, "RequiredPrivileges"), "Privilege", [&](xml_node privilege) {
      if (principal.privileges.size() < kMaxTaskActions)
        principal.privileges.emplace_back(trim(text_of(privilege)));
    });
  }

  void read_settings(xml_node settings) {
    task_.hidden = flag_of(settings, "Hidden");
    task_.enabled = flag_of(settings, "Enabled");
    const auto add = [&](const std::string& name, xml_node node) {
      const std::string text{trim(text_of(node))};
      if (!text.empty() && task_.settings.size() < kMaxTaskTriggers)
        task_.settings.emplace_back(wtf8(name), text);
    };
    each_element(settings, [&](xml_node node) {
      const std::string name{local_name(node)};
      add(name, node);
      each_element(
          node, [&](xml_node inner) { add(name + "." + std::string{local_name(inner)}, inner); });
    });
  }

  void read_actions(xml_node actions) {
    task_.actions_context = attribute_of(actions, "Context");
    std::size_t left_out = 0;
    each_element(actions, [&](xml_node node) {
      if (task_.actions.size() < kMaxTaskActions) return task_.actions.push_back(action_of(node));
      if (left_out++ == 0) problem(Errc::limit, "actions of task XML", node);
    });
  }

  static TaskAction action_of(xml_node node) {
    const std::string_view name = local_name(node);
    TaskAction action;
    action.id = attribute_of(node, "id");
    if (name == "Exec") {
      action.kind = TaskActionKind::exec;
      action.command = line_of(node, "Command");
      action.arguments = line_of(node, "Arguments");
      action.working_directory = line_of(node, "WorkingDirectory");
    } else if (name == "ComHandler") {
      action.kind = TaskActionKind::com_handler;
      action.class_id = word_of(node, "ClassId");
      action.data = line_of(node, "Data");
    } else if (name == "SendEmail") {
      action.kind = TaskActionKind::email;
      read_email(node, action);
    } else if (name == "ShowMessage") {
      action.kind = TaskActionKind::message;
      action.title = line_of(node, "Title");
      action.body = line_of(node, "Body");
    } else {
      action.element = wtf8(std::string{name});
    }
    return action;
  }

  static void read_email(xml_node node, TaskAction& action) {
    action.title = line_of(node, "Subject");
    action.body = line_of(node, "Body");
    action.server = line_of(node, "Server");
    action.from = line_of(node, "From");
    action.to = line_of(node, "To");
    action.cc = line_of(node, "Cc");
    action.bcc = line_of(node, "Bcc");
    action.reply_to = line_of(node, "ReplyTo");
    each_named(child_of(node, "Attachments"), "File", [&](xml_node file) {
      if (action.attachments.size() < kMaxTaskActions) action.attachments.push_back(text_of(file));
    });
    each_named(child_of(node, "HeaderFields"), "HeaderField", [&](xml_node header) {
      if (action.headers.size() < kMaxTaskActions)
        action.headers.emplace_back(line_of(header, "Name"), line_of(header, "Value"));
    });
  }

  /// Any XML may stand in Data: all text of it.
  void read_data(xml_node data) {
    std::size_t depth = 1;
    for (xml_node at = data; at; at = next_element(data, at, depth))
      if ((at.type() == pugi::node_pcdata || at.type() == pugi::node_cdata) &&
          task_.data.size() < kMaxTextBytes)
        task_.data += at.value();
    task_.data = wtf8(std::move(task_.data));
  }

  TaskXml& task_;
};

xml_node find_task(const pugi::xml_document& document) {
  for (const auto node : document.children())
    if (is_element(node) && local_name(node) == "Task") return node;
  return {};
}

/// A Task element begins in the text, whatever its namespace is called.
bool has_task_tag(std::string_view text) {
  constexpr std::string_view kName = "Task";
  for (std::size_t at = text.find(kName); at != std::string_view::npos;
       at = text.find(kName, at + 1)) {
    const std::size_t end = at + kName.size();
    const bool ends = end < text.size() &&
                      std::string_view{" \t\r\n/>"}.find(text[end]) != std::string_view::npos;
    const std::size_t open = text.rfind('<', at);
    if (!ends || open == std::string_view::npos) continue;
    const std::string_view prefix = text.substr(open + 1, at - open - 1);
    if (prefix.empty() ||
        (prefix.ends_with(':') && prefix.find_first_of(" \t\r\n!?/\"'") == std::string_view::npos))
      return true;
  }
  return false;
}

}  // namespace

bool looks_like_task_xml(Bytes head) { return has_task_tag(decode_task_xml(head).text); }

const TaskPrincipal* TaskXml::principal() const {
  const auto named = std::find_if(principals.begin(), principals.end(),
                                  [&](const auto& one) { return one.id == actions_context; });
  if (named != principals.end()) return &*named;
  return principals.empty() ? nullptr : &principals.front();
}

Result<TaskXml> parse_task_xml(Bytes file) {
  if (file.size() > kMaxTaskXmlBytes) return Error{Errc::limit, "task XML over 4 MiB"};
  const DecodedTaskXml decoded = decode_task_xml(file);
  const auto marks = std::count_if(decoded.text.begin(), decoded.text.end(),
                                   [](char c) { return c == '<' || c == '='; });
  if (static_cast<std::size_t>(marks) > kMaxTaskXmlMarks)
    return Error{Errc::limit, "tags and attributes of task XML"};

  TaskXml task;
  task.encoding = decoded.encoding;
  task.byte_order_mark = decoded.mark;
  Reader reader{task};
  if (decoded.assumed)
    reader.problem(Errc::malformed, "task XML encoding: neither UTF-16 nor UTF-8", {});
  if (decoded.encoding.starts_with("utf-16") && file.size() % 2 != 0)
    reader.problem(Errc::truncated, "task XML: odd last byte", {});
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(decoded.text.data(), decoded.text.size(),
                           pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  for (const auto node : document.children())
    if (node.type() == pugi::node_doctype)
      reader.problem(Errc::unsupported, "task XML document type declaration", node);
  const xml_node root = find_task(document);
  if (!root)
    return Error{Errc::malformed, "task XML: no Task element", std::nullopt,
                 parsed ? "" : parsed.description()};
  if (!parsed) {
    reader.problem(Errc::malformed, std::string{"task XML: "} + parsed.description(), {});
    task.problems.back().detail =
        "character " + std::to_string(parsed.offset) + " of the text in UTF-8";
  }
  reader.read(root);
  return task;
}

}  // namespace hozen
