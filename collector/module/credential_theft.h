// Findings about stolen passwords, hashes and tickets, from the facts of all modules.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "collector/module/fact.h"
#include "collector/module/finding.h"

namespace hozen::credentials {

/// Records whose act a finding tells already: the start of a program that opened lsass, the dump
/// that it wrote.
using Told = std::set<std::string>;

/// Programs that opened lsass, or started a thread in it or in a program that keeps passwords: one
/// finding for each program.
std::vector<Finding> judge_process_access(const FactBook& book, Told& told);
/// A process that is called lsass and was not started by Windows.
std::vector<Finding> judge_copies_of_lsass(const FactBook& book);
/// Command lines of processes, tasks and services, and scripts: one finding for each act and
/// account.
std::vector<Finding> judge_commands(const FactBook& book, const Told& told);
/// Files by their names, drivers and services of mimikatz.
std::vector<Finding> judge_leftovers(const FactBook& book, const Told& told);
/// Settings that events tell: WDigest, the protection of lsass, dumps at its end.
std::vector<Finding> judge_setting_changes(const FactBook& book);
/// Secrets of a directory that were asked for by replication (DCSync).
std::vector<Finding> judge_replication(const FactBook& book);
/// Where the directory's own database lies, as the registry of a domain controller says: folded
/// paths. The facts for it are of kind database, have no event and `own_database`.
std::set<std::string> homes_of_directory(const FactBook& book);
/// Copies of the directory's database that its engine tells of.
std::vector<Finding> judge_databases(const FactBook& book);
/// Threats that an antivirus program found and that take credentials, or are hack tools: one
/// finding for each.
std::vector<Finding> judge_detections(const FactBook& book);
/// Hives that were saved from afar.
std::vector<Finding> judge_remote_hives(const FactBook& book);

}  // namespace hozen::credentials
