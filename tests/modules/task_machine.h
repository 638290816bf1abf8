// A fake machine with scheduled tasks, each written as the Task Scheduler writes it: file, tree,
// cache. Tests then change one of the three.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "collector/base/hash.h"
#include "collector/formats/task_cache.h"
#include "collector/formats/task_xml.h"
#include "collector/source/live_state.h"
#include "tests/builders/fake_context.h"
#include "tests/builders/task_builder.h"

namespace hozen {
namespace modules {
extern const ModuleSpec scheduled_tasks;
}  // namespace modules

inline constexpr std::string_view kCache =
    "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\";

/// D:(A;;FA;;;BA)(A;;FA;;;SY), owner SYSTEM; `deny_first` puts a D(eny) entry for Administrators
/// in front.
inline builders::TaskBytes task_descriptor(bool deny_first = false) {
  builders::TaskBlob aces;
  const auto ace = [&](std::uint8_t type, bool administrators) {
    aces.u8(type).u8(0).u16(administrators ? 24 : 20).u32(0x1F01FF);
    aces.u8(1).u8(administrators ? 2 : 1).u32(0).u16(0x0500);
    if (administrators)
      aces.u32(32).u32(544);
    else
      aces.u32(18);
  };
  if (deny_first) ace(1, true);
  ace(0, true);
  ace(0, false);
  builders::TaskBlob blob;
  blob.u8(1).u8(0).u16(0x8004).u32(20).u32(0).u32(0).u32(32);
  blob.u8(1).u8(1).u32(0).u16(0x0500).u32(18);
  blob.u8(2).u8(0).u16(static_cast<std::uint16_t>(8 + aces.size()));
  blob.u16(deny_first ? 3 : 2).u16(0).raw(aces.bytes());
  return blob.bytes();
}

struct TaskSpec {
  std::string path;  ///< "\\Folder\\Name"
  std::string command, arguments{};
  std::string class_id{};
  std::string folder{};  ///< working directory
  std::string principal = "<UserId>S-1-5-18</UserId><RunLevel>LeastPrivilege</RunLevel>";
  std::string triggers = "<LogonTrigger><Enabled>true</Enabled></LogonTrigger>";
  std::string settings = "<Enabled>true</Enabled>";
  std::uint32_t flags = task_flag::kEnabled;
};

class TaskMachine {
 public:
  TaskMachine() {
    windows.user("alice");
    windows.program("C:\\Program Files\\Vendor\\agent.exe");
  }

  static std::string guid(int number) {
    return "{00000000-0000-0000-0000-" + std::string(12 - std::to_string(number).size(), '0') +
           std::to_string(number) + "}";
  }
  static std::string file_of(const std::string& path) {
    return "C:\\Windows\\System32\\Tasks" + path;
  }

  /// Registers a task in all three views; returns its GUID.
  std::string add(const TaskSpec& spec) {
    const std::string id = guid(++count_);
    add_file(spec);
    add_tree(spec.path, id);
    add_cache(spec, id);
    return id;
  }
  void add_file(const TaskSpec& spec) { windows.file(file_of(spec.path), "").bytes = xml_of(spec); }
  void add_tree(const std::string& path, const std::string& id) {
    const std::string key = std::string{kCache} + "Tree" + path;
    windows.value(key, "Id", fake::sz(id)).value(key, "Index", fake::dword(3));
    windows.value(key, "SD", data(task_descriptor()));
  }
  void add_cache(const TaskSpec& spec, const std::string& id) {
    const std::string key = std::string{kCache} + "Tasks\\" + id;
    const auto xml = xml_of(spec);
    const auto digest = sha256(hashed_part(Bytes{xml}).span());
    builders::ActionsBuilder actions;
    actions.exec(spec.command, spec.arguments, spec.folder);
    const FileTime success = fake::at(30);
    windows.value(key, "Path", fake::sz(spec.path))
        .value(key, "Hash", data({digest.begin(), digest.end()}))
        .value(key, "Actions", data(actions.bytes()))
        .value(key, "Triggers",
               data(builders::TriggersBuilder{}
                        .flags(spec.flags)
                        .crc(task_crc32(Bytes{xml}))
                        .logon()
                        .bytes()))
        .value(key, "DynamicInfo",
               data(builders::dynamic_info(fake::at(10), fake::at(20), 1, &success)));
    windows.key(std::string{kCache} + "Plain\\" + id);
  }
  static fake::Data data(const builders::TaskBytes& bytes) { return fake::raw_data(3, bytes); }
  static builders::TaskBytes xml_of(const TaskSpec& spec) {
    builders::TaskXmlText text;
    text.uri = spec.path;
    text.principal = spec.principal;
    text.triggers = spec.triggers;
    text.settings = spec.settings;
    if (spec.class_id.empty())
      text.exec(spec.command, spec.arguments, spec.folder);
    else
      text.com(spec.class_id);
    return text.bytes();
  }

  /// Runs the module; keeps machine and context. With `state`, which must outlive them, the machine
  /// is a running one.
  fake::Context& run(const LiveState* state = nullptr) {
    machine_ = windows.machine();
    if (state != nullptr) machine_.source->be_live(*machine_.registry, state);
    context_ = std::make_unique<fake::Context>(machine_);
    const auto result = modules::scheduled_tasks.run(*context_);
    if (!result) context_->notes.push_back(result.error());
    return *context_;
  }

  fake::FakeWindows windows;

 private:
  int count_ = 0;
  fake::Machine machine_;
  std::unique_ptr<fake::Context> context_;
};

}  // namespace hozen
