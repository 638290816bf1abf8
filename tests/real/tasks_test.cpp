// Readers of scheduled tasks over what Windows wrote: 202 definitions, the values of nine tasks of
// the registry, one .job file.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "collector/base/hash.h"
#include "collector/base/text.h"
#include "collector/formats/job_file.h"
#include "collector/formats/regf.h"
#include "collector/formats/task_cache.h"
#include "collector/formats/task_xml.h"
#include "tests/builders/fake_windows.h"
#include "tests/real/real_evidence.h"

namespace hozen::real {
namespace {

class RealTasks : public RealEvidence {};

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// The columns of facts/tasks.tsv behind the path.
Row facts_of(const TaskXml& task) {
  std::vector<std::string> users, groups, levels, enabled, kinds, commands, arguments, classes;
  for (const auto& one : task.principals) {
    if (!one.user.empty()) users.push_back(one.user);
    if (!one.group.empty()) groups.push_back(one.group);
    if (!one.run_level.empty()) levels.push_back(one.run_level);
  }
  for (const auto& one : task.triggers) {
    kinds.push_back(one.kind);
    if (one.enabled) enabled.emplace_back(*one.enabled ? "true" : "false");
  }
  for (const auto& one : task.actions) {
    if (one.kind == TaskActionKind::exec) commands.push_back(one.command);
    if (!one.arguments.empty()) arguments.push_back(one.arguments);
    if (!one.class_id.empty()) classes.push_back(one.class_id);
  }
  const auto hidden = task.hidden ? std::string{*task.hidden ? "true" : "false"} : "";
  return {task.uri,
          task.author,
          joined(users, "|"),
          joined(groups, "|"),
          joined(levels, "|"),
          hidden,
          joined(kinds, " "),
          joined(commands, "|"),
          joined(arguments, "|"),
          joined(classes, "|")};
}

TEST_F(RealTasks, EveryDefinitionIsReadAndSaysWhatTheFactsSay) {
  const auto rows = facts("tasks.tsv");
  ASSERT_EQ(rows.size(), 202u);
  for (const Row& row : rows) {
    const auto bytes = evidence(row[0]);
    const auto task = parse_task_xml(Bytes{bytes});
    ASSERT_TRUE(task) << row[0];
    EXPECT_TRUE(task->problems.empty()) << row[0] << ": " << task->problems[0].text();
    EXPECT_EQ(task->encoding, "utf-16le");
    Row wanted{row.begin() + 1, row.end()};
    wanted.resize(12);
    EXPECT_EQ(task->security_descriptor.substr(0, 80).find(wanted[11].substr(0, 80)), 0u) << row[0];
    wanted.pop_back();
    wanted.erase(wanted.begin() + 6);  // every element Enabled, of Settings too
    EXPECT_EQ(facts_of(*task), wanted) << row[0];
  }
}

struct RealValue {
  std::string task, name;
  std::vector<std::byte> data;
};

/// The values of TaskCache\Tasks of the made hive: nine tasks are Windows' own.
std::vector<RealValue> cache_values() {
  fake::FakeWindows windows;
  windows.hive_bytes("HKLM\\SOFTWARE", evidence("hives/synthetic/SOFTWARE_taskcache"));
  fake::Machine machine = windows.machine();
  std::vector<RealValue> values;
  const auto visit = [&](RegistryHive& hive) {
    auto tasks =
        hive.root->open("Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tasks");
    EXPECT_TRUE(tasks);
    const auto listed = (*tasks)->each_subkey([&](RegistryKey& key) {
      const auto path = key.value("Path");
      return key
          .each_value([&](const RegistryValue& value) {
            values.push_back({path ? path->text().value_or("") : "", value.name, value.data});
            return true;
          })
          .has_value();
    });
    EXPECT_TRUE(listed);
    return true;
  };
  EXPECT_TRUE(machine.registry->each_hive({HiveRole::software}, visit,
                                          [](const auto&, HiveRole, const Error&) {}));
  return values;
}

TEST_F(RealTasks, TheValuesOfTheCacheDecodeCompletely) {
  int actions = 0, triggers = 0, infos = 0;
  for (const auto& value : cache_values()) {
    const std::string place = value.task + " " + value.name;
    const Bytes data{value.data};
    if (value.name == "Actions") {
      const auto read = parse_cached_actions(data);
      ASSERT_TRUE(read) << place;
      EXPECT_TRUE(read->complete && read->problems.empty()) << place;
      EXPECT_EQ(read->actions.size(), 1u) << place;
      ++actions;
    } else if (value.name == "Triggers") {
      const auto read = parse_cached_triggers(data);
      ASSERT_TRUE(read) << place;
      EXPECT_TRUE(read->complete && read->problems.empty())
          << place << ": " << (read->problems.empty() ? "" : read->problems[0].text());
      ++triggers;
    } else if (value.name == "DynamicInfo") {
      const auto read = parse_task_dynamic_info(data);
      ASSERT_TRUE(read) << place;
      EXPECT_TRUE(read->last_success) << place;
      ++infos;
    }
  }
  EXPECT_EQ(actions, 11);
  EXPECT_EQ(triggers, 10);
  EXPECT_EQ(infos, 10);
}

TEST_F(RealTasks, OneByteChangedAnywhereNeverCrashes) {
  for (auto& value : cache_values()) {
    if (value.name != "Actions" && value.name != "Triggers" && value.name != "DynamicInfo")
      continue;
    for (auto& byte : value.data)
      for (const int change : {0x01, 0x02, 0x10, 0x80, 0xFF}) {
        const std::byte before = byte;
        byte ^= static_cast<std::byte>(change);
        const Bytes data{value.data};
        static_cast<void>(parse_cached_actions(data));
        static_cast<void>(parse_cached_triggers(data));
        static_cast<void>(parse_task_dynamic_info(data));
        byte = before;
      }
  }
}

/// The definitions of the virtual machine are of another Windows 10, yet five are the same files.
TEST_F(RealTasks, HashAndCrcOfTheCacheAreThoseOfTheFile) {
  std::map<std::string, std::vector<std::byte>> hashes, triggers;
  for (auto& value : cache_values()) {
    if (value.name == "Hash") hashes[value.task] = value.data;
    if (value.name == "Triggers") triggers[value.task] = value.data;
  }
  int same = 0;
  for (const Row& row : facts("tasks.tsv")) {
    constexpr std::string_view kRoot = "tasks/win10_APTSimulatorVM/APTSimulatorVM";
    std::string path = row[0].substr(kRoot.size());
    std::replace(path.begin(), path.end(), '/', '\\');
    const auto hash = hashes.find(path);
    if (hash == hashes.end()) continue;
    const auto bytes = evidence(row[0]);
    const auto digest = sha256(hashed_part(Bytes{bytes}).span());
    if (!std::equal(digest.begin(), digest.end(), hash->second.begin(), hash->second.end()))
      continue;
    const auto cached = parse_cached_triggers(Bytes{triggers[path]});
    if (!cached) continue;
    EXPECT_EQ(cached->crc32, task_crc32(Bytes{bytes})) << path;
    ++same;
  }
  EXPECT_EQ(same, 5);
}

TEST_F(RealTasks, TheJobIsReadAsPlasoReadsIt) {
  const auto bytes = evidence("tasks/plaso_wintask.job");
  ASSERT_TRUE(looks_like_job_file(Bytes{bytes}));
  const auto job = parse_job_file(Bytes{bytes});
  ASSERT_TRUE(job);
  EXPECT_TRUE(job->problems.empty()) << job->problems[0].text();
  EXPECT_EQ(job->application, "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe");
  EXPECT_EQ(job->parameters, "/ua /installsource scheduler");
  EXPECT_EQ(job->author, "Brian");
  EXPECT_EQ(job->last_run, "2013-08-24T12:42:00");
  EXPECT_TRUE(job->comment.starts_with("Keeps your Google software up to date"));
  ASSERT_EQ(job->triggers.size(), 1u);
  EXPECT_EQ(job->triggers[0].start, "2013-07-12T15:42:00");
  EXPECT_EQ(job->triggers[0].schedule, "ScheduleByDay DaysInterval=1");
}

}  // namespace
}  // namespace hozen::real
