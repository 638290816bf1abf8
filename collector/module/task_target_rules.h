// Rules over where the targets of a task lie.
#pragma once

#include <vector>

#include "collector/module/task_rules.h"

namespace hozen {

/// What runs cannot be told: a variable that is not set leads anywhere.
void judge_variable(const TaskCase& one, std::vector<RuleHit>& hits);
/// A file that users can replace, started every few minutes.
void judge_repetition(const TaskCase& one, std::vector<RuleHit>& hits);
/// A program of a user's roaming folder, started at logon with the highest rights.
void judge_elevated_logon(const TaskCase& one, std::vector<RuleHit>& hits);
/// Outside of Windows' and the programs' folders, in the folder of Windows' own tasks.
void judge_borrowed_folder(const TaskCase& one, std::vector<RuleHit>& hits);

}  // namespace hozen
